"""What LibreTranslate's clients get to read: its error texts and statuses, its other routes."""

from __future__ import annotations

from typing import Any

import pytest

from service.api.answers import Problem
from service.api.dialects.libretranslate_answers import FrontendSettings, Refusal
from service.api.dialects.swagger import PATHS
from service.engine.errors import Overloaded
from tests.api.serving import POLICY, Api
from tests.api.test_metrics import samples_of, total

GOOD: dict[str, Any] = {"q": "hi", "source": "en", "target": "zh"}
SECRET = "MyPasswordIsHunter2"

REFUSED = {
    "no q": ({"source": "en", "target": "zh"}, "Invalid request: missing q parameter"),
    "no source": ({"q": "hi", "target": "zh"}, "Invalid request: missing source parameter"),
    "no target": ({"q": "hi", "source": "en"}, "Invalid request: missing target parameter"),
    "nothing": ({}, "Invalid request: missing q parameter"),
    "source": (GOOD | {"source": "zz"}, "zz is not supported"),
    "target": (GOOD | {"target": "pt-BR"}, "pt-BR is not supported"),
    "auto target": (GOOD | {"target": "auto"}, "target is not a served language; served are en, zh"),
    "no code": (GOOD | {"source": SECRET}, "source is not a served language; served are en, zh"),
    "too long": (GOOD | {"q": "x" * 201}, "Invalid request: request (201) exceeds text limit (200)"),
    "too many": (GOOD | {"q": ["x"] * 9}, "Invalid request: request (9) exceeds text limit (8)"),
}


@pytest.mark.parametrize(("fields", "text"), REFUSED.values(), ids=REFUSED.keys())
async def test_errors_of_translate_have_its_words_beside_ours(
    api: Api, fields: dict[str, Any], text: str
) -> None:
    """One body for both: 400, `error` as LibreTranslate says it, and a whole problem document."""
    for answer in (
        await api.client.post("/translate", json=fields),
        await api.client.post("/translate", data=fields),
    ):
        problem = Problem.model_validate(answer.json())
        assert answer.status_code == problem.status == 400
        assert answer.headers["content-type"] == "application/problem+json"
        assert problem.error == text
        assert problem.detail
        assert SECRET not in answer.text


async def test_a_sentence_over_the_model_s_limit_is_told_in_tokens(api: Api) -> None:
    """LibreTranslate has no such limit; its words would speak of characters."""
    problem = Problem.model_validate((await api.post("/translate", **GOOD | {"beam_size": 9})).json())
    assert problem.error == problem.detail


async def test_overload_is_an_error_with_retry_after(api: Api) -> None:
    """503 with the same body."""
    api.translator.error = Overloaded(2.0)
    answer = await api.post("/translate", **GOOD)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
    assert answer.json()["error"] == "the queue is full"


async def test_translate_is_not_for_get(api: Api) -> None:
    """405, as LibreTranslate answers it: texts do not belong into links."""
    answer = await api.client.get("/translate", params=GOOD)
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    assert answer.json()["error"] == "Method Not Allowed"


async def test_rocket_chat_s_lines_come_back_as_lines(api: Api) -> None:
    """Empty ones too; the languages are detected line by line."""
    lines = ["hello there", "", "😀", "你好"]
    answer = (await api.post("/translate", q=lines, source="auto", target="zh", format="text")).json()
    assert answer["translatedText"] == ["HELLO THERE", "", "😀", "你好"]
    assert [one["language"] for one in answer["detectedLanguage"]] == ["en", "en", "en", "zh"]
    assert [one["confidence"] for one in answer["detectedLanguage"][1:3]] == [0.0, 0.0]


@pytest.mark.parametrize("format_", ["text", "html"])
async def test_text_and_html_are_taken(api: Api, format_: str) -> None:
    """Discourse sends `html` always."""
    answer = await api.client.post("/translate", data=GOOD | {"format": format_, "api_key": ""})
    assert answer.json()["translatedText"] == "HI"
    assert [one.format for one in api.items.handlings] == [format_]


@pytest.mark.parametrize("empty", ["", None])
async def test_a_format_that_is_left_empty_is_text(api: Api, empty: str | None) -> None:
    """As LibreTranslate takes it."""
    assert (await api.post("/translate", **GOOD | {"format": empty})).json()["translatedText"] == "HI"
    assert [one.format for one in api.items.handlings] == ["text"]


@pytest.mark.parametrize("encoding", ["json", "data", "params"])
async def test_detect_names_the_likeliest_language(api: Api, encoding: str) -> None:
    """As a list, with a confidence from 0 to 100."""
    answer = await api.client.post("/detect", **{encoding: {"q": "我想退货。", "api_key": ""}})
    assert answer.json() == [{"confidence": 100.0, "language": "zh"}]
    nothing = await api.client.post("/detect", **{encoding: {"q": "😀"}})
    assert nothing.json()[0]["confidence"] == 0.0


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({}, "Invalid request: missing q parameter"),
        ({"q": "x" * 201}, "Invalid request: request (201) exceeds text limit (200)"),
    ],
)
async def test_detect_refuses_in_its_words_alone(api: Api, fields: dict[str, Any], text: str) -> None:
    """The body is LibreTranslate's, not a problem document."""
    answer = await api.client.post("/detect", json=fields)
    assert answer.status_code == 400
    assert Refusal.model_validate(answer.json()).error == text
    assert answer.headers["content-type"] == "application/json"


async def test_detect_is_no_list_of_texts_and_no_get(api: Api) -> None:
    """As in LibreTranslate."""
    assert (await api.post("/detect", q=["a"])).status_code == 400
    assert (await api.client.get("/detect")).status_code == 405


async def test_the_settings_are_true(api: Api) -> None:
    """What is not there is off, and the limit is ours."""
    settings = FrontendSettings.model_validate((await api.client.get("/frontend/settings")).json())
    assert settings.charLimit == POLICY.max_characters
    assert {settings.keyRequired, settings.suggestions, settings.filesTranslation} == {False}
    assert (settings.language.source.code, settings.language.target.code) == ("auto", "en")


async def test_the_spec_tells_what_the_routes_take(api: Api) -> None:
    """Swagger 2.0, with the fields of a form and what is required of them."""
    spec = (await api.client.get("/spec")).json()
    assert spec["swagger"] == "2.0"
    assert set(spec["paths"]) == set(PATHS)
    translate = {one["name"]: one for one in spec["paths"]["/translate"]["post"]["parameters"]}
    assert {name for name, one in translate.items() if one["required"]} == {"q", "source", "target"}
    assert (translate["q"]["type"], translate["alternatives"]["type"]) == ("string", "integer")
    assert spec["paths"]["/languages"]["get"]["responses"]["200"]["description"]


@pytest.mark.parametrize("path", ["/suggest", "/translate_file"])
async def test_what_is_not_done_is_refused(api: Api, path: str) -> None:
    """403 and why, as LibreTranslate does where it is switched off."""
    answer = await api.client.post(path, data={"q": "a", "s": "b"})
    assert answer.status_code == 403
    assert Refusal.model_validate(answer.json()).error.endswith("are disabled on this server.")


async def test_its_routes_are_counted_as_its_own(api: Api) -> None:
    """`/translate`, which is both, counts as native."""
    await api.client.post("/detect", json={"q": "a"})
    await api.post("/translate", **GOOD)
    samples = samples_of((await api.client.get("/metrics")).text)
    name = "zhuyi_http_requests_total"
    assert total(samples, name, route="/detect", dialect="libretranslate") == 1
    assert total(samples, name, route="/translate", dialect="native") == 1
