"""What a key file may say; what it must not is told by line and field, and never by value."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from service.api.errors import KeyFileInvalid
from service.api.keys.lines import read_lines
from service.api.keys.secret import digest_of, identity_of, new_key
from tests.key_files import START, line_of

PATH = Path("keys")
GOOD = line_of(new_key("shop-1"))


def test_keys_are_long_and_never_the_same() -> None:
    """256 bits behind the id, and a digest that a reader of the file cannot turn back."""
    keys = {new_key("shop-1") for _ in range(100)}
    assert len(keys) == 100
    for key in keys:
        assert identity_of(key) == "shop-1"
        assert len(key.rpartition(".")[2]) == 43
        assert re.fullmatch("[0-9a-f]{64}", digest_of(key))


@pytest.mark.parametrize("text", ["", "zhuyi_", "zhuyi_shop.x", "shop." + "a" * 43, "zhuyi_shop." + "ä" * 43])
def test_what_is_no_key_carries_no_id(text: str) -> None:
    """Nor does one with a line break behind it."""
    assert identity_of(text) is None
    assert identity_of(new_key("shop") + "\n") is None


def test_lines_come_back_as_they_were_written() -> None:
    """With every field; comments and empty lines are passed over."""
    full = line_of(
        new_key("shop-2"), scopes=["translate", "admin"], expires="2027-01-31T00:00:00Z",
        requests_per_minute=60, characters_per_minute=10_000, characters_per_month=500_000,
    )  # fmt: skip
    content = f"# the shops\n\n{GOOD.written()}\r\n  {full.written()}\n".encode()
    assert read_lines(content, PATH, START) == (GOOD, full)
    assert full.expires == datetime(2027, 1, 31, tzinfo=UTC)
    assert read_lines(b"", PATH, START) == ()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"id": "Shop"}, "line 1: .*id"),
        ({"sha256": "SECRET"}, "line 1: .*sha256"),
        ({"scopes": []}, "line 1: .*scopes"),
        ({"scopes": ["all"]}, "line 1: .*scopes"),
        ({"expires": "2027-01-31"}, "line 1: .*expires"),
        ({"expires": "2027-01-31T00:00:00"}, "line 1: .*expires"),
        ({"requests_per_minute": 0}, "line 1: .*requests_per_minute"),
        ({"requests_per_minute": "60"}, "line 1: .*requests_per_minute"),
        ({"key": "SECRET"}, "line 1: .*key"),
    ],
)
def test_a_wrong_field_is_named(change: dict[str, object], message: str) -> None:
    """A key that was put there by mistake is not repeated."""
    content = msgspec.json.encode(msgspec.to_builtins(GOOD) | change)
    with pytest.raises(KeyFileInvalid, match=message) as found:
        read_lines(content, PATH, START)
    assert "SECRET" not in str(found.value)


@pytest.mark.parametrize("content", [b"{", b"\xff\xfe", b'{"id": "\xff"}', b"zhuyi_shop.SECRET", b"[]"])
def test_what_is_no_line_is_told_by_its_number(content: bytes) -> None:
    """Whatever stands there."""
    with pytest.raises(KeyFileInvalid, match="line 2") as found:
        read_lines(b"# keys\n" + content, PATH, START)
    assert "SECRET" not in str(found.value)


def test_a_client_has_two_active_keys_at_most() -> None:
    """One is for rotation; those that have expired do not count."""
    old = [line_of(new_key("shop-1"), expires="2026-01-30T12:00:00Z") for _ in range(3)]
    content = "\n".join(line.written() for line in (*old, GOOD, line_of(new_key("shop-1")))).encode()
    assert len(read_lines(content, PATH, START)) == 5
    with pytest.raises(KeyFileInvalid, match="shop-1 has more than 2 active keys"):
        read_lines(content + b"\n" + line_of(new_key("shop-1")).written().encode(), PATH, START)


def test_the_keys_of_a_client_share_its_limits() -> None:
    """So they must say the same."""
    other = line_of(new_key("shop-1"), requests_per_minute=60)
    with pytest.raises(KeyFileInvalid, match="shop-1 have different limits"):
        read_lines(f"{GOOD.written()}\n{other.written()}".encode(), PATH, START)
