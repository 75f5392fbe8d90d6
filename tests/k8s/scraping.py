"""What Prometheus makes of a ServiceMonitor: promtool relabels the targets that the operator would find."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import yaml

from tests.k8s.build import Resource
from tests.k8s.reading import labels_of_pods, of_kind, selects

_POD_LABEL: Final = "__meta_kubernetes_pod_label_"


def targets(resources: Sequence[Resource], folder: Path) -> set[tuple[str, str]]:
    """Service and container port of every target that is scraped, for one pod of the installation."""
    (monitor,) = of_kind(resources, "ServiceMonitor")
    return {one for end in monitor["spec"]["endpoints"] for one in _kept(resources, monitor, end, folder)}


def _kept(
    resources: Sequence[Resource], monitor: Resource, endpoint: dict[str, Any], folder: Path
) -> Iterator[tuple[str, str]]:
    (labels,) = labels_of_pods(resources)
    for service in of_kind(resources, "Service"):
        if not selects(monitor["spec"]["selector"]["matchLabels"], service["metadata"]["labels"]):
            continue
        if not selects(service["spec"]["selector"], labels):
            continue
        for port in service["spec"]["ports"]:
            if port["name"] == endpoint["port"] and not _is_dropped(endpoint, labels, folder):
                yield service["metadata"]["name"], port["targetPort"]


def _is_dropped(endpoint: dict[str, Any], labels: dict[str, str], folder: Path) -> bool:
    configuration = folder / "prometheus.yml"
    named = {f"{_POD_LABEL}{re.sub('[^a-zA-Z0-9_]', '_', key)}": value for key, value in labels.items()}
    job = {
        "job_name": "monitor",
        "static_configs": [{"targets": ["pod:1"], "labels": named}],
        "relabel_configs": [_in_prometheus_words(rule) for rule in endpoint.get("relabelings", ())],
    }
    configuration.write_text(yaml.safe_dump({"scrape_configs": [job]}), encoding="utf-8")
    (found,) = _discovered(configuration, "1s") or _discovered(configuration, "20s")  # on a busy machine
    return not found["labels"]


def _discovered(configuration: Path, timeout: str) -> list[dict[str, Any]]:
    ended = subprocess.run(
        ["promtool", "check", "service-discovery", f"--timeout={timeout}", str(configuration), "monitor"],
        capture_output=True, check=True, text=True,
    )  # fmt: skip
    found: list[dict[str, Any]] = json.loads(ended.stdout) or []
    return found


def _in_prometheus_words(rule: dict[str, Any]) -> dict[str, Any]:
    """`sourceLabels` is `source_labels` there."""
    return {re.sub("([A-Z])", r"_\1", key).lower(): value for key, value in rule.items()}
