"""Glossaries of a real service: they outlive it where a file is named, and stop it where that is none."""

from __future__ import annotations

import subprocess
from pathlib import Path

import httpx

from tests.e2e.server import command, environment, running

TERMS = {"source_lang": "en", "target_lang": "zh", "entries": "refund\t退款", "entries_format": "tsv"}


def test_glossaries_outlive_the_service_that_took_them(store: Path, tmp_path: Path) -> None:
    """With the same identity; the file is closed, with nothing left beside it."""
    file = tmp_path / "glossaries.db"
    with running(store, glossary_file=file, engines=1) as server:
        made = httpx.post(f"{server.url}/v2/glossaries", json={"name": "Shop"} | TERMS)
        assert made.status_code == 201
    assert [one.name for one in tmp_path.iterdir()] == ["glossaries.db"]
    with running(store, glossary_file=file, engines=1) as server:
        assert httpx.get(f"{server.url}/v2/glossaries").json() == {"glossaries": [made.json()]}
        entries = httpx.get(f"{server.url}/v2/glossaries/{made.json()['glossary_id']}/entries")
        assert entries.text == "refund\t退款"


def test_a_file_of_something_else_stops_the_start(store: Path, tmp_path: Path) -> None:
    """With one line that names it, and exit code 1; the file stays as it was."""
    file = tmp_path / "diary.txt"
    file.write_text("dear diary, " * 100)
    settings = environment(store, glossary_file=file)
    ended = subprocess.run(command("serve"), env=settings, capture_output=True, text=True, timeout=60)
    assert ended.returncode == 1
    (line,) = ended.stderr.strip().splitlines()
    assert str(file) in line
    assert file.read_text() == "dear diary, " * 100
