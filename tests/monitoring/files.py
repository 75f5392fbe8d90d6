"""What `monitoring/` holds, as plain data, and the metrics that a query names."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from service.metrics import Metrics
from tests.api.test_metrics import SERVICE_STATE, tick

MONITORING: Final = Path(__file__).parents[2] / "monitoring"
RULES: Final = MONITORING / "rules.yml"
RULE_TESTS: Final = MONITORING / "rules.test.yml"
DASHBOARDS: Final = sorted((MONITORING / "grafana" / "dashboards").glob("*.json"))
_METRIC: Final = re.compile(r"\b(?:(?:zhuyi|process|python)[_:][a-z0-9_:]+|up\b)")
_STRING: Final = re.compile(r"\"[^\"]*\"|'[^']*'")
_BY_PROMETHEUS: Final = frozenset({"up"})


@dataclass(frozen=True, slots=True)
class Query:
    """One query of one panel."""

    dashboard: str
    panel: str
    text: str


def rules(kind: str) -> list[dict[str, Any]]:
    """The rules of one `kind`, `alert` or `record`, in the order of the file."""
    groups = yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"] if kind in rule]


def panels(dashboard: Path) -> list[dict[str, Any]]:
    """Its panels that show something: no rows, no text."""
    found = json.loads(dashboard.read_text(encoding="utf-8"))["panels"]
    return [panel for panel in found if panel["type"] not in ("row", "text")]


def queries() -> list[Query]:
    """Every query of every panel."""
    return [
        Query(one.stem, panel["title"], target["expr"])
        for one in DASHBOARDS
        for panel in panels(one)
        for target in panel["targets"]
    ]


def metrics_in(query: str) -> set[str]:
    """The names of our metrics and recorded series in a query; label values may look like names."""
    return set(_METRIC.findall(_STRING.sub("", query)))


def exported() -> set[str]:
    """Every name that `/metrics` can have, and every one that the rules record."""
    metrics = Metrics()
    metrics.observe_at_scrape(SERVICE_STATE)
    metrics.record_tick(tick(num_encoded=1, rows=1))
    names = {rule["record"] for rule in rules("record")} | _BY_PROMETHEUS
    for family in metrics.registry.collect():
        suffixes = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count")}
        names.update(family.name + suffix for suffix in suffixes.get(family.type, ("",)))
    return names
