"""The `gpu` image where there is no GPU: it says so and ends, or computes on the processor if told to."""

from __future__ import annotations

import json

import pytest

from tests.image.container import healthy, served

HIDDEN = "--env=NVIDIA_VISIBLE_DEVICES=void"
"""Where NVIDIA's runtime is the default, the image's own `all` would bring a GPU in."""

pytestmark = pytest.mark.timeout(1500)  # the first test builds


def test_it_does_not_start_without_a_gpu(gpu_image: str) -> None:
    """No silent way out to the processor: one line says why, and the exit code is not 0."""
    ended = served(gpu_image, HIDDEN)
    assert ended.returncode == 1
    assert ended.stderr.splitlines()[-1].startswith("zhuyi: device cuda cannot be used: ")
    assert "listens" not in ended.stdout + ended.stderr


def test_on_the_processor_it_translates_under_every_restriction(gpu_image: str) -> None:
    """The same service, and what it says of its device is true."""
    body = json.dumps({"q": "您好，我的订单还没有到。", "source": "zh", "target": "en"})
    with healthy(gpu_image, HIDDEN, "--env=ZHUYI_DEVICE=cpu") as container:
        assert container.ask("POST", "/translate", body)["translatedText"]
        assert {model["device"] for model in container.ask("GET", "/models")["models"]} == {"cpu"}
        assert container.stop() == 0
