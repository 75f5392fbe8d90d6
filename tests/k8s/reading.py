"""What rendered resources say, found without knowing which installation they are of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from posixpath import dirname
from typing import Any, Final

from tests.k8s.build import Resource

_VOLUMES: Final = {"emptyDir", "configMap", "secret", "persistentVolumeClaim"}


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


def variables_of(resources: Sequence[Resource]) -> dict[str, str]:
    """All variables of the service: those of the ConfigMaps that its container takes them from."""
    sources = [one for pod in pods(resources) for one in pod["containers"][0].get("envFrom", ())]
    names = {one["configMapRef"]["name"] for one in sources}
    maps = [one for one in of_kind(resources, "ConfigMap") if one["metadata"]["name"] in names]
    return {name: value for one in maps for name, value in one["data"].items()}


def settings_of(resources: Sequence[Resource]) -> dict[str, str]:
    """Those that are settings."""
    return {name: value for name, value in variables_of(resources).items() if name.startswith("ZHUYI_")}


def ports_of(pod: Resource) -> dict[str, int]:
    """The ports of the container that serves, by their names."""
    return {port["name"]: port["containerPort"] for port in pod["containers"][0]["ports"]}


def mount_of(pod: Resource, path: str) -> tuple[Resource, Resource]:
    """Where the container that serves has the folder of a file from: the mount and its volume."""
    (mount,) = (one for one in pod["containers"][0]["volumeMounts"] if one["mountPath"] == dirname(path))
    (volume,) = (one for one in pod["volumes"] if one["name"] == mount["name"])
    return mount, volume


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
    if {kind for volume in pod["volumes"] for kind in volume} - {"name"} - _VOLUMES:
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
