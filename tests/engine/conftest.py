"""Model folders that several tests read and none changes."""

from __future__ import annotations

from pathlib import Path

import pytest

from service.engine.onnx_model import OnnxModel
from tests.random_model import write_random_model


@pytest.fixture(scope="session")
def store_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with a random model for each direction between Chinese and English."""
    store = tmp_path_factory.mktemp("model_store")
    write_random_model(store, name="zh-en")
    write_random_model(store, name="en-zh", seed=1)
    return store


@pytest.fixture(scope="session")
def random_model(store_path: Path) -> OnnxModel:
    """A loaded random model."""
    return OnnxModel.load(store_path / "zh-en" / "1")
