"""How much may be owed, and how long a refused caller is told to wait."""

from __future__ import annotations

import pytest

from service.engine.admission import Admission, QueueLimits
from service.engine.errors import Overloaded, TooMany
from service.engine.tally import LoopIdentity, Tally


def a_tick(tokens: int, seconds: float) -> Tally:
    """A tick that made that many tokens in that time."""
    return Tally(tokens=tokens, busy_seconds=seconds)


def observed(admission: Admission, tally: Tally) -> None:
    """Tells the admission of a tick."""
    admission.observe(LoopIdentity(0, "fake", "1", "cpu").record(tally))


def test_a_request_enters_whole_or_not_at_all() -> None:
    """A refusal leaves the counts as they were."""
    admission = Admission(QueueLimits(max_sequences=4, max_tokens=100))
    admission.enter(3, 10)
    with pytest.raises(Overloaded):
        admission.enter(2, 2)
    assert (admission.state().num_sequences, admission.state().num_tokens) == (3, 10)
    admission.enter(1, 90)
    admission.leave(4, 100)
    assert (admission.state().num_sequences, admission.state().num_tokens) == (0, 0)


@pytest.mark.parametrize(("sequences", "tokens", "unit"), [(5, 5, "sentences"), (1, 101, "tokens")])
def test_what_could_never_fit_is_not_told_to_come_back(sequences: int, tokens: int, unit: str) -> None:
    """It names the bound that it is over."""
    with pytest.raises(TooMany) as raised:
        Admission(QueueLimits(max_sequences=4, max_tokens=100)).enter(sequences, tokens)
    assert raised.value.unit == unit


def test_the_time_to_wait_is_what_the_queue_will_take() -> None:
    """At 100 tokens a second 500 tokens take five seconds; without knowledge it is one second."""
    admission = Admission(QueueLimits(max_sequences=1))
    admission.enter(1, 500)
    with pytest.raises(Overloaded) as blind:
        admission.enter(1, 1)
    assert blind.value.retry_after_seconds == 1
    for _ in range(20):
        observed(admission, a_tick(10, 0.1))
    with pytest.raises(Overloaded) as seeing:
        admission.enter(1, 1)
    assert seeing.value.retry_after_seconds == pytest.approx(5)
    assert admission.state().estimated_wait_seconds == pytest.approx(5)


def test_the_measured_speed_follows_the_present() -> None:
    """After a few hundred slow ticks the fast ones before are forgotten."""
    admission = Admission(QueueLimits())
    admission.enter(1, 100)
    for _ in range(500):
        observed(admission, a_tick(10, 0.01))
    for _ in range(500):
        observed(admission, a_tick(10, 0.1))
    assert admission.state().estimated_wait_seconds == pytest.approx(1, rel=0.05)
