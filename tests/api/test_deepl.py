"""DeepL's API: its requests in every encoding, its answers, its errors; options reach the pipeline."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from pydantic import TypeAdapter

from service.api.dialects.deepl.answers import DeepLError, DeepLLanguage, DeepLTranslations, DeepLUsage
from service.api.dialects.deepl.requests import TranslateFields
from service.api.dialects.deepl.translate import handling_of
from service.api.schemas import parse_request
from service.engine.errors import DeadlineExceeded, ModelFailed, NotReady, Overloaded
from service.pipeline.handling import Handling
from service.text.glossary import NO_GLOSSARY, Glossary, GlossaryEntry
from tests.api.serving import Api
from tests.api.test_metrics import samples_of, total

SECRET = "MyPasswordIsHunter2"
GOOD: dict[str, Any] = {"text": [SECRET], "source_lang": "EN", "target_lang": "ZH"}
PATH = "/v2/translate"


def texts_of(answer: Any) -> list[str]:
    """The translations, of an answer that is one."""
    return [one.text for one in DeepLTranslations.model_validate(answer.json()).translations]


@pytest.mark.parametrize("encoding", ["json", "data", "params"])
async def test_texts_are_translated_in_every_encoding(api: Api, encoding: str) -> None:
    """JSON, a form, or the query string with an empty body; one text or several, empty ones too."""
    for texts in (["hi"], ["hi", "", "bye"]):
        answer = await api.client.post(PATH, **{encoding: GOOD | {"text": texts, "auth_key": "x"}})
        assert texts_of(answer) == [text.upper() for text in texts]


async def test_old_clients_get_with_everything_in_the_address(api: Api) -> None:
    """One text or several."""
    fields = {"auth_key": "x", "source_lang": "en", "target_lang": "zh", "text": ["hi", "bye"]}
    assert texts_of(await api.client.get(PATH, params=fields)) == ["HI", "BYE"]


@pytest.mark.parametrize("target", ["EN-GB", "en-us", "EN", "en_GB"])
async def test_regions_are_understood(api: Api, target: str) -> None:
    """In any case; the answer has the source in capitals."""
    answer = await api.post(PATH, text=["你好"], target_lang=target)
    (found,) = answer.json()["translations"]
    assert found == {"detected_source_language": "ZH", "text": "你好", "billed_characters": 2}


async def test_billed_characters_are_code_points_and_are_always_there(api: Api) -> None:
    """Also where the client does not ask for them; the type of the model only where it does."""
    answer = await api.post(
        PATH, text=["a😀"], source_lang="EN", target_lang="ZH", model_type="quality_optimized"
    )
    (found,) = answer.json()["translations"]
    assert (found["billed_characters"], found["model_type_used"]) == (2, "latency_optimized")


async def test_usage_counts_what_was_answered(api: Api) -> None:
    """And not what was refused; GET and POST tell the same."""
    await api.post(PATH, text=["abc", "de"], source_lang="EN", target_lang="ZH")
    await api.post(PATH, text=["abc"], source_lang="EN", target_lang="XX")
    for answer in (await api.client.get("/v2/usage"), await api.client.post("/v2/usage")):
        assert DeepLUsage.model_validate(answer.json()).character_count == 5


async def test_languages_are_listed_by_side(api: Api) -> None:
    """`type` in the query string, or in the body of a GET as DeepL's Python client sends it."""
    sources = (await api.client.get("/v2/languages")).json()
    assert [one["language"] for one in sources] == ["EN", "ZH"]
    targets = (await api.client.get("/v2/languages?type=target")).json()
    TypeAdapter(list[DeepLLanguage]).validate_python([*sources, *targets])
    assert [one["language"] for one in targets] == ["EN-GB", "EN-US", "ZH", "ZH-HANS"]
    in_body = await api.client.request("GET", "/v2/languages", data={"type": "target"})
    assert in_body.json() == targets


def handling(**fields: Any) -> Handling:
    """What the pipeline is told."""
    return handling_of(parse_request(TranslateFields, GOOD | fields), NO_GLOSSARY)


def test_options_reach_the_pipeline() -> None:
    """Lists of tags as lists or with commas, as the Python and the Node client send them."""
    for tags in (["a", "b"], "a,b"):
        found = handling(
            tag_handling="xml",
            ignore_tags=tags,
            splitting_tags=tags,
            non_splitting_tags=tags,
            outline_detection=False,
        )
        assert found == Handling(
            format="xml",
            ignore_tags=frozenset("ab"),
            splitting_tags=frozenset("ab"),
            non_splitting_tags=frozenset("ab"),
            outline_detection=False,
        )


@pytest.mark.parametrize(
    ("fields", "splitting"),
    [
        ({}, "sentences"),
        ({"split_sentences": "0"}, "none"),
        ({"split_sentences": "1"}, "sentences"),
        ({"split_sentences": "nonewlines"}, "nonewlines"),
        ({"tag_handling": "xml"}, "sentences"),
        ({"tag_handling": "html"}, "nonewlines"),
        ({"tag_handling": "html", "split_sentences": "1"}, "sentences"),
    ],
)
def test_sentences_are_split_as_deepl_would(fields: dict[str, str], splitting: str) -> None:
    """HTML has a default of its own."""
    assert handling(**fields).splitting == splitting


def test_a_glossary_reaches_the_pipeline() -> None:
    """As it is."""
    glossary = Glossary([GlossaryEntry("a", "b")])
    assert handling_of(parse_request(TranslateFields, GOOD), glossary).glossary is glossary


