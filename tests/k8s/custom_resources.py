"""Compares KEDA's and the Prometheus operator's resources with their schemas; `make k8s-check` runs it.

The models ignore what they do not know, so a resource is right where what they give back is what they got.
Runs without this project's packages.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, Final

import yaml
from cloudcoil.models.keda.v1alpha1 import ScaledObject
from cloudcoil.models.prometheus_operator.v1 import PrometheusRule, ServiceMonitor

MODELS: Final = {model.__name__: model for model in (PrometheusRule, ScaledObject, ServiceMonitor)}


def check(resource: dict[str, Any]) -> None:
    """Raises pydantic.ValidationError for a wrong value, ValueError for a field that there is not."""
    model = MODELS[resource["kind"]].model_validate(resource)
    if model.model_dump(mode="json", by_alias=True, exclude_unset=True) != resource:
        raise ValueError(
            f"{resource['kind']} {resource['metadata']['name']} has a field that is not in its schema"
        )


def check_that_mistakes_are_noticed(resource: dict[str, Any]) -> None:
    """A check that lets everything pass ends here."""
    try:
        check({**resource, "spec": {**resource["spec"], "misspelled": 1}})
    except ValueError:
        return
    raise AssertionError(f"a misspelled field of a {resource['kind']} was not noticed")


def main(folder: Path) -> None:
    """Checks every file of the folder, and says how much that was."""
    resources = [
        one for path in sorted(folder.glob("*.yaml")) for one in yaml.safe_load_all(path.read_text())
    ]
    custom = [one for one in resources if one["kind"] in MODELS]
    assert {one["kind"] for one in custom} == set(MODELS)
    for one in custom:
        check(one)
        check_that_mistakes_are_noticed(one)
    print(f"{len(custom)} custom resources of {len(MODELS)} kinds follow their schemas")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
