"""Rows that stay in their memory hold what plain arrays would, whatever comes, goes and branches."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from service.engine.slots import Form, Slots, bucket

FORMS = {
    "hidden": Form(np.dtype(np.float32), (2,), is_ragged=False, is_renewed=True),
    "keys": Form(np.dtype(np.float32), (3,), is_ragged=True, is_renewed=False),
    "source_mask": Form(np.dtype(np.float32), (), is_ragged=True, is_renewed=False),
}

# What happens: newcomers of these widths, behind all or first in the places of others, or the rows
# (modulo how many there are) that go on.
newcomers = st.tuples(
    st.sampled_from(["append", "replace"]), st.lists(st.integers(1, 40), min_size=1, max_size=4)
)
survivors = st.tuples(st.just("rearrange"), st.lists(st.integers(0, 99), max_size=12))
steps = st.tuples(st.just("step"), st.just([]))


def a_group(widths: list[int], first: int) -> dict[str, np.ndarray]:
    """Rows with numbers of their own, padded to the widest."""
    num, width = len(widths), max(widths)
    mask = (np.arange(width) < np.array(widths)[:, None]).astype(np.float32)  # [rows, source]
    numbers = np.arange(first, first + num, dtype=np.float32)
    keys = numbers[:, None, None] * mask[:, :, None] * np.ones(3, np.float32)
    return {"hidden": np.stack([numbers, numbers], 1), "keys": keys, "source_mask": mask}


@settings(deadline=None, max_examples=150)
@given(st.lists(newcomers | survivors | steps, max_size=25))
def test_slots_hold_what_plain_arrays_would(events: list[tuple[str, list[int]]]) -> None:
    """Each row is known by its number, its width, and how many steps it has made."""
    slots = Slots(FORMS)
    expected: list[tuple[float, float, int]] = []  # number, what is in `hidden`, width
    num_made = 0
    for kind, numbers in events:
        if kind in ("append", "replace"):
            places = places_for(len(numbers), len(expected), replaces=kind == "replace")
            slots.place(a_group(numbers, num_made), max(numbers), places)
            expected += [(0, 0, 0)] * (places[-1] + 1 - len(expected))
            for row, (place, width) in enumerate(zip(places, numbers, strict=True)):
                expected[place] = (num_made + row, num_made + row, width)
            num_made += len(numbers)
        elif kind == "rearrange" and expected:
            order = [number % len(expected) for number in numbers]
            slots.rearrange(order)
            expected = [expected[row] for row in order]
        elif kind == "step":
            slots.array("hidden", written=True)[:] = slots.array("hidden") + 0.5
            slots.turn()
            expected = [(number, hidden + 0.5, width) for number, hidden, width in expected]
        check(slots, expected)


def places_for(num_new: int, num_rows: int, *, replaces: bool) -> list[int]:
    """Behind all; or every other row, so far as there are any, and then behind all."""
    gaps = list(range(num_new % 2, num_rows, 2))[:num_new] if replaces else []
    return [*gaps, *range(num_rows, num_rows + num_new - len(gaps))]


def check(slots: Slots, expected: list[tuple[float, float, int]]) -> None:
    """Compares every row; padding is zero, and widths are multiples of eight."""
    assert slots.num_rows == len(expected)
    arrays = slots.arrays()
    assert slots.width % 8 == 0
    for row, (number, hidden, width) in enumerate(expected):
        assert (arrays["hidden"][row] == hidden).all()
        assert (arrays["keys"][row, :width] == number).all()
        assert not arrays["keys"][row, width:].any()
        assert arrays["source_mask"][row].sum() == width
    if expected:
        assert slots.width >= max(width for _, _, width in expected)


def test_a_step_that_fails_leaves_the_rows_as_they_were() -> None:
    """What it wrote half lies in the other buffer."""
    slots = Slots(FORMS)
    slots.place(a_group([3, 5], 1), 5, [0, 1])
    slots.array("hidden", written=True)[:] = np.nan
    assert slots.array("hidden").tolist() == [[1, 1], [2, 2]]


def test_what_belongs_to_a_source_is_not_moved_within_its_sentence() -> None:
    """A beam that reorders its rows moves its small tensors only."""
    slots = Slots(FORMS)
    slots.place(a_group([4], 1), 4, [0])
    slots.rearrange([0, 0, 0])
    slots.array("keys")[1] = 77  # a mark that a copy would overwrite
    slots.rearrange([2, 0, 1])
    assert (slots.array("keys")[1] == 77).all()


def test_memory_is_moved_seldom() -> None:
    """Where the largest batch has once been, nothing is allocated any more."""
    slots = Slots(FORMS)
    slots.place(a_group([40] * 32, 1), 40, range(32))
    layout = slots.layout
    for round_ in range(50):
        left = round_ % 5
        slots.rearrange(list(range(left)))
        slots.place(a_group([1 + round_ % 40] * 20, 1), 1 + round_ % 40, range(left, left + 20))
    assert slots.layout == layout


def test_widths_are_coarser_where_they_are_wide() -> None:
    """Multiples of 8 at first, of 16 from 32 on."""
    assert [bucket(width) for width in (1, 8, 9, 31, 32, 33, 48, 100, 128)] == [
        8, 8, 16, 32, 32, 48, 48, 112, 128,
    ]  # fmt: skip
