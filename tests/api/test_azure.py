"""Azure's API v3: texts in a list, languages in the query string, links as `alignment.proj`."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import TypeAdapter

from service.api.dialects.azure_answers import AzureError, AzureItem
from tests.api.serving import Api
from tests.api.test_metrics import samples_of, total

PATH = "/azure/translate"
GOOD = {"api-version": "3.0", "from": "en", "to": "zh-Hans"}
SECRET = "MyPasswordIsHunter2"


async def items_of(api: Api, texts: list[str], query: dict[str, Any]) -> list[AzureItem]:
    """The answer for some texts."""
    answer = await api.client.post(PATH, params=query, json=[{"Text": text} for text in texts])
    assert answer.status_code == 200, answer.text
    return TypeAdapter(list[AzureItem]).validate_python(answer.json())


async def test_texts_are_translated_in_their_order(api: Api) -> None:
    """`to` comes back as it was asked for."""
    items = await items_of(api, ["hi", "", "bye"], GOOD)
    assert [one.translations[0].text for one in items] == ["HI", "", "BYE"]
    assert {one.translations[0].to for one in items} == {"zh-Hans"}
    assert items[0].detectedLanguage is None
    assert items[0].translations[0].alignment is None


async def test_several_targets_give_several_translations_of_each_text(api: Api) -> None:
    """And without `from` the language is detected, its score being a share."""
    (item,) = await items_of(api, ["你好啊"], {"to": ["en", "zh"]})
    assert [(one.to, one.text) for one in item.translations] == [("en", "你好啊"), ("zh", "你好啊")]
    assert item.detectedLanguage is not None
    assert (item.detectedLanguage.language, item.detectedLanguage.score) == ("zh", 1.0)


@pytest.mark.parametrize(("given", "read_as"), [({}, "text"), ({"textType": "html"}, "html")])
async def test_texts_are_plain_unless_they_are_said_to_be_html(
    api: Api, given: dict[str, str], read_as: str
) -> None:
    """Azure's default."""
    await items_of(api, ["hi"], GOOD | given)
    assert [one.format for one in api.items.handlings] == [read_as]


async def test_links_are_projected_where_they_are_asked_for(api: Api) -> None:
    """Inclusive, in UTF-16 units; here each sign looks at itself."""
    (item,) = await items_of(api, ["😀 hi. yo."], GOOD | {"includeAlignment": "true"})
    (translation,) = item.translations
    assert translation.alignment is not None
    assert translation.alignment.proj == "0:1-0:1 3:5-3:5 7:9-6:8"
    assert api.translator.calls[0][3].with_attention


async def test_what_needs_no_translation_has_an_empty_projection(api: Api) -> None:
    """No error."""
    (item,) = await items_of(api, ["123"], GOOD | {"includeAlignment": "true"})
    assert item.translations[0].alignment is not None
    assert item.translations[0].alignment.proj == ""


@pytest.mark.parametrize(
    ("body", "query", "code"),
    [
        ([{"Text": SECRET}], {"from": "en"}, 400_000),
        ([{"Text": SECRET}], GOOD | {"to": SECRET}, 400_036),
        ([{"Text": SECRET}], GOOD | {"from": "zz"}, 400_035),
        ([{"Text": SECRET * 20}], GOOD, 400_077),
        ([{"Text": SECRET}] * 9, GOOD, 400_077),
        ([{"Text": "x" * 20}] * 8, {"to": ["en", "zh"]}, 400_077),
        ([{"Text": 5}], GOOD, 400_000),
        ([SECRET], GOOD, 400_000),
        ({"Text": SECRET}, GOOD, 400_000),
        ([{"Text": SECRET}], GOOD | {"textType": SECRET}, 400_000),
        ([{"Text": SECRET}], GOOD | {"includeAlignment": SECRET}, 400_000),
    ],
)
async def test_what_the_caller_must_change_has_azure_s_code(
    api: Api, body: Any, query: dict[str, Any], code: int
) -> None:
    """Six digits, the status first; nothing of a text comes back."""
    answer = await api.client.post(PATH, params=query, json=body)
    assert answer.status_code == 400
    assert AzureError.model_validate(answer.json()).error.code == code
    assert SECRET not in answer.text
    assert api.translator.calls == []


@pytest.mark.parametrize(("body", "code"), [(b"[", 400_074), (b"\xff", 400_074)])
async def test_a_body_that_is_not_json_has_a_code_too(api: Api, body: bytes, code: int) -> None:
    """And another type of content."""
    headers = {"Content-Type": "application/json"}
    answer = await api.client.post(PATH, params=GOOD, content=body, headers=headers)
    assert answer.json()["error"]["code"] == code
    other = await api.client.post(PATH, params=GOOD, content=body)
    assert (other.status_code, other.json()["error"]["code"]) == (415, 415_000)


async def test_requests_are_counted_once_as_azure_s(api: Api) -> None:
    """However many targets there are."""
    await items_of(api, ["hi there"], {"to": ["en", "zh"]})
    samples = samples_of((await api.client.get("/metrics")).text)
    assert total(samples, "zhuyi_http_requests_total", dialect="azure", route=PATH) == 1
    assert total(samples, "zhuyi_requests_total") == 1
