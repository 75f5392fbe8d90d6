"""The page over the real service: translate, look, switch, keep, save."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.server import Server

TEXT = "我的订单什么时候发货？"


def translate(page: Page, text: str, *, target: str = "en") -> None:
    """Types a text, has it translated, and waits until the evidence is there."""
    page.fill("#source-text", text)
    page.select_option("#target-language", target)
    page.click("#submit")
    expect(page.locator("#heat-map svg")).to_be_visible()


@pytest.fixture
def opened(page: Page, server: Server) -> Page:
    """The page as a visitor finds it."""
    page.goto(f"{server.url}/")
    page.wait_for_selector("html[data-ready]")
    return page


def test_typing_alone_translates(opened: Page) -> None:
    """Once the typing rests; the answer is spoken as a whole to those who do not see it."""
    opened.locator("#source-text").press_sequentially(TEXT)
    expect(opened.locator("#spoken")).to_contain_text("Translation: ")
    shown = opened.locator("#aligned .target").inner_text()
    assert opened.locator("#spoken").inner_text() == f"Translation: {shown}"
    assert re.search("[A-Za-z]", shown)


def test_typing_alone_does_not_where_that_is_off(opened: Page) -> None:
    """Then only the button, or control and Enter, do."""
    opened.uncheck("#live")
    opened.locator("#source-text").press_sequentially(TEXT)
    expect(opened.locator("#result-empty")).to_be_visible()
    opened.locator("#source-text").press("Control+Enter")
    expect(opened.locator("#aligned .target .word").first).to_be_visible()


def test_hovering_a_word_shows_its_partners(opened: Page) -> None:
    """On the other side, and in words below; leaving lets go."""
    translate(opened, TEXT)
    word = opened.locator("#aligned .source .word", has_text="订单")
    word.hover()
    expect(opened.locator("#aligned .target .partner").first).to_be_visible()
    expect(opened.locator("#aligned .caption")).to_contain_text("订单 → ")
    opened.locator("h2").first.hover()
    expect(opened.locator("#aligned .partner")).to_have_count(0)


def test_the_keyboard_shows_the_same(opened: Page) -> None:
    """Tab enters, arrows move, down goes to the partner, Enter pins, Escape lets go."""
    translate(opened, TEXT)
    aligned = opened.locator("#aligned")
    opened.locator("#clear").focus()
    opened.keyboard.press("Tab")  # to the box
    opened.keyboard.press("Tab")  # to the first word
    expect(aligned.locator(".source .active")).to_have_text("我的")
    opened.keyboard.press("ArrowRight")
    expect(aligned.locator(".source .active")).to_have_text("订单")
    partner = aligned.locator(".target .partner").first.inner_text()
    opened.keyboard.press("ArrowDown")
    expect(aligned.locator(".target .active")).to_have_text(partner)
    opened.keyboard.press("Enter")
    expect(aligned.locator(".target .active")).to_have_attribute("aria-pressed", "true")
    opened.locator("h2").first.hover()
    expect(aligned.locator(".target .active")).to_have_count(1)
    opened.keyboard.press("Escape")
    expect(aligned.locator(".active")).to_have_count(0)


def test_a_text_is_never_markup(opened: Page) -> None:
    """Neither in the words, nor in the history, heat map or table."""
    text = '<img src=x onerror="document.title=1"><script>document.title=2</script> & 你好'
    translate(opened, text, target="zh")
    opened.locator("#heat-map-details summary").click()
    expect(opened.locator("#aligned .source")).to_have_text(text)
    expect(opened.locator(".history-source")).to_have_text(text)
    assert opened.locator("main img, main script, #aligned img").count() == 0
    assert opened.title().startswith("Zhuyi")


def test_an_alternative_can_be_chosen(opened: Page) -> None:
    """It takes the place of the translation, and says that it does."""
    translate(opened, TEXT)
    other = opened.locator("#alternative-list li").nth(1)
    text = other.locator("span").inner_text()
    other.locator("button").click()
    expect(opened.locator("#aligned .target")).to_have_text(text)
    expect(other.locator("button")).to_have_text("In use")
    expect(opened.locator("#alternative-list [aria-pressed=true]")).to_have_count(1)


def test_swapping_translates_the_translation(opened: Page) -> None:
    """The other way round."""
    translate(opened, TEXT)
    shown = opened.locator("#aligned .target").inner_text()
    opened.click("#swap")
    expect(opened.locator("#source-text")).to_have_value(shown)
    expect(opened.locator("#target-language")).to_have_value("zh")
    expect(opened.locator("#aligned .target")).to_have_text(re.compile("[\u4e00-\u9fff]"))


def test_the_heat_map_zooms(opened: Page) -> None:
    """By buttons and by control and wheel."""
    translate(opened, TEXT)
    picture = opened.locator("#heat-map svg")
    width = float(picture.get_attribute("width") or 0)
    opened.click("#zoom-in")
    expect(picture).to_have_attribute("width", str(width * 1.25).removesuffix(".0"))
    opened.click("#zoom-reset")
    opened.locator("#heat-map").hover()
    opened.keyboard.down("Control")
    opened.mouse.wheel(0, 100)
    opened.keyboard.up("Control")
    expect(picture).to_have_attribute("width", str(width * 0.8).removesuffix(".0"))


def test_the_heat_map_is_read_by_keys(opened: Page) -> None:
    """Each cell is told in words; the table has the same numbers."""
    translate(opened, TEXT)
    opened.focus("#heat-map")
    opened.keyboard.press("ArrowDown")
    opened.keyboard.press("ArrowRight")
    told = opened.locator("#heat-map-cell").inner_text()
    opened.locator("#heat-map-details summary").click()
    table = opened.locator("#heat-map-table table").first
    row, column = table.locator("tbody th").first.inner_text(), table.locator("thead th").nth(1).inner_text()
    assert told == f"{row} ← {column}: {table.locator('tbody td').nth(1).inner_text()}"


def test_the_heat_map_is_saved_as_svg(opened: Page, tmp_path: Path) -> None:
    """A document of its own, with the words in it, at its own size whatever the zoom."""
    translate(opened, TEXT)
    size = opened.locator("#heat-map svg").get_attribute("width")
    opened.click("#zoom-in")
    with opened.expect_download() as saving:
        opened.click("#save-svg")
    saving.value.save_as(tmp_path / "saved.svg")
    svg = ElementTree.parse(tmp_path / "saved.svg").getroot()
    assert svg.get("width") == size
    assert "订单" in {element.text for element in svg.iter()}
    assert saving.value.suggested_filename == "zhuyi-attention.svg"


def test_the_heat_map_is_saved_as_png(opened: Page, tmp_path: Path) -> None:
    """At twice the size."""
    translate(opened, TEXT)
    width = float(opened.locator("#heat-map svg").get_attribute("width") or 0)
    with opened.expect_download() as saving:
        opened.click("#save-png")
    saving.value.save_as(tmp_path / "saved.png")
    head = (tmp_path / "saved.png").read_bytes()[:24]
    assert head[:8] == b"\x89PNG\r\n\x1a\n"
    assert int.from_bytes(head[16:20]) == int(width * 2)


def test_the_history_stays_and_is_cleared(opened: Page) -> None:
    """In this browser; a press on an entry translates it again."""
    translate(opened, TEXT)
    opened.reload()
    expect(opened.locator(".history-source")).to_have_text(TEXT)
    opened.locator("#history-list button").click()
    expect(opened.locator("#aligned .source")).to_have_text(TEXT)
    opened.click("#history-clear")
    opened.reload()
    opened.wait_for_selector("html[data-ready]")
    expect(opened.locator("#history-list li")).to_have_count(0)


def test_a_browser_that_keeps_nothing_is_told_of(opened: Page) -> None:
    """As in private windows; the history works until the page is closed."""
    opened.evaluate("() => { Storage.prototype.setItem = () => { throw new DOMException('full'); }; }")
    translate(opened, TEXT)
    expect(opened.locator(".history-source")).to_have_text(TEXT)
    expect(opened.locator("#history-note")).to_contain_text("The browser does not keep it")


def test_typing_on_leaves_one_entry(opened: Page) -> None:
    """The history holds what was meant, not every beginning of it."""
    translate(opened, "我的订单")
    translate(opened, "我的订单到了。")
    expect(opened.locator(".history-source")).to_have_text(["我的订单到了。"])


def test_the_interface_speaks_both_languages(opened: Page) -> None:
    """At a press, all of it, and again after a reload."""
    translate(opened, TEXT)
    opened.click("#language-switch")
    expect(opened.locator("#submit")).to_have_text("翻译")
    expect(opened.locator("html")).to_have_attribute("lang", "zh-Hans")
    expect(opened.locator("#notices")).to_contain_text("检测到：中文")
    expect(opened.locator("#aligned .source")).to_have_attribute("aria-label", "原文（逐词）")
    opened.reload()
    expect(opened.locator("#submit")).to_have_text("翻译")


def test_a_chinese_browser_finds_a_chinese_page(browser: Browser, server: Server) -> None:
    """Where nothing was chosen yet."""
    context = browser.new_context(locale="zh-CN")
    page = context.new_page()
    page.goto(f"{server.url}/")
    expect(page.locator("#submit")).to_have_text("翻译")
    context.close()


def test_light_and_dark(opened: Page) -> None:
    """As the system at first, then as chosen, also after a reload."""

    def brightness() -> int:
        return int(re.findall(r"\d+", opened.evaluate("getComputedStyle(document.body).backgroundColor"))[0])

    opened.emulate_media(color_scheme="dark")
    assert brightness() < 60
    opened.select_option("#theme", "light")
    assert brightness() > 200
    opened.emulate_media(color_scheme="light")
    opened.select_option("#theme", "dark")
    opened.reload()
    assert brightness() < 60


def test_a_failure_is_told(opened: Page) -> None:
    """By the service's own words, and what was typed stays."""
    opened.uncheck("#live")
    opened.fill("#source-text", "好" * 10_001)
    opened.click("#submit")
    expect(opened.locator("#status")).to_contain_text("That did not work: ")
    expect(opened.locator("#status")).to_contain_text("10000")


