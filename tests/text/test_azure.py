"""Links in Azure's notation, compared with what an encoder of UTF-16 says."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from service.text.alignment import Link
from service.text.azure import Utf16Offsets, azure_projection


def link(source: tuple[int, int], target: tuple[int, int]) -> Link:
    """A link of two half-open spans."""
    return Link(*source, *target, 1.0)


def test_ends_are_inclusive_and_links_in_the_order_of_the_source() -> None:
    """The example of Azure's own course: Smart is 0 to 4 and lies behind the first two signs."""
    links = [link((6, 14), (2, 4)), link((0, 5), (0, 2))]
    assert azure_projection(links, "Smart Services", "智能服务") == "0:4-0:1 6:13-2:3"


def test_one_word_may_have_several_partners_and_a_pair_comes_once() -> None:
    """Several links of a pair of words say nothing more."""
    links = [link((3, 5), (4, 7)), link((3, 5), (0, 4)), link((3, 5), (4, 7))]
    assert azure_projection(links, "abcdef", "abcdefgh") == "3:4-0:3 3:4-4:6"


def test_a_sign_beyond_the_basic_plane_counts_twice() -> None:
    """As JavaScript and .NET count."""
    assert (
        azure_projection([link((0, 1), (2, 3)), link((2, 4), (0, 1))], "😀 ab", "a 😀") == "0:1-2:3 3:4-0:0"
    )


def test_nothing_to_link_is_an_empty_string() -> None:
    """Neither no links nor links of nothing."""
    assert azure_projection([], "a", "b") == azure_projection([link((0, 0), (0, 1))], "a", "b") == ""


@given(st.text(alphabet="aé你😀\U0010ffff", max_size=20))
def test_places_are_those_of_an_encoder(text: str) -> None:
    """At every place, the end of the text among them."""
    offsets = Utf16Offsets(text)
    assert [offsets.at(place) for place in range(len(text) + 1)] == [
        len(text[:place].encode("utf-16-le")) // 2 for place in range(len(text) + 1)
    ]
