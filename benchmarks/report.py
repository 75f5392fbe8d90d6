"""`python -m benchmarks.report FILE...`: the tables of runs in Markdown, medians over the rounds."""

from __future__ import annotations

import statistics
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from benchmarks.measurement import Measurement
from benchmarks.record import Record, Turn

_NOTHING = "–"
Cell = Callable[[Turn], float | None]


def main(arguments: Sequence[str]) -> None:
    """Prints the tables of each file."""
    print("\n\n".join(to_markdown(Record.read(Path(file))) for file in arguments))


def to_markdown(record: Record) -> str:
    """Everything that a run found, as a section."""
    parts = [f"### {record.scenario}, {record.precision}", _about(record), _closed_table(record)]
    if labels := sorted({label for turn in record.turns if turn.closed for label in turn.closed.by_label}):
        parts.append(_labels_table(record, labels))
    if any(turn.points for turn in record.turns):
        parts.append(_open_table(record))
    return "\n\n".join([*parts, _versions(record)])


def _about(record: Record) -> str:
    machine, rounds = record.machine, len({turn.round for turn in record.turns})
    units = ", ".join(machine["vector_units"]) or "no vector units known"
    return (
        f"{machine['processor']}, {machine['cores']} cores ({units}), {machine['memory_gb']} GB, "
        f"Python {machine['python']}; commit {machine['commit']}, {machine['date']}.\n"
        f"{record.num_texts} texts of `{record.texts}`, model {record.model} in {record.precision}; "
        f"{rounds} rounds, medians (least to most).\n\n"
        f"```sh\n{record.command}\n```"
    )


def _closed_table(record: Record) -> str:
    """Rate, latency, cost and memory in the closed loop."""
    columns: dict[str, Cell] = {
        "requests/s": lambda turn: turn.closed.requests_per_second if turn.closed else None,
        "p50 ms": lambda turn: turn.closed.latency.p50 if turn.closed and turn.closed.latency else None,
        "p99 ms": lambda turn: turn.closed.latency.p99 if turn.closed and turn.closed.latency else None,
        "processor ms": lambda turn: turn.processor_ms,
        "RSS MB": lambda turn: turn.usage.rss_mb if turn.usage else None,
    }
    if any(turn.goodput is not None for turn in record.turns):
        columns[f"goodput/s, p99 ≤ {record.limit_ms:.0f} ms"] = lambda turn: turn.goodput
    rows = [
        [title, *(median_and_range(map(cell, record.turns_of(name))) for cell in columns.values()), faults]
        for name, title, faults in _servers(record)
    ]
    heads = [f"{record.connections} connections, closed loop", *columns, "failures"]
    return table(heads, rows)


def _servers(record: Record) -> Iterable[tuple[str, str, str]]:
    """Name, title and failures of each server, or why there is nothing of it."""
    for name, title in record.titles.items():
        turns = [turn for turn in record.turns if turn.server == name]
        errors = {turn.error.splitlines()[0] for turn in turns if turn.error}
        errors |= {"n/a" for turn in turns if not turn.is_applicable}
        kinds: dict[str, int] = {}
        for turn in turns:
            for kind, count in (turn.closed.failures if turn.closed else {}).items():
                kinds[kind] = kinds.get(kind, 0) + count
        yield name, title, "; ".join([*(f"{count} {kind}" for kind, count in kinds.items()), *sorted(errors)])


def _labels_table(record: Record, labels: Sequence[str]) -> str:
    """Latencies of each kind of request where there are several."""
    heads = ["p50 / p99 ms", *labels]
    rows = []
    for name, title in record.titles.items():
        closed = [turn.closed for turn in record.turns_of(name) if turn.closed]
        rows.append([title, *(_latencies(closed, label) for label in labels)])
    return table(heads, rows)


def _latencies(closed: Sequence[Measurement], label: str) -> str:
    found = [one.by_label[label] for one in closed if label in one.by_label]
    if not found:
        return _NOTHING
    return " / ".join(
        f"{statistics.median(values):.0f}"
        for values in ([one.p50 for one in found], [one.p99 for one in found])
    )


def _open_table(record: Record) -> str:
    """p50 and p99 at each rate of the plan; a star where requests were not answered, or not rightly."""
    rows = [
        [title, *(_at_rate(record.turns_of(name), rate) for rate in record.rates)]
        for name, title in record.titles.items()
    ]
    return table(["open loop, p50 / p99 ms at", *(f"{rate:g}/s" for rate in record.rates)], rows)


def _at_rate(turns: Sequence[Turn], rate: float) -> str:
    points = [point.measurement for turn in turns for point in turn.points if point.rate == rate]
    answered = [one.latency for one in points if one.latency]
    if not answered:
        return _NOTHING
    p50, p99 = (
        statistics.median(values) for values in zip(*((one.p50, one.p99) for one in answered), strict=True)
    )
    return f"{_short(p50)} / {_short(p99)}" + "*" * any(one.num_failures for one in points)


def _versions(record: Record) -> str:
    found = {f"{package} {version}" for of in record.versions.values() for package, version in of.items()}
    return f"Versions: {', '.join(sorted(found))}."


def median_and_range(values: Iterable[float | None]) -> str:
    """The median, and the least and most where there are several values."""
    known = [value for value in values if value is not None]
    if not known:
        return _NOTHING
    middle = _short(statistics.median(known))
    return middle if len(known) == 1 else f"{middle} ({_short(min(known))}–{_short(max(known))})"


def _short(value: float) -> str:
    return f"{value:.1f}" if value < 10 else f"{value:.0f}"


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


if __name__ == "__main__":
    main(sys.argv[1:])
