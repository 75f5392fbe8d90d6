"""The SQLite file behind the glossaries: checked, bounded in size, one transaction at a time.

Write-ahead log and full synchronisation: what was answered is on the disk. `:memory:` has neither.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from service.glossaries.errors import GlossariesFull, GlossaryFileUnusable

SCHEMA_VERSION: Final = 1
_APPLICATION_ID: Final = 0x5A487969  # "ZHyi": tells the file from other SQLite files
_BUSY_SECONDS: Final = 5.0
_SCHEMA: Final = f"""
BEGIN IMMEDIATE;
CREATE TABLE glossary (id TEXT PRIMARY KEY, name TEXT NOT NULL, created TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE dictionary (
    id INTEGER PRIMARY KEY,
    glossary TEXT NOT NULL REFERENCES glossary ON DELETE CASCADE,
    source TEXT NOT NULL,
    target TEXT NOT NULL,
    num_entries INTEGER NOT NULL,
    UNIQUE (glossary, source, target)
);
CREATE TABLE entry (
    dictionary INTEGER NOT NULL REFERENCES dictionary ON DELETE CASCADE,
    source TEXT NOT NULL,
    target TEXT NOT NULL,
    PRIMARY KEY (dictionary, source)
) WITHOUT ROWID;
PRAGMA application_id = {_APPLICATION_ID};
PRAGMA user_version = {SCHEMA_VERSION};
COMMIT;
"""


class Database:
    """One connection that threads share in turn; raises GlossaryFileUnusable."""

    def __init__(self, file: Path | None, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._lock = threading.Lock()
        name = str(file) if file else ":memory:"
        try:
            self._connection = sqlite3.connect(
                name, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
            )
            self._prepare(name)
        except sqlite3.Error as error:
            raise GlossaryFileUnusable(name, str(error)) from None

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All of it or nothing; raises GlossariesFull where the file would outgrow its bound."""
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException as error:
                if self._connection.in_transaction:  # SQLite has rolled back already where its file was full
                    self._connection.execute("ROLLBACK")
                if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL:
                    raise GlossariesFull(self._max_bytes, "bytes of glossaries") from None
                raise

    def close(self) -> None:
        """Leaves one file without a log beside it."""
        with self._lock:
            self._connection.close()

    def _prepare(self, name: str) -> None:
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
            self._connection.execute(f"PRAGMA {pragma}")
        application_id, version = self._value("application_id"), self._value("user_version")
        if not self._connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]:
            self._connection.executescript(_SCHEMA)
        elif application_id != _APPLICATION_ID:
            raise GlossaryFileUnusable(name, "it is a database of something else")
        elif version != SCHEMA_VERSION:
            raise GlossaryFileUnusable(name, f"it has version {version}, not {SCHEMA_VERSION}")
        self._value(f"max_page_count = {max(1, self._max_bytes // self._value('page_size'))}")
        with self.transaction() as connection:  # a file that can only be read is found out now
            connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")

    def _value(self, pragma: str) -> int:
        return int(self._connection.execute(f"PRAGMA {pragma}").fetchone()[0])
