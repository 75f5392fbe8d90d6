"""The page over answers by the contract, behind a prefix: streaming, confidence, warnings, occlusion."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.web.contract_server import ContractServer

TEXT = "please 😊 send B77 back? today"


@pytest.fixture
def opened(page: Page, contract: ContractServer) -> Page:
    """The page, which translates at a press only."""
    contract.asked.clear()
    contract.has_left.clear()
    page.goto(contract.url)
    page.wait_for_selector("html[data-ready]")
    page.uncheck("#live")
    page.select_option("#target-language", "zh")
    return page


def translate(page: Page, text: str) -> None:
    """Types a text and has it translated."""
    page.fill("#source-text", text)
    page.click("#submit")


def test_the_translation_is_shown_as_it_streams(opened: Page, contract: ContractServer) -> None:
    """With the partners so far; stopping gives the rows back, and says that this is not all."""
    translate(opened, "slow train coming")
    expect(opened.locator("#aligned .target")).to_have_text("SLOW")
    expect(opened.locator("#status")).to_have_text("Translating …")
    opened.locator("#aligned .source .word").hover()
    expect(opened.locator("#aligned .target .partner")).to_have_text("SLOW")
    opened.click("#stop")
    expect(opened.locator("#status")).to_contain_text("Stopped")
    assert contract.has_left.wait(10)
    expect(opened.locator("#stop")).to_be_hidden()
    expect(opened.locator(".history-source")).to_have_count(0)


def test_a_new_text_takes_the_place_of_one_on_its_way(opened: Page, contract: ContractServer) -> None:
    """The older request is given up, and its end disturbs nothing."""
    translate(opened, "slow train coming")
    expect(opened.locator("#aligned .target")).to_have_text("SLOW")
    translate(opened, "quick one")
    expect(opened.locator("#aligned .target")).to_have_text("QUICK ONE")
    assert contract.has_left.wait(10)
    expect(opened.locator("#status")).to_be_empty()


def test_an_error_within_the_stream_is_told(opened: Page) -> None:
    """In the words of the problem document; what came before stays readable."""
    translate(opened, "fail here")
    expect(opened.locator("#status")).to_have_text("That did not work: the deadline has passed")
    expect(opened.locator("#aligned .target")).to_have_text("FAIL HERE")


def test_a_stream_without_an_end_is_told(opened: Page) -> None:
    """What came is not taken for the whole."""
    translate(opened, "cut here")
    expect(opened.locator("#status")).to_have_text("That did not work: the answer ended too early")
    expect(opened.locator("#spoken")).to_be_empty()


def test_all_details_are_asked_for_in_one_stream(opened: Page, contract: ContractServer) -> None:
    """Nothing is refused here, so nothing is asked twice, and no notice stands there."""
    translate(opened, TEXT)
    expect(opened.locator("#spoken")).to_contain_text("PLEASE")
    routes = [route for route, _ in contract.asked]
    assert routes.count("translate") == 1
    assert contract.asked[0][1]["include"] == ["alignment", "confidence", "warnings", "protected"]
    assert contract.asked[0][1]["stream"] is True
    expect(opened.locator("#notices li")).to_have_count(0)


def test_doubtful_words_are_shaded_and_underlined(opened: Page) -> None:
    """Not by colour alone, and in words where one is pointed at; places after an emoji are right."""
    translate(opened, TEXT)
    doubtful = opened.locator("#aligned [data-doubt]")
    expect(doubtful).to_have_text("BACK?")
    expect(doubtful).to_have_css("text-decoration-line", "underline")
    doubtful.hover()
    expect(opened.locator("#aligned .caption")).to_have_text("BACK? ← back? 90 % · confidence 25 %, doubtful")
    expect(opened.locator("#confidence")).to_have_text("Confidence 25 %")
    expect(opened.locator("#kept-list")).to_have_text("B77")


def test_warnings_are_explained_and_show_where(opened: Page) -> None:
    """In the language of the interface, with the words they speak of."""
    translate(opened, TEXT)
    warning = opened.locator(".warning")
    expect(warning).to_contain_text("A number differs.")
    expect(warning).to_contain_text("In the source: “77”")
    warning.locator("button").click()
    expect(opened.locator("#aligned .source .marked")).to_have_text("B77")
    warning.locator("button").click()
    expect(opened.locator("#aligned .marked")).to_have_count(0)
    opened.click("#language-switch")
    expect(warning).to_contain_text("数字不一致")


def test_the_switch_to_occlusion_changes_picture_and_partners(opened: Page) -> None:
    """And back; the switch is a pair of radio buttons, so that keys reach it."""
    translate(opened, TEXT)
    word = opened.locator("#aligned .target .word").first
    word.hover()
    expect(opened.locator("#aligned .source .partner")).to_have_text("please")
    opened.focus("[value=attention]")
    opened.keyboard.press("ArrowRight")
    expect(opened.locator("#heat-map-note")).to_contain_text("Occlusion")
    expect(opened.locator("#heat-map svg")).to_contain_text("2.5")
    word.hover()
    expect(opened.locator("#aligned .source .partner")).to_have_text("😊")
    opened.check("[value=attention]")
    expect(opened.locator("#heat-map-note")).to_contain_text("Attention")
    word.hover()
    expect(opened.locator("#aligned .source .partner")).to_have_text("please")


def test_a_chosen_alternative_is_scored(opened: Page, contract: ContractServer) -> None:
    """So that its own words are shaded."""
    translate(opened, TEXT)
    opened.locator("#alternative-list button").nth(1).click()
    expect(opened.locator("#aligned .target")).to_have_text("PLEASE 😊 SEND B77 BACK? TODAY again")
    expect(opened.locator("#aligned [data-doubt]")).to_have_text("BACK?")
    expect(opened.locator("#heat-map svg")).to_contain_text("again")
    assert ("score", "PLEASE 😊 SEND B77 BACK? TODAY again") in [
        (route, wanted.get("translation")) for route, wanted in contract.asked
    ]


def test_a_chosen_alternative_keeps_the_method(opened: Page) -> None:
    """Its partners are those of occlusion where that is switched on."""
    translate(opened, TEXT)
    opened.check("[value=occlusion]")
    opened.locator("#alternative-list button").nth(1).click()
    expect(opened.locator("#heat-map svg")).to_contain_text("again")
    opened.locator("#aligned .target .word").first.hover()
    expect(opened.locator("#aligned .source .partner")).to_have_text("😊")
