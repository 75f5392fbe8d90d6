"""An inference request as it arrives: JSON, and behind it the binary tensors that it announces."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import Field

from service.api.bodies import parse_json
from service.api.dialects.oip.tensors import read_texts
from service.api.errors import FieldError, InvalidFields, MalformedBody
from service.api.schemas import Fields, parse_request

HEADER_LENGTH: Final = "Inference-Header-Content-Length"
SOURCE: Final = "source"
OUTPUTS: Final = (
    "translation", "attention", "source_tokens", "target_tokens", "num_source_tokens", "num_target_tokens",
)  # fmt: skip
OutputName = Literal[
    "translation", "attention", "source_tokens", "target_tokens", "num_source_tokens", "num_target_tokens"
]
_FIELD: Final = "inputs[0]"


class InputParameters(Fields):
    """How an input travels."""

    binary_data_size: (
        Annotated[int, Field(ge=0, description="Bytes of the tensor behind the JSON.")] | None
    ) = None


class InputTensor(Fields):
    """The texts to translate."""

    name: Literal["source"]
    datatype: Literal["BYTES"]
    shape: Annotated[list[Annotated[int, Field(ge=0)]], Field(min_length=1, max_length=1)]
    data: list[str] | None = None
    parameters: InputParameters = InputParameters()


class OutputParameters(Fields):
    """How an output should travel; neither through shared memory nor as classes."""

    binary_data: bool | None = None
    shared_memory_region: None = None
    classification: None = None


class RequestedOutput(Fields):
    """An output by its name."""

    name: OutputName
    parameters: OutputParameters = OutputParameters()


class RequestParameters(Fields):
    """Of the whole request; others are ignored."""

    binary_data_output: bool = False
    timeout: Annotated[int, Field(gt=0, description="Deadline in microseconds.")] | None = None


class InferRequest(Fields):
    """An inference request."""

    id: Annotated[str, Field(max_length=256, description="Comes back in the answer.")] | None = None
    inputs: Annotated[list[InputTensor], Field(min_length=1, max_length=1)]
    outputs: Annotated[
        list[RequestedOutput],
        Field(default_factory=list, max_length=len(OUTPUTS), description="All of them where none is named."),
    ]
    parameters: RequestParameters = RequestParameters()

    @property
    def wanted(self) -> dict[str, bool]:
        """The names of the outputs, and whether each should be binary."""
        default = self.parameters.binary_data_output
        if not self.outputs:
            return dict.fromkeys(OUTPUTS, default)
        binary = {one.name: one.parameters.binary_data for one in self.outputs}
        return {name: default if asked is None else asked for name, asked in binary.items()}


def read_inference(body: bytes, header_length: str | None) -> tuple[InferRequest, list[str]]:
    """The request and its texts; raises MalformedBody, InvalidFields."""
    length = len(body) if header_length is None else _length(header_length, len(body))
    request = parse_request(InferRequest, parse_json(body[:length]))
    return request, _texts(request.inputs[0], body[length:])


def _length(text: str, limit: int) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 12 and int(text) <= limit):
        raise MalformedBody(f"is shorter than {HEADER_LENGTH} says")
    return int(text)


def _texts(tensor: InputTensor, raw: bytes) -> list[str]:
    size = tensor.parameters.binary_data_size
    if (size is None) == (tensor.data is None):
        raise _invalid("must have either data or the parameter binary_data_size")
    if (size or 0) != len(raw):
        raise _invalid("must announce as many bytes as follow the JSON", size or 0, len(raw))
    texts: list[Any] = read_texts(raw, _FIELD) if tensor.data is None else tensor.data
    if len(texts) != tensor.shape[0]:
        raise _invalid("must have as many elements as its shape says", tensor.shape[0], len(texts))
    if not texts:
        raise _invalid("must have at least one element")
    return texts


def _invalid(message: str, limit: int | None = None, actual: int | None = None) -> InvalidFields:
    return InvalidFields((FieldError(_FIELD, message, limit, actual),))
