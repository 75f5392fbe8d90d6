"""`docs/operating.md` tells of every setting, every metric and every status there is."""

from __future__ import annotations

from pathlib import Path

import pytest

from service.api.errors import KINDS
from service.metrics import Metrics
from tests.api.test_metrics import SERVICE_STATE, tick
from tests.docs.settings_table import settings_table

TEXT = (Path(__file__).parents[2] / "docs" / "operating.md").read_text(encoding="utf-8")


def test_the_table_of_settings_is_that_of_the_class() -> None:
    """Name, default, unit, bounds and meaning; the test's own text can be copied into the document."""
    assert settings_table() in TEXT, settings_table()


def test_every_metric_is_described() -> None:
    """By the name that it has in the exposition."""
    metrics = Metrics()
    metrics.observe_at_scrape(SERVICE_STATE)
    metrics.record_tick(tick(num_encoded=1, rows=1))
    for family in metrics.registry.collect():
        name = f"{family.name}_total" if family.type == "counter" else family.name
        assert not name.startswith("zhuyi_") or f"`{name}`" in TEXT, name


@pytest.mark.parametrize("status", sorted({kind.status for kind in KINDS.values()}))
def test_every_status_is_described(status: int) -> None:
    """An error with a new status does not get past this test."""
    assert str(status) in TEXT
