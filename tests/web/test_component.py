"""`<zhuyi-aligned>` on pages of others: given everything, given the texts, given one text."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.server import Server


@pytest.fixture
def example(page: Page, server: Server) -> Page:
    """The example page."""
    page.goto(f"{server.url}/web/example.html")
    return page


def test_given_everything_it_needs_no_service(example: Page) -> None:
    """Places are code points, so what follows an emoji is linked rightly."""
    component = example.locator("#given-example")
    component.locator(".target .word", has_text="your").hover()
    expect(component.locator(".source .partner")).to_have_text("您的")
    component.locator(".target .word").last.hover()
    expect(component.locator(".source .partner")).to_have_text("😊")
    expect(component.locator("[data-doubt='2']")).to_have_text("your")


def test_given_a_text_it_fetches_the_translation(example: Page) -> None:
    """From the service of `src-url`."""
    component = example.locator("#fetched-example")
    expect(component.locator(".target .word").first).to_be_visible()
    component.locator(".source .word", has_text="订单").hover()
    expect(component.locator(".target .partner").first).to_be_visible()


def test_given_both_texts_it_fetches_the_alignment(example: Page) -> None:
    """And leaves the translation as it is."""
    component = example.locator("#looked-example")
    component.locator(".source .word", has_text="parcel").hover()
    expect(component.locator(".target .partner").first).to_be_visible()
    expect(component.locator(".target")).to_have_text("我的包裹在哪里？")


def test_it_tells_its_page_what_was_chosen(example: Page) -> None:
    """By an event that leaves the shadow tree."""
    example.evaluate("addEventListener('zhuyi-select', event => { window.heard = event.detail; })")
    example.locator("#given-example .target .word").first.focus()
    heard = example.evaluate("window.heard")
    assert heard == {"side": "target", "text": "Thank", "partners": [{"text": "谢谢", "p": 0.94}]}


def test_attributes_and_properties_can_change(example: Page) -> None:
    """UTF-16 places, where they are said to be such; a refusal is an event and a line of text."""
    example.evaluate(
        """() => {
          const element = document.querySelector('#given-example');
          element.setAttribute('offsets', 'utf16');
          const alignment = [{src: [3, 4], tgt: [3, 7], p: 1}];
          element.show({source: '😊 好', target: '😊 good', words: [], alignment});
          addEventListener('zhuyi-error', event => { window.failed = event.detail; });
          document.querySelector('#fetched-example').setAttribute('target-lang', 'xx');
          document.querySelector('#fetched-example').show({source: 'Hello', target: '', alignment: []});
        }"""
    )
    example.locator("#given-example .target .word").hover()
    expect(example.locator("#given-example .source .partner")).to_have_text("好")
    expect(example.locator("#fetched-example .caption")).to_contain_text("Could not be fetched: ")
    assert example.evaluate("window.failed.status") in (400, 422)
