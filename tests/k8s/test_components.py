"""What a component promises holds: second port, keys, glossaries, traces, alone and together."""

from __future__ import annotations

import copy
import subprocess
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import kubernetes_validate
import pytest
import yaml

from service.api.keys.lines import read_lines
from service.app import Service
from service.settings import Settings
from tests.docs.operating import TEXT
from tests.e2e.conftest import store as _store
from tests.k8s.build import EVERYTHING, INSTALLATIONS, MANY_PODS, ROOT, Installation, Resource, render
from tests.k8s.conftest import Rendered
from tests.k8s.network import Pod, ports
from tests.k8s.reading import labels_of_pods, mount_of, of_kind, pods, ports_of, settings_of, variables_of
from tests.k8s.scraping import targets
from tests.key_files import START
from tests.monitoring.test_rules import needs_promtool

store = _store
EXAMPLE: Final = ROOT / "k8s" / "components" / "keys" / "secret.example.yaml"
WITH_MONITOR: Final = [one for one in INSTALLATIONS if "monitoring" in one.components]


def having(component: str) -> list[Installation]:
    """The installations that a component is in."""
    return [one for one in INSTALLATIONS if component in one.components]


def test_the_order_of_components_does_not_matter(rendered: Rendered, tmp_path: Path) -> None:
    """Whoever adds one writes it at the end."""
    backwards = Installation("overlays/cpu", MANY_PODS[::-1])
    found = list(yaml.safe_load_all(render(backwards, tmp_path)))
    assert in_order(found) == in_order(rendered[EVERYTHING])


def in_order(resources: list[Resource]) -> list[Resource]:
    """The same resources by their names, and so the parts of their pods."""
    found = sorted(copy.deepcopy(resources), key=lambda one: (one["kind"], one["metadata"]["name"]))
    for pod in pods(found):
        pod["volumes"].sort(key=lambda one: one["name"])
        pod["containers"][0]["ports"].sort(key=lambda one: one["name"])
        pod["containers"][0]["volumeMounts"].sort(key=lambda one: one["name"])
    return found


@pytest.mark.parametrize("overlay", ["cpu", "gpu"])
@pytest.mark.parametrize("order", [1, -1])
def test_one_pod_with_glossaries_and_an_autoscaler_are_refused(
    rendered: Rendered, tmp_path: Path, overlay: str, order: int
) -> None:
    """By kustomize, in either order, rather than by a broken file later."""
    with pytest.raises(subprocess.CalledProcessError) as refused:
        render(Installation(f"overlays/{overlay}", ("glossaries", "keda")[::order]), tmp_path)
    assert "HorizontalPodAutoscaler" in refused.value.stderr


def test_a_canary_beside_one_pod_with_glossaries_is_refused(rendered: Rendered, tmp_path: Path) -> None:
    """It would be a second pod that has none of them."""
    with pytest.raises(subprocess.CalledProcessError) as refused:
        render(Installation("overlays/canary", ("glossaries",)), tmp_path)
    assert "HorizontalPodAutoscaler" in refused.value.stderr


@needs_promtool
@pytest.mark.parametrize("installation", WITH_MONITOR, ids=str)
def test_prometheus_scrapes_the_port_that_has_the_metrics(
    installation: Installation, rendered: Rendered, tmp_path: Path
) -> None:
    """Once, whichever Services lead to it, and its policy lets Prometheus through."""
    resources = rendered[installation]
    expected = "admin" if "ZHUYI_ADMIN_PORT" in settings_of(resources) else "http"
    ((_, scraped),) = targets(resources, tmp_path)
    assert scraped == expected
    (labels,) = labels_of_pods(resources)
    prometheus = Pod({"app.kubernetes.io/name": "prometheus"}, "monitoring")
    assert ports(resources, "ingress", Pod(labels), prometheus) == {("TCP", expected)}


