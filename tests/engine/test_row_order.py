"""Rows after sentences ended and beams branched: everyone has the right one, and few were moved."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import given, settings
from hypothesis import strategies as st

from service.engine.row_order import Survivor, arranged
from service.engine.sequence import Sequence
from tests.engine.driving import a_job
from tests.fakes import PIECES


@dataclass
class Case:
    """Sequences that share rows, and what each goes on from: places in its own rows; none means the end."""

    sequences: list[Sequence]
    parents: list[list[int]]


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Some sequences of one to four rows each, mixed up, that go on from some of them."""
    sizes = draw(st.lists(st.integers(1, 4), min_size=1, max_size=8))
    rows = draw(st.permutations(range(sum(sizes))))
    sequences, parents = [], []
    for size in sizes:
        sequence = Sequence.from_job(a_job([5], beam_size=4), PIECES)
        sequence.rows, rows = list(rows[:size]), rows[size:]
        sequences.append(sequence)
        parents.append(draw(st.lists(st.sampled_from(sequence.rows), max_size=4)))
    return Case(sequences, parents)


@settings(deadline=None)
@given(cases())
def test_every_hypothesis_gets_a_row_of_its_own_made_of_its_parent(case: Case) -> None:
    """Rows are numbered without gaps, whatever ended and whatever branched."""
    survivors = [Survivor(*pair) for pair in zip(case.sequences, case.parents, strict=True) if pair[1]]
    order = arranged(survivors)
    taken = sorted(row for one in survivors for row in one.sequence.rows)
    assert taken == list(range(len(order)))
    for one in survivors:
        assert [order[row] for row in one.sequence.rows] == one.parents


def test_the_last_takes_the_place_of_one_that_ended() -> None:
    """Of six greedy sentences the second ends: one row is moved."""
    sequences = [Sequence.from_job(a_job([5]), PIECES) for _ in range(6)]
    for row, sequence in enumerate(sequences):
        sequence.rows = [row]
    survivors = [Survivor(one, one.rows) for row, one in enumerate(sequences) if row != 1]
    assert arranged(survivors) == [0, 5, 2, 3, 4]


def test_a_beam_branches_within_its_own_rows() -> None:
    """So that what belongs to its sentence need not be moved."""
    beam = Sequence.from_job(a_job([5], beam_size=4), PIECES)
    beam.rows = [0, 1, 2, 3]
    assert sorted(arranged([Survivor(beam, [2, 2, 0, 2])])) == [0, 2, 2, 2]
    assert sorted(beam.rows) == [0, 1, 2, 3]
