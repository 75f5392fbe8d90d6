"""Whatever DeepL's, OpenNMT's and inference clients send, it is read or refused, never a failure of ours."""

from __future__ import annotations

import json
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.api.dialects.deepl import requests as deepl
from service.api.dialects.deepl.translate import handling_of
from service.api.dialects.oip.requests import read_inference
from service.api.dialects.oip.tensors import read_texts
from service.api.dialects.opennmt.translate import parse_inputs
from service.api.errors import ApiError
from service.api.forms import parse_form
from service.api.schemas import Fields, parse_request
from tests.api.serving import Api

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=5),
    st.sampled_from(["en", "zh", "0"]),
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=3), inner))
)
DEEPL = [
    deepl.TranslateFields, deepl.GlossaryFields, deepl.MultilingualFields, deepl.UpdateFields,
    deepl.PairFields, deepl.LanguagesFields,
]  # fmt: skip
DEEPL_NAMES = sorted(
    {name for model in DEEPL for name in model.model_fields} | {"dictionaries[0].entries", "x"}
)
TENSOR = st.fixed_dictionaries(
    {
        "name": st.just("source"),
        "datatype": st.just("BYTES"),
        "shape": st.lists(st.integers(-1, 3), max_size=2),
    },
    optional={"data": VALUES, "parameters": st.dictionaries(st.just("binary_data_size"), VALUES)},
)
INFERENCES = st.dictionaries(
    st.sampled_from("inputs outputs parameters id".split()),
    st.one_of(VALUES, st.lists(st.one_of(TENSOR, VALUES), max_size=2)),
)
LENGTHS = st.one_of(st.none(), st.integers(-1, 99).map(str), st.text(max_size=3))


@pytest.mark.parametrize("model", DEEPL)
@given(fields=st.dictionaries(st.sampled_from(DEEPL_NAMES), VALUES, max_size=6))
def test_any_object_is_a_request_to_deepl_or_refused(model: type[Fields], fields: dict[str, object]) -> None:
    """Whatever is read can be told to the pipeline."""
    with suppress(ApiError):
        found = parse_request(model, deepl.nest_dictionaries(deepl.without_blanks(fields)))
        if isinstance(found, deepl.TranslateFields):
            assert handling_of(found, ()).format in ("text", "html", "xml")


@given(st.binary(max_size=60))
def test_any_form_is_fields_or_refused(body: bytes) -> None:
    """With the parts of dictionaries at their numbers."""
    with suppress(ApiError):
        deepl.nest_dictionaries(deepl.without_blanks(parse_form(body, deepl.TRANSLATE_TYPES)))


@given(INFERENCES, st.binary(max_size=9), LENGTHS)
def test_any_inference_is_texts_or_refused(
    fields: dict[str, object], rest: bytes, length: str | None
) -> None:
    """Whatever the header says about its length."""
    with suppress(ApiError):
        _, texts = read_inference(json.dumps(fields).encode() + rest, length)
        assert texts
        assert all(isinstance(text, str) for text in texts)


@given(st.binary(max_size=40))
def test_any_binary_tensor_is_texts_or_refused(raw: bytes) -> None:
    """Lengths beyond the end among them."""
    with suppress(ApiError):
        assert sum(4 + len(text.encode()) for text in read_texts(raw, "inputs[0]")) == len(raw)


@given(VALUES)
def test_any_json_is_inputs_or_refused(body: object) -> None:
    """OpenNMT's are a list of objects."""
    with suppress(ApiError):
        assert parse_inputs(body)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=30)
@given(st.sampled_from(["/v2/translate", "/v2/languages", "/v2/glossaries", "/v3/glossaries"]), st.data())
async def test_any_request_over_http_is_answered(api: Api, path: str, data: st.DataObject) -> None:
    """Never by a failure of ours; in JSON, in forms and in the address."""
    fields = data.draw(st.dictionaries(st.sampled_from(DEEPL_NAMES), st.sampled_from(["", "en", "zh", "1"])))
    encoding = data.draw(st.sampled_from(["json", "data", "params"]))
    answer = await api.client.post(path, **{encoding: fields})
    assert answer.status_code < 500
    assert answer.headers["content-type"].startswith("application/")
