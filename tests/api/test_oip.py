"""The Open Inference Protocol: JSON and binary tensors both ways, and what is refused."""

from __future__ import annotations

import json
import struct
from typing import Any

import numpy as np
import pytest

from service.api.dialects.oip.described import (
    OipAnswer,
    OipError,
    OipLive,
    OipModel,
    OipModelReady,
    OipReady,
    OipServer,
)
from service.api.dialects.oip.tensors import Tensor, read_texts, text_array
from service.api.errors import InvalidFields
from service.engine.errors import DeadlineExceeded, Overloaded
from tests.api.serving import Api, serving

SECRET = "MyPasswordIsHunter2"
INFER = "/v2/models/en-zh/infer"
LENGTH = "Inference-Header-Content-Length"


def asking(texts: list[str], *outputs: str, **fields: Any) -> dict[str, Any]:
    """A request in JSON."""
    tensor = {"name": "source", "datatype": "BYTES", "shape": [len(texts)], "data": texts}
    return {"inputs": [tensor], "outputs": [{"name": one} for one in outputs]} | fields


async def infer(api: Api, request: dict[str, Any], path: str = INFER) -> dict[str, Any]:
    """The outputs by name, of an answer in JSON."""
    answer = await api.client.post(path, json=request)
    assert answer.status_code == 200, answer.text
    return {one.name: one for one in OipAnswer.model_validate(answer.json()).outputs}


async def test_texts_come_back_translated(api: Api) -> None:
    """By model, or by model and version; with the caller's own id."""
    for path in (INFER, "/v2/models/en-zh/versions/1/infer"):
        answer = await api.client.post(path, json=asking(["hi", "bye"], "translation", id="chat-42"))
        found = OipAnswer.model_validate(answer.json())
        assert (found.model_name, found.model_version, found.id) == ("en-zh", "1", "chat-42")
        (output,) = found.outputs
        assert (output.name, output.datatype, output.shape, output.data) == (
            "translation", "BYTES", [2], ["HI", "BYE"],
        )  # fmt: skip


async def test_attention_is_filled_up_with_zeros_and_its_sizes_are_told(api: Api) -> None:
    """Sentences of a text lie along the diagonal; every real row still sums to 1."""
    found = await infer(
        api, asking(["a b. c", "d", ""], "attention", "num_source_tokens", "num_target_tokens")
    )
    weights = np.array(found["attention"].data, np.float32).reshape(found["attention"].shape)
    assert weights.shape == (3, 4, 4)
    assert found["num_source_tokens"].data == found["num_target_tokens"].data == [4, 1, 0]
    assert weights.sum(axis=2).tolist() == [[1, 1, 1, 1], [1, 0, 0, 0], [0, 0, 0, 0]]
    assert not weights[0, :3, 3:].any()
    assert not weights[0, 3:, :3].any()


async def test_tokens_are_filled_up_with_empty_ones(api: Api) -> None:
    """So that each row of the attention has its token."""
    found = await infer(api, asking(["a b", "d"], "source_tokens", "target_tokens"))
    assert (found["source_tokens"].shape, found["source_tokens"].data) == ([2, 2], ["a", "b", "d", ""])
    assert found["target_tokens"].data == ["A", "B", "D", ""]


async def test_all_outputs_come_where_none_is_named(api: Api) -> None:
    """As the metadata lists them."""
    found = await infer(api, asking(["a"]))
    metadata = OipModel.model_validate((await api.client.get("/v2/models/en-zh")).json())
    assert [one.name for one in metadata.outputs] == list(found)
    for one in metadata.outputs:
        assert (one.datatype, len(one.shape)) == (found[one.name].datatype, len(found[one.name].shape))


def binary(texts: list[str], size: int | None = None, **fields: Any) -> tuple[bytes, dict[str, str]]:
    """A request with a binary tensor, and its headers."""
    raw = b"".join(struct.pack("<I", len(one.encode())) + one.encode() for one in texts)
    announced = len(raw) if size is None else size
    tensor = {
        "name": "source",
        "datatype": "BYTES",
        "shape": [len(texts)],
        "parameters": {"binary_data_size": announced},
    }
    head = json.dumps({"inputs": [tensor]} | fields).encode()
    return head + raw, {LENGTH: str(len(head))}


async def test_tensors_may_be_binary_both_ways(api: Api) -> None:
    """All outputs by one parameter, or one by one."""
    body, headers = binary(["你好，a", "b"], parameters={"binary_data_output": True})
    answer = await api.client.post("/v2/models/zh-en/infer", content=body, headers=headers)
    length = int(answer.headers[LENGTH])
    outputs = OipAnswer.model_validate_json(answer.content[:length]).outputs
    position, raws = length, {}
    for output in outputs:
        assert output.parameters
        raws[output.name] = answer.content[position : position + output.parameters["binary_data_size"]]
        position += output.parameters["binary_data_size"]
    assert position == len(answer.content)
    assert read_texts(raws["translation"], "") == ["你好，A", "B"]
    weights = np.frombuffer(raws["attention"], "<f4").reshape(outputs[1].shape)
    assert weights.sum(axis=2).tolist() == [[1, 1, 1, 1], [1, 0, 0, 0]]
    one = [{"name": "translation", "parameters": {"binary_data": True}}, {"name": "num_source_tokens"}]
    body, headers = binary(["a"], outputs=one)
    mixed = await api.client.post(INFER, content=body, headers=headers)
    assert mixed.content.endswith(b"\x01\x00\x00\x00A")
    assert '"data":[1]' in mixed.text


