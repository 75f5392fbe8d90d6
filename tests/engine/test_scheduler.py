"""Who is encoded next: fair among calls, interactive before bulk, similar lengths together."""

from __future__ import annotations

import itertools

import pytest

from service.engine.scheduler import BatchLimits, Scheduler
from service.engine.sequence import Sequence
from tests.engine.driving import a_job
from tests.fakes import PIECES

_ids = itertools.count(1)


def a_sequence(length: int = 4, **changes: object) -> Sequence:
    """A sequence of that many source tokens, of a call of its own unless changed."""
    changes.setdefault("id", next(_ids))
    changes.setdefault("group", changes["id"])
    return Sequence.from_job(a_job([5] * length, **changes), PIECES)


def a_scheduler(*sequences: Sequence) -> Scheduler:
    """A scheduler in which these wait, in this order."""
    scheduler = Scheduler()
    for one in sequences:
        scheduler.add(one)
    return scheduler


def served(scheduler: Scheduler) -> list[Sequence]:
    """All that wait, one by one, in the order in which they are taken."""
    order: list[Sequence] = []
    while group := scheduler.next_group(1, 1000):
        order += group
    return order


def test_nothing_waits_for_company() -> None:
    """One that waits is taken at once; an empty queue gives nothing."""
    only = a_sequence()
    scheduler = a_scheduler(only)
    assert scheduler.next_group(8, 256) == [only]
    assert scheduler.next_group(8, 256) == []


def test_single_sentences_are_taken_in_the_order_in_which_they_came() -> None:
    """Whatever their lengths."""
    sequences = [a_sequence(length) for length in (9, 1, 30, 4, 4, 17)]
    assert served(a_scheduler(*sequences)) == sequences


def test_a_group_is_bounded_in_sequences_and_in_tokens() -> None:
    """Tokens count with padding; one that is longer than the bound goes alone."""
    scheduler = a_scheduler(*(a_sequence(10) for _ in range(9)), a_sequence(90))
    assert len(scheduler.next_group(3, 256)) == 3
    assert len(scheduler.next_group(8, 64)) == 4  # ten tokens are padded to at most sixteen
    assert len(scheduler.next_group(8, 64)) == 2
    assert len(scheduler.next_group(8, 64)) == 1


def test_similar_lengths_are_encoded_together() -> None:
    """The first is grouped with the like of it; those of another length follow in a group of their own."""
    short, long, short_too = a_sequence(3), a_sequence(60), a_sequence(5)
    scheduler = a_scheduler(short, long, short_too)
    assert scheduler.next_group(8, 256) == [short, short_too]
    assert scheduler.next_group(8, 256) == [long]


def test_a_similar_length_far_behind_is_not_fetched() -> None:
    """Grouping looks a little ahead only, so that it stays fair and cheap."""
    late = a_sequence(3)
    scheduler = a_scheduler(a_sequence(3), *(a_sequence(60) for _ in range(80)), late)
    assert late not in scheduler.next_group(8, 256)


def test_a_single_sentence_does_not_wait_for_an_array() -> None:
    """Behind a thousand texts of one call it is taken second or third, not last; the array comes through."""
    array = [a_sequence(12, group=7) for _ in range(1000)]
    single = a_sequence(30)
    scheduler = a_scheduler(*array, single)
    order = served(scheduler)
    assert order.index(single) <= 2
    assert [one for one in order if one is not single] == array


def test_two_arrays_share_by_tokens() -> None:
    """While both wait, the one of long sentences gets no more tokens than the one of short ones."""
    long = [a_sequence(40, group=1) for _ in range(50)]
    short = [a_sequence(10, group=2) for _ in range(200)]
    first = served(a_scheduler(*long, *short))[:100]
    tokens = {group: sum(len(s.job.source) for s in first if s.job.group == group) for group in (1, 2)}
    assert tokens[1] == pytest.approx(tokens[2], rel=0.7)


def test_interactive_goes_before_bulk() -> None:
    """Even where the bulk came first."""
    bulk = [a_sequence(priority="bulk") for _ in range(8)]
    interactive = a_sequence()
    assert a_scheduler(*bulk, interactive).next_group(1, 256) == [interactive]


def test_bulk_does_not_starve() -> None:
    """Every fourth turn is that of the oldest, though interactive sentences never stop coming."""
    scheduler = a_scheduler(a_sequence(priority="bulk"), a_sequence(priority="bulk"))
    taken: list[str] = []
    for _ in range(8):
        scheduler.add(a_sequence())
        scheduler.add(a_sequence())
        taken += [one.job.priority for one in scheduler.next_group(1, 256)]
    assert taken == ["interactive", "interactive", "interactive", "bulk"] * 2


def test_an_array_does_not_starve() -> None:
    """Nor one whose later texts are always behind a fresh single sentence."""
    scheduler = a_scheduler(*(a_sequence(50, group=3) for _ in range(4)))
    groups: list[int] = []
    for _ in range(16):
        scheduler.add(a_sequence())
        scheduler.add(a_sequence())
        groups += [one.job.group for one in scheduler.next_group(1, 256)]
    assert groups.count(3) == 4


def test_few_wait_a_few_ticks_for_company_while_others_run() -> None:
    """The fourth ends the waiting at once; nobody waits longer than the patience, nor where nobody runs."""
    scheduler = Scheduler(patience=3)
    first = a_sequence()
    scheduler.add(first)
    assert [scheduler.next_group(8, 256, others_run=True) for _ in range(4)] == [[], [], [], [first]]
    four = [a_sequence() for _ in range(4)]
    for one in four:
        scheduler.add(one)
    assert scheduler.next_group(8, 256, others_run=True) == four
    scheduler.add(first)
    assert scheduler.next_group(8, 256) == [first]


def test_expired_sequences_are_found_wherever_they_wait() -> None:
    """The order of deadlines need not be that of arrival."""
    patient, late, later = a_sequence(), a_sequence(deadline=5.0), a_sequence(deadline=7.0)
    scheduler = a_scheduler(patient, later, late)
    assert scheduler.expired(4.9) == []
    assert scheduler.expired(5.0) == [late]
    assert scheduler.expired(8.0) == [later]
    assert scheduler.next_group(8, 256) == [patient]


def test_waiting_tokens_are_counted() -> None:
    """In when added, out when taken or removed."""
    first, second = a_sequence(4), a_sequence(17)
    scheduler = a_scheduler(first, second)
    assert scheduler.waiting_tokens == 21
    scheduler.next_group(1, 256)
    assert scheduler.waiting_tokens == 17
    assert scheduler.remove([second.job.id, 12345]) == [second]
    assert (scheduler.waiting_tokens, scheduler.num_waiting) == (0, 0)


@pytest.mark.parametrize("limits", [(7, 1, 1), (8, 0, 1), (8, 1, 0)])
def test_limits_that_nothing_fits_in_are_refused(limits: tuple[int, int, int]) -> None:
    """The widest beam must fit, and something must be encoded."""
    with pytest.raises(ValueError, match="rows"):
        BatchLimits(*limits)
