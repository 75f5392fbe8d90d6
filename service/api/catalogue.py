"""`GET /languages` and `GET /models`: what can be translated, and by what."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from service.api.operations import json_response
from service.engine.translation import LoadedModelInfo
from service.pipeline.ports import Translating
from service.text.languages import language_name


class CatalogueRoutes:
    """Reads only what the translator knows already."""

    def __init__(self, translator: Translating) -> None:
        self._translator = translator

    async def languages(self, _: Request) -> Response:
        """Each source language with its targets, as LibreTranslate lists them: itself among them."""
        pairs = self._translator.pairs()
        return json_response(
            [
                {
                    "code": source,
                    "name": language_name(source),
                    "targets": sorted({target for one, target in pairs if one == source} | {source}),
                }
                for source in sorted({source for source, _ in pairs})
            ]
        )

    async def models(self, _: Request) -> Response:
        """Every model with its limits, its licence and the device it really runs on; candidates last."""
        return json_response({"models": [_render(model) for model in self._translator.served()]})


def _render(model: LoadedModelInfo) -> dict[str, Any]:
    manifest = model.manifest
    return {
        "name": model.name,
        "version": model.version,
        "source": model.source,
        "target": model.target,
        "architecture": manifest.architecture,
        "num_parameters": manifest.num_parameters,
        "licence": manifest.licence,
        "limits": {
            "max_source_tokens": manifest.limits.max_source_tokens,
            "max_target_tokens": manifest.limits.max_target_tokens,
        },
        "sha256": model.digest,
        "requested_device": model.requested_device,
        "device": model.actual_device,
        "precision": model.precision,
        "fell_back": model.fell_back,
        "load_seconds": round(model.load_seconds, 3),
    }
