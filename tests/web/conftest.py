"""A real Chromium for the page, which the service itself serves; skipped where there is none."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.e2e.conftest import server, store
from tests.web.contract_server import ContractServer, serving_contract

__all__ = ["server", "store"]

expect.set_options(timeout=15_000)  # however busy the machine is

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """One browser for all tests of this folder; each gets a profile of its own, empty one.

    Not longer than that: Playwright's loop would stand in the way of asyncio tests elsewhere.
    """
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("no chromium here: the page is tested where it is installed")
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield found
        found.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A visitor at an English desktop; nothing may fail in its console, or be asked of another machine."""
    made = browser.new_context(locale="en-US", accept_downloads=True)
    made.set_default_timeout(20_000)
    complaints: list[str] = []
    made.on("weberror", lambda error: complaints.append(str(error.error)))
    made.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    made.on("request", lambda one: complaints.append(one.url) if _is_outside(one.url) else None)
    yield made
    made.close()
    assert [one for one in complaints if not one.startswith("Failed to load resource")] == []


def _is_outside(url: str) -> bool:
    return not url.startswith(("http://127.0.0.1:", "http://localhost:", "blob:", "data:"))


@pytest.fixture
def page(context: BrowserContext) -> Page:
    """A tab of that visitor."""
    return context.new_page()


@pytest.fixture(scope="package")
def contract() -> Iterator[ContractServer]:
    """A small server with the page, which answers by the contract of the API."""
    with serving_contract() as found:
        yield found
