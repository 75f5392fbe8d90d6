"""Tables and curves say what the raw numbers say."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.chart import curve_of
from benchmarks.measurement import Measurement, Tally, percentile
from benchmarks.peers.options import PeerOptions
from benchmarks.record import Point, Record, Turn, Usage
from benchmarks.report import to_markdown


def measured(latencies_ms: list[float], *, failures: dict[str, int] | None = None) -> Measurement:
    """A run of a second with these latencies."""
    tally = Tally(started=0.0, deadline=1.0, num_sent=len(latencies_ms))
    for latency in latencies_ms:
        tally.answer("", 1.0 - latency / 1000, 1.0, 1)
    for kind, count in (failures or {}).items():
        tally.failures[kind] += count
        tally.num_sent += count
    return tally.measurement(processor_seconds=0.001)


def turn(server: str, number: int, latency_ms: float) -> Turn:
    """A turn with 100 answers of one latency, and as many at a rate of 100 a second."""
    found = measured([latency_ms] * 100)
    return Turn(
        server=server,
        round=number,
        closed=found,
        usage=Usage(1.0, 200.0, 150.0, 2),
        processor_ms=2.5,
        points=[Point(100.0, found), Point(77.0, measured([1.0]))],
        goodput=90.0,
    )


def record() -> Record:
    """Two servers, three rounds; one server of the third round did not start."""
    return Record(
        machine={
            "processor": "A CPU",
            "cores": 2,
            "vector_units": [],
            "memory_gb": 8.0,
            "python": "3.11",
            "commit": "abc",
            "date": "2026-01-01",
        },
        versions={"ours": {"onnxruntime": "1.0"}, "theirs": {"peer": "2.0", "onnxruntime": "1.0"}},
        titles={"ours": "Ours", "theirs": "Theirs"},
        command="python -m benchmarks.run",
        scenario="realistic",
        model="zh-en/1",
        precision="fp32",
        texts="sentences.zh.txt",
        num_texts=3,
        connections=64,
        rates=[100.0],
        limit_ms=100.0,
        turns=[
            *(turn("ours", number, latency) for number, latency in enumerate([10.0, 30.0, 20.0])),
            *(turn("theirs", number, 50.0) for number in range(2)),
            Turn(server="theirs", round=2, error="nobody listens\nTraceback"),
        ],
    )


@pytest.mark.parametrize(("percent", "expected"), [(50, 2.0), (99, 4.0), (25, 1.0), (100, 4.0)])
def test_a_percentile_is_one_of_the_values(percent: float, expected: float) -> None:
    """The nearest rank, nothing between."""
    assert percentile([1.0, 2.0, 3.0, 4.0], percent) == expected


def test_failures_count_as_never_answered() -> None:
    """Two of a hundred: no p99 and no limit that is met, though every answer was quick."""
    assert measured([1.0] * 99, failures={"status 503": 1}).meets(100)
    unlucky = measured([1.0] * 98, failures={"status 503": 2})
    assert unlucky.p99_of_sent_ms is None
    assert not unlucky.meets(100)


def test_answers_after_the_time_do_not_count_in_the_rate() -> None:
    """Else a server could do its work when nobody measures."""
    tally = Tally(started=0.0, deadline=1.0, num_sent=2)
    tally.answer("", 0.0, 0.5, 1)
    tally.answer("", 0.0, 3.0, 1)
    found = tally.measurement(processor_seconds=0.0)
    assert (found.answered, found.requests_per_second) == (2, pytest.approx(1.0))


def test_the_table_has_medians_with_the_least_and_the_most() -> None:
    """20 is the median of 10, 30 and 20."""
    text = to_markdown(record())
    assert "| Ours | 100 (100–100) | 20 (10–30) | 20 (10–30) | 2.5 (2.5–2.5) | 200 (200–200) |" in text
    assert "goodput/s, p99 ≤ 100 ms" in text


def test_the_table_says_why_a_turn_is_missing() -> None:
    """In its first line only."""
    text = to_markdown(record())
    assert "nobody listens |" in text
    assert "Traceback" not in text


def test_the_open_loop_is_shown_at_the_rates_of_the_plan() -> None:
    """What the search for the goodput tried is not in the table and not in the curve."""
    assert "| Ours | 20 / 20 |" in to_markdown(record())
    assert "77/s" not in to_markdown(record())
    assert curve_of(record(), "ours") == [(pytest.approx(100.0), pytest.approx(20.0))]


def test_versions_are_named_once() -> None:
    """Though two servers use the same package."""
    assert "Versions: onnxruntime 1.0, peer 2.0." in to_markdown(record())


def test_a_record_survives_its_file(tmp_path: Path) -> None:
    """Nothing in it is a number that JSON lacks."""
    found = record()
    found.turns.append(Turn(server="ours", round=3, closed=measured([], failures={"empty": 3})))
    found.write(tmp_path / "results.json")
    assert Record.read(tmp_path / "results.json") == found
    assert list(tmp_path.iterdir()) == [tmp_path / "results.json"]


def test_a_peer_reads_what_it_was_told() -> None:
    """The options travel as environment variables."""
    for lengths in (None, Path("/lengths.json")):
        options = PeerOptions(
            port=1, model_folder=Path("/model"), precision="int8", policy="naive", lengths_file=lengths
        )
        assert PeerOptions.from_environment(options.to_environment()) == options
