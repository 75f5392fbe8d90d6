"""What the Open Inference Protocol's routes answer, for the documentation and the tests."""

from __future__ import annotations

from typing import Any

from service.api.answers import Answer


class OipServer(Answer):
    """Who serves, and what beyond the protocol it can do."""

    name: str
    version: str
    extensions: list[str]


class OipLive(Answer):
    """Alive."""

    live: bool


class OipReady(Answer):
    """Ready."""

    ready: bool


class OipModelReady(OipReady):
    """A model is ready."""

    name: str


class OipTensorMetadata(Answer):
    """A tensor; -1 is any size."""

    name: str
    datatype: str
    shape: list[int]


class OipModel(Answer):
    """A model and its tensors."""

    name: str
    versions: list[str]
    platform: str
    inputs: list[OipTensorMetadata]
    outputs: list[OipTensorMetadata]


class OipOutput(OipTensorMetadata):
    """An output, row by row; where it is binary, `parameters` has its size in the place of `data`."""

    data: list[Any] | None = None
    parameters: dict[str, int] | None = None


class OipAnswer(Answer):
    """What `infer` answers in JSON."""

    model_name: str
    model_version: str
    id: str | None = None
    outputs: list[OipOutput]


class OipError(Answer):
    """An error."""

    error: str
