"""Every panel shows something: its queries are put to a Prometheus that scrapes a running service."""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
import yaml

from service.api.keys.secret import new_key
from tests.docs.operating import codes, table
from tests.e2e.conftest import store as _store
from tests.e2e.server import Server, running
from tests.key_files import line_of, write_keys
from tests.monitoring.files import DASHBOARDS, MONITORING, Query, exported, metrics_in, panels, queries, rules
from tests.monitoring.prometheus import Prometheus, scraping, until

store = _store
KEY: Final = new_key("shop-1")
TRAFFIC: Final = (
    ("/translate", {"q": ["Good morning.", "The parcel is late."], "source": "en", "target": "zh"}),
    ("/translate", {"q": "早上好。", "source": "zh", "target": "en"}),
    ("/translate", {"q": "早上好。", "source": "zh", "target": "en", "stream": True}),
    ("/translate", {"q": "Good morning.", "source": "en", "target": "nowhere"}),
    ("/attention-weights", {"q": "Good evening.", "source": "en", "target": "zh"}),
)
VARIABLES: Final = {"$__rate_interval": "10s", "$job": "zhuyi", "$model": ".*"}
needs_prometheus = pytest.mark.skipif(
    shutil.which("prometheus") is None, reason="prometheus is not installed (Debian's package `prometheus`)"
)


@pytest.fixture(scope="module")
def server(store: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A service with everything that has series of its own: keys, that is."""
    path = tmp_path_factory.mktemp("keys") / "keys"
    write_keys(path, line_of(KEY))
    with running(store, keys_file=path) as found:
        yield found


def client_of(server: Server) -> httpx.Client:
    """One with a key."""
    return httpx.Client(base_url=server.url, timeout=60, headers={"X-API-Key": KEY})


@pytest.fixture(scope="module")
def prometheus(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    """One that has scraped the service three times while requests came in, and computed the rules."""
    folder, target = tmp_path_factory.mktemp("prometheus"), server.url.removeprefix("http://")
    with scraping(folder, target) as found, client_of(server) as client:

        def has_seen_enough() -> bool:
            for path, body in TRAFFIC:
                client.post(path, json=body)
            scraped = found.query('min(count_over_time(zhuyi_requests_total{job="zhuyi"}[1m])) >= 3')
            return bool(scraped and found.query("zhuyi:source_tokens_per_busy_second:rate5m > 0"))

        until(has_seen_enough, seconds=25)
        yield found


def put(query: str) -> str:
    """The query with Grafana's variables filled in."""
    for name, value in VARIABLES.items():
        query = query.replace(name, value)
    assert "$" not in query
    return query


@needs_prometheus
def test_every_panel_has_data(prometheus: Prometheus) -> None:
    """A number at least, for every query of every panel."""
    empty = [query for query in queries() if not has_number(prometheus.query(put(query.text)))]
    assert queries()
    assert empty == []


@needs_prometheus
def test_every_example_of_the_documentation_has_an_answer(prometheus: Prometheus) -> None:
    """As it stands there, to be copied."""
    examples = [codes(row[-1])[0] for row in table("Name")]
    assert [one for one in examples if not has_number(prometheus.query(one))] == []


@needs_prometheus
def test_the_signal_for_scaling_moves(prometheus: Prometheus, server: Server) -> None:
    """While many sentences are owed there is a backlog; a gauge that stays at zero would never scale."""
    many = {
        "q": ["The parcel that I ordered last week has not arrived yet."] * 200,
        "source": "en",
        "target": "zh",
    }
    with client_of(server) as client:

        def has_been_behind() -> bool:
            client.post("/translate", json=many).raise_for_status()
            return bool(prometheus.query('max_over_time(zhuyi:backlog:seconds{job="zhuyi"}[1m]) > 0.1'))

        until(has_been_behind, seconds=25)


@needs_prometheus
def test_a_panel_without_data_is_noticed(prometheus: Prometheus) -> None:
    """The control of the test above: nothing there, and no number."""
    assert not has_number(prometheus.query('zhuyi_requests_total{job="nobody"}'))
    assert not has_number(prometheus.query("vector(0) / vector(0)"))


@needs_prometheus
def test_every_alert_can_be_computed_and_is_silent(prometheus: Prometheus) -> None:
    """A service that works sets off nothing."""
    for rule in rules("alert"):
        assert prometheus.query(rule["expr"]) == [], rule["alert"]


@needs_prometheus
def test_every_recorded_series_is_there(prometheus: Prometheus) -> None:
    """As Prometheus itself computed it from the file."""
    for rule in rules("record"):
        assert has_number(prometheus.query(rule["record"])), rule["record"]


@pytest.mark.parametrize("query", queries(), ids=lambda query: f"{query.dashboard}, {query.panel}")
def test_a_query_asks_for_nothing_that_is_not_exported(query: Query) -> None:
    """Needs no Prometheus."""
    assert metrics_in(query.text)
    assert metrics_in(query.text) <= exported()


@pytest.mark.parametrize("dashboard", DASHBOARDS, ids=lambda path: path.stem)
def test_a_dashboard_can_be_provisioned(dashboard: Path) -> None:
    """A name and an identity of its own, places that do not overlap, and a source that can be chosen."""
    found = json.loads(dashboard.read_text(encoding="utf-8"))
    assert found["uid"] == f"zhuyi-{dashboard.stem}"
    assert {panel["datasource"]["uid"] for panel in found["panels"]} == {"${datasource}"}
    assert len({panel["id"] for panel in panels(dashboard)}) == len(panels(dashboard))
    cells = [cell for panel in panels(dashboard) for cell in cells_of(panel["gridPos"])]
    assert len(set(cells)) == len(cells)


def test_the_dashboards_are_those_that_are_promised() -> None:
    """One for each question."""
    names = {path.stem for path in DASHBOARDS}
    assert names == {"traffic", "latency", "batching", "saturation", "quality", "lifecycle"}


def test_the_source_and_the_folder_are_provisioned_where_compose_mounts_them() -> None:
    """Grafana finds Prometheus by its name in compose, and the dashboards where they are mounted."""
    compose = yaml.safe_load((MONITORING.parent / "docker-compose.yml").read_text(encoding="utf-8"))
    provisioning = MONITORING / "grafana" / "provisioning"
    source = yaml.safe_load((provisioning / "datasources" / "prometheus.yml").read_text(encoding="utf-8"))
    assert source["datasources"][0]["url"].removeprefix("http://").split(":")[0] in compose["services"]
    provider = yaml.safe_load((provisioning / "dashboards" / "zhuyi.yml").read_text(encoding="utf-8"))
    folder = provider["providers"][0]["options"]["path"]
    assert f"./monitoring/grafana/dashboards:{folder}:ro" in compose["services"]["grafana"]["volumes"]


def has_number(result: list[dict[str, Any]]) -> bool:
    """True where any series has a value that is one."""
    return any(not math.isnan(float(series["value"][1])) for series in result)


def cells_of(place: dict[str, int]) -> list[tuple[int, int]]:
    """The cells of the grid that a panel covers."""
    return [
        (x, y)
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    ]
