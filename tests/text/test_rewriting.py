"""Places before and after some stretches of a text were replaced."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.text.rewriting import Edit, Rewriting


def test_edits_are_made_in_order() -> None:
    """A stretch becomes longer, shorter, nothing, or comes out of nothing."""
    found = Rewriting("abcdef", [Edit(0, 1, "XXX"), Edit(2, 4, ""), Edit(5, 5, "-"), Edit(5, 6, "Y")])
    assert found.new == "XXXbe-Y"
    assert found.new_places == ((0, 3), (4, 4), (5, 6), (6, 7))


@pytest.mark.parametrize(
    ("old", "new"), [((0, 2), (0, 2)), ((3, 4), (3, 10)), ((0, 5), (0, 11)), ((4, 5), (10, 11))]
)
def test_places_go_there_and_back(old: tuple[int, int], new: tuple[int, int]) -> None:
    """In `abcXde`, X having become seven letters."""
    found = Rewriting("abcXde", [Edit(3, 4, "ORD-123")])
    assert found.new == "abcORD-123de"
    assert found.to_new(*old) == new
    assert found.to_old(*new) == old


def test_what_cuts_into_an_edit_gets_all_of_it() -> None:
    """Half of an order number has no place of its own in what stands for it."""
    assert Rewriting("abcXde", [Edit(3, 4, "ORD-123")]).to_old(5, 7) == (3, 4)


@given(st.text("ab", max_size=30), st.data())
def test_every_kept_character_is_found_again(old: str, data: st.DataObject) -> None:
    """Whatever the edits: what was not replaced stands, the same, at its new place."""
    cuts = sorted(data.draw(st.lists(st.integers(0, len(old)), max_size=6)))
    edits = [
        Edit(start, end, data.draw(st.text("xy", max_size=4)))
        for start, end in zip(cuts[::2], cuts[1::2], strict=False)
    ]
    found = Rewriting(old, edits)
    replaced = {at for edit in edits for at in range(edit.start, edit.end)}
    for at in set(range(len(old))) - replaced:
        start, end = found.to_new(at, at + 1)
        assert found.new[start:end] == old[at]
        assert found.to_old(start, end) == (at, at + 1)
