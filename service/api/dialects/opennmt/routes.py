"""Where OpenNMT's routes lie: under `/translator`."""

from __future__ import annotations

from typing import Any, Final

from service.api.answers import Status
from service.api.described import inlined_schema
from service.api.dialects.opennmt import described
from service.api.dialects.opennmt.errors import OPENNMT
from service.api.dialects.opennmt.models import ModelRoutes
from service.api.dialects.opennmt.translate import OpenNmtInput, OpenNmtTranslateRoute
from service.api.plain import Handler, PlainApplication
from service.api.services import Services

_ROOT: Final = "/translator"
_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {"type": "array", "items": inlined_schema(OpenNmtInput), "minItems": 1},
                "examples": {
                    "one": {"summary": "One text", "value": [{"src": "Where is my order?", "id": 100}]}
                },
            }
        },
    }
}
_MODEL_ID: Final = {
    "parameters": [
        {"name": "model_id", "in": "path", "required": True, "schema": {"type": "integer"}, "example": 100}
    ]
}


def add_routes(application: PlainApplication, services: Services) -> None:
    """Adds the routes."""
    models, translate = ModelRoutes(services), OpenNmtTranslateRoute(services)

    def add(
        method: str, path: str, handler: Handler, about: str, answer: Any, extra: dict[str, Any], **who: Any
    ) -> None:
        application.speak(
            OPENNMT, f"{_ROOT}/{path}", handler, methods=[method], description=f"OpenNMT: {about}",
            openapi_extra=extra, responses={200: {"model": answer, "description": "the answer"}}, **who,
        )  # fmt: skip

    translated = list[list[described.OpenNmtHypothesis]] | described.OpenNmtError
    add(
        "POST",
        "translate",
        translate.answer,
        "a list per hypothesis, with word alignment.",
        translated,
        _BODY,
        operation="translate",
    )
    add("GET", "models", models.models, "the models.", list[described.OpenNmtModel], {})
    add("GET", "health", models.health, "always ok.", Status, {}, needs="nothing")
    for action in ("clone_model", "unload_model", "to_cpu", "to_gpu"):
        method = "POST" if action == "clone_model" else "GET"
        add(
            method, f"{action}/{{model_id}}", models.change, "an error: models are not changed by request.",
            described.OpenNmtUnchanged, _MODEL_ID,
        )  # fmt: skip
