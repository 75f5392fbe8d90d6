"""Everybody reaches the ports that are meant for them, and no other, whatever components there are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import pytest

from tests.k8s.build import EVERYTHING, INSTALLATIONS, Resource
from tests.k8s.conftest import Rendered
from tests.k8s.network import Pod, matches, ports
from tests.k8s.reading import labels_of_pods

HTTP, ADMIN = ("TCP", "http"), ("TCP", "admin")
CALLER = Pod({"zhuyi/caller": "true"}, "shop")
ADMINISTRATOR = Pod({"zhuyi/administrator": "true"}, "operators")
PROMETHEUS = Pod({"app.kubernetes.io/name": "prometheus"}, "monitoring")
GATEWAY, INGRESS = Pod(namespace="gateway"), Pod(namespace="ingress-nginx")
STRANGERS = (Pod(), Pod(namespace="shop"), Pod(namespace="monitoring"), Pod(PROMETHEUS.labels, "shop"))
COLLECTOR = Pod(namespace="observability")
DNS = Pod({"k8s-app": "kube-dns"}, "kube-system")
NEAR_DNS = Pod(namespace="kube-system")
WITH_POLICIES: Final = [one for one in INSTALLATIONS if one.folder in ("overlays/cpu", "overlays/gpu")]


@dataclass(frozen=True, slots=True)
class Installed:
    """An installation that has policies, one of its pods, and its components."""

    resources: list[Resource]
    pod: Pod
    components: tuple[str, ...]

    def ways_in(self, other: Pod) -> set[tuple[str, int | str]]:
        """The ports that another pod reaches here."""
        return ports(self.resources, "ingress", self.pod, other)

    def ways_out(self, other: Pod) -> set[tuple[str, int | str]]:
        """Those that this one reaches there."""
        return ports(self.resources, "egress", self.pod, other)


@pytest.fixture(params=WITH_POLICIES, ids=str)
def installed(rendered: Rendered, request: pytest.FixtureRequest) -> Installed:
    """Every one but KServe's, and the canary, which stands beside one."""
    (labels,) = labels_of_pods(rendered[request.param])
    return Installed(rendered[request.param], Pod(labels), request.param.components)


def test_a_caller_reaches_the_first_port_alone(installed: Installed) -> None:
    """So does whoever passes requests on, where there is a component for it; nobody else does."""
    assert installed.ways_in(CALLER) == {HTTP}
    assert installed.ways_in(GATEWAY) == ({HTTP} if "gateway" in installed.components else set())
    assert installed.ways_in(INGRESS) == ({HTTP} if "ingress" in installed.components else set())
    assert [installed.ways_in(one) for one in STRANGERS] == [set()] * len(STRANGERS)


def test_an_administrator_reaches_the_second_port_alone(installed: Installed) -> None:
    """Where there is one."""
    assert installed.ways_in(ADMINISTRATOR) == ({ADMIN} if "admin-port" in installed.components else set())


def test_prometheus_reaches_the_port_with_the_metrics_alone(installed: Installed) -> None:
    """The first one is shut for it where they are on the second."""
    first = {HTTP} if "monitoring" in installed.components else set()
    assert installed.ways_in(PROMETHEUS) == ({ADMIN} if "admin-port" in installed.components else first)


def test_spans_go_to_the_collector_and_nothing_anywhere_else(installed: Installed) -> None:
    """Its name has to be looked up, by the DNS of the cluster alone."""
    traced = "traces" in installed.components
    assert installed.ways_out(COLLECTOR) == ({("TCP", 4318)} if traced else set())
    assert installed.ways_out(DNS) == ({("UDP", 53), ("TCP", 53)} if traced else set())
    for other in (NEAR_DNS, CALLER, PROMETHEUS, *STRANGERS):
        assert installed.ways_out(other) == set()


def test_a_canary_is_reached_like_the_pods_that_it_stands_beside(rendered: Rendered) -> None:
    """By the policies of these, which its own labels must fit."""
    found = {str(one): one for one in rendered}
    (labels,) = labels_of_pods(rendered[found["canary+admin-port+keys+traces"]])
    canary = Installed(rendered[EVERYTHING], Pod(labels), EVERYTHING.components)
    assert canary.ways_in(PROMETHEUS) == canary.ways_in(ADMINISTRATOR) == {ADMIN}
    assert canary.ways_in(CALLER) == {HTTP}
    assert canary.ways_out(COLLECTOR) == {("TCP", 4318)}


@pytest.mark.parametrize(
    ("selector", "labels", "expected"),
    [
        ({}, {}, True),
        ({"matchLabels": {"a": "1"}}, {"a": "1", "b": "2"}, True),
        ({"matchLabels": {"a": "1"}}, {"a": "2"}, False),
        ({"matchExpressions": [{"key": "a", "operator": "DoesNotExist"}]}, {"a": "1"}, False),
        ({"matchExpressions": [{"key": "a", "operator": "Exists"}]}, {}, False),
        ({"matchExpressions": [{"key": "a", "operator": "NotIn", "values": ["1"]}]}, {}, True),
        ({"matchExpressions": [{"key": "a", "operator": "In", "values": ["1"]}]}, {"a": "2"}, False),
    ],
)
def test_a_selector_is_read_as_kubernetes_reads_it(
    selector: dict[str, Any], labels: dict[str, str], expected: bool
) -> None:
    """Documentation, "Labels and Selectors": a key that is missing is in no set, and not in none."""
    assert matches(selector, labels) is expected


def test_a_pod_that_no_policy_selects_is_noticed(rendered: Rendered) -> None:
    """The control of all of the above: such a pod is open to everybody."""
    with pytest.raises(AssertionError, match="everything goes through"):
        ports(rendered[EVERYTHING], "ingress", Pod({"app.kubernetes.io/name": "other"}), CALLER)
