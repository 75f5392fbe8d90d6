"""Reads the dashboards with Grafana's own models; `make k8s-check` runs it.

The models ignore what they do not know, so a dashboard is right where they give back all that it says.
Runs without this project's packages.
"""

from __future__ import annotations

import copy
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from grafana_foundation_sdk.cog import plugins
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import Dashboard


def lost(given: Any, kept: Any, place: str = "") -> Iterator[str]:
    """Places in `given` that are missing in `kept`, or other there."""
    if isinstance(given, dict) and isinstance(kept, dict):
        for key, value in given.items():
            if key not in kept:
                yield f"{place}.{key}"
            else:
                yield from lost(value, kept[key], f"{place}.{key}")
    elif isinstance(given, list) and isinstance(kept, list) and len(given) == len(kept):
        for number, (one, other) in enumerate(zip(given, kept, strict=True)):
            yield from lost(one, other, f"{place}[{number}]")
    elif given != kept:
        yield place


def unknown_to_grafana(dashboard: dict[str, Any]) -> list[str]:
    """What Grafana's models do not take over."""
    return list(lost(dashboard, json.loads(JSONEncoder().encode(Dashboard.from_json(dashboard)))))


def misspelled(dashboard: dict[str, Any]) -> dict[str, Any]:
    """One with a mistake in itself, in a panel, in its options and in a query: the control of the check."""
    broken = copy.deepcopy(dashboard)
    panel = next(one for one in broken["panels"] if one["type"] == "timeseries")
    for part in (broken, panel, panel["options"], panel["targets"][0]):
        part["misspelled"] = 1
    return broken


def main(folder: Path) -> None:
    """Checks every dashboard of the folder, and says how many these were."""
    plugins.register_default_plugins()
    dashboards = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json"))]
    for one in dashboards:
        assert unknown_to_grafana(one) == [], (one["uid"], unknown_to_grafana(one))
        assert len(unknown_to_grafana(misspelled(one))) == 4, unknown_to_grafana(misspelled(one))
    print(f"{len(dashboards)} dashboards hold nothing that Grafana's models do not know")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
