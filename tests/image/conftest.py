"""Builds the image once; where no Docker engine answers, every test is skipped and says so."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.conftest import has_bundled_models
from tests.image.container import Container, docker, healthy

ROOT = Path(__file__).parents[2]
TAG = "zhuyi:image-test"
GPU = "IMAGE_TEST_GPU"
"""The environment variable that asks for tests of the `gpu` image as well."""
_BUILD_SECONDS = 1200


@pytest.fixture(scope="session")
def image() -> str:
    """The tag of the `cpu` image."""
    return _built("cpu")


@pytest.fixture(scope="session")
def base_image(image: str) -> str:
    """The tag of what the image stands on, without a layer of ours."""
    return _built("base")


@pytest.fixture(scope="session")
def gpu_image() -> str:
    """The tag of the `gpu` image, where the environment asks for it."""
    if not os.environ.get(GPU):
        pytest.skip(f"{GPU}=1 asks for this one: an image of 3 GB")
    return _built("gpu")


@pytest.fixture
def container(image: str) -> Iterator[Container]:
    """A healthy container."""
    with healthy(image) as started:
        yield started


def _built(target: str) -> str:
    """Tag of the image of a target; IMAGE_BUILD_OPTIONS are given to `docker build`."""
    if not _engine_answers():
        pytest.skip("no Docker engine answers here (docker info)")
    if not has_bundled_models():
        pytest.skip("model_store has no models to put into an image")
    options = shlex.split(os.environ.get("IMAGE_BUILD_OPTIONS", ""))
    tag = f"{TAG}-{target}"
    docker("build", *options, f"--target={target}", f"--tag={tag}", str(ROOT), seconds=_BUILD_SECONDS)
    return tag


def _engine_answers() -> bool:
    if shutil.which("docker") is None:
        return False
    try:
        docker("info", seconds=20)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
        return False
    return True
