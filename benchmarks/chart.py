"""`python -m benchmarks.chart FILE PICTURE`: throughput against p99 in the open loop, us and the peers."""

from __future__ import annotations

import statistics
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.record import Record

_OURS = "zhuyi"
_COLOURS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#999999", "#8c564b", "#bcbd22")
_OUR_COLOUR = "#d55e00"
_HIGHEST_MS = 3000.0
Curve = list[tuple[float, float]]


def main(arguments: Sequence[str]) -> None:
    """Draws the picture of a run."""
    file, picture = arguments
    draw(Record.read(Path(file)), Path(picture))


def curve_of(record: Record, server: str) -> Curve:
    """Requests answered a second and p99 in milliseconds at each rate of the plan, medians of the rounds."""
    by_rate: dict[float, Curve] = {}
    for turn in record.turns_of(server):
        for point in turn.points:
            p99 = point.measurement.p99_of_sent_ms
            if p99 is not None and point.rate in record.rates:
                by_rate.setdefault(point.rate, []).append((point.measurement.requests_per_second, p99))
    return [
        (statistics.median(rate for rate, _ in found), statistics.median(p99 for _, p99 in found))
        for _, found in sorted(by_rate.items())
    ]


def draw(record: Record, picture: Path) -> None:
    """Writes an SVG that is the same for the same numbers."""
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams.update({"svg.hashsalt": "zhuyi", "font.size": 9, "svg.fonttype": "path"})
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(7.2, 4.2), layout="constrained")
    _draw_curves(axes, record)
    axes.axhline(record.limit_ms, color="#bbbbbb", linewidth=0.8, zorder=0)
    axes.set(yscale="log", xlabel="requests answered per second", ylabel="p99 from the intended start, ms")
    axes.set_ylim(top=_HIGHEST_MS)
    axes.set_xlim(left=0)
    axes.grid(alpha=0.25, which="both", linewidth=0.5)
    axes.spines[["top", "right"]].set_visible(False)
    figure.legend(loc="outside right upper", frameon=False, fontsize=8)
    figure.savefig(picture, metadata={"Date": None})
    pyplot.close(figure)


def _draw_curves(axes: Any, record: Record) -> None:
    families = list(dict.fromkeys(name.split("-")[0] for name in record.titles if name != _OURS))
    for number, (name, title) in enumerate(record.titles.items()):
        is_ours = name == _OURS
        if not (curve := curve_of(record, name)):
            continue
        axes.plot(
            [rate for rate, _ in curve],
            [p99 for _, p99 in curve],
            label=title,
            color=_OUR_COLOUR if is_ours else _COLOURS[families.index(name.split("-")[0]) % len(_COLOURS)],
            linewidth=2.4 if is_ours else 1.1,
            linestyle="--" if name.endswith("-naive") else "-",
            marker="o" if is_ours else "os^vD"[number % 5],
            markersize=4 if is_ours else 3,
            zorder=3 if is_ours else 2,
        )


if __name__ == "__main__":
    main(sys.argv[1:])
