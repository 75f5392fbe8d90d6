"""Who is let in: in order of arrival, within rows and within the encoding of a tick."""

from __future__ import annotations

from service.engine.scheduler import BatchLimits, Scheduler
from service.engine.sequence import Sequence
from tests.engine.driving import a_job
from tests.fakes import PIECES


def a_sequence(length: int = 4, **changes: object) -> Sequence:
    """A sequence of that many source tokens."""
    return Sequence.from_job(a_job([5] * length, **changes), PIECES)


def a_scheduler(*sequences: Sequence, max_rows: int = 32, max_encode: int = 6) -> Scheduler:
    """A scheduler in which these wait, in this order."""
    scheduler = Scheduler(BatchLimits(max_rows, max_encode))
    for one in sequences:
        scheduler.add(one)
    return scheduler


def test_nothing_waits_for_company() -> None:
    """One waiting sequence and free rows: it enters at once."""
    only = a_sequence()
    assert a_scheduler(only).admit(used_rows=0) == [[only]]


def test_at_most_a_few_enter_per_tick() -> None:
    """Twenty wait and six enter, the oldest six; the others at the next ticks."""
    sequences = [a_sequence() for _ in range(20)]
    scheduler = a_scheduler(*sequences)
    assert scheduler.admit(used_rows=0) == [sequences[:6]]
    assert scheduler.admit(used_rows=6) == [sequences[6:12]]
    assert scheduler.num_waiting == 8


def test_rows_are_never_exceeded() -> None:
    """With 30 of 32 rows used two enter, with 32 none."""
    sequences = [a_sequence() for _ in range(5)]
    scheduler = a_scheduler(*sequences)
    assert scheduler.admit(used_rows=30) == [sequences[:2]]
    assert scheduler.admit(used_rows=32) == []


def test_a_beam_takes_as_many_rows_as_it_is_wide() -> None:
    """Four beams of eight fill 32 rows."""
    sequences = [a_sequence(beam_size=8) for _ in range(5)]
    assert a_scheduler(*sequences).admit(used_rows=0) == [sequences[:4]]


def test_nobody_overtakes_a_beam_whose_rows_are_not_free() -> None:
    """Else a stream of single rows would keep it waiting for ever."""
    scheduler = a_scheduler(a_sequence(beam_size=8), a_sequence())
    assert scheduler.admit(used_rows=28) == []


def test_similar_lengths_are_encoded_together() -> None:
    """The oldest is grouped with the like of it; those of another length follow in a group of their own."""
    short, long, short_too = a_sequence(3), a_sequence(60), a_sequence(5)
    assert a_scheduler(short, long, short_too).admit(used_rows=0) == [[short, short_too], [long]]


def test_a_similar_length_far_behind_is_not_fetched() -> None:
    """Grouping looks a little ahead only, so that it stays fair and cheap."""
    others = [a_sequence(60) for _ in range(40)]
    late = a_sequence(3)
    groups = a_scheduler(a_sequence(3), *others, late).admit(used_rows=0)
    assert all(late not in group for group in groups)


def test_expired_sequences_are_found_wherever_they_wait() -> None:
    """The order of deadlines need not be that of arrival."""
    patient, late, later = a_sequence(), a_sequence(deadline=5.0), a_sequence(deadline=7.0)
    scheduler = a_scheduler(patient, later, late)
    assert scheduler.expired(4.9) == []
    assert scheduler.expired(5.0) == [late]
    assert scheduler.expired(8.0) == [later]
    assert scheduler.admit(used_rows=0) == [[patient]]


def test_waiting_tokens_are_counted() -> None:
    """In when added, out when admitted or removed."""
    first, second = a_sequence(4), a_sequence(7)
    scheduler = a_scheduler(first, second, max_encode=1)
    assert scheduler.waiting_tokens == 11
    scheduler.admit(used_rows=0)
    assert scheduler.waiting_tokens == 7
    assert scheduler.remove([second.job.id, 12345]) == [second]
    assert (scheduler.waiting_tokens, scheduler.num_waiting) == (0, 0)
