"""Who reaches what: all NetworkPolicies of an installation together, as Kubernetes reads them.

Kubernetes documentation, "Network Policies": a pod that policies select gets what any of them lets through.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from tests.k8s.build import Resource
from tests.k8s.reading import of_kind

OURS: Final = "zhuyi"
Way = Literal["ingress", "egress"]
_TYPE: Final = {"ingress": "Ingress", "egress": "Egress"}
_PEERS: Final = {"ingress": "from", "egress": "to"}


@dataclass(frozen=True, slots=True)
class Pod:
    """As far as a policy sees it."""

    labels: dict[str, str] = field(default_factory=dict)
    namespace: str = OURS


def matches(selector: dict[str, Any], labels: dict[str, str]) -> bool:
    """Whether a label selector takes what has these labels; an empty one takes everything."""
    wanted = selector.get("matchLabels", {})
    return wanted.items() <= labels.items() and all(
        _holds(one, labels) for one in selector.get("matchExpressions", ())
    )


def ports(resources: Sequence[Resource], way: Way, pod: Pod, other: Pod) -> set[tuple[str, int | str]]:
    """Protocol and port of every connection that `other` may open to our pod, or our pod to `other`."""
    policies = [one["spec"] for one in of_kind(resources, "NetworkPolicy")]
    isolating = [
        one
        for one in policies
        if _TYPE[way] in one["policyTypes"] and matches(one["podSelector"], pod.labels)
    ]
    assert isolating, "no policy selects it, so everything goes through"
    return {port for one in isolating for rule in one.get(way, ()) for port in _let_through(rule, way, other)}


def _let_through(rule: dict[str, Any], way: Way, other: Pod) -> Iterator[tuple[str, int | str]]:
    if any(_is_meant(peer, other) for peer in rule[_PEERS[way]]):
        for port in rule["ports"]:
            yield port["protocol"], port["port"]


def _is_meant(peer: dict[str, Any], other: Pod) -> bool:
    assert peer.keys() <= {"namespaceSelector", "podSelector"}
    if "namespaceSelector" in peer:
        if not matches(peer["namespaceSelector"], {"kubernetes.io/metadata.name": other.namespace}):
            return False
    elif other.namespace != OURS:
        return False
    return matches(peer.get("podSelector", {}), other.labels)


def _holds(expression: dict[str, Any], labels: dict[str, str]) -> bool:
    key, values = expression["key"], expression.get("values", ())
    return {
        "In": key in labels and labels[key] in values,
        "NotIn": labels.get(key) not in values,
        "Exists": key in labels,
        "DoesNotExist": key not in labels,
    }[expression["operator"]]
