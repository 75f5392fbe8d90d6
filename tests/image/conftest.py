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
from tests.image.container import Container, docker

ROOT = Path(__file__).parents[2]
TAG = "zhuyi:image-test"
_BUILD_SECONDS = 1200


@pytest.fixture(scope="session")
def image() -> str:
    """The tag of the `cpu` image; IMAGE_BUILD_OPTIONS are given to `docker build`."""
    if not _engine_answers():
        pytest.skip("no Docker engine answers here (docker info)")
    if not has_bundled_models():
        pytest.skip("model_store has no models to put into an image")
    options = shlex.split(os.environ.get("IMAGE_BUILD_OPTIONS", ""))
    docker("build", *options, f"--tag={TAG}", str(ROOT), seconds=_BUILD_SECONDS)
    return TAG


@pytest.fixture
def container(image: str) -> Iterator[Container]:
    """A healthy container."""
    started = Container(image)
    try:
        started.become_healthy()
        yield started
    finally:
        started.remove()


def _engine_answers() -> bool:
    if shutil.which("docker") is None:
        return False
    try:
        docker("info", seconds=20)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
        return False
    return True
