"""The chat: customer and agent, each in their own language, and the reply checked before it goes."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.server import Server
from tests.web.contract_server import ContractServer


@pytest.fixture
def chat(page: Page, contract: ContractServer) -> Page:
    """The chat over an API that scores."""
    contract.asked.clear()
    page.goto(f"{contract.url}#chat")
    page.wait_for_selector("html[data-ready]")
    return page


def test_each_side_reads_its_own_language(page: Page, server: Server) -> None:
    """Over the real service: the translation first, the original underneath, on both sides."""
    page.goto(f"{server.url}/#chat")
    page.fill("#customer-text", "我想退货。")
    page.press("#customer-text", "Enter")
    seen = page.locator("#agent-log .bubble")
    expect(seen.locator(".source")).to_have_text("我想退货。")
    english = seen.locator(".target").inner_text()
    expect(page.locator("#customer-log .said")).to_have_text("我想退货。")
    expect(page.locator("#customer-log .under")).to_have_text(english)
    seen.locator(".target .word").last.hover()
    expect(seen.locator(".source .partner").first).to_be_visible()
    page.fill("#agent-text", "Please send it back.")
    page.click("#agent-check")
    expect(page.locator("#check-results")).to_be_visible()
    expect(page.locator("#check-back")).not_to_be_empty()
    page.click("#agent-send")
    expect(page.locator("#customer-log .theirs .source")).to_have_text("Please send it back.")
    expect(page.locator("#customer-log .theirs .target")).to_contain_text("。")
    expect(page.locator("#agent-log .mine .said")).to_have_text("Please send it back.")


def test_a_good_reply_goes_at_once(chat: Page, contract: ContractServer) -> None:
    """It was scored all the same: the Chinese, and the reply as that Chinese carries it."""
    chat.fill("#agent-text", "send it back")
    chat.press("#agent-text", "Enter")
    expect(chat.locator("#customer-log .theirs .target")).to_have_text("SEND IT BACK")
    assert [(one["q"], one["translation"]) for route, one in contract.asked if route == "score"] == [
        ("SEND IT BACK", "send it back")
    ]
    expect(chat.locator("#agent-text")).to_have_value("")
    expect(chat.locator("#check-panel")).to_be_hidden()


def test_a_doubtful_reply_waits_for_a_second_press(chat: Page) -> None:
    """The agent sees the doubtful word, and may send it anyway; the customer sees it shaded too."""
    chat.fill("#agent-text", "send it back? please")
    chat.click("#agent-send")
    expect(chat.locator("#check-verdict")).to_have_text("Look at the doubtful words before you send.")
    expect(chat.locator("#check-aligned [data-doubt]")).to_have_text("BACK?")
    expect(chat.locator("#carried-aligned [data-doubt]")).to_have_text("back?")
    expect(chat.locator("#customer-log .bubble")).to_have_count(0)
    chat.click("text=Send anyway")
    expect(chat.locator("#customer-log [data-doubt]")).to_have_text("BACK?")


def test_a_message_with_warnings_explains_them(chat: Page) -> None:
    """To its reader, folded up, with the places."""
    chat.fill("#customer-text", "order 5")
    chat.press("#customer-text", "Enter")
    chat.click("summary:has-text('Warnings: 1')")
    chat.click("#agent-log .warning button")
    expect(chat.locator("#agent-log .source .marked")).to_have_text("5")


def test_changing_the_reply_makes_a_new_check_due(chat: Page) -> None:
    """What was checked is never taken for what is sent."""
    chat.fill("#agent-text", "send it back?")
    chat.click("#agent-check")
    expect(chat.locator("#agent-send")).to_have_text("Send anyway")
    chat.locator("#agent-text").press_sequentially(" or not? 5")
    expect(chat.locator("#check-panel")).to_be_hidden()
    expect(chat.locator("#agent-send")).to_have_text("Send")
    chat.click("#agent-send")
    expect(chat.locator("#check-warnings")).to_contain_text("“5”")
    expect(chat.locator("#customer-log .bubble")).to_have_count(0)


def test_the_agents_own_chinese_is_scored_and_sent(chat: Page, contract: ContractServer) -> None:
    """Instead of the machine's."""
    chat.fill("#agent-text", "send it")
    chat.click("summary:has-text('My own Chinese')")
    chat.fill("#agent-own", "请寄回")
    chat.click("#agent-send")
    expect(chat.locator("#customer-log .theirs .target")).to_have_text("请寄回")
    assert ("send it", "请寄回") in [
        (one["q"], one["translation"]) for route, one in contract.asked if route == "score"
    ]


def test_what_cannot_be_sent_stays(chat: Page) -> None:
    """And the reason is told."""
    chat.route("**/translate", lambda route: route.abort())
    chat.fill("#customer-text", "你好")
    chat.press("#customer-text", "Enter")
    expect(chat.locator("#chat-status")).to_have_text("Not sent: the service cannot be reached")
    expect(chat.locator("#customer-text")).to_have_value("你好")


def test_a_message_is_never_markup(chat: Page) -> None:
    """In none of the panes."""
    text = "<img src=x onerror=alert(1)>"
    chat.fill("#customer-text", text)
    chat.press("#customer-text", "Enter")
    expect(chat.locator("#agent-log .source")).to_have_text(text)
    expect(chat.locator("#customer-log .said")).to_have_text(text)
    assert chat.locator("#chat-view img").count() == 0


def test_the_chat_can_be_cleared(chat: Page) -> None:
    """On both sides."""
    chat.fill("#customer-text", "hello")
    chat.press("#customer-text", "Enter")
    expect(chat.locator(".bubble")).to_have_count(2)
    chat.click("#chat-clear")
    expect(chat.locator(".bubble")).to_have_count(0)