LONG = "https://example.com/" + "a" * 60 + " 你好，我想退货。"
"""A text with a part that has no place to break."""


def width_of(page: Page) -> int:
    """What the page needs, in pixels."""
    return int(page.evaluate("document.documentElement.scrollWidth"))


def test_a_phone_needs_no_sideways_scrolling(opened: Page) -> None:
    """At 375 pixels; the heat map scrolls within its frame."""
    opened.set_viewport_size({"width": 375, "height": 740})
    translate(opened, LONG)
    assert width_of(opened) == 375


def test_a_phone_shows_the_chat(opened: Page) -> None:
    """The panes below each other."""
    opened.set_viewport_size({"width": 375, "height": 740})
    opened.click("#chat-link")
    opened.fill("#customer-text", LONG)
    opened.press("#customer-text", "Enter")
    expect(opened.locator(".bubble")).to_have_count(2)
    assert width_of(opened) == 375
    for pane in opened.locator(".log").all():
        assert pane.evaluate("log => log.scrollWidth - log.clientWidth") == 0


def test_the_browser_runs_nothing_that_came_in_with_a_text(browser: Browser, server: Server) -> None:
    """Should markup ever get in: the policy stops inline scripts, handlers and other hosts."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{server.url}/")
    page.evaluate(
        """async () => {
          window.violated = [];
          addEventListener('securitypolicyviolation', event => violated.push(event.effectiveDirective));
          const script = document.createElement('script');
          script.textContent = 'window.ran = true';
          document.body.append(script);
          document.body.insertAdjacentHTML('beforeend', '<img src="nothing" onerror="window.ran = true">');
          await fetch('http://localhost:9/').catch(() => {});
        }"""
    )
    page.wait_for_function("violated.length >= 3")
    assert sorted(page.evaluate("violated")) == ["connect-src", "script-src-attr", "script-src-elem"]
    assert page.evaluate("window.ran") is None
    context.close()


def test_a_translation_streams_from_the_real_service(opened: Page) -> None:
    """What is shown while it grows begins what is shown at the end, partners of later sentences included."""
    opened.evaluate("""() => {
        const aligned = document.querySelector("#aligned");
        const show = aligned.show.bind(aligned);
        window.seen = [];
        aligned.show = (shown) => { window.seen.push(shown); show(shown); };
    }""")
    translate(opened, "您好，我的订单ORD-77123还没有到。请帮我查一下，谢谢。我想退货，请问怎么办理？")
    final = opened.locator("#aligned .target").inner_text()
    seen = [one for one in opened.evaluate("window.seen") if one.get("target") not in (None, final)]
    assert seen  # pieces came before the whole
    assert any(one["alignment"] for one in seen)
    assert "ORD-77123" in final


def test_occlusion_is_computed_by_the_real_service(opened: Page) -> None:
    """The switch asks for it, and the picture is another one."""
    translate(opened, TEXT)
    attention = opened.locator("#heat-map svg").inner_html()
    opened.check("[value=occlusion]")
    expect(opened.locator("#evidence")).to_have_attribute("aria-busy", "false")
    expect(opened.locator("#evidence-status")).to_be_empty()
    assert opened.locator("#heat-map svg").inner_html() != attention
