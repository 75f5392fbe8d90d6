"""The models as OpenNMT's server lists them: by numbers from 100 on, in the order of their names."""

from __future__ import annotations

from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from service.api.errors import UnknownModel
from service.api.operations import json_response
from service.api.services import Services
from service.engine.translation import LoadedModelInfo
from service.pipeline.ports import Translating

FIRST_ID: Final = 100
_FIXED: Final = "models of this service are neither cloned, unloaded nor moved by request"


def numbered_models(translator: Translating) -> dict[int, LoadedModelInfo]:
    """Every model by its number."""
    return dict(enumerate(sorted(translator.models(), key=lambda model: model.name), FIRST_ID))


def find_model(identity: int | str, translator: Translating) -> LoadedModelInfo:
    """The model of this number or name; raises UnknownModel."""
    for number, model in numbered_models(translator).items():
        if identity in (number, str(number), model.name):
            return model
    raise UnknownModel


class ModelRoutes:
    """What is loaded, and that it stays so."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def models(self, _: Request) -> Response:
        """All models, with the search of a request that names none."""
        numbered = numbered_models(self._services.translator).items()
        return json_response([self._describe(number, model) for number, model in numbered])

    async def health(self, _: Request) -> Response:
        """OpenNMT's is about the HTTP side alone; `/health/ready` is about the models."""
        return json_response({"status": "ok"})

    async def change(self, request: Request) -> Response:
        """An error for every model there is; UnknownModel for others."""
        number = request.path_params["model_id"]
        find_model(number, self._services.translator)
        return json_response({"model_id": int(number), "status": "error", "error": _FIXED})

    def _describe(self, number: int, model: LoadedModelInfo) -> dict[str, Any]:
        policy = self._services.policy
        options = {
            "n_best": 1,
            "beam_size": policy.beam_size,
            "length_penalty": "wu",
            "alpha": policy.length_penalty,
            "beta": policy.coverage_penalty,
            "source_lang": model.source,
            "target_lang": model.target,
        }
        name = f"{model.name}/{model.version}"
        return {"model_id": number, "opt": options, "models": [name], "loaded": True, "timeout": -1}
