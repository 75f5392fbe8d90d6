"""Answers are found in the bytes however the network cuts them."""

from __future__ import annotations

import pytest

from benchmarks.http_connection import parse_reply

_PLAIN = b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\nContent-Length: 5\r\n\r\nhello"
_CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\n\r\n"


@pytest.mark.parametrize("whole", [_PLAIN, _CHUNKED])
def test_an_answer_is_whole_at_its_last_byte_and_not_before(whole: bytes) -> None:
    """A cut anywhere makes nothing of it."""
    assert all(parse_reply(whole[:end]) is None for end in range(len(whole)))
    found = parse_reply(whole)
    assert found is not None
    assert (found.status, found.body) == (200, b"hello")


def test_an_answer_without_a_length_has_no_body() -> None:
    """Such as a refusal of a proxy's."""
    found = parse_reply(b"HTTP/1.1 503 Service Unavailable\r\n\r\n")
    assert found is not None
    assert (found.status, found.body) == (503, b"")