async def test_what_a_form_says_reaches_the_pipeline_too(api: Api) -> None:
    """With the terms of the glossary that it names."""
    terms = {"source_lang": "en", "target_lang": "zh", "entries": "hi\t嗨", "entries_format": "tsv"}
    made = (await api.post("/v2/glossaries", name="Shop", **terms)).json()
    form = {"text": "<p>hi</p>", "source_lang": "en", "target_lang": "zh", "tag_handling": "html"}
    more = {"ignore_tags": "a,b", "outline_detection": "0", "glossary_id": made["glossary_id"]}
    assert (await api.client.post(PATH, data=form | more)).status_code == 200
    handling = api.items.handlings[-1]
    assert handling.glossary.entries == (GlossaryEntry("hi", "嗨"),)
    assert replace(handling, glossary=NO_GLOSSARY) == Handling(
        format="html",
        splitting="nonewlines",
        ignore_tags=frozenset("ab"),
        outline_detection=False,
    )


@pytest.mark.parametrize("formality", ["default", "prefer_more", "prefer_less"])
async def test_a_formality_that_is_only_preferred_is_accepted(api: Api, formality: str) -> None:
    """Like a context, which is not used."""
    answer = await api.post(PATH, **GOOD, formality=formality, context="about money")
    assert answer.status_code == 200


REFUSED = {
    "formality": ({"formality": "more"}, 400, "'formality' is not supported for given 'target_lang'."),
    "traditional": ({"target_lang": "ZH-HANT"}, 400, "Value for 'target_lang' not supported."),
    "unknown source": ({"source_lang": SECRET}, 400, "Value for 'source_lang' not supported."),
    "unknown target": ({"target_lang": "DE"}, 400, "Value for 'target_lang' not supported."),
    "no text": ({"text": []}, 400, "Invalid request"),
    "text number": ({"text": [5]}, 400, "Invalid request"),
    "tags": ({"tag_handling": SECRET}, 400, "Invalid request"),
    "splitting": ({"split_sentences": SECRET}, 400, "Invalid request"),
    "outline": ({"outline_detection": SECRET}, 400, "Invalid request"),
    "style": ({"style_id": SECRET}, 400, "Invalid request"),
    "instructions": ({"custom_instructions": [SECRET]}, 400, "Invalid request"),
    "memory": ({"translation_memory_id": SECRET}, 400, "Invalid request"),
    "glossary": ({"glossary_id": SECRET}, 404, "Glossary not found"),
    "glossary without source": ({"glossary_id": SECRET, "source_lang": ""}, 400, "Invalid request"),
    "six glossaries": ({"glossary_ids": [SECRET] * 6}, 400, "Invalid request"),
    "too long": ({"text": [SECRET * 20]}, 413, "Text too long"),
    "too many": ({"text": ["a"] * 9}, 413, "Too many texts"),
}


async def test_what_cannot_be_done_is_refused_in_deepl_s_words(api: Api) -> None:
    """With its body, its status and the trace id, and without the text."""
    for case, (fields, status, message) in REFUSED.items():
        answer = await api.client.post(PATH, json=GOOD | fields, headers={"X-Request-ID": "chat-42"})
        found = DeepLError.model_validate(answer.json())
        assert (answer.status_code, found.message) == (status, message), case
        assert answer.headers["x-trace-id"] == "chat-42"
        assert SECRET not in answer.text, case


async def test_errors_name_the_text_as_deepl_does(api: Api) -> None:
    """`text`, not the name that other dialects have for it."""
    answer = await api.post(PATH, text=["a", "b" * 201], source_lang="EN", target_lang="ZH")
    assert answer.json()["detail"].startswith("text[1] has 201 characters")


@pytest.mark.parametrize(
    ("error", "status", "retry_after"),
    [
        (Overloaded(2.3), 429, "3"),
        (NotReady("stopping"), 503, "1"),
        (DeadlineExceeded("queued"), 504, None),
        (ModelFailed("zh-en", SECRET), 500, None),
    ],
)
async def test_failures_have_the_statuses_that_clients_wait_for(
    api: Api, error: Exception, status: int, retry_after: str | None
) -> None:
    """429 tells the client when to come back; our own failures keep their cause."""
    api.translator.error = error
    answer = await api.post(PATH, **(GOOD | {"text": ["Hello there."]}))
    assert (answer.status_code, answer.headers.get("retry-after")) == (status, retry_after)
    assert SECRET not in answer.text


async def test_a_body_that_cannot_be_read_is_told_in_deepl_s_words(api: Api) -> None:
    """Also one that is too large, and an address that is too long."""
    json_type = {"Content-Type": "application/json"}
    broken = await api.client.post(PATH, content=b"{", headers=json_type)
    large = await api.client.post(PATH, content=b"x" * 20_001, headers=json_type)
    long = await api.client.get(PATH, params={"text": "x" * 33_000})
    strange = await api.client.post(PATH, content=b"{}", headers={"Content-Type": "text/csv"})
    answers = (broken, large, long, strange)
    assert [one.status_code for one in answers] == [400, 413, 414, 415]
    assert all(DeepLError.model_validate(one.json()).message for one in answers)


async def test_requests_are_counted_under_their_dialect(api: Api) -> None:
    """By the template of the route, with the outcome."""
    await api.post(PATH, **GOOD)
    await api.client.get(f"/v2/glossaries/{SECRET}")
    text = (await api.client.get("/metrics")).text
    samples = samples_of(text)
    assert total(samples, "zhuyi_http_requests_total", dialect="deepl", route=PATH, status="200") == 1
    route = "/v2/glossaries/{glossary_id}"
    assert total(samples, "zhuyi_http_requests_total", dialect="deepl", route=route, status="404") == 1
    assert total(samples, "zhuyi_requests_total", outcome="ok", source="en", target="zh") == 1
    assert SECRET not in text
