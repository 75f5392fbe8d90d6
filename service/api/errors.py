"""What HTTP itself can refuse; no error carries a user's text. Their statuses are in kinds.py.

ApiError
├── MalformedBody         400  not JSON (or not a form), or not UTF-8
├── MalformedQuery        400  a query string that cannot be read
├── InvalidFields         422  JSON, but not the fields that the route wants
├── KeyMissing            401  no key where one is needed
├── KeyInvalid            401  a key that is unknown, expired, or does not look like one
├── ScopeMissing          403  a key that is not for this
├── RateLimited           429  more than the key's client may in a minute
├── QuotaExceeded         429  more than it may in a month
├── UnknownModel          404  no model of this name, or not in this version
├── VersionRefused        422  a version that must not be used, and why
├── UnknownLanguageCode   422  a language that is not served
├── Disabled              403  something of LibreTranslate's that is not done here
├── BadHead               400  a request line or headers that no honest client sends
├── HeadTooLarge          431
├── BodyTooLarge          413
├── BodyTooSlow           408
├── UnsupportedContent    415  a type or an encoding of the body that is not read
└── ClientGone            499  the client closed the connection; nobody reads the answer

KeyFileInvalid is a ZhuyiError instead: it ends the start, and no request ever meets it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from service.engine.errors import ZhuyiError

KeyFault = Literal["missing", "malformed", "unknown", "expired", "scope"]
LimitUnit = Literal["requests", "characters"]
LimitReason = Literal["requests", "characters", "quota"]


class ApiError(Exception):
    """A request that HTTP refuses before any translation."""


@dataclass(frozen=True, slots=True)
class FieldError:
    """What is wrong with one field; `limit` and `actual` where a limit is passed."""

    field: str
    message: str
    limit: int | None = None
    actual: int | None = None


@dataclass(eq=False)
class MalformedBody(ApiError):
    """A body that cannot be read at all."""

    reason: str

    def __str__(self) -> str:
        return f"the body {self.reason}"


class MalformedQuery(ApiError):
    """A query string with too many fields, or with bytes that are not UTF-8."""

    def __str__(self) -> str:
        return "the query string is not UTF-8, or has too many fields"


@dataclass(eq=False)
class InvalidFields(ApiError):
    """Fields that are missing, of the wrong type or outside their bounds."""

    errors: tuple[FieldError, ...]

    def __str__(self) -> str:
        return "; ".join(f"{error.field}: {error.message}" for error in self.errors[:3])


@dataclass(eq=False)
class UnknownLanguageCode(ApiError):
    """The code in `field` is none of the `served` ones; `code` is "" where it does not look like one."""

    field: str
    served: tuple[str, ...]
    code: str = ""

    def __str__(self) -> str:
        return f"{self.field} is not a served language; served are {', '.join(self.served)}"


class KeyRefused(ApiError):
    """No request without the right key; `fault` is for the metrics, callers are not told."""

    fault: KeyFault


class KeyMissing(KeyRefused):
    """No key where the dialect's clients send it."""

    fault = "missing"

    def __str__(self) -> str:
        return "an API key is needed"


@dataclass(eq=False)
class KeyInvalid(KeyRefused):
    """A key that does not count."""

    fault: KeyFault

    def __str__(self) -> str:
        return "Invalid API key"


@dataclass(eq=False)
class ScopeMissing(KeyRefused):
    """A key that counts, but not for what needs the scope `needed`."""

    needed: str
    fault = "scope"

    def __str__(self) -> str:
        return f"this API key is not for what needs the scope {self.needed}"


class LimitPassed(ApiError):
    """More than a key's client may; after `retry_after_seconds` it fits, never where that is None."""

    limit: int
    retry_after_seconds: float | None
    reason: LimitReason


@dataclass(eq=False)
class RateLimited(LimitPassed):
    """More than `limit` of the unit in a minute."""

    reason: LimitUnit
    limit: int
    retry_after_seconds: float

    def __str__(self) -> str:
        return f"more than {self.limit} {self.reason} in a minute"


@dataclass(eq=False)
class QuotaExceeded(LimitPassed):
    """More than `limit` characters in a month."""

    limit: int
    retry_after_seconds: float | None
    reason = "quota"

    def __str__(self) -> str:
        return f"more than {self.limit} characters in a month"


@dataclass(eq=False)
class KeyFileInvalid(ZhuyiError):
    """A key file that cannot be read, or that says what it must not."""

    path: str
    reason: str

    def __str__(self) -> str:
        return f"key file {self.path}: {self.reason}"


class UnknownModel(ApiError):
    """No model that is served has this name, or not in this version."""

    def __str__(self) -> str:
        return "no such model"


@dataclass(eq=False)
class VersionRefused(ApiError):
    """A version of a model that was not put to use; what served before still does."""

    reason: str

    def __str__(self) -> str:
        return self.reason


@dataclass(eq=False)
class Disabled(ApiError):
    """A route that is there for its clients to be told that what it is for is not done."""

    feature: str

    def __str__(self) -> str:
        return f"{self.feature} are disabled on this server."


@dataclass(eq=False)
class BadHead(ApiError):
    """A request line or a header that must not be guessed at."""

    reason: str

    def __str__(self) -> str:
        return self.reason


@dataclass(eq=False)
class HeadTooLarge(ApiError):
    """More bytes in the request line and the headers than the limit."""

    limit: int

    def __str__(self) -> str:
        return f"the request line and the headers are larger than {self.limit} bytes"


@dataclass(eq=False)
class BodyTooLarge(ApiError):
    """More bytes than the limit, declared or sent."""

    limit: int

    def __str__(self) -> str:
        return f"the body is larger than {self.limit} bytes"


@dataclass(eq=False)
class BodyTooSlow(ApiError):
    """The body did not arrive in time."""

    limit_seconds: float

    def __str__(self) -> str:
        return f"the body did not arrive within {self.limit_seconds:g} seconds"


@dataclass(eq=False)
class UnsupportedContent(ApiError):
    """A Content-Type or Content-Encoding that the route does not read."""

    header: str
    expected: str

    def __str__(self) -> str:
        return f"{self.header} must be {self.expected}"


@dataclass(eq=False)
class ClientGone(ApiError):
    """The client left before its answer was ready."""

    def __str__(self) -> str:
        return "the client closed the connection"
