"""Joining and keeping rows, for any architecture: nothing real is lost, nothing unused is carried on."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.engine.model import State
from tests.state_table import StateTable

TABLE = {"hidden": None, "keys": 2, "source_mask": 1, "cache": 1, "cache_mask": 1}

# A row is a number, a source that begins at the first column, and a cache that ends at the last.
rows = st.tuples(
    st.integers(0, 99),
    st.lists(st.integers(1, 9), min_size=1, max_size=9),
    st.lists(st.integers(1, 9), max_size=5),
)


def a_state(content: list[tuple[int, list[int], list[int]]]) -> State:
    """The state of these rows."""
    num, width = len(content), max(len(source) for _, source, _ in content)
    depth = max(len(cache) for _, _, cache in content)
    arrays = {
        "hidden": np.array([[number] for number, _, _ in content]),
        "keys": np.zeros((num, 2, width), np.int64),
        "source_mask": np.zeros((num, width), np.float32),
        "cache": np.zeros((num, depth), np.int64),
        "cache_mask": np.zeros((num, depth), np.float32),
    }
    for row, (_, source, cache) in enumerate(content):
        arrays["keys"][row, :, : len(source)] = source
        arrays["source_mask"][row, : len(source)] = 1
        arrays["cache"][row, depth - len(cache) :] = cache
        arrays["cache_mask"][row, depth - len(cache) :] = 1
    return State(arrays, num)


def content_of(state: State) -> list[tuple[int, list[int], list[int]]]:
    """What the rows of a state hold where their masks say that it is real."""
    found: list[tuple[int, list[int], list[int]]] = []
    for row in range(state.num_rows):
        is_source = state.arrays["source_mask"][row] > 0
        is_cache = state.arrays["cache_mask"][row] > 0
        assert (state.arrays["keys"][row, 0] == state.arrays["keys"][row, 1]).all()
        found.append(
            (
                int(state.arrays["hidden"][row, 0]),
                state.arrays["keys"][row, 0][is_source].tolist(),
                state.arrays["cache"][row][is_cache].tolist(),
            )
        )
    return found


@given(
    st.lists(rows, min_size=1, max_size=5), st.lists(rows, min_size=1, max_size=5), st.sampled_from([1, 4])
)
def test_joining_puts_the_right_behind_the_left(
    left: list[tuple[int, list[int], list[int]]],
    right: list[tuple[int, list[int], list[int]]],
    multiple: int,
) -> None:
    """Whatever their widths; every array has a row for every row."""
    table = StateTable(TABLE, width_multiple=multiple)
    joined = table.join(a_state(left), a_state(right))
    assert content_of(joined) == left + right
    assert {len(array) for array in joined.arrays.values()} == {len(left) + len(right)}


@given(st.lists(rows, min_size=1, max_size=6), st.lists(st.integers(0, 5), min_size=1, max_size=9))
def test_keeping_names_rows_in_any_order_and_more_than_once(
    content: list[tuple[int, list[int], list[int]]], wanted: list[int]
) -> None:
    """As beams do; columns that none of them uses are gone, and the state that was given is as it was."""
    chosen = [one % len(content) for one in wanted]
    state = a_state(content)
    kept = StateTable(TABLE).keep(state, np.array(chosen))
    assert content_of(kept) == [content[one] for one in chosen]
    assert content_of(state) == content
    assert kept.arrays["keys"].shape[2] == max(len(content[one][1]) for one in chosen)
    assert kept.arrays["cache"].shape[1] == max(len(content[one][2]) for one in chosen)


@given(st.lists(rows, min_size=1, max_size=5))
def test_padding_reaches_the_multiple(content: list[tuple[int, list[int], list[int]]]) -> None:
    """Every ragged axis, and no row changes by it."""
    padded = StateTable(TABLE, width_multiple=8).padded(a_state(content))
    assert content_of(padded) == content
    assert padded.arrays["keys"].shape[2] % 8 == padded.arrays["cache_mask"].shape[1] % 8 == 0


def test_kept_widths_stay_at_multiples() -> None:
    """A step that was padded to eights stays so when the long row leaves."""
    table = StateTable({"keys": 1, "source_mask": 1}, width_multiple=8)
    mask = np.zeros((2, 24), np.float32)
    mask[0, :20] = mask[1, :3] = 1
    kept = table.keep(State({"keys": mask.copy(), "source_mask": mask}, 2), np.array([1]))
    assert kept.arrays["keys"].shape == (1, 8)


def test_a_ragged_tensor_without_a_mask_is_refused() -> None:
    """Nothing would tell what of it is real."""
    with pytest.raises(ValueError, match="source_mask"):
        StateTable({"keys": 1})
