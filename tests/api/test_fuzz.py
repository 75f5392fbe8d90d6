"""Whatever the body holds, it is read or refused, and never a failure of ours."""

from __future__ import annotations

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.api.bodies import parse_json
from service.api.errors import ApiError
from service.api.forms import parse_form, parse_multipart, parse_query
from service.api.schemas import TRANSLATE_TYPES, AttentionRequest, TranslateRequest, parse_request

SCALARS = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5))
VALUES = st.recursive(
    SCALARS, lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=3), inner))
)
NAMES = st.sampled_from(
    "q source target beam_size length_penalty coverage_penalty priority alternatives include translation "
    "format x".split()
)
OBJECTS = st.dictionaries(NAMES, VALUES, max_size=6)


@pytest.mark.parametrize("model", [TranslateRequest, AttentionRequest])
@given(fields=OBJECTS)
def test_any_object_is_a_request_or_refused(
    model: type[TranslateRequest] | type[AttentionRequest], fields: dict[str, object]
) -> None:
    """No other exception gets out."""
    with suppress(ApiError):
        request = parse_request(model, parse_json(json.dumps(fields).encode()))
        assert all(isinstance(text, str) for text in request.texts)


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
