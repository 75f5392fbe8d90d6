"""The key file is read again when it changes, and a broken one takes nobody's key away."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from service.api.errors import KeyFileInvalid, KeyInvalid
from service.api.keys.file import KeyFile
from service.api.keys.secret import new_key
from tests.key_files import START, Clock, line_of, write_keys

OLD, NEW = new_key("shop-1"), new_key("shop-1")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file with one key."""
    write_keys(tmp_path / "keys", line_of(OLD))
    return tmp_path / "keys"


def opens(file: KeyFile, key: str) -> bool:
    """True where the key counts."""
    try:
        return bool(file.ring().find(key, START))
    except KeyInvalid:
        return False


def test_a_change_counts_within_a_second(path: Path) -> None:
    """A new key beside the old one, and then instead of it."""
    clock = Clock()
    file = KeyFile(path, clock=clock)
    write_keys(path, line_of(OLD), line_of(NEW))
    assert not opens(file, NEW)
    clock.seconds = 1.0
    assert opens(file, OLD)
    assert opens(file, NEW)
    write_keys(path, line_of(NEW))
    clock.seconds = 2.0
    assert not opens(file, OLD)
    assert opens(file, NEW)


def test_a_link_that_is_turned_to_another_file_is_a_change(tmp_path: Path) -> None:
    """So Kubernetes exchanges what it mounts; both files are as old and as large here."""
    for name, key in (("one", OLD), ("two", NEW)):
        write_keys(tmp_path / name, line_of(key))
        os.utime(tmp_path / name, (0, 0))
    link, clock = tmp_path / "keys", Clock()
    link.symlink_to("one")
    file = KeyFile(link, clock=clock)
    (tmp_path / "next").symlink_to("two")
    (tmp_path / "next").rename(link)
    clock.seconds = 1.0
    assert opens(file, NEW)
    assert not opens(file, OLD)


def test_a_secret_that_kubernetes_mounts_is_read_again_when_it_changes(tmp_path: Path) -> None:
    """The kubelet leaves the link of the file alone, and turns `..data` to another folder."""
    for folder, key in (("..1", OLD), ("..2", NEW)):
        (tmp_path / folder).mkdir()
        write_keys(tmp_path / folder / "keys", line_of(key))
        os.utime(tmp_path / folder / "keys", (0, 0))
    (tmp_path / "..data").symlink_to("..1")
    (tmp_path / "keys").symlink_to("..data/keys")
    clock = Clock()
    file = KeyFile(tmp_path / "keys", clock=clock)
    assert opens(file, OLD)
    (tmp_path / "..data_tmp").symlink_to("..2")
    (tmp_path / "..data_tmp").rename(tmp_path / "..data")
    (tmp_path / "..1" / "keys").unlink()
    clock.seconds = 1.0
    assert opens(file, NEW)
    assert file.is_taken()


@pytest.mark.parametrize("content", [None, b"{", b'{"id": "shop-1", "key": "SECRET"}'])
def test_a_broken_file_changes_nothing_and_is_logged_once(path: Path, content: bytes | None) -> None:
    """Nor does one that is gone; when it is mended it counts again."""
    clock = Clock()
    file = KeyFile(path, clock=clock)
    path.unlink() if content is None else path.write_bytes(content)
    with capture_logs() as logs:
        for clock.seconds in (1.0, 2.0, 3.0):
            assert opens(file, OLD)
            assert not file.is_taken()
        write_keys(path, line_of(NEW))
        clock.seconds = 4.0
        assert opens(file, NEW)
        assert file.is_taken()
    assert [one["log_level"] for one in logs] == ["error", "info"]
    assert "SECRET" not in str(logs)


def test_whoever_asks_whether_the_file_is_taken_looks_at_it(path: Path) -> None:
    """At night nobody sends a request that would."""
    clock = Clock()
    file = KeyFile(path, clock=clock)
    assert file.is_taken()
    path.write_bytes(b"{")
    assert file.is_taken()  # not looked at yet
    clock.seconds = 1.0
    assert not file.is_taken()


@pytest.mark.parametrize("content", [None, b"{"])
def test_a_broken_file_stops_the_start(path: Path, content: bytes | None) -> None:
    """By the name of the file."""
    path.unlink() if content is None else path.write_bytes(content)
    with pytest.raises(KeyFileInvalid, match="keys"):
        KeyFile(path)
