"""The bundled models where the repository has them, random ones where it does not yet."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.e2e.server import Server, running
from tests.random_model import write_random_model

BUNDLED = Path(__file__).parents[2] / "model_store"
PAIRS = ("en-zh", "zh-en")


def has_bundled_models() -> bool:
    """True where both directions between Chinese and English are in the repository."""
    return all(any(BUNDLED.glob(f"{pair}/*/manifest.json")) for pair in PAIRS)


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model store with both directions."""
    if has_bundled_models():
        return BUNDLED
    folder = tmp_path_factory.mktemp("model_store")
    for seed, pair in enumerate(PAIRS):
        write_random_model(folder, name=pair, seed=seed)
    return folder


@pytest.fixture(scope="session")
def server(store: Path) -> Iterator[Server]:
    """One service for all tests that leave it as it was."""
    with running(store, log_level="debug", log_format="json") as found:
        yield found


@pytest.fixture
def client(server: Server) -> Iterator[httpx.Client]:
    """A client of that service."""
    with httpx.Client(base_url=server.url, timeout=60) as found:
        yield found
