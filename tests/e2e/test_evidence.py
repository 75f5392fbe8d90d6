"""What an answer shows beside its text, with the bundled models over HTTP."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest

from service.api.answers import AttentionAnswer, ScoreAnswer, TranslateAnswer

ZH_EN = {"source": "zh", "target": "en"}
EN_ZH = {"source": "en", "target": "zh"}


def translate(client: httpx.Client, **fields: Any) -> dict[str, Any]:
    """A checked answer of /translate."""
    answer = client.post("/translate", json=fields)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    TranslateAnswer.model_validate(found)
    return found


def test_an_agent_s_reply_is_scored_word_by_word(client: httpx.Client) -> None:
    """A right reply is likelier than a wrong one, whose changed number and negation are pointed at."""
    good, bad = (
        client.post("/score", json={"q": "我想退300元。", "translation": reply, **ZH_EN}).json()
        for reply in ("I want a refund of 300 yuan.", "I do not want a refund of 500 yuan.")
    )
    for answer in (good, bad):
        ScoreAnswer.model_validate(answer)
    assert good["logprob"] > bad["logprob"]
    assert good["confidence"] > bad["confidence"]
    (segment,) = good["segments"]
    total = sum(segment["logprob"]) + segment["eos_logprob"]
    assert total == pytest.approx(good["logprob"], abs=1e-4)
    found = {one["type"]: one for one in bad["warnings"]}
    assert {"number", "negation"} <= set(found)
    assert bad["translatedText"][slice(*found["number"]["target_spans"][0])] == "500"
    words = [bad["translatedText"][word["start"] : word["end"]] for word in bad["words"]]
    assert words == bad["translatedText"].split()


def test_occlusion_is_what_scoring_without_the_word_gives(client: httpx.Client) -> None:
    """Against the same computed from outside: the reply scored with and without a source word."""
    source, reply = "Where is my order ?", "我的订单在哪里？"
    fields = {"q": source, "translation": reply, **EN_ZH}
    answer = client.post("/attention-weights", json=fields | {"method": "occlusion"}).json()
    AttentionAnswer.model_validate(answer)
    (segment,) = answer["segments"]
    drops = segment["occlusion"]["drops"]
    assert [word["text"] for word in segment["occlusion"]["source"]] == source.split()

    def logprobs(text: str) -> list[float]:
        scored = client.post("/score", json=fields | {"q": text}).json()["segments"][0]
        return [float(one) for one in scored["logprob"]]

    whole = logprobs(source)
    for column, word in enumerate(source.split()):
        left = logprobs(" ".join(one for one in source.split() if one != word))
        expected = sum(whole) - sum(left)
        assert sum(row[column] for row in drops) == pytest.approx(expected, abs=1e-3)
    assert max(map(max, drops)) > 1  # something mattered


def test_too_many_words_to_leave_out_are_refused(client: httpx.Client) -> None:
    """With the limit; nothing has been left out then."""
    fields = {"q": "Where is my order? " * 100, "method": "occlusion", **EN_ZH}
    answer = client.post("/attention-weights", json=fields)
    assert answer.status_code == 422
    assert answer.json()["errors"][0] == {
        "field": "q", "limit": 300, "actual": 304,
        "message": "q has 304 words to leave out, at most 300 are allowed",
    }  # fmt: skip


def test_headers_say_who_worked_and_where_the_time_went(client: httpx.Client) -> None:
    """Server-Timing as browsers read it; the stages fit into the whole."""
    answer = client.post(
        "/translate", json={"q": ["你好，我想退货。", "Thanks!"], "source": "auto", "target": "en"}
    )
    assert re.fullmatch(r"zh-en/\S+; device=cpu", answer.headers["x-zhuyi-model"])
    timing = dict(re.findall(r"(\w+);dur=([\d.]+)", answer.headers["server-timing"]))
    assert list(timing) == ["tokenize", "queue", "encode", "decode", "total"]
    assert 0 < float(timing["decode"]) < float(timing["total"])


def test_alignment_comes_in_three_notations_that_agree(client: httpx.Client) -> None:
    """Objects, Pharaoh's numbers of words, Azure's inclusive ranges."""
    text = {"q": "Where is my order?", "include": ["alignment", "attention"], **EN_ZH}
    spans, azure, pharaoh = (
        translate(client, **text, alignment_format=form)["translations"][0]
        for form in ("spans", "azure", "pharaoh")
    )
    links = sorted((*one["src"], *one["tgt"]) for one in spans["alignment"])
    assert azure["alignment"] == " ".join(f"{a}:{b - 1}-{c}:{d - 1}" for a, b, c, d in links)
    words = spans["attention"][0]["words"]
    numbers = {
        (
            next(number for number, word in enumerate(words["source"]) if word["start"] == a),
            next(number for number, word in enumerate(words["target"]) if word["start"] == c),
        )
        for a, _, c, _ in links
    }
    (line,) = pharaoh["alignment"]
    assert {tuple(map(int, pair.split("-"))) for pair in line.split()} == numbers


def test_places_are_code_points_or_utf16_units(client: httpx.Client) -> None:
    """An emoji is one of the former and two of the latter."""
    text = {"q": "😀 order ORD-77123", "include": ["protected"], **EN_ZH}
    points, units = (
        translate(client, **text, offsets=offsets)["translations"][0]["protected"][-1]
        for offsets in ("code_points", "utf16")
    )
    assert points["src"] == [8, 17]
    assert units["src"] == [9, 18]


def test_a_glossary_is_applied_and_reported(client: httpx.Client) -> None:
    """Whatever the case of the term; of what is not there nothing is said."""
    glossary = {"refund policy": "退费规则", "warranty": "质保"}
    answer = translate(client, q="Please read our Refund Policy first.", glossary=glossary, **EN_ZH)
    assert "退费规则" in answer["translatedText"]
    (applied,) = answer["translations"][0]["glossary_applied"]
    assert applied == {"source": "refund policy", "target": "退费规则", "src": [16, 29], "applied": True}


def test_the_caller_names_what_must_stay(client: httpx.Client) -> None:
    """As texts or as RE2 expressions; a wrong expression is refused by its number, unseen."""
    text = {"q": "Ask Blue Whale about plan gold nine.", **EN_ZH}
    answer = translate(client, **text, protect=["Blue Whale"], protect_patterns=["gold [a-z]+"])
    assert answer["translatedText"].count("Blue Whale") == 1
    assert answer["translatedText"].count("gold nine") == 1
    refused = client.post("/translate", json=text | {"protect_patterns": ["ok", "(secret"]})
    assert refused.status_code == 400
    assert refused.json()["errors"][0]["field"] == "protect_patterns[1]"
    assert "secret" not in refused.text


def test_an_unsure_translation_is_not_given(client: httpx.Client) -> None:
    """The source comes back with the reason; with less demanded the translation does."""
    text = {"q": "qwrt zxcv plmk.", "include": ["confidence", "warnings"], **EN_ZH}
    sure = translate(client, **text)
    confidence = sure["translations"][0]["confidence"]
    assert confidence < 0.9
    unsure = translate(client, **text, min_confidence=0.95)
    assert unsure["translatedText"] == text["q"]
    assert [one["type"] for one in unsure["warnings"]] == ["unsure"]
    assert unsure["translations"][0]["confidence"] == confidence


def test_long_sentences_are_divided_and_nothing_is_cut(client: httpx.Client) -> None:
    """`usage` says into how many; strictly they are refused."""
    limit = client.get("/models").json()["models"][0]["limits"]["max_source_tokens"]
    text = {"q": "My order number has not arrived yet, " * 40 + "please help.", **EN_ZH}
    answer = translate(client, **text, beam_size=1)
    assert answer["usage"]["source_tokens"] > limit
    assert answer["usage"]["segments"] == answer["usage"]["split_segments"] + 1 > 2
    refused = client.post("/translate", json=text | {"strict": True})
    assert refused.status_code == 400
    assert refused.json()["errors"][0]["limit"] == limit


def test_traditional_chinese_is_understood(client: httpx.Client) -> None:
    """It means what Simplified means; places are those of the text that was sent."""
    traditional, simplified = (
        translate(client, q=text, source=source, target="en", include=["alignment"])
        for text, source in (("請問我的訂單什麼時候會到？", "zh-TW"), ("请问我的订单什么时候会到？", "zh"))
    )
    assert traditional["translatedText"] == simplified["translatedText"]
    assert traditional["translations"][0]["alignment"] == simplified["translations"][0]["alignment"]
    refused = client.post("/translate", json={"q": "Hello.", "source": "en", "target": "zh-TW"})
    assert refused.status_code == 400


@pytest.mark.parametrize(
    ("form", "text", "kept"),
    [
        (
            "html",
            '<p>Thank <b>you</b> for <i translate="no">waiting!</i></p>',
            ["<p>", "<b>", "</b>", "</p>"],
        ),
        (
            "markdown",
            "# Thanks\n\n- Your **order** `A-1` has [shipped](https://a.example/x).\n",
            ["# ", "`A-1`"],
        ),
        ("xml", "<doc><t>Thank <x id='1'/>you.</t></doc>", ["<doc><t>", "<x id='1'/>", "</t></doc>"]),
    ],
)
def test_markup_comes_back_as_it_was(client: httpx.Client, form: str, text: str, kept: list[str]) -> None:
    """Each tag once; what is marked as not to be translated stays."""
    answer = translate(client, q=text, format=form, **EN_ZH)["translatedText"]
    assert answer != text
    for part in kept:
        assert answer.count(part) == text.count(part)
    if form == "html":
        assert '<i translate="no">waiting!</i>' in answer
    if form == "markdown":
        assert "](https://a.example/x)" in answer
