"""Key files for tests, and clocks that stand still until they are moved."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from service.api.keys.account import Accounts
from service.api.keys.file import KeyFile
from service.api.keys.gate import Gate
from service.api.keys.lines import KeyLine
from service.api.keys.secret import digest_of, new_key

START = datetime(2026, 1, 30, 12, tzinfo=UTC)


@dataclass
class Clock:
    """Seconds since it was made; as a date from the 30th of January 2026 on."""

    seconds: float = 0.0

    def __call__(self) -> float:
        return self.seconds

    def date(self) -> datetime:
        """The same moment as a date."""
        return START + timedelta(seconds=self.seconds)


def line_of(key: str, **fields: Any) -> KeyLine:
    """The line of a key: for translating, unless the `fields` say otherwise."""
    identity = key.partition(".")[0].removeprefix("zhuyi_")
    known = {"id": identity, "sha256": digest_of(key), "scopes": ["translate"]}
    return msgspec.convert(known | fields, KeyLine)


def write_keys(path: Path, *lines: KeyLine) -> None:
    """A key file of these lines."""
    path.write_text("".join(f"{line.written()}\n" for line in lines), encoding="utf-8")


def gate_at(path: Path, clock: Clock) -> Gate:
    """A gate whose time is that of the clock."""
    file = KeyFile(path, clock=clock, now=clock.date)
    return Gate(file, Accounts(clock=clock, now=clock.date), now=clock.date)


def gate_for(folder: Path, clock: Clock, **fields: Any) -> tuple[Gate, str]:
    """A gate with one client, and its key."""
    key = new_key("shop-1")
    write_keys(folder / "keys", line_of(key, **fields))
    return gate_at(folder / "keys", clock), key
