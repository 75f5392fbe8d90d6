"""The `cpu` image as it is deployed: any user, read-only, no network, no capability, little memory."""

from __future__ import annotations

import json

import pytest

import service
from tests.image.conftest import ROOT
from tests.image.container import Container, docker, healthy, inside

MAX_MEGABYTES = 450
"""Of an image without its models, on the base that the Dockerfile names."""
BASE_MEGABYTES = 124.3
"""`python:3.12-slim-bookworm` unpacked, "total size of all layers on-disk", as of 2026-08-05.

From repos/python/local/3.12-slim-bookworm.md of github.com/docker-library/repo-info, where Docker's official
images write down what `docker inspect` says. What Docker Hub shows is compressed, so less.
"""

RECEIVE = """
import http.server, sys

class Receiver(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        spans = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.end_headers()
        print(self.path, sys.argv[1].encode() in spans)

receiver = http.server.HTTPServer(("127.0.0.1", 4318), Receiver)
receiver.timeout = 30
receiver.handle_request()
"""

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


def test_it_is_small_on_the_base_that_it_is_made_for(image: str, base_image: str) -> None:
    """Our layers but for the models, and the published size of that base, whichever is under them here."""
    models = sum(one.stat().st_size for one in (ROOT / "model_store").rglob("*") if one.is_file())
    ours = _num_bytes(image) - _num_bytes(base_image)
    assert models < ours
    assert (ours - models) / 10**6 + BASE_MEGABYTES <= MAX_MEGABYTES


def test_it_traces_by_a_setting_alone(image: str) -> None:
    """It serves without a receiver; once there is one, the span of the request arrives."""
    body = json.dumps({"q": "您好，我的订单还没有到。", "source": "zh", "target": "en"})
    with healthy(image, "--env=ZHUYI_TRACES=otlp") as container:
        assert container.ask("POST", "/translate", body)["translatedText"]
        assert container.run(RECEIVE, "POST /translate") == "/v1/traces True\n"
        assert container.stop() == 0


def _num_bytes(image: str) -> int:
    """All layers unpacked: what `inspect` calls the size is compressed in an image store of containerd."""
    sizes = docker("history", "--human=false", "--format={{.Size}}", image)
    return sum(int(size) for size in sizes.split())


def _fact(image: str, template: str) -> str:
    return docker("image", "inspect", f"--format={template}", image).strip()
