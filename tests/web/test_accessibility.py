"""No rule of axe-core is broken, in either theme, with everything open."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.server import Server
from tests.web.contract_server import ContractServer

AXE = Path(str(resources.files("axe_playwright_python") / "axe.min.js"))


def violations(page: Page) -> list[tuple[str, list[str]]]:
    """What axe finds, shadow trees included: rule and elements."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
    found: list[dict[str, Any]] = page.evaluate("axe.run().then(result => result.violations)")
    return [(one["id"], [node["html"][:120] for node in one["nodes"]]) for one in found]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_translation_view_breaks_no_rule(page: Page, contract: ContractServer, theme: str) -> None:
    """With doubtful words, a warning, a pinned word and the table; the positive control is found."""
    page.goto(contract.url)
    page.select_option("#theme", theme)
    page.select_option("#target-language", "zh")
    page.fill("#source-text", "please send B77 back? today")
    page.click("#submit")
    page.locator("#heat-map-details summary").click()
    page.locator(".warning button").click()
    page.locator("#aligned .target .word").first.click()
    assert violations(page) == []
    page.evaluate("document.body.append(document.createElement('button'))")
    assert [rule for rule, _ in violations(page)] == ["button-name"]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_chat_breaks_no_rule(page: Page, contract: ContractServer, theme: str) -> None:
    """With messages of both sides and an open check."""
    page.goto(f"{contract.url}#chat")
    page.select_option("#theme", theme)
    page.fill("#customer-text", "where is it? 5")
    page.press("#customer-text", "Enter")
    expect(page.locator(".bubble")).to_have_count(2)
    page.fill("#agent-text", "send it back? please 5")
    page.click("#agent-check")
    expect(page.locator("#check-results")).to_be_visible()
    assert violations(page) == []


def test_the_example_breaks_no_rule(page: Page, server: Server) -> None:
    """As a page of its own."""
    page.goto(f"{server.url}/web/example.html")
    expect(page.locator("#fetched-example .target .word").first).to_be_visible()
    assert violations(page) == []


def test_the_focus_goes_in_reading_order(page: Page, contract: ContractServer) -> None:
    """From the link past the head to the text and its button; every stop can be seen."""
    page.goto(contract.url)
    page.wait_for_selector("html[data-ready]")
    stops = []
    for _ in range(10):
        page.keyboard.press("Tab")
        stops.append(page.evaluate("document.activeElement.id || document.activeElement.className"))
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
    assert stops == [
        "skip", "translate-link", "chat-link", "theme", "language-switch",
        "source-language", "swap", "target-language", "source-text", "submit",
    ]  # fmt: skip


def test_words_can_be_tapped(browser: Browser, contract: ContractServer) -> None:
    """Where there is no pointer that hovers, a tap pins a word and another lets it go."""
    context = browser.new_context(has_touch=True, viewport={"width": 375, "height": 740})
    page = context.new_page()
    page.goto(contract.url)
    page.select_option("#target-language", "zh")
    page.fill("#source-text", "send it back")
    page.tap("#submit")
    word = page.locator("#aligned .source .word").last
    word.tap()
    expect(page.locator("#aligned .target .partner")).to_have_text("BACK")
    word.tap()
    page.tap("h2 >> nth=0")
    expect(page.locator("#aligned .partner")).to_have_count(0)
    context.close()
