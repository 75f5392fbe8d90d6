"""Our histogram against the library's own: whatever is observed, the same is shown."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, Histogram
from prometheus_client.exposition import generate_latest

from service.series.distribution import Distribution

BOUNDS = (0.25, 1, 2.5, 10)
AMOUNTS = st.sampled_from([*BOUNDS, 0.0, -1.0, 0.5, 3.25, 1e9]) | st.integers(-100, 100).map(float)


def shown(registry: CollectorRegistry) -> list[str]:
    """The lines of `/metrics` in a registry; the library alone tells when a series was made."""
    lines = generate_latest(registry).decode().splitlines()
    return [line for line in lines if "_created" not in line]


def both(observed: Sequence[tuple[float, str]], *, looks_at: frozenset[int] = frozenset()) -> list[list[str]]:
    """What both show in the end; at some observations somebody looks in between."""
    ours, theirs = CollectorRegistry(), CollectorRegistry()
    distribution = Distribution("a_seconds", "What it is.", BOUNDS, ["kind"])
    ours.register(distribution)
    histogram = Histogram("a_seconds", "What it is.", ["kind"], buckets=BOUNDS, registry=theirs)
    for number, (amount, kind) in enumerate(observed):
        distribution.observe(amount, kind)
        histogram.labels(kind).observe(amount)
        if number in looks_at:
            generate_latest(ours)
    return [shown(ours), shown(theirs)]


@given(
    st.lists(st.tuples(AMOUNTS, st.sampled_from("ab")), max_size=30),
    st.frozensets(st.integers(0, 30), max_size=4),
)
def test_the_same_is_shown(observed: list[tuple[float, str]], looks_at: frozenset[int]) -> None:
    """On the bounds, between and beyond them, whenever somebody looks."""
    ours, theirs = both(observed, looks_at=looks_at)
    assert ours == theirs


def test_no_value_of_many_is_lost() -> None:
    """More than wait at any time; halves add up without a rest, in whatever order."""
    amounts = [n / 2 for n in range(5000)]
    ours, theirs = both(list(zip(amounts, itertools.cycle("ab"), strict=False)))
    assert ours == theirs
    assert sum(float(line.split()[1]) for line in ours if "_count" in line) == 5000


def test_an_expected_series_begins_at_zero() -> None:
    """Before anything is observed."""
    registry = CollectorRegistry()
    distribution = Distribution("a_seconds", "What it is.", BOUNDS, ["kind"])
    registry.register(distribution)
    distribution.expect("a")
    assert 'a_seconds_bucket{kind="a",le="+Inf"} 0.0' in shown(registry)


def test_a_wrong_number_of_labels_is_an_error() -> None:
    """As it is for the library's own."""
    distribution = Distribution("a_seconds", "What it is.", BOUNDS, ["kind"])
    with pytest.raises(ValueError, match="a_seconds has the labels kind"):
        distribution.observe(1.0, "a", "b")


def test_two_of_one_name_are_refused() -> None:
    """The registry hears of the name before a value is there."""
    registry = CollectorRegistry()
    registry.register(Distribution("a_seconds", "What it is.", BOUNDS, []))
    with pytest.raises(ValueError, match="a_seconds"):
        Histogram("a_seconds", "Another.", registry=registry)
