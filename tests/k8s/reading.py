"""What rendered resources say, found without knowing which installation they are of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from tests.k8s.build import Resource


def of_kind(resources: Sequence[Resource], kind: str) -> list[Resource]:
    """The resources of one kind."""
    return [one for one in resources if one["kind"] == kind]


def pods(resources: Sequence[Resource]) -> list[Resource]:
    """The pod specs, a Deployment's and KServe's."""
    deployments = [one["spec"]["template"]["spec"] for one in of_kind(resources, "Deployment")]
    return [*deployments, *(one["spec"]["predictor"] for one in of_kind(resources, "InferenceService"))]


def containers(pod: Resource) -> list[Resource]:
    """All of a pod, those that only start it too."""
    return [*pod.get("initContainers", ()), *pod["containers"]]


def labels_of_pods(resources: Sequence[Resource]) -> list[dict[str, str]]:
    """What the Deployments give their pods."""
    return [one["spec"]["template"]["metadata"]["labels"] for one in of_kind(resources, "Deployment")]


def settings_of(resources: Sequence[Resource]) -> dict[str, str]:
    """The variables of the service."""
    maps = of_kind(resources, "ConfigMap")
    return {name: value for one in maps for name, value in one["data"].items() if name.startswith("ZHUYI_")}


def probes(pod: Resource) -> dict[str, Resource]:
    """The probes of the container that serves, by their names."""
    serving = pod["containers"][0]
    return {name: serving[name] for name in ("startupProbe", "readinessProbe", "livenessProbe")}


def selects(selector: dict[str, str], labels: dict[str, str]) -> bool:
    """Whether a selector by equality takes what has these labels."""
    return bool(selector) and selector.items() <= labels.items()


def violations(pod: Resource) -> Iterator[str]:
    """What the standard `restricted` of Pod Security forbids, and what it does not but we do."""
    whole = pod.get("securityContext", {})
    if any(name in pod for name in ("hostNetwork", "hostPID", "hostIPC")):
        yield "the host's namespaces"
    if whole.get("runAsNonRoot") is not True or whole.get("runAsUser", 0) == 0:
        yield "root"
    if whole.get("seccompProfile", {}).get("type") != "RuntimeDefault":
        yield "seccomp"
    if pod.get("automountServiceAccountToken") is not False:
        yield "a token"
    if {kind for volume in pod["volumes"] for kind in volume} - {"name", "emptyDir", "configMap", "secret"}:
        yield "volumes"
    for one in containers(pod):
        yield from (f"{one['name']}: {what}" for what in _violations_of(one.get("securityContext", {})))


def _violations_of(context: dict[str, Any]) -> Iterator[str]:
    if context.get("allowPrivilegeEscalation") is not False:
        yield "more privileges"
    if context.get("capabilities") != {"drop": ["ALL"]}:
        yield "capabilities"
    if context.get("readOnlyRootFilesystem") is not True:
        yield "a root file system that can be written"
    if context.get("privileged"):
        yield "privileged"
