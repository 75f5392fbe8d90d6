"""What can go wrong, in words without HTTP: one class per thing that a caller would do differently.

ZhuyiError
├── BadRequest              the caller must change something
│   ├── UnknownLanguage     no model speaks it
│   ├── UnsupportedPair     no model translates between the two
│   ├── UnknownVersion      no such version of a model
│   ├── VersionInUse        a version that serves, and must stay as it is
│   ├── InvalidText         not text that can be translated
│   ├── InvalidOption       an option outside its range
│   ├── TooLong             one sentence over the model's limit
│   ├── TooMany             one request over what the whole queue holds
│   └── Incomplete          a translation that was cut, where only a whole one is wanted
├── Unavailable             the same request may succeed later
│   ├── Overloaded          the queue is full
│   ├── NotReady            starting, draining, or no engine alive
│   └── EngineDied          the engine died with this sentence in it
├── DeadlineExceeded        the caller's time was up
├── ModelFailed             the model raised, or gave a score that is no number
└── CannotStart             a person must change something
    ├── ModelFolderInvalid  a model folder is not what its manifest says
    ├── DeviceUnavailable   the device asked for cannot be used
    ├── PrecisionUnavailable  the precision asked for cannot be had on the device
    └── ShortlistUnavailable  shortlists were asked for and cannot be had

Every class carries data and never a user's text.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


class ZhuyiError(Exception):
    """Anything the engine refuses or fails to do."""

    @property
    def data(self) -> dict[str, Any]:
        """The error's fields by name: with the class name, enough to make it again elsewhere."""
        return asdict(self)  # type: ignore[call-overload, no-any-return]  # every leaf is a dataclass


class BadRequest(ZhuyiError):
    """The caller must change something before asking again."""


@dataclass(eq=False)
class UnknownLanguage(BadRequest):
    """No model reads or writes this language; `known` lists those that some model does."""

    language: str
    known: tuple[str, ...]

    def __str__(self) -> str:
        return f"unknown language; known are {', '.join(self.known)}"


@dataclass(eq=False)
class UnsupportedPair(BadRequest):
    """No model translates from `source` to `target`."""

    source: str
    target: str
    supported: tuple[tuple[str, str], ...]

    def __str__(self) -> str:
        pairs = ", ".join(f"{source}-{target}" for source, target in self.supported)
        return f"no model for {self.source}-{self.target}; there are {pairs}"


@dataclass(eq=False)
class UnknownVersion(BadRequest):
    """There is no such version of a model."""

    name: str
    version: str

    def __str__(self) -> str:
        return "no such model, or not in this version"


@dataclass(eq=False)
class VersionInUse(BadRequest):
    """The version is in use, and `reason` says how that forbids the change."""

    name: str
    version: str
    reason: str

    def __str__(self) -> str:
        return f"{self.name}/{self.version} {self.reason}"


@dataclass(eq=False)
class InvalidText(BadRequest):
    """The text in `field` cannot be translated, whatever the limits."""

    field: str
    reason: str

    def __str__(self) -> str:
        return f"{self.field}: {self.reason}"


@dataclass(eq=False)
class InvalidOption(BadRequest):
    """The option `field` is outside what `expected` says."""

    field: str
    actual: object
    expected: str

    def __str__(self) -> str:
        return f"{self.field} must be {self.expected}"


@dataclass(eq=False)
class TooLong(BadRequest):
    """One sentence has `actual` tokens where `limit` are allowed."""

    field: str
    limit: int
    actual: int
    unit: str = "tokens"

    def __str__(self) -> str:
        return f"{self.field} has {self.actual} {self.unit}, at most {self.limit} are allowed"


@dataclass(eq=False)
class TooMany(BadRequest):
    """One request holds more than the queue could ever take."""

    field: str
    limit: int
    actual: int
    unit: str = "sentences"

    def __str__(self) -> str:
        return f"{self.field} has {self.actual} {self.unit}, at most {self.limit} are allowed"


@dataclass(eq=False)
class Incomplete(BadRequest):
    """The translation of the text in `field` ended early (`length` or `repetition`)."""

    field: str
    finish_reason: str

    def __str__(self) -> str:
        return f"{self.field}: its translation ended early ({self.finish_reason}), and strict wants it whole"


class Unavailable(ZhuyiError):
    """The same request may succeed after `retry_after_seconds`."""

    retry_after_seconds: float


@dataclass(eq=False)
class Overloaded(Unavailable):
    """The queue is full; nothing of the request was queued."""

    retry_after_seconds: float

    def __str__(self) -> str:
        return "the queue is full"


@dataclass(eq=False)
class NotReady(Unavailable):
    """No engine takes work: starting, draining, or all of them dead."""

    reason: str
    retry_after_seconds: float = 1.0

    def __str__(self) -> str:
        return self.reason


@dataclass(eq=False)
class EngineDied(Unavailable):
    """The engine process ended while it held this sentence, or before it was ready."""

    reason: str
    retry_after_seconds: float = 1.0

    def __str__(self) -> str:
        return self.reason


@dataclass(eq=False)
class DeadlineExceeded(ZhuyiError):
    """The deadline passed while the sentence was `queued`, `running`, or somewhere `unknown`."""

    where: str

    def __str__(self) -> str:
        return f"deadline exceeded ({self.where})"


@dataclass(eq=False)
class ModelFailed(ZhuyiError):
    """The model gave no usable answer for this sentence; others in the batch are not touched."""

    model: str
    reason: str

    def __str__(self) -> str:
        return f"model {self.model} failed: {self.reason}"


class CannotStart(ZhuyiError):
    """Nothing but a change of files or settings helps."""


@dataclass(eq=False)
class ModelFolderInvalid(CannotStart):
    """A model folder that must not be used, and why."""

    folder: str
    reason: str

    def __str__(self) -> str:
        return f"model folder {self.folder}: {self.reason}"


@dataclass(eq=False)
class DeviceUnavailable(CannotStart):
    """The device asked for, the one that would have been used, and what stood in the way."""

    requested: str
    actual: str
    reason: str

    def __str__(self) -> str:
        return f"device {self.requested} cannot be used: {self.reason}"


@dataclass(eq=False)
class PrecisionUnavailable(CannotStart):
    """The precision asked for, and why a model cannot run in it."""

    requested: str
    reason: str

    def __str__(self) -> str:
        return f"precision {self.requested} cannot be used: {self.reason}"


@dataclass(eq=False)
class ShortlistUnavailable(CannotStart):
    """Why a model cannot run with shortlists."""

    reason: str

    def __str__(self) -> str:
        return f"shortlists cannot be used: {self.reason}"


_CROSSING = (
    DeadlineExceeded,
    ModelFailed,
    ModelFolderInvalid,
    DeviceUnavailable,
    PrecisionUnavailable,
    ShortlistUnavailable,
    EngineDied,
    NotReady,
)
_BY_NAME: dict[str, type[ZhuyiError]] = {cls.__name__: cls for cls in _CROSSING}


def error_from(name: str, data: dict[str, Any]) -> ZhuyiError:
    """The error that crossed a process border as its class name and its data."""
    return _BY_NAME[name](**data)
