"""DeepL's glossaries over HTTP: both generations, forms as well as JSON, and what is refused."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import httpx
import pytest

from service.api.dialects.deepl.answers import (
    DeepLDictionaries,
    DeepLDictionary,
    DeepLError,
    DeepLGlossaries,
    DeepLGlossary,
    DeepLMultilingual,
    DeepLMultilinguals,
    DeepLPairs,
)
from tests.api.serving import Api

SECRET = "MyPasswordIsHunter2"
TERMS = {
    "source_lang": "EN",
    "target_lang": "ZH",
    "entries": "refund\t退款\norder\t订单",
    "entries_format": "tsv",
}
BACK = {"source_lang": "zh", "target_lang": "en-GB", "entries": "退款,refund", "entries_format": "csv"}


async def create(api: Api, **fields: Any) -> DeepLGlossary:
    """A new glossary of one pair."""
    answer = await api.post("/v2/glossaries", name="Shop", **(TERMS | fields))
    assert answer.status_code == 201, answer.text
    return DeepLGlossary.model_validate(answer.json())


async def test_a_glossary_is_made_listed_read_and_deleted(api: Api) -> None:
    """Its creation time is one that DeepL's clients can read."""
    made = await create(api)
    assert (made.name, made.source_lang, made.target_lang, made.entry_count) == ("Shop", "en", "zh", 2)
    assert datetime.strptime(made.creation_time, "%Y-%m-%dT%H:%M:%S.%f%z").tzinfo
    path = f"/v2/glossaries/{made.glossary_id}"
    assert DeepLGlossary.model_validate((await api.client.get(path)).json()) == made
    listed = DeepLGlossaries.model_validate((await api.client.get("/v2/glossaries")).json())
    assert listed.glossaries == [made]
    entries = await api.client.get(f"{path}/entries")
    assert entries.headers["content-type"].startswith("text/tab-separated-values")
    assert entries.text == "order\t订单\nrefund\t退款"
    deleted = await api.client.delete(path)
    assert (deleted.status_code, deleted.content) == (204, b"")
    assert deleted.headers["x-trace-id"]
    for method, where in (("GET", path), ("GET", f"{path}/entries"), ("DELETE", path)):
        assert (await api.client.request(method, where)).status_code == 404


async def test_pairs_are_those_that_are_translated(api: Api) -> None:
    """In small letters, as DeepL has them here."""
    found = DeepLPairs.model_validate((await api.client.get("/v2/glossary-language-pairs")).json())
    assert [(one.source_lang, one.target_lang) for one in found.supported_languages] == [
        ("en", "zh"),
        ("zh", "en"),
    ]


@pytest.mark.parametrize("encoding", ["json", "data"])
async def test_a_glossary_of_several_pairs_is_changed(api: Api, encoding: str) -> None:
    """Forms name the parts of dictionaries as DeepL's Node client does."""

    async def send(method: str, path: str, **fields: Any) -> httpx.Response:
        if encoding == "data" and (several := fields.pop("dictionaries", None)):
            for number, one in enumerate(several):
                fields |= {f"dictionaries[{number}].{name}": value for name, value in one.items()}
        return await api.client.request(method, path, **{encoding: fields})

    answer = await send("POST", "/v3/glossaries", name="Shop", dictionaries=[TERMS, BACK])
    assert answer.status_code == 201, answer.text
    made = DeepLMultilingual.model_validate(answer.json())
    assert [(one.source_lang, one.entry_count) for one in made.dictionaries] == [("en", 2), ("zh", 1)]
    path = f"/v3/glossaries/{made.glossary_id}"
    renamed = await send("PATCH", path, name="Store")
    assert DeepLMultilingual.model_validate(renamed.json()).name == "Store"
    more = await send("PATCH", path, dictionaries=[TERMS | {"entries": "refund\t退钱\na\tb"}])
    assert DeepLMultilingual.model_validate(more.json()).dictionaries[0].entry_count == 3
    replaced = await send("PUT", f"{path}/dictionaries", **(TERMS | {"entries": "c\td"}))
    assert DeepLDictionary.model_validate(replaced.json()).entry_count == 1
    entries = await api.client.get(f"{path}/entries?source_lang=EN&target_lang=ZH-HANS")
    (dictionary,) = DeepLDictionaries.model_validate(entries.json()).dictionaries
    assert (dictionary.entries, dictionary.entries_format) == ("c\td", "tsv")
    assert (await api.client.delete(f"{path}/dictionaries?source_lang=zh&target_lang=en")).status_code == 204
    (left,) = DeepLMultilinguals.model_validate((await api.client.get("/v3/glossaries")).json()).glossaries
    assert [one.source_lang for one in left.dictionaries] == ["en"]
    assert (await api.client.delete(path)).status_code == 204


