"""The lines of a key file: JSON, one key each; none of them holds the key itself."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from service.api.errors import KeyFileInvalid
from service.api.keys.secret import IDENTITY_PATTERN

KeyScope = Literal["translate", "glossaries", "admin"]
_Limit = Annotated[int, Meta(ge=1, le=1_000_000_000)]
_MAX_ACTIVE: Final = 2


class Allowance(msgspec.Struct, frozen=True):
    """How much a client may ask for, with all its keys together; None is no limit. Code points."""

    requests_per_minute: int | None = None
    characters_per_minute: int | None = None
    characters_per_month: int | None = None


class KeyLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One key of the client `id`; after `expires` it is none."""

    id: Annotated[str, Meta(pattern=f"^{IDENTITY_PATTERN}$")]
    sha256: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
    scopes: Annotated[tuple[KeyScope, ...], Meta(min_length=1)]
    expires: Annotated[datetime, Meta(tz=True)] | None = None
    requests_per_minute: _Limit | None = None
    characters_per_minute: _Limit | None = None
    characters_per_month: _Limit | None = None

    @property
    def allowance(self) -> Allowance:
        """The limits alone."""
        return Allowance(self.requests_per_minute, self.characters_per_minute, self.characters_per_month)

    def is_active(self, now: datetime) -> bool:
        """True until it expires."""
        return self.expires is None or now < self.expires

    def written(self) -> str:
        """As it stands in the file."""
        return msgspec.json.encode(self).decode()


def read_lines(content: bytes, path: Path, now: datetime) -> tuple[KeyLine, ...]:
    """All keys of a file, without its empty lines and those that begin with `#`; raises KeyFileInvalid."""
    numbered = enumerate(map(bytes.strip, content.splitlines()), 1)
    found = tuple(_read(line, path, number) for number, line in numbered if line and line[:1] != b"#")
    active = Counter(line.id for line in found if line.is_active(now))
    if crowded := [identity for identity, count in active.items() if count > _MAX_ACTIVE]:
        raise KeyFileInvalid(str(path), f"{crowded[0]} has more than {_MAX_ACTIVE} active keys")
    allowances: dict[str, Allowance] = {}
    for line in found:
        if allowances.setdefault(line.id, line.allowance) != line.allowance:
            raise KeyFileInvalid(str(path), f"the keys of {line.id} have different limits")
    return found


def _read(line: bytes, path: Path, number: int) -> KeyLine:
    try:
        return msgspec.json.decode(line, type=KeyLine)
    except msgspec.ValidationError as error:  # names the field, and of the value at most a scope
        raise KeyFileInvalid(str(path), f"line {number}: {error}") from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise KeyFileInvalid(str(path), f"line {number} is not JSON") from None