@pytest.mark.parametrize("installation", WITH_MONITOR, ids=str)
def test_metrics_are_asked_for_where_they_are(installation: Installation, rendered: Rendered) -> None:
    """At the path that the application has, as the next test says."""
    monitors = [one for one in rendered[installation] if one["kind"] == "ServiceMonitor"]
    assert {end["path"] for one in monitors for end in one["spec"]["endpoints"]} == {"/metrics"}


def test_the_application_has_the_metrics_where_they_are_scraped(store: Path) -> None:
    """On the second port alone, where there is one; health, which probes ask for, is on the first."""
    both = Service(Settings(model_store=store, admin_port=9000))
    one = Service(Settings(model_store=store))
    paths = [
        {route.path for route in application.routes if hasattr(route, "path")}
        for application in (both.administration, both.application, one.application)
    ]
    assert ["/metrics" in found for found in paths] == [True, False, True]
    assert all("/health/ready" in found for found in paths)


@pytest.mark.parametrize("installation", WITH_MONITOR, ids=str)
def test_the_job_is_the_one_that_rules_and_autoscalers_ask_for(
    installation: Installation, rendered: Rendered
) -> None:
    """It comes from a label that all Services have, not from their names."""
    resources = rendered[installation]
    (monitor,) = of_kind(resources, "ServiceMonitor")
    selected = monitor["spec"]["selector"]["matchLabels"]
    services = [one["metadata"]["labels"] for one in of_kind(resources, "Service")]
    assert all(selected.items() <= labels.items() for labels in services)
    assert {labels[monitor["spec"]["jobLabel"]] for labels in services} == {"zhuyi"}
    for scaler in of_kind(resources, "HorizontalPodAutoscaler"):
        (metric,) = scaler["spec"]["metrics"]
        assert metric["external"]["metric"]["selector"]["matchLabels"] == {"job": "zhuyi"}
    for scaled in of_kind(resources, "ScaledObject"):
        assert all('job="zhuyi"' in one["metadata"]["query"] for one in scaled["spec"]["triggers"])


@pytest.mark.parametrize("installation", having("admin-port"), ids=str)
def test_the_second_port_is_not_that_of_the_public_service(
    installation: Installation, rendered: Rendered
) -> None:
    """It listens on all addresses of the pod; the names of its own Service lead to each pod by itself."""
    resources = rendered[installation]
    settings, (pod,) = settings_of(resources), pods(resources)
    assert settings["ZHUYI_ADMIN_HOST"] == "0.0.0.0"
    assert ports_of(pod) == {"http": 8000, "admin": int(settings["ZHUYI_ADMIN_PORT"])}
    if not of_kind(resources, "Service"):  # a canary is behind those that it stands beside
        return
    services = {one["metadata"]["name"]: one["spec"] for one in of_kind(resources, "Service")}
    named = {name: [port["targetPort"] for port in one["ports"]] for name, one in services.items()}
    assert named == {"zhuyi": ["http"], "zhuyi-admin": ["admin"]}
    (port,) = services["zhuyi-admin"]["ports"]
    assert services["zhuyi-admin"]["clusterIP"] == "None"
    assert port["port"] == ports_of(pod)["admin"]  # there is nobody between who could exchange the two


@pytest.mark.parametrize("installation", having("keys"), ids=str)
def test_the_key_file_is_where_the_secret_is_mounted(installation: Installation, rendered: Rendered) -> None:
    """As a folder that nobody writes to: what is mounted by `subPath` is never updated."""
    resources = rendered[installation]
    (pod,) = pods(resources)
    path = settings_of(resources)["ZHUYI_KEYS_FILE"]
    mount, volume = mount_of(pod, path)
    assert mount == {"name": volume["name"], "mountPath": str(Path(path).parent), "readOnly": True}
    secret = volume["secret"]
    assert secret.keys() == {"secretName", "defaultMode"}  # all of it, and the start waits for it
    assert secret["defaultMode"] & 0o337 == 0  # read by owner and group, which `fsGroup` makes the pod's
    assert pod["securityContext"]["fsGroup"] == pod["securityContext"]["runAsGroup"]
    made = f"create secret generic {secret['secretName']} --from-file={Path(path).name}"
    component = (EXAMPLE.parent / "kustomization.yaml").read_text(encoding="utf-8")
    assert made in TEXT
    assert made in component


