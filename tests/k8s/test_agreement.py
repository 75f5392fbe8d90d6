"""What `k8s/` says of the service is so: its routes, limits, metrics, rules and models."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from service.app import Service
from service.settings import Settings
from tests.e2e.conftest import BUNDLED, has_bundled_models
from tests.e2e.conftest import store as _store
from tests.k8s.build import EVERYTHING, ROOT, Resource
from tests.k8s.conftest import Rendered
from tests.k8s.reading import of_kind, pods, probes
from tests.monitoring.files import RULES, exported, metrics_in, rules

store = _store
DIGESTS = ROOT / "k8s" / "components" / "models-volume" / "models.sha256"
INSIDE_ONLY = "/metrics"


@pytest.fixture
def everything(rendered: Rendered) -> list[Resource]:
    """The installation with all components that go together."""
    return rendered[EVERYTHING]


@pytest.fixture(scope="module")
def routes(store: Path) -> set[str]:
    """The paths that the service answers."""
    application = Service(Settings(model_store=store)).application
    return {route.path for route in application.routes if hasattr(route, "path")}


def backlog_rule() -> str:
    """The name of the recorded series that scaling goes by."""
    return next(rule["record"] for rule in rules("record") if "backlog" in rule["record"])


def test_probes_ask_for_routes_that_there_are(resources: list[Resource], routes: set[str]) -> None:
    """Ready to begin with and to get requests; alive not to be ended."""
    for pod in pods(resources):
        paths = {name: probe["httpGet"]["path"] for name, probe in probes(pod).items()}
        assert set(paths.values()) <= routes
        assert paths["livenessProbe"] != paths["readinessProbe"]


def test_a_gateway_lets_everything_in_but_the_metrics(everything: list[Resource], routes: set[str]) -> None:
    """An exact match goes before a prefix; what it leads to is a path that the service does not have."""
    (route,) = of_kind(everything, "HTTPRoute")
    rules_of = {rule["matches"][0]["path"]["value"]: rule for rule in route["spec"]["rules"]}
    assert rules_of.keys() == {"/", INSIDE_ONLY}
    assert rules_of[INSIDE_ONLY]["matches"][0]["path"]["type"] == "Exact"
    (rewrite,) = rules_of[INSIDE_ONLY]["filters"]
    assert rewrite["urlRewrite"]["path"]["replaceFullPath"] not in routes
    assert INSIDE_ONLY in routes


def test_an_ingress_lets_everything_in_but_the_metrics(everything: list[Resource]) -> None:
    """These are for an address that nobody comes from."""
    paths = {
        one["spec"]["rules"][0]["http"]["paths"][0]["path"]: one["metadata"]["annotations"]
        for one in of_kind(everything, "Ingress")
    }
    assert paths.keys() == {"/", INSIDE_ONLY}
    assert "whitelist-source-range: 127.0.0.1/32" in yaml.safe_dump(paths[INSIDE_ONLY])
    assert "whitelist" not in yaml.safe_dump(paths["/"])


def test_a_long_request_is_not_cut_on_its_way(everything: list[Resource]) -> None:
    """Proxies wait longer than the service does, take the largest body, and hold nothing back."""
    longest = Settings.model_fields["max_request_timeout_seconds"].default
    (route,), (ingress, _) = of_kind(everything, "HTTPRoute"), of_kind(everything, "Ingress")
    assert all(
        int(time.removesuffix("s")) > longest for time in route["spec"]["rules"][0]["timeouts"].values()
    )
    said = {name.split("/")[1]: value for name, value in ingress["metadata"]["annotations"].items()}
    assert int(said["proxy-read-timeout"]) > longest
    assert said["proxy-buffering"] == "off"
    assert (
        int(said["proxy-body-size"].removesuffix("m")) << 20
        == Settings.model_fields["max_body_bytes"].default
    )


def test_routes_lead_to_the_service(everything: list[Resource]) -> None:
    """By a name and a port that it has."""
    (service,) = (one for one in of_kind(everything, "Service") if one["metadata"]["name"] == "zhuyi")
    (port,) = service["spec"]["ports"]
    (route,), ingresses = of_kind(everything, "HTTPRoute"), of_kind(everything, "Ingress")
    backends = [one for rule in route["spec"]["rules"] for one in rule["backendRefs"]]
    assert {(one["name"], one["port"]) for one in backends} == {(service["metadata"]["name"], port["port"])}
    hosts = [rule for one in ingresses for rule in one["spec"]["rules"]]
    backends = [path["backend"]["service"] for host in hosts for path in host["http"]["paths"]]
    assert {(one["name"], one["port"]["name"]) for one in backends} == {
        (service["metadata"]["name"], port["name"])
    }


def test_the_operator_has_the_rules_of_the_file(everything: list[Resource]) -> None:
    """`make k8s-files` writes the copy again."""
    (copied,) = of_kind(everything, "PrometheusRule")
    assert copied["spec"] == yaml.safe_load(RULES.read_text(encoding="utf-8"))


def test_triggers_ask_for_what_is_exported(everything: list[Resource]) -> None:
    """A misspelled name would leave the number of pods as it is, for ever."""
    (scaled,) = of_kind(everything, "ScaledObject")
    asked = [metrics_in(trigger["metadata"]["query"]) for trigger in scaled["spec"]["triggers"]]
    assert all(asked)
    assert set().union(*asked) <= exported()
    assert {backlog_rule()} in asked


def test_the_autoscaler_gets_its_metric_from_the_adapter(rendered: Rendered) -> None:
    """The same name on both sides, made of the series that the rules record."""
    values = yaml.safe_load((ROOT / "k8s" / "prometheus-adapter.yaml").read_text(encoding="utf-8"))
    (rule,) = values["rules"]["external"]
    assert metrics_in(rule["seriesQuery"]) == {backlog_rule()}
    scalers = [one for found in rendered.values() for one in of_kind(found, "HorizontalPodAutoscaler")]
    assert scalers
    for scaler in scalers:
        (metric,) = scaler["spec"]["metrics"]
        assert metric["external"]["metric"]["name"] == rule["name"]["as"]
        assert metric["external"]["target"]["type"] == "Value"  # seconds of all pods are not divided by pods


@pytest.mark.skipif(not has_bundled_models(), reason="model_store has no models")
def test_the_digests_are_those_of_the_bundled_models() -> None:
    """sha256sum itself says so, as the init container does; `make k8s-files` writes them again."""
    assert check_digests(BUNDLED) == 0
    listed = {line.split("  ./")[1] for line in DIGESTS.read_text(encoding="utf-8").splitlines()}
    assert listed == {str(one.relative_to(BUNDLED)) for one in BUNDLED.rglob("*") if one.is_file()}


@pytest.mark.skipif(not has_bundled_models(), reason="model_store has no models")
def test_a_model_that_was_changed_on_its_way_ends_the_start(tmp_path: Path) -> None:
    """One byte is enough, and so is a file that is missing."""
    store = tmp_path / "model_store"
    shutil.copytree(BUNDLED, store)
    changed = next(store.rglob("step.int8.onnx"))
    changed.write_bytes(changed.read_bytes()[:-1] + b"\0")
    assert check_digests(store) != 0
    changed.unlink()
    assert check_digests(store) != 0


def check_digests(store: Path) -> int:
    """The exit code of the init container's command, run in `store`."""
    component = yaml.safe_load((DIGESTS.parent / "deployment.yaml").read_text(encoding="utf-8"))
    steps = {one["name"]: one for one in component["spec"]["template"]["spec"]["initContainers"]}
    *command, _ = steps["verify"]["command"]
    ended = subprocess.run([*command, str(DIGESTS)], cwd=store, capture_output=True, check=False)
    return ended.returncode
