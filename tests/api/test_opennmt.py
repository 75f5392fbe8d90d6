"""OpenNMT's REST server: hypotheses by rank, alignment in Pharaoh's format, errors with status 200."""

from __future__ import annotations

import json
from typing import Any

from pydantic import TypeAdapter

from service.api.dialects.opennmt.described import (
    OpenNmtError,
    OpenNmtHypothesis,
    OpenNmtModel,
    OpenNmtUnchanged,
)
from service.engine.errors import ModelFailed, Overloaded
from tests.api.serving import Api

SECRET = "MyPasswordIsHunter2"
PATH = "/translator/translate"
HYPOTHESES = TypeAdapter(list[list[OpenNmtHypothesis]])


async def translate(api: Api, *inputs: dict[str, Any]) -> list[list[OpenNmtHypothesis]]:
    """The answer, where it is none of an error."""
    answer = await api.client.post(PATH, json=list(inputs))
    assert answer.status_code == 200
    return HYPOTHESES.validate_python(answer.json())


async def test_inputs_are_translated_by_the_model_that_the_first_names(api: Api) -> None:
    """By its number or its name."""
    for identity in (100, "100", "en-zh"):
        ((one, other),) = await translate(api, {"src": "hi", "id": identity}, {"src": ""})
        assert (one.src, one.tgt, one.n_best, one.pred_score) == ("hi", "HI", 1, -0.5)
        assert (other.tgt, other.align, other.pred_score) == ("", [], 0.0)
    assert {call[1:3] for call in api.translator.calls} == {("en", "zh")}


async def test_alignment_counts_words_from_zero_in_each_sentence(api: Api) -> None:
    """Source first; the words that are counted are there as well."""
    ((found,),) = await translate(api, {"src": "hello you. Two 你好 a", "id": 100})
    assert found.align == ["0-0 1-1", "0-0 1-1 2-2 3-3"]
    assert found.align_score == ["1.0000 1.0000", "1.0000 1.0000 1.0000 1.0000"]
    assert found.src_words == [["hello", "you."], ["Two", "你", "好", "a"]]
    assert found.tgt_words == [["HELLO", "YOU."], ["TWO", "你", "好", "A"]]


async def test_hypotheses_lie_by_rank_and_then_by_input(api: Api) -> None:
    """Each with its own score and alignment; blank inputs have the same in every rank."""
    first, second = await translate(api, {"src": "a b", "id": 101, "n_best": 2}, {"src": " "})
    assert [one.tgt for one in first] == ["A B", " "]
    assert [one.tgt for one in second] == ["A B1", " "]
    assert (first[0].pred_score, second[0].pred_score) == (-0.5, -2.0)
    assert second[0].align == ["0-0 1-1"]
    assert api.translator.calls[0][3].beam_size == 2


async def test_the_type_of_the_body_is_not_looked_at(api: Api) -> None:
    """OpenNMT's server does not, and its clients send anything."""
    for content_type in ("text/plain", "application/x-www-form-urlencoded", ""):
        headers = {"Content-Type": content_type}
        answer = await api.client.post(PATH, content=json.dumps([{"src": "hi", "id": 100}]), headers=headers)
        assert answer.json()[0][0]["tgt"] == "HI"


REFUSED = {
    "no model": [{"src": SECRET}],
    "unknown model": [{"src": SECRET, "id": 99}],
    "unknown name": [{"src": SECRET, "id": SECRET}],
    "no src": [{"id": 100}],
    "number": [{"src": 5, "id": 100}],
    "prefix": [{"src": SECRET, "id": 100, "ref": SECRET}],
    "nine": [{"src": SECRET, "id": 100, "n_best": 9}],
    "nothing": [],
    "object": {"src": SECRET, "id": 100},
    "text": SECRET,
    "too long": [{"src": SECRET * 20, "id": 100}],
    "too many": [{"src": "a", "id": 100}] * 9,
}


async def test_errors_have_status_200_and_tell_so_in_the_body(api: Api) -> None:
    """As OpenNMT's clients expect; the text is not repeated."""
    for case, body in REFUSED.items():
        answer = await api.client.post(PATH, json=body)
        assert answer.status_code == 200, case
        assert OpenNmtError.model_validate(answer.json()).status == "error"
        assert SECRET not in answer.text, case


async def test_failures_are_told_likewise(api: Api) -> None:
    """An overload with the time to come back; a failure of ours keeps its status."""
    api.translator.error = Overloaded(2.0)
    full = await api.client.post(PATH, json=[{"src": "hi", "id": 100}])
    assert (full.status_code, full.headers["retry-after"]) == (200, "2")
    assert full.json() == {"error": "the queue is full", "status": "error"}
    api.translator.error = ModelFailed("en-zh", SECRET)
    failed = await api.client.post(PATH, json=[{"src": "hi", "id": 100}])
    assert (failed.status_code, SECRET in failed.text) == (500, False)


async def test_what_is_no_json_is_refused_by_status(api: Api) -> None:
    """It is no request at all."""
    answer = await api.client.post(PATH, content=b"{")
    assert (answer.status_code, answer.json()["status"]) == (400, "error")


async def test_models_are_listed_by_number(api: Api) -> None:
    """In the order of their names, loaded for good."""
    found = TypeAdapter(list[OpenNmtModel]).validate_python(
        (await api.client.get("/translator/models")).json()
    )
    assert [(one.model_id, one.models) for one in found] == [(100, ["en-zh/1"]), (101, ["zh-en/1"])]
    assert found[0].opt["beam_size"] == 2
    assert (await api.client.get("/translator/health")).json() == {"status": "ok"}


async def test_models_stay_as_they_are(api: Api) -> None:
    """An error for those there are, another for those there are not."""
    for method, action in (
        ("POST", "clone_model"),
        ("GET", "unload_model"),
        ("GET", "to_cpu"),
        ("GET", "to_gpu"),
    ):
        known = await api.client.request(method, f"/translator/{action}/101", json={"timeout": -1, "opt": {}})
        assert OpenNmtUnchanged.model_validate(known.json()).model_id == 101
        for number in (99, "x"):
            unknown = await api.client.request(method, f"/translator/{action}/{number}")
            assert unknown.json() == {"error": "no such model", "status": "error"}
