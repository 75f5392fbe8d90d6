"""The metrics tell the truth: what the clients counted is what the server counted, in every wire format."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
from collections import Counter
from pathlib import Path

import httpx
import pytest

from tests.api.test_metrics import Samples, samples_of, total
from tests.e2e.mixed_load import LIMITS, MixedLoad, Seen
from tests.e2e.server import Server, running
from tests.e2e.wire_formats import WIRE_FORMATS

Found = tuple[Seen, Samples, Samples, str]
GAUGES = (
    "queue_requests",
    "queue_tokens",
    "running_rows",
    "estimated_wait_seconds",
    "queue_oldest_age_seconds",
)
NAMES = {"en-zh", "zh-en", "en", "zh", "auto", ""}


@pytest.fixture(scope="module")
def found(store: Path) -> Found:
    """What was seen of the load, the samples after it and after it was repeated, and the last exposition."""
    with running(store, **LIMITS) as server:
        return asyncio.run(load_twice(server))


async def load_twice(server: Server) -> Found:
    """Runs the same load twice."""
    async with httpx.AsyncClient(base_url=server.url, timeout=60) as client:
        load = MixedLoad(server, client)
        await load.run()
        once = await load.samples()
        await MixedLoad(server, client).run()
        exposition = (await client.get("/metrics")).text
        return load.seen, once, samples_of(exposition), exposition


def test_outcomes_are_those_that_the_clients_saw(found: Found) -> None:
    """Each request in exactly one, and its time in the histogram of the same."""
    seen, samples, *_ = found
    assert set(seen.outcomes) == {"ok", "validation", "too_long", "deadline", "cancelled", "overloaded"}
    assert min(seen.outcomes.values()) == len(WIRE_FORMATS)
    for series in ("zhuyi_requests_total", "zhuyi_request_duration_seconds_count"):
        assert by(samples, series, "outcome") == {(one,): count for one, count in seen.outcomes.items()}


def test_statuses_are_those_that_the_clients_saw(found: Found) -> None:
    """By route; 499 for whoever left before an answer had begun."""
    seen, samples, *_ = found
    counted = by(samples, "zhuyi_http_requests_total", "route", "status")
    assert {key: count for key, count in counted.items() if key[0] != "/metrics"} == seen.statuses
    timed = by(samples, "zhuyi_http_request_duration_seconds_count", "route")
    assert sum(count for (route,), count in timed.items() if route != "/metrics") == seen.statuses.total()


def test_sentences_are_those_that_came_back(found: Found) -> None:
    """By their ends, times and tokens, in the engines' own counts too; the rest was given up or refused."""
    seen, samples, *_ = found
    assert total(samples, "zhuyi_request_finished_total") == seen.num_sentences
    assert total(samples, "zhuyi_request_queue_seconds_count") == seen.num_sentences
    gone = seen.outcomes["deadline"] + seen.outcomes["cancelled"]
    assert total(samples, "zhuyi_cancelled_rows_total", where="queued") == gone
    assert total(samples, "zhuyi_rows_total") == seen.num_sentences
    assert total(samples, "zhuyi_time_to_first_token_seconds_count") == 3
    assert total(samples, "zhuyi_batch_size_count") == total(samples, "zhuyi_batches_total") > 0


def test_gauges_return_to_zero(found: Found) -> None:
    """But for the scrape itself, which is in flight while it counts."""
    _, samples, *_ = found
    assert {gauge: total(samples, f"zhuyi_{gauge}") for gauge in GAUGES} == dict.fromkeys(GAUGES, 0)
    in_flight = by(samples, "zhuyi_http_requests_in_flight", "route")
    assert {route: count for route, count in in_flight.items() if count} == {("/metrics",): 1}


def test_more_of_the_same_makes_no_new_series(found: Found) -> None:
    """And no label has a value that the service does not know by itself."""
    _, once, twice, _ = found
    assert once.keys() == twice.keys()
    for label in ("model", "source", "target"):
        values = {value for _, labels in twice for name, value in labels if name == label}
        assert values <= NAMES


@pytest.mark.skipif(not shutil.which("promtool"), reason="promtool is not installed")
def test_the_exposition_is_clean(found: Found) -> None:
    """As Prometheus' own tool sees it, with everything counted."""
    *_, exposition = found
    ended = subprocess.run(
        ["promtool", "check", "metrics"], input=exposition, capture_output=True, text=True, check=False
    )
    assert (ended.returncode, ended.stdout + ended.stderr) == (0, "")


def by(samples: Samples, name: str, *labels: str) -> Counter[tuple[str, ...]]:
    """The sums of a series by some of its labels, without those that are zero."""
    sums: Counter[tuple[str, ...]] = Counter()
    for (found, have), value in samples.items():
        if found == name and value:
            sums[tuple(dict(have)[label] for label in labels)] += int(value)
    return sums
