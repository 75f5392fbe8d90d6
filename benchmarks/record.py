"""What a run leaves behind: one JSON file with every number of every turn."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from benchmarks.measurement import Measurement


class Usage(msgspec.Struct, frozen=True):
    """What all processes of a server have used: processor seconds so far, and memory now.

    `rss_mb` counts memory that processes share once for each of them, `pss_mb` once in all.
    """

    processor_seconds: float
    rss_mb: float
    pss_mb: float
    num_processes: int


class Point(msgspec.Struct, frozen=True):
    """A rate of arrivals and what came of it."""

    rate: float
    measurement: Measurement


class Turn(msgspec.Struct, kw_only=True):
    """All that one turn of one server found; `error` says why there is nothing, or no more.

    Where it is not applicable, the server cannot be asked in this scenario.

    `usage` was taken at the end of the closed loop; `processor_ms` is the server's time per right answer
    in it. `goodput` is the highest rate that was tried and met the limit, 0 where none did.
    """

    server: str
    round: int
    error: str = ""
    is_applicable: bool = True
    closed: Measurement | None = None
    usage: Usage | None = None
    processor_ms: float | None = None
    points: list[Point] = []
    goodput: float | None = None

    @property
    def measurements(self) -> list[Measurement]:
        """All that was measured, the closed loop first."""
        return [*([self.closed] if self.closed else []), *(point.measurement for point in self.points)]

    @property
    def has_failed(self) -> bool:
        """True where it could not be measured, or where an answer was not that of the graphs."""
        return bool(self.error) or any("different" in one.failures for one in self.measurements)


class Record(msgspec.Struct, kw_only=True):
    """On what a run was made and how, and every turn in order."""

    machine: dict[str, Any]
    versions: dict[str, dict[str, str]]
    titles: dict[str, str]
    command: str
    scenario: str
    model: str
    precision: str
    texts: str
    num_texts: int
    connections: int
    rates: list[float]
    limit_ms: float
    turns: list[Turn] = []

    @classmethod
    def read(cls, path: Path) -> Record:
        """The record in a file; raises msgspec.DecodeError where it is none."""
        return msgspec.json.decode(path.read_bytes(), type=cls)

    def write(self, path: Path) -> None:
        """Replaces the file in one move."""
        fresh = path.with_name(path.name + ".new")
        fresh.write_bytes(msgspec.json.format(msgspec.json.encode(self), indent=1) + b"\n")
        fresh.replace(path)

    def turns_of(self, server: str) -> list[Turn]:
        """The turns in which a server was measured."""
        return [turn for turn in self.turns if turn.server == server and turn.closed is not None]
