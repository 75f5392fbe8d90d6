"""Keys are found by what they are, in constant time, and while they are active."""

from __future__ import annotations

import contextlib
import hmac

import pytest

from service.api.errors import KeyInvalid
from service.api.keys import ring as module
from service.api.keys.ring import KeyRing
from service.api.keys.secret import new_key
from tests.key_files import START, line_of

OLD, NEW, ENDED, OTHER = new_key("shop-1"), new_key("shop-1"), new_key("shop-1"), new_key("desk")
LINES = (line_of(OLD), line_of(NEW), line_of(ENDED, expires="2026-01-30T12:00:00Z"), line_of(OTHER))
RING = KeyRing(LINES)


@pytest.mark.parametrize(("key", "line"), [(OLD, LINES[0]), (NEW, LINES[1]), (OTHER, LINES[3])])
def test_each_key_finds_its_line(key: str, line: object) -> None:
    """Both of a client whose key is being exchanged."""
    assert RING.find(key, START) == line


@pytest.mark.parametrize(
    ("key", "fault"),
    [
        (ENDED, "expired"),
        (new_key("shop-1"), "unknown"),
        (new_key("nobody"), "unknown"),
        (OTHER.replace("desk", "shop-1"), "unknown"),
        (OLD[:-1], "malformed"),
        ("", "malformed"),
    ],
)
def test_others_find_none(key: str, fault: str) -> None:
    """The reason is for the metrics alone: the caller reads the same in each case."""
    with pytest.raises(KeyInvalid) as found:
        RING.find(key, START)
    assert (found.value.fault, str(found.value)) == (fault, "Invalid API key")


@pytest.mark.parametrize(("key", "compared"), [(OLD, 3), (new_key("shop-1"), 3), (new_key("nobody"), 1)])
def test_all_keys_of_a_client_are_compared_in_constant_time(
    monkeypatch: pytest.MonkeyPatch, key: str, compared: int
) -> None:
    """Even after one was found, and one where there is no such client; by `hmac.compare_digest`."""
    seen: list[tuple[str, str]] = []

    class Counted:
        @staticmethod
        def compare_digest(one: str, other: str) -> bool:
            seen.append((one, other))
            return hmac.compare_digest(one, other)

    monkeypatch.setattr(module, "hmac", Counted)
    with contextlib.suppress(KeyInvalid):
        RING.find(key, START)
    assert len(seen) == compared
