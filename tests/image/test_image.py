"""The `cpu` image as it is deployed: any user, read-only, no network, no capability, little memory."""

from __future__ import annotations

import json

import pytest

import service
from tests.image.conftest import ROOT
from tests.image.container import Container, docker, inside

# python:3.12-slim-bookworm has some 125 MB; with it, an image without its models stays under 450 MB.
MAX_MEGABYTES_OVER_BASE = 300
BASE = "python:3.12-slim-bookworm"

pytestmark = pytest.mark.timeout(1500)  # the first test builds


def test_it_translates_under_every_restriction(container: Container) -> None:
    """Ready by its own health check, and right about a sentence and its language."""
    body = json.dumps({"q": "您好，我的订单还没有到。", "source": "auto", "target": "en"})
    answer = container.ask("POST", "/translate", body)
    assert answer["translatedText"]
    assert answer["detectedLanguage"]["language"] == "zh"


def test_sigterm_to_the_first_process_ends_it_in_an_orderly_way(container: Container) -> None:
    """Exit code 0, well within the grace."""
    assert container.ask("GET", "/health/ready") == {"status": "ok"}
    assert container.stop() == 0
    assert container.inspect("{{.State.OOMKilled}}") == "false"


@pytest.mark.parametrize("module", ["torch", "pip", "ensurepip", "pytest"])
def test_a_module_is_not_in_it(image: str, module: str) -> None:
    """Neither for the service's Python nor for the base's."""
    for python in ("python", "/usr/local/bin/python3"):
        ended = inside(image, python, "-c", f"import {module}")
        assert f"No module named '{module}'" in ended.stderr


def test_a_module_that_is_in_it_is_found(image: str) -> None:
    """The control of the test above."""
    assert inside(image, "python", "-c", "import onnxruntime").returncode == 0


@pytest.mark.parametrize("program", ["pip", "pip3", "gcc", "cc", "make"])
def test_a_program_is_not_in_it(image: str, program: str) -> None:
    """Nothing installs or compiles in a running container."""
    found = inside(image, "python", "-c", f"import shutil; print(shutil.which({program!r}))")
    assert found.stdout.strip() == "None"


def test_it_holds_nothing_but_service_models_and_licence(image: str) -> None:
    """No tests, no training, no history, no settings of a machine."""
    listed = inside(image, "python", "-c", "import os; print(*sorted(os.listdir()))")
    assert listed.stdout.split() == ["LICENSE", "model_store", "service"]


def test_its_user_is_a_number_other_than_root(image: str) -> None:
    """Kubernetes can tell that without a look into /etc/passwd."""
    assert _fact(image, "{{.Config.User}}") == "10001:10001"


def test_its_label_has_the_version_of_the_package(image: str) -> None:
    """A release that forgets the label does not get past this test."""
    label = '{{index .Config.Labels "org.opencontainers.image.version"}}'
    assert _fact(image, label) == service.__version__


def test_it_is_small(image: str) -> None:
    """Packages and service, without the models."""
    models = sum(one.stat().st_size for one in (ROOT / "model_store").rglob("*") if one.is_file())
    over_base = int(_fact(image, "{{.Size}}")) - int(_fact(BASE, "{{.Size}}")) - models
    assert over_base < MAX_MEGABYTES_OVER_BASE * 10**6


def _fact(image: str, template: str) -> str:
    return docker("image", "inspect", f"--format={template}", image).strip()
