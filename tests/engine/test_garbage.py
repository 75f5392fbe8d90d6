"""What lives at the start is not looked at again; what has become garbage since is found when asked for."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import pytest

from service.engine.garbage import spare_survivors


class Node:
    """Refers to itself."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """The collector is that of the whole test process."""
    thresholds = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*thresholds)


def test_survivors_are_spared_until_they_are_asked_for_again() -> None:
    """A model that was loaded at the start and goes later must leave nothing behind."""
    node = Node()
    kept = weakref.ref(node)
    spare_survivors()
    del node
    gc.collect()
    assert kept() is not None  # frozen: an ordinary collection passes it over
    spare_survivors()
    assert kept() is None


def test_what_is_made_later_is_collected_as_ever() -> None:
    """Only less often."""
    gc.set_threshold(700, 10, 10)  # Python's own, whatever an earlier test has left
    spare_survivors()
    assert gc.isenabled()
    assert gc.get_threshold()[0] > 700
    node = Node()
    kept = weakref.ref(node)
    del node
    gc.collect()
    assert kept() is None
