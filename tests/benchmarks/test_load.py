"""The load generator counts everything that was due and hides no stall; real sockets, known faults."""

from __future__ import annotations

import itertools

import pytest

from benchmarks.load import arrivals, closed_loop, open_loop
from benchmarks.measurement import Measurement
from tests.benchmarks.stub_server import StubServer, request

_NUM = 200


async def _closed(server: StubServer, *, count: int = _NUM, expected: str | None = None) -> Measurement:
    async with server.listening() as target:
        requests = itertools.repeat(request(server.port, expected=expected), count)
        return await closed_loop(target, requests, connections=8, seconds=20.0, patience_seconds=0.2)


async def _open(server: StubServer, *, rate: float = 200, seconds: float = 1.0) -> Measurement:
    async with server.listening() as target:
        return await open_loop(
            target,
            itertools.repeat(request(server.port)),
            rate=rate,
            seconds=seconds,
            seed=1,
            connections=4,
            patience_seconds=1.0,
        )


async def test_a_closed_loop_sends_every_request_once() -> None:
    """What the server counts is what the generator counts."""
    server = StubServer()
    found = await _closed(server)
    assert (found.sent, found.answered, server.num_asked) == (_NUM, _NUM, _NUM)
    assert found.num_failures == 0
    assert found.latency is not None
    assert found.latency.count == _NUM
    assert found.latency.p50 <= found.latency.p99 <= found.latency.max


async def test_a_closed_loop_ends_when_its_time_is_up() -> None:
    """Requests without end are cut off; the rate counts the seconds that were asked for."""
    server = StubServer()
    async with server.listening() as target:
        found = await closed_loop(target, itertools.repeat(request(server.port)), connections=2, seconds=0.3)
    assert found.seconds <= 0.31
    assert found.answered == found.sent == server.num_asked
    assert found.requests_per_second == pytest.approx(found.answered / found.seconds, rel=0.05)


async def test_an_open_loop_counts_from_the_time_at_which_a_request_was_due() -> None:
    """A stall of 0.4 s in 1 s must be seen by nearly 0.4 of the requests, not by the 4 that were sent."""
    found = await _open(StubServer(stalls_at=40, stall_seconds=0.4))
    assert found.num_failures == 0
    assert found.latency is not None
    assert found.latency.max >= 390
    assert found.latency.p90 >= 200


async def test_an_open_loop_sends_what_its_schedule_says() -> None:
    """However slow the server is, the same seed makes the same number of requests."""
    expected = len(list(arrivals(200, 1.0, seed=1)))
    quick, slow = await _open(StubServer()), await _open(StubServer(stalls_at=3, stall_seconds=0.5))
    assert quick.sent == slow.sent == quick.answered == slow.answered == expected


async def test_arrivals_come_at_the_rate_and_at_random() -> None:
    """The gaps of a Poisson process are as long on average as their deviation."""
    times = list(arrivals(1000, 20.0, seed=3))
    gaps = [later - earlier for earlier, later in itertools.pairwise(times)]
    mean = sum(gaps) / len(gaps)
    deviation = (sum((gap - mean) ** 2 for gap in gaps) / len(gaps)) ** 0.5
    assert mean == pytest.approx(0.001, rel=0.05)
    assert deviation == pytest.approx(mean, rel=0.1)


@pytest.mark.parametrize(
    ("server", "kind"),
    [
        (StubServer(status=503), "status 503"),
        (StubServer(text=""), "empty"),
        (StubServer(text='"'), "unreadable"),
    ],
)
async def test_every_bad_answer_is_a_failure(server: StubServer, kind: str) -> None:
    """None of them counts in rate or latency."""
    found = await _closed(server)
    assert found.failures == {kind: _NUM}
    assert (found.sent, found.answered, found.requests_per_second) == (_NUM, 0, 0)
    assert found.latency is None
    assert not found.meets(1e9)


async def test_an_answer_that_is_not_the_expected_one_is_a_failure() -> None:
    """Speed by wrong translations is none."""
    assert (await _closed(StubServer(), expected="good bye")).failures == {"different": _NUM}
    assert (await _closed(StubServer(), expected="hello")).failures == {}


async def test_a_lost_connection_is_one_failure_and_is_opened_again() -> None:
    """The other requests are answered."""
    found = await _closed(StubServer(hangs_up_at=10))
    assert found.failures == {"connection lost": 1}
    assert found.answered == _NUM - 1


async def test_what_is_never_answered_is_counted_and_not_waited_for() -> None:
    """8 connections wait for 8 answers; nothing else was sent."""
    server = StubServer(is_mute=True)
    async with server.listening() as target:
        found = await closed_loop(
            target,
            itertools.repeat(request(server.port)),
            connections=8,
            seconds=0.2,
            patience_seconds=0.1,
        )
    assert (found.sent, found.answered) == (8, 0)
    assert found.failures == {"no answer in time": 8}


async def test_requests_that_could_not_be_sent_are_failures_in_an_open_loop() -> None:
    """4 connections are stuck, and the others' requests are due all the same."""
    server = StubServer(is_mute=True)
    async with server.listening() as target:
        found = await open_loop(
            target,
            itertools.repeat(request(server.port)),
            rate=200,
            seconds=0.3,
            seed=1,
            connections=4,
            patience_seconds=0.1,
        )
    assert server.num_asked <= 4
    assert found.sent > 4
    assert found.failures == {"no answer in time": found.sent}


async def test_a_server_that_is_not_there_is_counted_too() -> None:
    """Nobody listens: all requests fail, and the run ends in time."""
    server = StubServer()
    async with server.listening() as target:
        pass
    found = await closed_loop(
        target, itertools.repeat(request(server.port), 3), connections=2, seconds=2.0, patience_seconds=1.0
    )
    assert found.failures == {"cannot connect": 3}


async def test_bodies_in_chunks_are_read() -> None:
    """Some servers send them so."""
    assert (await _closed(StubServer(is_chunked=True), expected="hello")).answered == _NUM
