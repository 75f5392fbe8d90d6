"""Google's API v2: its requests by POST and GET, its answers, its errors."""

from __future__ import annotations

from typing import Any

import pytest

from service.api.dialects.google import PATH
from service.api.dialects.google_answers import (
    GoogleDetected,
    GoogleError,
    GoogleListed,
    GoogleTranslated,
)
from service.engine.errors import ModelFailed, NotReady, Overloaded
from tests.api.serving import Api
from tests.api.test_metrics import samples_of, total

GOOD: dict[str, Any] = {"q": "hi", "source": "en", "target": "zh-CN", "format": "text"}
SECRET = "MyPasswordIsHunter2"


@pytest.mark.parametrize("encoding", ["json", "data", "params"])
async def test_texts_are_translated_in_every_encoding(api: Api, encoding: str) -> None:
    """One text or several, always as a list; a key in the address changes nothing."""
    for q, texts in (("hi", ["HI"]), (["hi", "bye"], ["HI", "BYE"])):
        answer = await api.client.post(PATH, **{encoding: GOOD | {"q": q, "key": SECRET}})
        found = GoogleTranslated.model_validate(answer.json()).data.translations
        assert [one.translatedText for one in found] == texts
        assert all("detectedSourceLanguage" not in one for one in answer.json()["data"]["translations"])


async def test_get_is_post_with_everything_in_the_address(api: Api) -> None:
    """As Google's own examples have it."""
    answer = await api.client.get(PATH, params=GOOD | {"q": ["hi", "bye"]})
    assert [one["translatedText"] for one in answer.json()["data"]["translations"]] == ["HI", "BYE"]


@pytest.mark.parametrize("source", [{}, {"source": ""}])
async def test_without_a_source_the_languages_are_detected(api: Api, source: dict[str, str]) -> None:
    """Text by text; Chinese has Google's code."""
    fields = {"q": ["你好啊", "hello there"], "target": "en"} | source
    found = (await api.client.post(PATH, json=fields)).json()["data"]["translations"]
    assert [one["detectedSourceLanguage"] for one in found] == ["zh-CN", "en"]
    assert found[1]["translatedText"] == "hello there"


@pytest.mark.parametrize(("given", "read_as"), [({}, "html"), ({"format": "text"}, "text")])
async def test_texts_are_html_unless_they_are_said_to_be_text(
    api: Api, given: dict[str, str], read_as: str
) -> None:
    """Google's default."""
    await api.client.post(PATH, json={"q": "hi", "source": "en", "target": "zh"} | given)
    assert [one.format for one in api.items.handlings] == [read_as]


async def test_languages_are_detected_with_a_share_for_confidence(api: Api) -> None:
    """From 0 to 1, in a list for each text."""
    answer = await api.client.post(f"{PATH}/detect", json={"q": ["我想退货。", "😀"]})
    (chinese,), (nothing,) = GoogleDetected.model_validate(answer.json()).data.detections
    assert (chinese.language, chinese.confidence, chinese.isReliable) == ("zh-CN", 1.0, True)
    assert (nothing.confidence, nothing.isReliable) == (0.0, False)
    assert (await api.client.get(f"{PATH}/detect", params={"q": "a"})).status_code == 200


async def test_languages_have_names_only_where_a_target_is_given(api: Api) -> None:
    """As Google answers."""
    codes = (await api.client.get(f"{PATH}/languages")).json()
    named = (await api.client.get(f"{PATH}/languages", params={"target": "en"})).json()
    assert codes == {"data": {"languages": [{"language": "en"}, {"language": "zh-CN"}]}}
    assert [one.name for one in GoogleListed.model_validate(named).data.languages] == [
        "English",
        "Chinese (Simplified)",
    ]


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"q": SECRET},
        GOOD | {"target": SECRET},
        GOOD | {"source": "zz"},
        GOOD | {"q": 5},
        GOOD | {"q": SECRET * 20},
        GOOD | {"format": SECRET},
    ],
)
async def test_what_the_caller_must_change_is_an_invalid_argument(api: Api, fields: dict[str, Any]) -> None:
    """400 in Google's shape, and nothing of a text in it."""
    answer = await api.client.post(PATH, json=fields)
    error = GoogleError.model_validate(answer.json()).error
    assert (answer.status_code, error.code, error.status) == (400, 400, "INVALID_ARGUMENT")
    assert error.errors[0].message == error.message
    assert SECRET not in answer.text
    assert api.translator.calls == []


@pytest.mark.parametrize(
    ("error", "status", "name"),
    [
        (Overloaded(1.0), 503, "UNAVAILABLE"),
        (NotReady("starting"), 503, "UNAVAILABLE"),
        (ModelFailed("en-zh", SECRET), 500, "INTERNAL"),
    ],
)
async def test_failures_behind_us_have_google_s_names(
    api: Api, error: Exception, status: int, name: str
) -> None:
    """Its clients try 503 again."""
    api.translator.error = error
    answer = await api.client.post(PATH, json=GOOD)
    assert (answer.status_code, answer.json()["error"]["status"]) == (status, name)
    assert ("retry-after" in answer.headers) == (status == 503)
    assert SECRET not in answer.text


async def test_other_content_is_refused_in_google_s_shape(api: Api) -> None:
    """400 as well."""
    answer = await api.client.post(PATH, content=b"<q/>", headers={"Content-Type": "text/xml"})
    assert GoogleError.model_validate(answer.json()).error.code == answer.status_code == 400


async def test_requests_are_counted_as_google_s(api: Api) -> None:
    """Among HTTP's, and among the translating ones."""
    await api.client.post(PATH, json=GOOD)
    samples = samples_of((await api.client.get("/metrics")).text)
    assert total(samples, "zhuyi_http_requests_total", dialect="google", route=PATH) == 1
    assert total(samples, "zhuyi_requests_total", outcome="ok", source="en", target="zh") == 1