def test_the_example_of_a_secret_can_be_used_and_opens_nothing(rendered: Rendered) -> None:
    """It is no part of any installation; its line can be read, with a digest of which nobody has the key."""
    secret = yaml.safe_load(EXAMPLE.read_text(encoding="utf-8"))
    kubernetes_validate.validate(secret, "1.34", strict=True)
    ((name, content),) = secret["stringData"].items()
    (line,) = read_lines(content.encode(), EXAMPLE, START)
    assert set(line.sha256) == {"0"}
    assert not [one for found in rendered.values() for one in of_kind(found, "Secret")]
    resources = rendered[Installation("overlays/cpu", ("keys",))]
    (pod,) = pods(resources)
    path = settings_of(resources)["ZHUYI_KEYS_FILE"]
    assert (secret["metadata"]["name"], name) == (
        mount_of(pod, path)[1]["secret"]["secretName"],
        Path(path).name,
    )


@pytest.mark.parametrize("installation", having("glossaries"), ids=str)
def test_glossaries_have_one_pod_and_never_two(installation: Installation, rendered: Rendered) -> None:
    """The old one has ended before the new one starts, and nothing else changes how many there are."""
    resources = rendered[installation]
    (deployment,) = of_kind(resources, "Deployment")
    assert deployment["spec"]["replicas"] == 1
    assert deployment["spec"]["strategy"] == {"type": "Recreate"}  # with `rollingUpdate` it would be refused
    (claim,) = of_kind(resources, "PersistentVolumeClaim")
    assert claim["spec"]["accessModes"] == ["ReadWriteOnce"]


@pytest.mark.parametrize("installation", having("glossaries"), ids=str)
def test_the_file_of_the_glossaries_is_on_their_volume(
    installation: Installation, rendered: Rendered
) -> None:
    """Which the pod may write to, and which holds the largest file with a log of that size beside it."""
    resources = rendered[installation]
    (pod,), (claim,) = pods(resources), of_kind(resources, "PersistentVolumeClaim")
    mount, volume = mount_of(pod, settings_of(resources)["ZHUYI_GLOSSARY_FILE"])
    assert "readOnly" not in mount
    assert "subPath" not in mount
    assert volume["persistentVolumeClaim"] == {"claimName": claim["metadata"]["name"]}
    assert "fsGroup" in pod["securityContext"]
    size = claim["spec"]["resources"]["requests"]["storage"]
    assert int(size.removesuffix("Gi")) << 30 >= 2 * Settings.model_fields["max_glossary_bytes"].default


@pytest.mark.parametrize("installation", having("traces"), ids=str)
def test_spans_are_sent_where_the_policy_lets_them(installation: Installation, rendered: Rendered) -> None:
    """The namespace and the port in the address are those that it names."""
    variables = variables_of(rendered[installation])
    assert variables["ZHUYI_TRACES"] == "otlp"
    address = urlsplit(variables["OTEL_EXPORTER_OTLP_ENDPOINT"])
    assert address.scheme == "http"
    assert address.hostname
    _, namespace, kind = address.hostname.split(".")
    assert kind == "svc"
    (labels,) = labels_of_pods(rendered[installation])
    policies: list[Resource] = rendered[installation]
    if not of_kind(policies, "NetworkPolicy"):  # a canary has those that it stands beside
        policies = rendered[EVERYTHING]
    assert ports(policies, "egress", Pod(labels), Pod(namespace=namespace)) == {("TCP", address.port)}
