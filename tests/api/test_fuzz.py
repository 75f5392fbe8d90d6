"""Whatever the body holds, it is read or refused, and never a failure of ours."""

from __future__ import annotations

import json
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.api.attention_request import AttentionRequest
from service.api.bodies import parse_json
from service.api.dialects.azure import AzureRequest
from service.api.dialects.google import PATH
from service.api.dialects.google_requests import GoogleDetectRequest, GoogleLanguagesRequest, GoogleRequest
from service.api.dialects.libretranslate import DetectRequest
from service.api.errors import ApiError
from service.api.forms import parse_form, parse_multipart, parse_query
from service.api.schemas import Fields, parse_request
from service.api.translate_request import TRANSLATE_TYPES, TranslateRequest
from tests.api.serving import Api

SCALARS = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5))
VALUES = st.recursive(
    SCALARS, lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=3), inner))
)
NAMES = st.sampled_from(
    "q source target beam_size length_penalty coverage_penalty priority alternatives include translation "
    "format x to from textType includeAlignment texts Text key".split()
)
QUERIES = st.dictionaries(NAMES, st.sampled_from(["", "en", "zh", "true", "x", "html"]), max_size=4)
OBJECTS = st.dictionaries(NAMES, VALUES, max_size=6)


MODELS = [
    TranslateRequest, AttentionRequest, DetectRequest, GoogleRequest, GoogleDetectRequest,
    GoogleLanguagesRequest, AzureRequest,
]  # fmt: skip


@pytest.mark.parametrize("model", MODELS)
@given(fields=OBJECTS)
def test_any_object_is_a_request_or_refused(model: type[Fields], fields: dict[str, object]) -> None:
    """No other exception gets out."""
    with suppress(ApiError):
        request = parse_request(model, parse_json(json.dumps(fields).encode()))
        texts = getattr(request, "texts", None) or getattr(request, "q", "")
        assert isinstance(texts, str | list)


PATHS = ["/translate", "/detect", PATH, f"{PATH}/detect", f"{PATH}/languages", "/azure/translate"]


@pytest.mark.parametrize("path", PATHS)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.one_of(OBJECTS, VALUES, st.lists(OBJECTS, max_size=2)), query=QUERIES)
async def test_any_request_is_answered_or_refused(
    api: Api, path: str, body: object, query: dict[str, str]
) -> None:
    """Through the whole service: never 500, and an answer in JSON."""
    content = json.dumps(body).encode()
    answer = await api.client.post(
        path, params=query, content=content, headers={"Content-Type": "application/json"}
    )
    assert answer.status_code in (200, 400)
    assert answer.json() is not None


@given(st.binary(max_size=60))
def test_any_bytes_are_fields_or_refused(body: bytes) -> None:
    """As JSON, as a form and as a query string."""
    for parse in (parse_form, parse_query):
        with suppress(ApiError):
            assert isinstance(parse(body, TRANSLATE_TYPES), dict)
    with suppress(ApiError):
        assert isinstance(parse_json(body), dict)


MULTIPART = st.lists(
    st.one_of(
        st.binary(max_size=20),
        st.sampled_from(
            [
                b"--x", b"--x--", b"\r\n", b"\r\n\r\n", b"Content-Disposition: form-data", b'; name="q"',
                b'; filename="a"', b"Content-Transfer-Encoding: base64\r\n", b"--x\r\n",
                b'--x\r\nContent-Disposition: form-data; name="q"\r\n\r\nhi\r\n',
            ]
        ),
    ),
    max_size=12,
).map(b"".join)  # fmt: skip


@given(MULTIPART, st.sampled_from(["x", "", "é", "x" * 300, "-"]))
def test_any_bytes_are_a_multipart_form_or_refused(body: bytes, boundary: str) -> None:
    """Parts, ends and headers in any order."""
    with suppress(ApiError):
        assert isinstance(parse_multipart(body, boundary, TRANSLATE_TYPES), dict)
