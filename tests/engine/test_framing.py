"""Messages come out as they went in, however the stream is cut."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.engine.framing import Frames, framed


@given(st.lists(st.binary(max_size=40), max_size=8), st.integers(1, 60))
def test_payloads_survive_any_cut_of_the_stream(payloads: list[bytes], size: int) -> None:
    """In their order, each once, empty ones too."""
    stream = b"".join(map(framed, payloads))
    frames = Frames()
    found: list[bytes] = []
    for start in range(0, len(stream), size):
        frames.feed(stream[start : start + size])
        while (payload := frames.pop()) is not None:
            found.append(payload)
    assert found == payloads


def test_the_end_of_a_stream_is_told() -> None:
    """Also in the middle of a message, which is never given out in part."""
    frames = Frames()
    frames.feed(framed(b"hello")[:6])
    assert frames.pop() is None
    with pytest.raises(EOFError):
        frames.feed(b"")
