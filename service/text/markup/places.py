"""From the bytes that parsers count to the code points that everything else here counts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def code_points(text: str) -> Sequence[int]:
    """For each UTF-8 byte of the text, and its end, the code point that it belongs to."""
    if text.isascii():
        return range(len(text) + 1)
    octets = np.frombuffer(text.encode(), dtype=np.uint8)  # [num_bytes]
    places: list[int] = (np.cumsum((octets & 0xC0) != 0x80) - 1).tolist()  # [num_bytes]
    return [*places, len(text)]
