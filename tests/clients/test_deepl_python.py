"""DeepL's own Python client, and others that speak its API, unchanged, against the real service."""

from __future__ import annotations

import contextlib
import re
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import deepl
import httpx
import pytest
from deep_translator import DeeplTranslator
from deep_translator.constants import BASE_URLS
from deepl import http_client
from deepl.api_data import MultilingualGlossaryDictionaryEntries
from translate import Translator
from translate.providers.deepl import DeeplProvider

from tests.api.test_metrics import samples_of, total
from tests.e2e.server import Server, running

ENGLISH, CHINESE = "Where is my order?", "你好，我想退货。"
TERMS = {"refund": "退款", "order": "订单"}


@pytest.fixture
def api(server: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[deepl.DeepLClient]:
    """DeepL's client, with our address for its server's; it waits for no second try."""
    monkeypatch.setattr(http_client, "max_network_retries", 0)
    with_address = deepl.DeepLClient("any-key:fx", server_url=server.url)
    yield with_address
    with_address.close()


@pytest.fixture
def ours(client: httpx.Client) -> dict[str, str]:
    """The same texts by our own route, to compare with."""
    fields = [{"q": ENGLISH, "source": "en", "target": "zh"}, {"q": CHINESE, "source": "zh", "target": "en"}]
    answers = [client.post("/translate", json=one).json()["translatedText"] for one in fields]
    return dict(zip((ENGLISH, CHINESE), answers, strict=True))


def test_one_text(api: deepl.DeepLClient, ours: dict[str, str]) -> None:
    """With its language, found or given, and its characters."""
    found = api.translate_text(ENGLISH, source_lang="EN", target_lang="ZH")
    assert (found.text, found.detected_source_lang, found.billed_characters) == (ours[ENGLISH], "EN", 18)
    found = api.translate_text(CHINESE, target_lang="EN-US")
    assert (found.text, found.detected_source_lang) == (ours[CHINESE], "ZH")


def test_several_texts(api: deepl.DeepLClient, ours: dict[str, str]) -> None:
    """In their order, empty ones among them; each with the language that was found."""
    found = api.translate_text([ENGLISH, "", CHINESE], target_lang=deepl.Language.ENGLISH_BRITISH)
    assert [one.text for one in found] == [ENGLISH, "", ours[CHINESE]]
    assert [found[0].detected_source_lang, found[2].detected_source_lang] == ["EN", "ZH"]


def test_every_option_is_taken(api: deepl.DeepLClient) -> None:
    """Those without an effect too."""
    found = api.translate_text(
        [ENGLISH],
        source_lang="EN",
        target_lang="ZH-HANS",
        context="A shop.",
        split_sentences=deepl.SplitSentences.NO_NEWLINES,
        preserve_formatting=True,
        formality=deepl.Formality.PREFER_MORE,
        tag_handling="xml",
        tag_handling_version="v2",
        outline_detection=False,
        non_splitting_tags="b",
        splitting_tags=["p", "br"],
        ignore_tags=["x,y", "z"],
        model_type=deepl.ModelType.PREFER_QUALITY_OPTIMIZED,
    )
    assert found[0].model_type_used == "latency_optimized"


def test_sentences_are_split_as_asked(api: deepl.DeepLClient) -> None:
    """At stops and line breaks, at stops alone, or nowhere; a line break that ends nothing is no break."""

    def lines_of(text: str, split: deepl.SplitSentences) -> list[str]:
        found = api.translate_text(text, source_lang="EN", target_lang="ZH", split_sentences=split)
        return found.text.split("\n")

    broken, whole = "Where is\nmy order?", "Hello.\nWhere is my order?"
    assert (
        len(lines_of(broken, deepl.SplitSentences.ALL)) == len(lines_of(whole, deepl.SplitSentences.ALL)) == 2
    )
    unbroken = api.translate_text(ENGLISH, source_lang="EN", target_lang="ZH").text
    assert lines_of(broken, deepl.SplitSentences.NO_NEWLINES) == [unbroken]
    assert len(lines_of(whole, deepl.SplitSentences.OFF)) == 1


@pytest.mark.parametrize("tag_handling", ["html", "xml"])
def test_tags_stand_around_the_same_words(api: deepl.DeepLClient, tag_handling: str) -> None:
    """In their order, with their attributes."""
    text = '<p>Where is my <b id="1">order</b>?</p>'
    found = api.translate_text(text, source_lang="EN", target_lang="ZH", tag_handling=tag_handling)
    assert re.findall("<[^>]*>", found.text) == ["<p>", '<b id="1">', "</b>", "</p>"]
    assert "订单" in found.text.partition("<b")[2].partition("</b>")[0]


def test_tags_that_are_ignored_keep_their_text(api: deepl.DeepLClient) -> None:
    """And those that split are no part of a sentence."""
    text = "<d><p>Thanks.</p><x>Do not touch this.</x></d>"
    found = api.translate_text(text, source_lang="EN", target_lang="ZH", tag_handling="xml", ignore_tags="x")
    assert "<x>Do not touch this.</x>" in found.text
    assert "Thanks" not in found.text
    split = api.translate_text(
        "<d>Where is my order?<x>Hello.</x></d>",
        source_lang="EN",
        target_lang="ZH",
        tag_handling="xml",
        outline_detection=False,
        splitting_tags=["x"],
    )
    hello = api.translate_text("Hello.", source_lang="EN", target_lang="ZH").text
    assert split.text.endswith(f"<x>{hello}</x></d>")


def test_broken_xml_is_refused(api: deepl.DeepLClient) -> None:
    """With the text that is meant."""
    with pytest.raises(deepl.DeepLException, match=r"Bad request.*text\[1\]: is not well-formed XML"):
        api.translate_text(["ok", "a <b"], source_lang="EN", target_lang="ZH", tag_handling="xml")


def test_usage_grows_by_what_was_billed(api: deepl.DeepLClient) -> None:
    """And never reaches its limit."""
    before = api.get_usage().character.count
    billed = api.translate_text(ENGLISH, source_lang="EN", target_lang="ZH").billed_characters
    after = api.get_usage()
    assert after.character.count - before == billed == 18
    assert not after.any_limit_reached


def test_languages(api: deepl.DeepLClient) -> None:
    """Every target that is listed can be translated to."""
    assert [one.code for one in api.get_source_languages()] == ["EN", "ZH"]
    targets = api.get_target_languages()
    assert [one.code for one in targets] == ["EN-GB", "EN-US", "ZH", "ZH-HANS"]
    for target in targets:
        assert not target.supports_formality
        assert api.translate_text("5", target_lang=target.code).text == "5"


def test_a_glossary_of_one_pair(api: deepl.DeepLClient) -> None:
    """Created from terms and from CSV, listed, read, used, deleted."""
    made = api.create_glossary("Shop", "EN", "ZH", TERMS)
    assert (made.ready, made.entry_count, made.source_lang) == (True, 2, "EN")
    assert api.get_glossary(made.glossary_id).creation_time == made.creation_time
    assert made.glossary_id in [one.glossary_id for one in api.list_glossaries()]
    assert api.get_glossary_entries(made) == TERMS
    assert api.translate_text_with_glossary(ENGLISH, made).text
    api.delete_glossary(made)
    with pytest.raises(deepl.exceptions.GlossaryNotFoundException):
        api.get_glossary(made.glossary_id)
    with pytest.raises(deepl.DeepLException, match="Glossary not found"):
        api.translate_text(ENGLISH, source_lang="EN", target_lang="ZH", glossary=made.glossary_id)
    from_csv = api.create_glossary_from_csv("Back", "ZH", "EN", "退款,refund\n订单,order")
    assert api.translate_text_with_glossary(CHINESE, from_csv).detected_source_lang == "ZH"
    api.delete_glossary(from_csv)
    pairs = [(one.source_lang, one.target_lang) for one in api.get_glossary_languages()]
    assert pairs == [("en", "zh"), ("zh", "en")]


def test_the_term_of_a_glossary_stands_in_the_translation(api: deepl.DeepLClient) -> None:
    """One that the model would not choose, in markup too."""
    made = api.create_glossary("Odd", "EN", "ZH", {"order": "蓝色大象"})
    plain = api.translate_text(ENGLISH, source_lang="EN", target_lang="ZH", glossary=made)
    html = api.translate_text(
        "<p>Where is my <b>order</b>?</p>",
        source_lang="EN",
        target_lang="ZH",
        glossary=made,
        tag_handling="html",
    )
    api.delete_glossary(made)
    assert "蓝色大象" in plain.text
    assert "蓝色大象" in html.text


def test_a_glossary_of_several_pairs(api: deepl.DeepLClient) -> None:
    """All that the client can do with it."""
    entries = MultilingualGlossaryDictionaryEntries
    made = api.create_multilingual_glossary(
        "Shop", [entries("EN", "ZH", TERMS), entries("ZH", "EN", {"退款": "refund"})]
    )
    assert [one.entry_count for one in made.dictionaries] == [2, 1]
    assert api.update_multilingual_glossary_name(made, "Store").name == "Store"
    added = api.update_multilingual_glossary_dictionary(made, entries("EN", "ZH", {"shop": "商店"}))
    assert added.dictionaries[0].entry_count == 3
    api.update_multilingual_glossary_dictionary_from_csv(made.glossary_id, "EN", "ZH", "day,天")
    replaced = api.replace_multilingual_glossary_dictionary(made, entries("EN", "ZH", {"price": "价格"}))
    assert (replaced.source_lang, replaced.entry_count) == ("EN", 1)
    (found,) = api.get_multilingual_glossary_entries(made, "EN", "ZH").dictionaries
    assert found.entries == "price\t价格"
    assert api.translate_text(
        ENGLISH, source_lang="EN", target_lang="ZH", glossary=api.get_multilingual_glossary(made.glossary_id)
    ).text
    several = api.translate_text(
        ENGLISH, source_lang="EN", target_lang="ZH", glossary_ids=[made, made.glossary_id]
    )
    assert several.text
    api.delete_multilingual_glossary_dictionary(made, source_lang="ZH", target_lang="EN")
    (listed,) = [one for one in api.list_multilingual_glossaries() if one.glossary_id == made.glossary_id]
    assert len(listed.dictionaries) == 1
    api.delete_multilingual_glossary(made)
    with pytest.raises(deepl.exceptions.GlossaryNotFoundException):
        api.get_multilingual_glossary(made.glossary_id)


def test_what_is_refused_is_told(api: deepl.DeepLClient) -> None:
    """With the words that the client prints."""
    with pytest.raises(
        deepl.DeepLException, match=r"Value for 'target_lang' not supported\., detail: served are EN, ZH"
    ):
        api.translate_text(ENGLISH, target_lang="DE")
    with pytest.raises(deepl.DeepLException, match="'formality' is not supported"):
        api.translate_text(ENGLISH, target_lang="ZH", formality=deepl.Formality.LESS)
    with pytest.raises(deepl.DeepLException, match="413"):
        api.translate_text(["a"] * 257, target_lang="ZH")


def test_deep_translator(server: Server, ours: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """By GET with everything in the address."""
    monkeypatch.setitem(BASE_URLS, "DEEPL_FREE", server.url + "/{version}/")
    assert DeeplTranslator(source="en", target="zh", api_key="any").translate(ENGLISH) == ours[ENGLISH]


def test_translate_with_its_deepl_provider(
    server: Server, ours: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """By POST with everything in the address and no body."""
    monkeypatch.setattr(DeeplProvider, "base_free_url", f"{server.url}/v2/translate")
    translator = Translator(provider="deepl", from_lang="en", to_lang="ZH", secret_access_key="any")
    assert translator.translate(ENGLISH) == ours[ENGLISH]


def test_a_full_queue_is_waited_for(store: Path) -> None:
    """DeepL's client takes our 429 for its own service's, comes again, and in the end all are answered."""
    text, num_clients = "We have sent your refund to the bank. " * 4, 3
    together = threading.Barrier(num_clients)
    with running(store, engines=1, max_queue_sequences=4) as server, ThreadPoolExecutor(num_clients) as pool:

        def ask(_: int) -> str:
            with contextlib.closing(deepl.DeepLClient("any-key", server_url=server.url)) as client:
                together.wait()
                return str(client.translate_text(text, source_lang="EN", target_lang="ZH").text)

        assert len(set(pool.map(ask, range(num_clients)))) == 1
        samples = samples_of(httpx.get(f"{server.url}/metrics").text)
    counted = {"dialect": "deepl", "route": "/v2/translate"}
    assert total(samples, "zhuyi_http_requests_total", **counted, status="200") == num_clients
    assert total(samples, "zhuyi_http_requests_total", **counted, status="429") >= 1
