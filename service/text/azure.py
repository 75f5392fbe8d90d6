"""Links between words in the notation of Azure's Translator: `proj`, as `0:4-0:1 6:13-2:3`.

Each link is `source start:source end-target start:target end`, both ends inclusive, separated by spaces
(Azure Translator, "How to receive and use word alignment information"). Azure does not say what it
counts; its clients index strings of .NET and JavaScript, so these are UTF-16 units.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

from service.text.alignment import Link


def azure_projection(links: Sequence[Link], source_text: str, target_text: str) -> str:
    """The links as one string, ordered by their places in the source; "" where there are none.

    The places of `links` are code points of the two texts; links of nothing are left out.
    """
    source, target = Utf16Offsets(source_text), Utf16Offsets(target_text)
    found = {
        (link.source_start, link.source_end, link.target_start, link.target_end)
        for link in links
        if link.source_start < link.source_end and link.target_start < link.target_end
    }
    return " ".join(
        f"{source.at(first)}:{source.at(last) - 1}-{target.at(start)}:{target.at(end) - 1}"
        for first, last, start, end in sorted(found)
    )


class Utf16Offsets:
    """Where code points of a text begin in UTF-16: later by one for each code point beyond U+FFFF before."""

    def __init__(self, text: str) -> None:
        self._wide = [] if text.isascii() else [at for at, one in enumerate(text) if one > "\uffff"]

    def at(self, place: int) -> int:
        """The UTF-16 unit of a code point, from 0 to the length of the text."""
        return place + bisect_left(self._wide, place)
