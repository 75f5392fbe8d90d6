"""What comes in to an engine is taken between ticks, in order, and an idle engine is woken."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing

import pytest

from service.engine.errors import ModelFolderInvalid
from service.engine.framing import framed
from service.engine.inbox import Inbox
from service.engine.loader import Arrival
from service.engine.messages import Cancel, Load, Stop, encode

ARRIVAL = Arrival(Load(1, "a", "1", "/a", ""), ModelFolderInvalid("/a", "it is gone"))


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, Inbox]]:
    """The HTTP process's end of a channel, and what listens at the other."""
    theirs, ours = socket.socketpair()
    with theirs, ours, closing(Inbox(ours)) as inbox:
        yield theirs, inbox


def test_all_that_is_there_is_taken_at_once(ends: tuple[socket.socket, Inbox]) -> None:
    """Messages in their order, however they were cut; where there are none, nothing is waited for."""
    theirs, inbox = ends
    assert inbox.taken() == []
    sent = b"".join(framed(encode(Cancel((number,)))) for number in range(3))
    theirs.sendall(sent[:-2])
    assert inbox.taken() == [Cancel((0,)), Cancel((1,))]
    theirs.sendall(sent[-2:])
    assert inbox.taken() == [Cancel((2,))]


def test_more_than_one_read_is_taken_whole(ends: tuple[socket.socket, Inbox]) -> None:
    """A message larger than what is read at once arrives in one piece."""
    theirs, inbox = ends
    large = Cancel(tuple(range(100_000)))
    sender = threading.Thread(target=theirs.sendall, args=(framed(encode(large)),))
    sender.start()
    messages: list[object] = []
    while not messages:
        messages = inbox.taken(5.0)
    sender.join()
    assert messages == [large]


@pytest.mark.parametrize("wakes", ["message", "arrival", "end"])
def test_an_idle_engine_is_woken(ends: tuple[socket.socket, Inbox], wakes: str) -> None:
    """By whatever comes first, and long before it would look by itself."""
    theirs, inbox = ends
    acts = {
        "message": lambda: theirs.sendall(framed(encode(Cancel((7,))))),
        "arrival": lambda: inbox.put(ARRIVAL),
        "end": theirs.close,
    }
    timer = threading.Timer(0.05, acts[wakes])
    started = time.monotonic()
    timer.start()
    taken = inbox.taken(30.0)
    assert time.monotonic() - started < 10
    assert taken == [{"message": Cancel((7,)), "arrival": ARRIVAL, "end": Stop()}[wakes]]
    timer.join()


def test_nothing_in_time_is_nothing(ends: tuple[socket.socket, Inbox]) -> None:
    """Then a heartbeat is due."""
    started = time.monotonic()
    assert ends[1].taken(0.05) == []
    assert time.monotonic() - started >= 0.04


def test_what_was_said_before_the_end_is_heard(ends: tuple[socket.socket, Inbox]) -> None:
    """The end of the channel stops an engine behind everything else."""
    theirs, inbox = ends
    theirs.sendall(framed(encode(Cancel((1,)))))
    theirs.close()
    assert [*inbox.taken(), *inbox.taken()] == [Cancel((1,)), Stop()]