def test_texts_of_any_length_are_read_as_they_were_written() -> None:
    """Empty ones, and characters of several bytes."""
    texts = ["", "a", "你好", "😀" * 100]
    assert read_texts(Tensor("x", "BYTES", text_array([texts])).raw(), "x") == texts


@pytest.mark.parametrize(
    "raw", [b"\x01", b"\x02\x00\x00\x00a", b"\xff\xff\xff\xffa", b"\x01\x00\x00\x00\xff"]
)
def test_broken_texts_are_refused(raw: bytes) -> None:
    """A length without an end, an end beyond the rest, no UTF-8."""
    with pytest.raises(InvalidFields):
        read_texts(raw, "inputs[0]")


INPUT = asking([SECRET])["inputs"][0]
REFUSED = {
    "no inputs": {"inputs": []},
    "two inputs": {"inputs": [INPUT, INPUT]},
    "other name": {"inputs": [INPUT | {"name": SECRET}]},
    "other type": {"inputs": [INPUT | {"datatype": "FP32"}]},
    "other rank": {"inputs": [INPUT | {"shape": [1, 1]}]},
    "other size": {"inputs": [INPUT | {"shape": [2]}]},
    "negative size": {"inputs": [INPUT | {"shape": [-1]}]},
    "no data": {"inputs": [{name: value for name, value in INPUT.items() if name != "data"}]},
    "number": {"inputs": [INPUT | {"data": [5]}]},
    "no texts": asking([]),
    "both": {"inputs": [INPUT | {"parameters": {"binary_data_size": 5}}]},
    "unknown output": asking([SECRET], SECRET),
    "shared memory": {
        "inputs": [INPUT],
        "outputs": [{"name": "translation", "parameters": {"shared_memory_region": SECRET}}],
    },
    "timeout": asking([SECRET], parameters={"timeout": 0}),
    "too long": asking([SECRET * 20], "translation"),
    "too long for attention": asking([SECRET * 6], "attention"),
    "too many": asking([SECRET] * 9, "translation"),
}


async def test_what_is_not_understood_is_refused(api: Api) -> None:
    """400, without the text."""
    for case, request in REFUSED.items():
        answer = await api.client.post(INFER, json=request)
        assert answer.status_code == 400, case
        assert OipError.model_validate(answer.json()).error
        assert SECRET not in answer.text, case


async def test_a_length_of_the_header_that_cannot_be_is_refused(api: Api) -> None:
    """Before anything is read."""
    for length in ("", "x", "-1", "99999", "9" * 30, "²"):
        answer = await api.client.post(INFER, json=asking(["a"]), headers={LENGTH: length.encode()})
        assert answer.status_code == 400, length


async def test_a_binary_size_that_does_not_fit_is_refused(api: Api) -> None:
    """Too few and too many bytes."""
    for size in (0, 1, 6, 99):
        body, headers = binary([SECRET], size)
        answer = await api.client.post(INFER, content=body, headers=headers)
        assert answer.status_code == 400
        assert SECRET not in answer.text


async def test_the_attention_of_one_request_is_bounded(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """Named with its limit; the translation alone is no matter."""
    monkeypatch.setattr("service.api.dialects.oip.answers.MAX_CELLS", 7)
    answer = await api.client.post(INFER, json=asking(["abcd", "ab"], "attention"))
    assert (answer.status_code, "source has 32 cells" in answer.text) == (400, True)
    assert await infer(api, asking(["abcd", "ab"], "translation"))


async def test_unknown_models_and_versions_are_not_found(api: Api) -> None:
    """In every route."""
    for path in ("xx", "en-zh/versions/9", "xx/ready", "en-zh/versions/9/ready"):
        answer = await api.client.get(f"/v2/models/{path}")
        assert (answer.status_code, answer.json()) == (404, {"error": "no such model"})
    assert (await api.client.post("/v2/models/xx/infer", json=asking(["a"]))).status_code == 404


async def test_the_deadline_may_be_a_parameter(api: Api) -> None:
    """In microseconds, and only shorter than that of the service."""
    await infer(api, asking(["a"]))
    await infer(api, asking(["a"], parameters={"timeout": 1_000_000}))
    (*_, own), (*_, asked) = api.translator.calls
    assert asked < own - 10


@pytest.mark.parametrize(("error", "status"), [(Overloaded(2.0), 503), (DeadlineExceeded("queued"), 504)])
async def test_failures_are_told_in_the_protocol_s_words(api: Api, error: Exception, status: int) -> None:
    """With Retry-After where it helps."""
    api.translator.error = error
    answer = await api.client.post(INFER, json=asking(["a"]))
    assert answer.status_code == status
    assert OipError.model_validate(answer.json()).error == str(error)
    assert ("retry-after" in answer.headers) == (status == 503)


async def test_health_is_that_of_the_service(api: Api, detector: Any) -> None:
    """Of the server and of each model."""
    OipServer.model_validate((await api.client.get("/v2")).json())
    OipLive.model_validate((await api.client.get("/v2/health/live")).json())
    OipReady.model_validate((await api.client.get("/v2/health/ready")).json())
    OipModelReady.model_validate((await api.client.get("/v2/models/en-zh/ready")).json())
    api.translator.is_ready = False
    for path in ("/v2/health/ready", "/v2/models/en-zh/ready", "/v2/models/en-zh/versions/1/ready"):
        answer = await api.client.get(path)
        assert (answer.status_code, answer.json()) == (503, {"error": "no engine takes work now"})
    async with serving(detector, is_alive=False) as dead:
        assert (await dead.client.get("/v2/health/live")).status_code == 503
