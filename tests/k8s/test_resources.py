"""Every installation is valid, restricted, and of one piece: whatever names something else finds it."""

from __future__ import annotations

import copy
import itertools

import kubernetes_validate
import pytest
from opentelemetry.sdk import environment_variables

from service.settings import Settings
from tests.k8s.build import Resource
from tests.k8s.conftest import Rendered
from tests.k8s.reading import (
    containers,
    labels_of_pods,
    of_kind,
    pods,
    ports_of,
    probes,
    selects,
    settings_of,
    variables_of,
    violations,
)

VERSIONS = ("1.30", "1.34", "1.37")  # the oldest that docs/operating.md names, to the newest
CUSTOM = {"HTTPRoute", "InferenceService", "PrometheusRule", "ScaledObject", "ServiceMonitor"}
KSERVE_OWN = {"minReplicas", "maxReplicas"}
END_SECONDS = 5  # beyond the drain: docs/operating.md, "Start and stop"


@pytest.mark.parametrize("version", VERSIONS)
def test_kubernetes_own_kinds_follow_their_schemas(resources: list[Resource], version: str) -> None:
    """Strictly: a misspelled field is an error."""
    for one in resources:
        if one["kind"] not in CUSTOM:
            kubernetes_validate.validate(one, version, strict=True)


def test_kserve_gets_a_pod_that_follows_its_schema(rendered: Rendered) -> None:
    """What KServe does not take for itself it passes on; the container's name is the one it looks for."""
    (service,) = (one for found in rendered.values() for one in of_kind(found, "InferenceService"))
    pod = {key: value for key, value in service["spec"]["predictor"].items() if key not in KSERVE_OWN}
    kubernetes_validate.validate(
        {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "x"}, "spec": pod}, VERSIONS[0], strict=True
    )
    assert [one["name"] for one in pod["containers"]] == ["kserve-container"]


def test_a_route_has_the_fields_of_the_gateway_api(rendered: Rendered) -> None:
    """Of gateway.networking.k8s.io/v1, as far as this one uses them; no maintained package has its schema."""
    routes = [one for found in rendered.values() for one in of_kind(found, "HTTPRoute")]
    assert routes
    for route in routes:
        assert route["apiVersion"] == "gateway.networking.k8s.io/v1"
        assert route["spec"].keys() <= {"parentRefs", "hostnames", "rules"}
        for rule in route["spec"]["rules"]:
            assert rule.keys() <= {"name", "matches", "filters", "backendRefs", "timeouts"}
            assert rule["timeouts"].keys() <= {"request", "backendRequest"}
            kinds = {match["path"]["type"] for match in rule["matches"]}
            assert kinds <= {"Exact", "PathPrefix", "RegularExpression"}


def test_a_misspelled_field_is_noticed(resources: list[Resource]) -> None:
    """The control of the test above."""
    broken = copy.deepcopy(resources[0])
    broken["metadata"]["lables"] = {}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(broken, VERSIONS[0], strict=True)


def test_pods_are_restricted(resources: list[Resource]) -> None:
    """The namespace enforces it, so a pod that is not would never start."""
    assert [what for pod in pods(resources) for what in violations(pod)] == []
    for namespace in of_kind(resources, "Namespace"):
        assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"


def test_a_pod_that_is_not_restricted_is_noticed(resources: list[Resource]) -> None:
    """The control of the test above."""
    pod = copy.deepcopy(pods(resources)[0])
    del pod["containers"][0]["securityContext"]["capabilities"]
    pod["securityContext"]["runAsUser"] = 0
    assert len(list(violations(pod))) == 2


def test_selectors_take_the_pods(resources: list[Resource]) -> None:
    """Of a Deployment, a Service, a budget, a policy, and of what spreads pods."""
    labels = labels_of_pods(resources)
    selectors = [one["spec"]["selector"]["matchLabels"] for one in of_kind(resources, "Deployment")]
    selectors += [one["spec"]["selector"] for one in of_kind(resources, "Service")]
    selectors += [one["spec"]["selector"]["matchLabels"] for one in of_kind(resources, "PodDisruptionBudget")]
    selectors += [one["spec"]["podSelector"]["matchLabels"] for one in of_kind(resources, "NetworkPolicy")]
    spreads = [one for pod in pods(resources) for one in pod.get("topologySpreadConstraints", ())]
    selectors += [one["labelSelector"]["matchLabels"] for one in spreads]
    assert all(any(selects(selector, one) for one in labels) for selector in selectors)


def test_a_canary_is_behind_the_same_service_and_never_taken_for_the_stable_one(rendered: Rendered) -> None:
    """Two Deployments with one selector would fight for their pods."""
    by_name = {str(installation): resources for installation, resources in rendered.items()}
    (stable,), (canary,) = (of_kind(by_name[name], "Deployment") for name in ("cpu", "canary"))
    labels = canary["spec"]["template"]["metadata"]["labels"]
    assert not selects(stable["spec"]["selector"]["matchLabels"], labels)
    assert selects(of_kind(by_name["cpu"], "Service")[0]["spec"]["selector"], labels)
    assert stable["metadata"]["name"] != canary["metadata"]["name"]
    names = [{(one["kind"], one["metadata"]["name"]) for one in by_name[name]} for name in ("cpu", "canary")]
    assert names[0].isdisjoint(names[1])


