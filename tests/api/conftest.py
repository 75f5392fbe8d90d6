"""One detector for all tests, and an application of its own for each."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from service.text.detection import LanguageDetector
from tests.api.serving import Api, serving


@pytest.fixture(scope="session")
def detector() -> LanguageDetector:
    """The real model, loaded once."""
    return LanguageDetector()


@pytest.fixture
async def api(detector: LanguageDetector) -> AsyncIterator[Api]:
    """A running application with small limits."""
    async with serving(detector) as running:
        yield running
