"""`docs/operating.md` tells of every setting, metric, alert, component and status there is."""

from __future__ import annotations

import re

import pytest

from service.api.kinds import KINDS
from service.metrics import Metrics
from tests.api.test_metrics import SERVICE_STATE, tick
from tests.docs.operating import TEXT, codes, table
from tests.docs.settings_table import settings_table
from tests.k8s.build import COMPONENTS, ROOT
from tests.monitoring.files import exported, metrics_in, rules


def test_the_table_of_settings_is_that_of_the_class() -> None:
    """Name, default, unit, bounds and meaning; the test's own text can be copied into the document."""
    assert settings_table() in TEXT, settings_table()


def test_the_table_of_metrics_is_what_is_exported() -> None:
    """Each once, by the name that it has in the exposition."""
    metrics = Metrics()
    metrics.observe_at_scrape(SERVICE_STATE)
    metrics.record_tick(tick(num_encoded=1, rows=1))
    families = [family for family in metrics.registry.collect() if family.name.startswith("zhuyi_")]
    names = [f"{one.name}_total" if one.type == "counter" else one.name for one in families]
    assert sorted(name for row in table("Name") for name in codes(row[0])) == sorted(names)


@pytest.mark.parametrize("row", table("Name"), ids=lambda row: row[0])
def test_a_metric_has_an_example_that_asks_for_it(row: list[str]) -> None:
    """In PromQL, with nothing in it that is not exported."""
    ((name,), (example,)) = codes(row[0]), codes(row[-1])
    assert any(one.startswith(name) for one in metrics_in(example))
    assert metrics_in(example) <= exported()


def test_the_table_of_recorded_series_is_that_of_the_rules() -> None:
    """Names alone; the rules say what they are made of."""
    told = [name for row in table("Series") for name in codes(row[0])]
    assert told == [rule["record"] for rule in rules("record")]


def test_the_table_of_alerts_is_that_of_the_rules() -> None:
    """Name and severity in the order of the file, and something to do for each."""
    rows = table("Alert")
    told = [(codes(row[0])[0], row[1]) for row in rows]
    assert told == [(rule["alert"], rule["labels"]["severity"]) for rule in rules("alert")]
    assert all(len(row[3]) > 40 for row in rows)


def test_the_table_of_components_is_that_of_the_folders() -> None:
    """An installation that nobody is told of is of no use."""
    assert sorted(codes(row[0])[0] for row in table("Component")) == COMPONENTS


def test_the_figures_for_sizing_are_measured_ones() -> None:
    """All of one line of the results."""
    results = (ROOT / "benchmarks" / "RESULTS.md").read_text(encoding="utf-8")
    found = re.search(
        r"(\d+) requests a second with 64 connections.*?([\d.]+) ms of processor and (\d+) MB",
        TEXT,
    )
    assert found
    lines = [line for line in results.splitlines() if line.startswith("| Zhuyi |")]
    assert any(all(f"| {figure} (" in line for figure in found.groups()) for line in lines)


@pytest.mark.parametrize("status", sorted({kind.status for kind in KINDS.values()}))
def test_every_status_is_described(status: int) -> None:
    """An error with a new status does not get past this test."""
    assert str(status) in TEXT