def test_every_name_is_that_of_something(resources: list[Resource]) -> None:
    """ConfigMaps, the account, what is scaled, volumes; nothing is there twice."""
    there = [(one["kind"], one["metadata"]["name"]) for one in resources]
    named = [
        ("ServiceAccount", pod["serviceAccountName"])
        for pod in pods(resources)
        if "serviceAccountName" in pod
    ]
    for pod in pods(resources):
        named += [("ConfigMap", one["configMap"]["name"]) for one in pod["volumes"] if "configMap" in one]
        claims = [one["persistentVolumeClaim"] for one in pod["volumes"] if "persistentVolumeClaim" in one]
        named += [("PersistentVolumeClaim", one["claimName"]) for one in claims]
        sources = [source for one in containers(pod) for source in one.get("envFrom", ())]
        named += [("ConfigMap", one["configMapRef"]["name"]) for one in sources]
    for one in of_kind(resources, "HorizontalPodAutoscaler") + of_kind(resources, "ScaledObject"):
        named.append(("Deployment", one["spec"]["scaleTargetRef"]["name"]))
    assert set(named) <= set(there)
    assert len(set(there)) == len(there)


def test_one_thing_scales(resources: list[Resource]) -> None:
    """Two autoscalers of one Deployment would undo each other's work; without any, replicas are fixed."""
    scalers = of_kind(resources, "HorizontalPodAutoscaler") + of_kind(resources, "ScaledObject")
    fixed = [one for one in of_kind(resources, "Deployment") if "replicas" in one["spec"]]
    services = of_kind(resources, "InferenceService")
    assert len(scalers) + len(fixed) + len(services) == 1


def test_every_variable_is_a_setting_and_its_value_is_within_bounds(resources: list[Resource]) -> None:
    """A misspelled one would be ignored, a wrong one ends the start; OpenTelemetry has its own."""
    found = settings_of(resources)
    assert found
    others = variables_of(resources).keys() - found.keys()
    assert all(name.startswith("OTEL_") and hasattr(environment_variables, name) for name in others)
    names = {name: name.removeprefix("ZHUYI_").lower() for name in found}
    assert set(names.values()) <= set(Settings.model_fields)
    Settings(**{names[name]: value for name, value in found.items()})


def test_the_port_is_the_same_everywhere(resources: list[Resource]) -> None:
    """Of the settings, the container, Services, policies, and of the probes, which go to the first one."""
    settings = settings_of(resources)
    numbers = [int(settings[name]) for name in ("ZHUYI_PORT", "ZHUYI_ADMIN_PORT") if name in settings]
    for pod in pods(resources):
        ports = ports_of(pod)
        assert sorted(ports.values()) == sorted(numbers)
        first = {(name, number) for name, number in ports.items() if number == numbers[0]}
        assert {probe["httpGet"]["port"] for probe in probes(pod).values()} <= {*itertools.chain(*first)}
    services = [port["targetPort"] for one in of_kind(resources, "Service") for port in one["spec"]["ports"]]
    policies = [
        port["port"]
        for one in of_kind(resources, "NetworkPolicy")
        for rule in one["spec"].get("ingress", ())
        for port in rule["ports"]
    ]
    assert {*services, *policies} <= {name for pod in pods(resources) for name in ports_of(pod)}


def test_no_service_sets_our_variables(resources: list[Resource]) -> None:
    """A Service named zhuyi would make ZHUYI_PORT an address, and end the start."""
    assert all(pod["enableServiceLinks"] is False for pod in pods(resources))


def test_a_pod_may_end_in_its_own_time(resources: list[Resource]) -> None:
    """Its time holds the wait before SIGTERM, the grace after it, the drain, and the end."""
    for pod in pods(resources):
        waits = pod["containers"][0]["lifecycle"]["preStop"]["sleep"]["seconds"]
        settings = settings_of(resources)
        drains = float(settings["ZHUYI_DRAIN_GRACE_SECONDS"]) + float(settings["ZHUYI_DRAIN_SECONDS"])
        assert pod["terminationGracePeriodSeconds"] >= waits + drains + END_SECONDS


def test_policies_deny_by_default(resources: list[Resource]) -> None:
    """One policy denies every way out; none has an `ingress` that lets in everybody."""
    policies = [one["spec"] for one in of_kind(resources, "NetworkPolicy")]
    if not policies:  # those of what it stands beside, or of KServe
        return
    assert any("Egress" in one["policyTypes"] and not one.get("egress") for one in policies)
    assert all(rule["from"] for one in policies for rule in one.get("ingress", ()))
    assert all(rule["to"] and rule["ports"] for one in policies for rule in one.get("egress", ()))


def test_memory_that_is_asked_for_is_the_limit(resources: list[Resource]) -> None:
    """So a pod is never ended for what others take, and every container has bounds."""
    for one in (container for pod in pods(resources) for container in containers(pod)):
        assert one["resources"]["requests"]["memory"] == one["resources"]["limits"]["memory"]
        assert {"cpu", "memory"} <= one["resources"]["requests"].keys()
