"""Bad input: always 4xx in the one problem format, with the field named and the text never echoed."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from service.api.answers import Problem
from tests.api.serving import Api

SECRET = "MyPasswordIsHunter2"
GOOD: dict[str, Any] = {"q": SECRET, "source": "en", "target": "zh"}
JSON = {"Content-Type": "application/json"}

UNFIT = {"/translate": 400, "/attention-weights": 422}
"""The status of fields that do not do; LibreTranslate's clients know no 422."""

FIELDS = {
    "no q": ({"source": "en", "target": "zh"}, "q"),
    "no source": ({"q": SECRET, "target": "zh"}, "source"),
    "no target": ({"q": SECRET, "source": "en"}, "target"),
    "unknown source": (GOOD | {"source": SECRET}, "source"),
    "unknown target": (GOOD | {"target": "xx"}, "target"),
    "traditional target": (GOOD | {"target": "zh-TW"}, "target"),
    "auto target": (GOOD | {"target": "auto"}, "target"),
    "endless code": (GOOD | {"source": "e" * 99}, "source"),
    "q null": (GOOD | {"q": None}, "q"),
    "q number": (GOOD | {"q": 5}, "q"),
    "q bool": (GOOD | {"q": True}, "q"),
    "q object": (GOOD | {"q": {SECRET: SECRET}}, "q"),
    "q nested": (GOOD | {"q": [SECRET, [SECRET]]}, "q[1]"),
    "q mixed": (GOOD | {"q": [SECRET, 5]}, "q[1]"),
    "source number": (GOOD | {"source": 5}, "source"),
    "beam 0": (GOOD | {"beam_size": 0}, "beam_size"),
    "beam 9": (GOOD | {"beam_size": 9}, "beam_size"),
    "beam text": (GOOD | {"beam_size": "4"}, "beam_size"),
    "beam fraction": (GOOD | {"beam_size": 2.5}, "beam_size"),
    "penalty below": (GOOD | {"length_penalty": -0.1}, "length_penalty"),
    "penalty above": (GOOD | {"coverage_penalty": 2.1}, "coverage_penalty"),
    "penalty text": (GOOD | {"length_penalty": "1"}, "length_penalty"),
    "penalty bool": (GOOD | {"coverage_penalty": True}, "coverage_penalty"),
    "unknown priority": (GOOD | {"priority": SECRET}, "priority"),
    "too long": (GOOD | {"q": SECRET * 20}, "q"),
    "one too long": (GOOD | {"q": ["a", SECRET * 20]}, "q[1]"),
    "too long together": (GOOD | {"q": [SECRET * 10] * 8}, "q"),
    "too many": (GOOD | {"q": [SECRET] * 9}, "q"),
    "array": ([GOOD], "body"),
    "string": (SECRET, "body"),
    "null": (None, "body"),
}
BODIES = {
    "empty": b"",
    "not json": SECRET.encode(),
    "cut off": b'{"q": "' + SECRET.encode(),
    "two objects": b"{} {}",
    "NaN": b'{"q": "MyPasswordIsHunter2", "source": "en", "target": "zh", "beam_size": NaN}',
    "Infinity": b'{"q": "a", "source": "en", "target": "zh", "x": Infinity}',
    "1e999": b'{"q": "a", "source": "en", "target": "zh", "beam_size": 1e999}',
    "5000 digits": b'{"q": "a", "source": "en", "target": "zh", "beam_size": ' + b"9" * 5000 + b"}",
    "lone high surrogate": b'{"q": "\\ud83d MyPasswordIsHunter2", "source": "en", "target": "zh"}',
    "lone low surrogate": b'{"q": "\\udc00", "source": "en", "target": "zh"}',
    "surrogate in a key": b'{"\\ud800": 1}',
    "CESU-8": b'{"q": "\xed\xa0\xbd\xed\xb8\x80", "source": "en", "target": "zh"}',
    "overlong": b'{"q": "\xc0\xaf", "source": "en", "target": "zh"}',
    "cut UTF-8": b'{"q": "\xe4\xbd", "source": "en", "target": "zh"}',
    "UTF-16": json.dumps(GOOD).encode("utf-16"),
    "byte order mark": b"\xef\xbb\xbf" + json.dumps(GOOD).encode(),
    "raw control": b'{"q": "a\x00b", "source": "en", "target": "zh"}',
    "deep arrays": b"[" * 9_000 + b"]" * 9_000,
    "deep objects": b'{"a":' * 3_000 + b"1" + b"}" * 3_000,
    "deep and unknown": b'{"q": "a", "source": "en", "target": "zh", "x": '
    + b"[" * 9_000
    + b"]" * 9_000
    + b"}",
}
CONTENT = {
    "none": {},
    "plain": {"Content-Type": "text/plain"},
    "multipart": {"Content-Type": "multipart/mixed; boundary=x"},
    "utf-16": {"Content-Type": "application/json; charset=utf-16"},
    "two types": {"Content-Type": "application/json, text/plain"},
    "gzip": JSON | {"Content-Encoding": "gzip"},
    "br": JSON | {"Content-Encoding": "br"},
}


