"""Glossaries by identity, each with dictionaries by pair of languages; every change is whole or not at all.

The methods block for the disk: call them in a thread.
"""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from service.glossaries.database import Database
from service.glossaries.errors import GlossariesFull, GlossaryNotFound
from service.text.glossary import GlossaryEntry

_INSERT_DICTIONARY = "INSERT INTO dictionary (glossary, source, target, num_entries) VALUES (?, ?, ?, ?)"
_DICTIONARY = "SELECT id FROM dictionary WHERE glossary = ? AND source = ? AND target = ?"


@dataclass(frozen=True, slots=True)
class GlossaryLimits:
    """How many glossaries are kept, how many entries each dictionary has, and how many bytes all take."""

    max_glossaries: int = 1000
    max_entries: int = 5000
    max_bytes: int = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Dictionary:
    """The entries for one pair of languages."""

    source: str
    target: str
    entries: tuple[GlossaryEntry, ...]


@dataclass(frozen=True, slots=True)
class DictionaryInfo:
    """A dictionary without its entries."""

    source: str
    target: str
    num_entries: int


@dataclass(frozen=True, slots=True)
class GlossaryInfo:
    """A glossary without its entries; `created` is ISO 8601 in UTC, to the microsecond."""

    id: str
    name: str
    created: str
    dictionaries: tuple[DictionaryInfo, ...]


class GlossaryStore:
    """Kept in `file`, or in memory where there is none. Raises GlossaryFileUnusable.

    Methods raise GlossaryNotFound, and GlossariesFull where they add something.
    """

    def __init__(self, file: Path | None = None, limits: GlossaryLimits | None = None) -> None:
        self.limits = limits or GlossaryLimits()
        self._database = Database(file, self.limits.max_bytes)

    def create(self, name: str, dictionaries: Sequence[Dictionary]) -> GlossaryInfo:
        """A new glossary; no pair of languages may come twice."""
        with self._database.transaction() as connection:
            (num_glossaries,) = connection.execute("SELECT count(*) FROM glossary").fetchone()
            if num_glossaries >= self.limits.max_glossaries:
                raise GlossariesFull(self.limits.max_glossaries, "glossaries")
            created = datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
            glossary_id = str(uuid.uuid4())
            connection.execute("INSERT INTO glossary VALUES (?, ?, ?)", (glossary_id, name, created))
            for dictionary in dictionaries:
                _replace(connection, glossary_id, dictionary)
            return _info(connection, glossary_id)

    def all(self) -> list[GlossaryInfo]:
        """All glossaries, the oldest first."""
        with self._database.transaction() as connection:
            found = connection.execute("SELECT id FROM glossary ORDER BY created, id").fetchall()
            return [_info(connection, glossary_id) for (glossary_id,) in found]

    def get(self, glossary_id: str) -> GlossaryInfo:
        """One glossary."""
        with self._database.transaction() as connection:
            return _info(connection, glossary_id)

    def entries(self, glossary_id: str, source: str, target: str) -> tuple[GlossaryEntry, ...]:
        """The entries of one dictionary, in the order of their source terms."""
        with self._database.transaction() as connection:
            _info(connection, glossary_id)
            return _entries(connection, _dictionary_id(connection, glossary_id, source, target))

    def replace(self, glossary_id: str, dictionary: Dictionary) -> GlossaryInfo:
        """The dictionary in the place of the one for the same pair, if there is one."""
        with self._database.transaction() as connection:
            _info(connection, glossary_id)
            _replace(connection, glossary_id, dictionary)
            return _info(connection, glossary_id)

    def update(self, glossary_id: str, name: str | None, dictionaries: Sequence[Dictionary]) -> GlossaryInfo:
        """A new name, where one is given, and entries beside those that are there; equal terms give way."""
        with self._database.transaction() as connection:
            _info(connection, glossary_id)
            if name is not None:
                connection.execute("UPDATE glossary SET name = ? WHERE id = ?", (name, glossary_id))
            for dictionary in dictionaries:
                self._merge(connection, glossary_id, dictionary)
            return _info(connection, glossary_id)

    def delete(self, glossary_id: str) -> None:
        """The whole glossary."""
        with self._database.transaction() as connection:
            _info(connection, glossary_id)
            connection.execute("DELETE FROM glossary WHERE id = ?", (glossary_id,))

    def delete_dictionary(self, glossary_id: str, source: str, target: str) -> None:
        """One dictionary; a glossary may be left without any."""
        with self._database.transaction() as connection:
            found = _dictionary_id(connection, glossary_id, source, target)
            connection.execute("DELETE FROM dictionary WHERE id = ?", (found,))

    def close(self) -> None:
        """Ends the use of the file."""
        self._database.close()

    def _merge(self, connection: sqlite3.Connection, glossary_id: str, added: Dictionary) -> None:
        row = connection.execute(_DICTIONARY, (glossary_id, added.source, added.target)).fetchone()
        old = _entries(connection, row[0]) if row else ()
        merged = tuple({one.source: one for one in (*old, *added.entries)}.values())
        if len(merged) > self.limits.max_entries:
            raise GlossariesFull(self.limits.max_entries, "entries of a dictionary")
        _replace(connection, glossary_id, Dictionary(added.source, added.target, merged))


def _info(connection: sqlite3.Connection, glossary_id: str) -> GlossaryInfo:
    row = connection.execute("SELECT name, created FROM glossary WHERE id = ?", (glossary_id,)).fetchone()
    if row is None:
        raise GlossaryNotFound("glossary")
    dictionaries = connection.execute(
        "SELECT source, target, num_entries FROM dictionary WHERE glossary = ? ORDER BY source, target",
        (glossary_id,),
    )
    name, created = row
    return GlossaryInfo(glossary_id, name, created, tuple(DictionaryInfo(*one) for one in dictionaries))


def _dictionary_id(connection: sqlite3.Connection, glossary_id: str, source: str, target: str) -> int:
    row = connection.execute(_DICTIONARY, (glossary_id, source, target)).fetchone()
    if row is None:
        raise GlossaryNotFound("dictionary")
    return int(row[0])


def _entries(connection: sqlite3.Connection, dictionary_id: int) -> tuple[GlossaryEntry, ...]:
    found = connection.execute(
        "SELECT source, target FROM entry WHERE dictionary = ? ORDER BY source", (dictionary_id,)
    )
    return tuple(GlossaryEntry(*one) for one in found)


def _replace(connection: sqlite3.Connection, glossary_id: str, dictionary: Dictionary) -> None:
    pair = (glossary_id, dictionary.source, dictionary.target)
    connection.execute("DELETE FROM dictionary WHERE glossary = ? AND source = ? AND target = ?", pair)
    added = connection.execute(_INSERT_DICTIONARY, (*pair, len(dictionary.entries))).lastrowid
    connection.executemany(
        "INSERT INTO entry VALUES (?, ?, ?)", [(added, one.source, one.target) for one in dictionary.entries]
    )
