"""The page at a service that needs a key: it asks, keeps the key in the tab alone, and breaks no rule."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from service.api.keys.secret import new_key
from tests.e2e.server import Server, running
from tests.key_files import line_of, write_keys
from tests.web.test_accessibility import violations

KEY, WRONG = new_key("shop-1"), new_key("shop-1")
TEXT = "我的订单什么时候发货？"


@pytest.fixture(scope="module")
def locked(store: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A service with one client."""
    path = tmp_path_factory.mktemp("keys") / "keys"
    write_keys(path, line_of(KEY))
    with running(store, keys_file=path) as found:
        yield found


def translate(page: Page) -> None:
    """Asks for a translation."""
    page.fill("#source-text", TEXT)
    page.click("#submit")


def test_the_page_asks_for_a_key_when_it_is_refused(page: Page, locked: Server) -> None:
    """Not before; a wrong one is told, the right one opens everything, and survives a reload of the tab."""
    page.goto(f"{locked.url}/")
    page.wait_for_selector("html[data-ready]")
    expect(page.locator("#key-field")).to_be_hidden()
    page.uncheck("#live")
    translate(page)
    expect(page.locator("#status")).to_contain_text("an API key is needed")
    expect(page.locator("#key-field")).to_be_visible()
    assert violations(page) == []
    page.fill("#key", WRONG)
    translate(page)
    expect(page.locator("#status")).to_contain_text("Invalid API key")
    page.fill("#key", KEY)
    translate(page)
    expect(page.locator("#heat-map svg")).to_be_visible()
    page.reload()
    translate(page)
    expect(page.locator("#heat-map svg")).to_be_visible()


def test_the_key_is_kept_in_the_tab_alone(page: Page, locked: Server) -> None:
    """Neither in what the browser keeps longer nor in the address; another tab must ask again."""
    page.goto(f"{locked.url}/")
    page.wait_for_selector("html[data-ready]")
    translate(page)
    page.fill("#key", KEY)
    translate(page)
    expect(page.locator("#heat-map svg")).to_be_visible()
    assert KEY not in page.evaluate("JSON.stringify(localStorage) + document.cookie + location.href")
    other = page.context.new_page()
    other.goto(f"{locked.url}/")
    other.wait_for_selector("html[data-ready]")
    assert other.input_value("#key") == ""