async def test_both_generations_know_the_same_glossaries(api: Api) -> None:
    """The older one those of a single pair."""
    made = await create(api)
    found = DeepLMultilingual.model_validate(
        (await api.client.get(f"/v3/glossaries/{made.glossary_id}")).json()
    )
    assert found.name == made.name
    await api.client.patch(f"/v3/glossaries/{made.glossary_id}", json={"dictionaries": [BACK]})
    assert (await api.client.get(f"/v2/glossaries/{made.glossary_id}")).status_code == 404
    assert (await api.client.get("/v2/glossaries")).json() == {"glossaries": []}


async def test_a_glossary_is_used_for_its_pair_only(api: Api) -> None:
    """404 for the other direction; regions of the target make no difference."""
    glossary_id = (await create(api)).glossary_id
    fields = {"text": ["hi"], "glossary_id": glossary_id}
    good = await api.post("/v2/translate", source_lang="EN", target_lang="ZH-HANS", **fields)
    assert good.status_code == 200
    wrong = await api.post("/v2/translate", source_lang="ZH", target_lang="EN-GB", **fields)
    assert (wrong.status_code, wrong.json()["detail"]) == (404, "dictionary not found")
    several = {"glossary_ids": ",".join([glossary_id] * 2), "text": ["hi"]}
    form = await api.client.post("/v2/translate", data=several | {"source_lang": "EN", "target_lang": "ZH"})
    assert form.status_code == 200


REFUSED = {
    "no tab": ({"entries": SECRET}, 400),
    "empty": ({"entries": ""}, 400),
    "twice": ({"entries": f"{SECRET}\ta\n{SECRET}\tb"}, 400),
    "too many terms": ({"entries": "a\tb\nc\td\ne\tf\ng\th\ni\tj"}, 413),
    "unknown language": ({"source_lang": "xx"}, 400),
    "auto": ({"source_lang": "auto"}, 400),
    "same language": ({"target_lang": "en-US"}, 400),
    "format": ({"entries_format": SECRET}, 400),
    "no name": ({"name": ""}, 400),
    "long name": ({"name": SECRET * 100}, 400),
}


async def test_terms_that_cannot_be_kept_are_refused(api: Api) -> None:
    """In DeepL's words, without the terms; nothing of them is kept."""
    for case, (fields, status) in REFUSED.items():
        single = await api.client.post("/v2/glossaries", json={"name": "Shop"} | TERMS | fields)
        name = fields.get("name", "Shop")
        several = await api.post("/v3/glossaries", name=name, dictionaries=[TERMS | fields])
        for answer in (single, several):
            assert answer.status_code == status, case
            assert DeepLError.model_validate(answer.json()).message
            assert SECRET not in answer.text, case
    assert (await api.client.get("/v3/glossaries")).json() == {"glossaries": []}


async def test_a_pair_that_comes_twice_is_refused(api: Api) -> None:
    """Also where only the regions differ."""
    answer = await api.post(
        "/v3/glossaries", name="Shop", dictionaries=[TERMS, TERMS | {"target_lang": "ZH-HANS"}]
    )
    assert answer.status_code == 400


async def test_no_more_glossaries_than_allowed(api: Api) -> None:
    """456, which DeepL's clients know as an exceeded quota."""
    for _ in range(3):
        await create(api)
    answer = await api.post("/v2/glossaries", name="Shop", **TERMS)
    assert answer.status_code == 456
    assert "at most 3 glossaries" in answer.json()["detail"]
