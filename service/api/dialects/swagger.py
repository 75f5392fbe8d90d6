"""LibreTranslate's `/spec`: its routes in Swagger 2.0, made from our own OpenAPI description."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from service.api.operations import json_response

PATHS: Final = (
    "/translate", "/detect", "/languages", "/frontend/settings", "/suggest", "/translate_file", "/health"
)  # fmt: skip
_FORM: Final = "application/x-www-form-urlencoded"
_TYPES: Final = frozenset({"string", "integer", "number", "boolean", "array"})


class SpecRoute:
    """Renders the description when it is asked for."""

    def __init__(self, describe: Callable[[], dict[str, Any]]) -> None:
        self._describe = describe

    async def answer(self, _: Request) -> Response:
        """The document."""
        return json_response(swagger_of(self._describe()))


def swagger_of(description: dict[str, Any]) -> dict[str, Any]:
    """A Swagger 2.0 document of LibreTranslate's paths in an OpenAPI 3 one."""
    return {
        "swagger": "2.0",
        "info": description["info"],
        "basePath": "/",
        "produces": ["application/json"],
        "paths": {
            path: {method: _operation(one) for method, one in description["paths"][path].items()}
            for path in PATHS
        },
    }


def _operation(operation: dict[str, Any]) -> dict[str, Any]:
    content = operation.get("requestBody", {}).get("content", {})
    found = {
        "description": operation["description"],
        "responses": {
            status: {"description": one["description"]} for status, one in operation["responses"].items()
        },
    }
    if not content:
        return found
    return found | {"consumes": [_FORM], "parameters": list(_parameters(content[_FORM]["schema"]))}


def _parameters(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    required = schema.get("required", [])
    for name, field in schema["properties"].items():
        about = {"name": name, "in": "formData", "required": name in required}
        yield about | _typed(field) | {"description": field.get("description", "")}


def _typed(field: dict[str, Any]) -> dict[str, Any]:
    """The type of a field; the first where it has several, texts where it is a list."""
    choices = field.get("anyOf") or field.get("oneOf") or [field]
    kind = next((one["type"] for one in choices if one.get("type") in _TYPES), "string")
    return {"type": kind, "items": {"type": "string"}} if kind == "array" else {"type": kind}
