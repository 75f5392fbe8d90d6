"""The same request in every encoding that clients use, and what is refused in each."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from starlette.requests import Request

from service.api.bodies import read_array, read_fields
from service.api.errors import ApiError, InvalidFields, MalformedBody, MalformedQuery, UnsupportedContent
from service.api.forms import MAX_FIELDS, FieldTypes, parse_form, parse_multipart, parse_query
from tests.api.serving import Api

TYPES = FieldTypes(
    lists=frozenset({"tags"}),
    repeated=frozenset({"q"}),
    integers=frozenset({"num"}),
    decimals=frozenset({"weight"}),
    booleans=frozenset({"is_on"}),
)
FORM = "application/x-www-form-urlencoded"
GOOD = {"q": "hi", "source": "en", "target": "zh"}
SECRET = "MyPasswordIsHunter2"


def request_of(body: bytes = b"", *, query: bytes = b"", content_type: str = "") -> Request:
    """A request whose body comes in two messages."""
    headers = [(b"content-type", content_type.encode())] if content_type else []
    messages = iter([(body[:3], True), (body[3:], False)])

    async def receive() -> dict[str, Any]:
        part, more = next(messages)
        return {"type": "http.request", "body": part, "more_body": more}

    scope = {"type": "http", "method": "POST", "path": "/", "headers": headers, "query_string": query}
    return Request(scope, receive)


def multipart(*parts: tuple[str, str]) -> bytes:
    """A form as a browser writes it, with the boundary `x`."""
    fields = (
        f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in parts
    )
    return "".join([*fields, "--x--\r\n"]).encode()


PAIRS = [("q", "你好 &=+"), ("q", ""), ("num", "3"), ("weight", "0.5"), ("is_on", "True"), ("tags", "a")]
SHAPED = {"q": ["你好 &=+", ""], "num": 3, "weight": 0.5, "is_on": True, "tags": ["a"]}


@pytest.mark.parametrize("encoding", ["form", "multipart", "query"])
async def test_every_encoding_gives_the_same_fields(encoding: str) -> None:
    """Repeated fields become lists, and what the route knows as a number is one."""
    encoded = str(httpx.QueryParams(PAIRS)).encode()
    request = {
        "form": request_of(encoded, content_type=FORM),
        "multipart": request_of(multipart(*PAIRS), content_type="multipart/form-data; boundary=x"),
        "query": request_of(query=encoded),
    }[encoding]
    assert await read_fields(request, TYPES, timeout_seconds=5) == SHAPED


async def test_the_body_counts_more_than_the_query_string() -> None:
    """Field by field, so that a key in the address and texts in the body go together."""
    request = request_of(b'{"q": "a"}', query=b"q=b&key=c", content_type="application/json")
    assert await read_fields(request, TYPES, timeout_seconds=5) == {"q": "a", "key": "c"}


async def test_an_empty_body_is_one_only_without_a_type_or_with_a_query_string() -> None:
    """Elsewhere it is JSON or a form that cannot be read."""
    assert await read_fields(request_of(), TYPES, timeout_seconds=5) == {}
    typed = request_of(query=b"num=1", content_type="application/json")
    assert await read_fields(typed, TYPES, timeout_seconds=5) == {"num": 1}
    with pytest.raises(MalformedBody):
        await read_fields(request_of(content_type="application/json"), TYPES, timeout_seconds=5)
    with pytest.raises(UnsupportedContent):
        await read_fields(request_of(b"q=a", query=b"num=1"), TYPES, timeout_seconds=5)


async def test_an_array_is_read_where_the_route_wants_one() -> None:
    """And nothing else."""
    good = request_of(b'[{"Text": "a"}]', content_type="application/json")
    assert await read_array(good, timeout_seconds=5) == [{"Text": "a"}]
    with pytest.raises(InvalidFields):
        await read_array(request_of(b"{}", content_type="application/json"), timeout_seconds=5)


@pytest.mark.parametrize(("name", "text"), [("num", "-1"), ("num", "1e3"), ("weight", "NaN"), ("is_on", "2")])
def test_what_is_not_of_its_type_stays_a_text(name: str, text: str) -> None:
    """The schema of the route refuses it then, and names the field."""
    assert TYPES.shape([(name, text)]) == {name: text}


MULTIPART_FAULTS = {
    "no end": multipart(("q", "a"))[:-8],
    "nothing": b"",
    "file": b'--x\r\nContent-Disposition: form-data; name="q"; filename="a"\r\n\r\nb\r\n--x--\r\n',
    "no name": b"--x\r\nContent-Disposition: form-data\r\n\r\nb\r\n--x--\r\n",
    "not UTF-8": b'--x\r\nContent-Disposition: form-data; name="q"\r\n\r\n\xff\r\n--x--\r\n',
    "other boundary": multipart(("q", "a")).replace(b"--x", b"--y"),
    "odd transfer": b'--x\r\nContent-Disposition: form-data; name="q"\r\n'
    b"Content-Transfer-Encoding: rot13\r\n\r\nb\r\n--x--\r\n",
    "too many": multipart(*[("q", "")] * (MAX_FIELDS + 1)),
}


@pytest.mark.parametrize("body", MULTIPART_FAULTS.values(), ids=MULTIPART_FAULTS.keys())
def test_a_multipart_form_is_whole_and_without_files_or_is_refused(body: bytes) -> None:
    """Nothing is guessed at, nothing is written to a disk."""
    with pytest.raises(MalformedBody):
        parse_multipart(body, "x", TYPES)


@pytest.mark.parametrize("text", [b"q=%FF", b"q=\xff", b"q=&" * (MAX_FIELDS + 1)])
def test_forms_and_query_strings_are_strict(text: bytes) -> None:
    """Bytes that are not UTF-8, and more fields than anybody needs."""
    with pytest.raises(MalformedBody):
        parse_form(text, TYPES)
    with pytest.raises(MalformedQuery):
        parse_query(text, TYPES)
    assert isinstance(MalformedQuery(), ApiError)


async def test_translate_takes_them_all(api: Api) -> None:
    """Through the whole service, with the client's own encoder."""
    answers = [
        await api.client.post("/translate", json=GOOD),
        await api.client.post("/translate", data=GOOD),
        await api.client.post("/translate", params=GOOD),
        await api.client.post(
            "/translate",
            content=multipart(*GOOD.items()),
            headers={"Content-Type": "multipart/form-data; boundary=x"},
        ),
    ]
    assert [answer.json()["translatedText"] for answer in answers] == ["HI"] * 4


async def test_a_query_string_is_never_repeated(api: Api, capsys: pytest.CaptureFixture[str]) -> None:
    """Neither in the answer nor in the log, since it may hold a text."""
    answer = await api.client.post("/translate", params={"q": SECRET, "source": "en"})
    assert 400 <= answer.status_code < 500
    assert SECRET not in answer.text + "".join(capsys.readouterr())
