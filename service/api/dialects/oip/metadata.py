"""What the Open Inference Protocol tells about server and models, and which model a path means."""

from __future__ import annotations

from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from service import __version__
from service.api.errors import UnknownModel
from service.api.operations import json_response
from service.api.services import Services
from service.engine.errors import NotReady, UnknownVersion
from service.engine.translation import LoadedModelInfo
from service.pipeline.ports import Translating

_INPUTS: Final = ({"name": "source", "datatype": "BYTES", "shape": [-1]},)
_OUTPUTS: Final = (
    {"name": "translation", "datatype": "BYTES", "shape": [-1]},
    {"name": "attention", "datatype": "FP32", "shape": [-1, -1, -1]},
    {"name": "source_tokens", "datatype": "BYTES", "shape": [-1, -1]},
    {"name": "target_tokens", "datatype": "BYTES", "shape": [-1, -1]},
    {"name": "num_source_tokens", "datatype": "INT32", "shape": [-1]},
    {"name": "num_target_tokens", "datatype": "INT32", "shape": [-1]},
)


def find_model(request: Request, translator: Translating) -> LoadedModelInfo:
    """The model that the path names; without a version the one that serves. Raises UnknownModel.

    With a version the request gets that one, be it a candidate that only some requests get.
    """
    name, version = request.path_params["model"], request.path_params.get("version")
    try:
        if version is not None:
            translator.insist(name, version)
        return next(model for model in translator.models() if model.name == name)
    except (UnknownVersion, StopIteration):
        raise UnknownModel from None


class MetadataRoutes:
    """Nothing here waits for a model."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def server(self, _: Request) -> Response:
        """Name, version, extensions."""
        return json_response({"name": "zhuyi", "version": __version__, "extensions": ["binary_tensor_data"]})

    async def live(self, _: Request) -> Response:
        """As `/health/live`."""
        if not self._services.is_alive():
            raise NotReady("an engine is lost and will not come back")
        return json_response({"live": True})

    async def ready(self, _: Request) -> Response:
        """As `/health/ready`."""
        self._require_ready()
        return json_response({"ready": True})

    async def model_ready(self, request: Request) -> Response:
        """All models are ready together."""
        model = find_model(request, self._services.translator)
        self._require_ready()
        return json_response({"name": model.name, "ready": True})

    async def model(self, request: Request) -> Response:
        """Version and tensors of one model."""
        model = find_model(request, self._services.translator)
        served = self._services.translator.served()
        versions = [one.version for one in served if one.name == model.name]
        answer: dict[str, Any] = {"name": model.name, "versions": versions, "platform": "onnxruntime"}
        return json_response(answer | {"inputs": _INPUTS, "outputs": _OUTPUTS})

    def _require_ready(self) -> None:
        if not self._services.is_ready:
            raise NotReady("no engine takes work now")