def assert_refused(answer: httpx.Response, status: int) -> Problem:
    """The answer is a problem with this status that holds nothing of the text."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert SECRET not in answer.text
    assert SECRET not in str(answer.headers)
    return Problem.model_validate(answer.json())


@pytest.mark.parametrize("path", ["/translate", "/attention-weights"])
async def test_wrong_fields_are_named(api: Api, path: str) -> None:
    """In `errors`, and in the detail; the limit where one is passed."""
    for case, (body, field) in FIELDS.items():
        answer = await api.client.post(path, content=json.dumps(body), headers=JSON)
        problem = assert_refused(answer, UNFIT[path])
        assert problem.errors[0].field == field, case
        assert field in problem.detail or field == "body", case
        if case in ("too long", "one too long", "too many", "beam 9", "penalty above"):
            assert problem.errors[0].limit in (200, 8, 2), case
    assert api.translator.calls == []


@pytest.mark.parametrize("path", ["/translate", "/attention-weights"])
async def test_bodies_that_are_not_json_in_utf_8_are_malformed(api: Api, path: str) -> None:
    """400, whatever it is that cannot be read; numbers without a JSON spelling among them."""
    for body in BODIES.values():
        assert_refused(await api.client.post(path, content=body, headers=JSON), 400)
    assert api.translator.calls == []


@pytest.mark.parametrize("path", ["/translate", "/attention-weights"])
async def test_other_content_is_not_read(api: Api, path: str) -> None:
    """415 for another type, another charset or any compression."""
    for headers in CONTENT.values():
        content = json.dumps(GOOD).encode()
        assert_refused(await api.client.post(path, content=content, headers=headers), 415)
    assert api.translator.calls == []


@pytest.mark.parametrize(
    ("field", "value"),
    [("format", "pdf"), ("format", SECRET), ("alternatives", -1), ("alternatives", 8), ("include", ["all"])],
)
async def test_translate_refuses_options_it_does_not_have(api: Api, field: str, value: object) -> None:
    """A form that is not read in particular: it would be translated as if it were text."""
    problem = assert_refused(await api.post("/translate", **GOOD | {field: value}), 400)
    assert problem.errors[0].field.startswith(field)


@pytest.mark.parametrize("body", ["q=%FF&source=en&target=zh", "q=a&source=en&target=zh&alternatives=x"])
async def test_forms_are_as_strict_as_json(api: Api, body: str) -> None:
    """Wrong bytes and wrong numbers are refused."""
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = await api.client.post("/translate", content=body, headers=headers)
    assert answer.status_code == 400


async def test_strange_text_is_still_text(api: Api) -> None:
    """Controls, bidi overrides, non-characters and marks go through as data."""
    texts = [
        "a\u0000b",
        "a\u202eb",
        "a\ufffeb",
        "a" + "\u0301" * 150,
        "👨‍👩‍👧a",
        "a\u2028b",
    ]
    answer = await api.post("/translate", q=texts, source="en", target="zh")
    assert answer.json()["translatedText"] == [text.upper() for text in texts]


async def test_the_last_of_two_equal_keys_counts(api: Api) -> None:
    """As most parsers have it."""
    body = b'{"q": "a", "q": "b", "source": "en", "target": "zh"}'
    answer = await api.client.post("/translate", content=body, headers=JSON)
    assert answer.json()["translatedText"] == "B"


@pytest.mark.parametrize(
    "glossary",
    [{SECRET: ""}, {SECRET: 5}, {SECRET: None}, {SECRET * 50: "a"}, {"": SECRET}, [SECRET], SECRET],
)
async def test_a_term_is_no_name_of_a_field(api: Api, glossary: object) -> None:
    """The terms of a glossary are the caller's own words, those that are keys too."""
    answer = await api.post("/translate", **GOOD, glossary=glossary)
    assert answer.status_code == 400
    assert SECRET not in answer.text
    assert answer.json()["errors"][0]["field"] == "glossary"
