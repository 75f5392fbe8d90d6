"""Triton's HTTP client, unchanged, against the real service."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import numpy as np
import pytest
from numpy.typing import NDArray
from tritonclient.http import InferenceServerClient, InferInput, InferRequestedOutput
from tritonclient.utils import InferenceServerException

from tests.e2e.server import Server

MODEL = "en-zh"
TEXTS = ["Where is my order?", "Hello. Thank you very much for your help!", ""]


@pytest.fixture
def triton(server: Server) -> Iterator[InferenceServerClient]:
    """Triton's client, with our address."""
    with InferenceServerClient(server.url.removeprefix("http://"), network_timeout=60.0) as found:
        yield found


def source_of(texts: list[str], *, binary: bool) -> InferInput:
    """The input tensor."""
    tensor = InferInput("source", [len(texts)], "BYTES")
    return tensor.set_data_from_numpy(np.array(texts, dtype=object), binary_data=binary)


def texts_of(array: NDArray[np.object_]) -> list[str]:
    """Bytes from a binary tensor, texts from JSON."""
    return [one.decode() if isinstance(one, bytes) else one for one in array.tolist()]


def test_health_and_metadata(triton: InferenceServerClient) -> None:
    """Server, model, version."""
    assert triton.is_server_live()
    assert triton.is_server_ready()
    assert "binary_tensor_data" in triton.get_server_metadata()["extensions"]
    metadata = triton.get_model_metadata(MODEL)
    (version,) = metadata["versions"]
    assert triton.is_model_ready(MODEL)
    assert triton.is_model_ready(MODEL, version)
    assert not triton.is_model_ready(MODEL, "0")
    assert [one["name"] for one in metadata["inputs"]] == ["source"]


@pytest.mark.parametrize("binary_in", [True, False])
@pytest.mark.parametrize("binary_out", [True, False])
def test_translations_are_those_of_our_own_route(
    triton: InferenceServerClient, client: httpx.Client, binary_in: bool, binary_out: bool
) -> None:
    """Binary or JSON, in and out."""
    fields = {"q": TEXTS, "source": "en", "target": "zh"}
    ours = client.post("/translate", json=fields).json()["translatedText"]
    outputs = [InferRequestedOutput("translation", binary_data=binary_out)]
    found = triton.infer(MODEL, [source_of(TEXTS, binary=binary_in)], outputs=outputs, request_id="chat-42")
    assert texts_of(found.as_numpy("translation")) == ours
    assert found.get_response()["id"] == "chat-42"


def test_attention_is_that_of_our_own_route(triton: InferenceServerClient, client: httpx.Client) -> None:
    """To the last bit of a float, with the tokens that its rows and columns stand for."""
    found = triton.infer(MODEL, [source_of(TEXTS, binary=True)])
    attention = found.as_numpy("attention")
    num_source, num_target = found.as_numpy("num_source_tokens"), found.as_numpy("num_target_tokens")
    assert attention.dtype == np.float32
    assert attention.shape == (3, num_target.max(), num_source.max())
    for number, (rows, columns) in enumerate(zip(num_target, num_source, strict=True)):
        real = attention[number, :rows, :columns]
        assert real.sum(axis=1) == pytest.approx(1.0, abs=1e-5)
        assert attention[number].sum() == pytest.approx(rows, abs=1e-4)
    fields = {"q": TEXTS[0], "source": "en", "target": "zh"}
    (segment,) = client.post("/attention-weights", json=fields).json()["segments"]
    assert attention[0, : num_target[0], : num_source[0]] == pytest.approx(
        np.array(segment["weights"]), abs=1e-7
    )
    tokens = texts_of(found.as_numpy("source_tokens")[0])
    assert tokens[: num_source[0]] == [one["text"] for one in segment["source_tokens"]]


def test_what_is_refused_is_told(triton: InferenceServerClient) -> None:
    """With the words of the service."""
    with pytest.raises(InferenceServerException, match="no such model"):
        triton.infer("xx-yy", [source_of(["a"], binary=True)])
    wrong = InferInput("source", [1], "FP32").set_data_from_numpy(np.zeros(1, np.float32))
    with pytest.raises(InferenceServerException, match="datatype"):
        triton.infer(MODEL, [wrong])
    compressed = {"request_compression_algorithm": "gzip"}
    with pytest.raises(InferenceServerException, match="Content-Encoding"):
        triton.infer(MODEL, [source_of(["a"], binary=True)], **compressed)
