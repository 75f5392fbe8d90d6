"""Whatever the body holds, it is read or refused, and never a failure of ours."""

from __future__ import annotations

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.api.bodies import parse_form, parse_json
from service.api.errors import ApiError
from service.api.schemas import AttentionRequest, TranslateRequest, parse_request

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
    """As JSON and as a form."""
    for parse in (parse_json, parse_form):
        with suppress(ApiError):
            assert isinstance(parse(body), dict)
