"""The key file as it is now: read again when it has changed, and a file that is broken changes nothing."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import structlog

from service.api.errors import KeyFileInvalid
from service.api.keys.lines import read_lines
from service.api.keys.ring import KeyRing

_LOOK_SECONDS: Final = 1.0
"""How long a change may go unnoticed; looking costs a few microseconds."""
_Stamp = tuple[int, int, int]
_log = structlog.get_logger("service.keys")


def now_utc() -> datetime:
    """The time by which keys expire and months begin."""
    return datetime.now(UTC)


class KeyFile:
    """The constructor reads the file; raises KeyFileInvalid."""

    def __init__(
        self,
        path: Path,
        *,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = now_utc,
    ) -> None:
        self._path, self._clock, self._now = path, clock, now
        self._stamp: _Stamp | None = self._look()
        self._ring = self._read()
        self._looked, self._is_taken = clock(), True

    def ring(self) -> KeyRing:
        """The keys of the file as it was at most a second ago; a broken one is logged once."""
        if self._clock() - self._looked >= _LOOK_SECONDS:
            self._looked = self._clock()
            self._refresh()
        return self._ring

    def is_taken(self) -> bool:
        """False while the file as it stands was refused, so that the keys from before it still count."""
        self.ring()  # looks: where nobody sends requests, nobody else would
        return self._is_taken

    def _refresh(self) -> None:
        try:
            stamp = self._look()
        except KeyFileInvalid:
            stamp = None
        if stamp == self._stamp:
            return
        self._stamp = stamp
        try:
            self._ring, self._is_taken = self._read(), True
        except KeyFileInvalid as error:
            self._is_taken = False
            _log.error("key file not taken, the keys from before still count", reason=str(error))
        else:
            _log.info("key file read again")

    def _look(self) -> _Stamp:
        try:
            found = os.stat(self._path)  # follows links: a mounted secret is exchanged by its link
        except OSError as error:
            raise KeyFileInvalid(str(self._path), error.strerror or "cannot be read") from error
        return found.st_mtime_ns, found.st_size, found.st_ino

    def _read(self) -> KeyRing:
        try:
            content = self._path.read_bytes()
        except OSError as error:
            raise KeyFileInvalid(str(self._path), error.strerror or "cannot be read") from error
        return KeyRing(read_lines(content, self._path, self._now()))
