"""Which HTML elements separate prose, are empty, end by themselves, or hold no prose (HTML standard)."""

from __future__ import annotations

from typing import Final

VOID: Final = frozenset(
    "area base br col embed hr img input link meta source track wbr basefont bgsound frame keygen".split()
)
"""Section 13.1.2 and, for the old ones, 13.2.6.4.7: elements without an end tag."""

BLOCKS: Final = frozenset(
    """
    address article aside base basefont bgsound blockquote body br caption center col colgroup datalist dd
    details dialog dir div dl dt fieldset figcaption figure footer form frame frameset h1 h2 h3 h4 h5 h6 head
    header hgroup hr html legend li link listing main menu meta nav noframes noscript ol optgroup option p
    plaintext pre search section select source summary table tbody td template tfoot th thead title tr
    track ul xmp
    """.split()
)
"""Section 15.3: everything that is displayed as a block, a list item or a part of a table, or not at all."""

SILENT: Final = frozenset(
    """
    audio canvas iframe listing noembed noframes object plaintext pre script style svg template textarea video
    xmp
    """.split()
)
"""Elements whose content is no prose and says nothing in the sentence around them."""

SPOKEN: Final = frozenset("code kbd math rp rt samp tt var".split())
"""Elements whose content is part of the sentence around them, and must not be translated."""

_TABLE_PARTS: Final = frozenset("td th tr thead tbody tfoot caption colgroup".split())
_P_BOUNDARIES: Final = frozenset("table td th caption button object html body".split())
_CLOSES_P: Final = frozenset(
    """
    address article aside blockquote center details dialog dir div dl fieldset figcaption figure footer form
    h1 h2 h3 h4 h5 h6 header hgroup hr listing main menu nav ol p plaintext pre search section summary table
    ul xmp li dd dt
    """.split()
)

_ENDED_BY: Final = {
    "li": (frozenset({"li"}), frozenset("ul ol menu dir table".split())),
    "dd": (frozenset({"dd", "dt"}), frozenset({"dl", "table"})),
    "dt": (frozenset({"dd", "dt"}), frozenset({"dl", "table"})),
    "option": (frozenset({"option"}), frozenset("select datalist optgroup".split())),
    "optgroup": (frozenset({"option", "optgroup"}), frozenset({"select"})),
    "td": (frozenset({"td", "th"}), frozenset({"table"})),
    "th": (frozenset({"td", "th"}), frozenset({"table"})),
    "tr": (frozenset({"td", "th", "tr"}), frozenset({"table"})),
    "tbody": (_TABLE_PARTS, frozenset({"table"})),
    "thead": (_TABLE_PARTS, frozenset({"table"})),
    "tfoot": (_TABLE_PARTS, frozenset({"table"})),
}


def ended_by(name: str) -> list[tuple[frozenset[str], frozenset[str]]]:
    """What the start tag of `name` ends (section 13.1.2.4): names, and the names that shield them."""
    ended = [_ENDED_BY[name]] if name in _ENDED_BY else []
    if name in _CLOSES_P:
        ended.append((frozenset({"p"}), _P_BOUNDARIES))
    return ended
