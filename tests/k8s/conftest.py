"""Renders every installation once; without kubectl every test is skipped and says so."""

from __future__ import annotations

import pytest
import yaml

from tests.k8s.build import INSTALLATIONS, Installation, Resource, kubectl, render

Rendered = dict[Installation, list[Resource]]


@pytest.fixture(scope="session")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Rendered:
    """All resources of all installations."""
    if kubectl() is None:
        pytest.skip("no kubectl: `make k8s-tools` installs one")
    folder = tmp_path_factory.mktemp("k8s")
    return {one: list(yaml.safe_load_all(render(one, folder))) for one in INSTALLATIONS}


@pytest.fixture(params=INSTALLATIONS, ids=str)
def resources(request: pytest.FixtureRequest, rendered: Rendered) -> list[Resource]:
    """Those of one installation."""
    return rendered[request.param]
