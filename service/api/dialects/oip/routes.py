"""Where the Open Inference Protocol lies: `/v2/health`, `/v2`, `/v2/models/{model}[/versions/{version}]`."""

from __future__ import annotations

from typing import Any, Final

from service.api.answers import Answer
from service.api.described import describe_body
from service.api.dialects.oip import described
from service.api.dialects.oip.errors import OIP
from service.api.dialects.oip.infer import InferRoute
from service.api.dialects.oip.metadata import MetadataRoutes
from service.api.dialects.oip.requests import InferRequest
from service.api.plain import Handler, Needs, PlainApplication
from service.api.services import Services

_MODEL: Final = "/v2/models/{model}"
_VERSION: Final = _MODEL + "/versions/{version}"
_EXAMPLE: Final = {
    "json": {
        "summary": "One text, in JSON",
        "value": {
            "inputs": [{"name": "source", "shape": [1], "datatype": "BYTES", "data": ["Where is my order?"]}],
            "outputs": [{"name": "translation"}],
        },
    }
}
_INFER: Final = describe_body(InferRequest, _EXAMPLE, with_form=False)
_ABOUT_INFER: Final = (
    "`source` BYTES [n] in; `translation` BYTES [n], `attention` FP32 [n, target tokens, source tokens] and "
    "the tokens out. Tensors may be binary, both ways."
)
_ERRORS: Final = {
    400: "a request that is not understood",
    404: "no such model, or not in this version",
    413: "body too large",
    415: "a compressed body",
    503: "overloaded or not ready; Retry-After says when to come back",
    504: "the deadline has passed",
}
_PARAMETERS: Final = {
    name: {"name": name, "in": "path", "required": True, "schema": {"type": "string"}, "example": example}
    for name, example in (("model", "en-zh"), ("version", "2"))
}


def add_routes(application: PlainApplication, services: Services) -> None:
    """Adds the routes."""
    metadata, infer = MetadataRoutes(services), InferRoute(services)

    def add(
        path: str, handler: Handler, about: str, answer: type[Answer], errors: tuple[int, ...] = ()
    ) -> None:
        infers = path.endswith("/infer")
        method, body = ("POST", _INFER) if infers else ("GET", {})
        needs: Needs = "nothing" if path.endswith(("/live", "/ready")) else "translate"
        application.speak(
            OIP, path, handler, methods=[method], description=f"Open Inference Protocol: {about}",
            openapi_extra=_path_parameters(path) | body, responses=_responses(answer, errors),
            needs=needs, operation="translate" if infers else "",
        )  # fmt: skip

    add("/v2", metadata.server, "name and extensions of the server.", described.OipServer)
    add("/v2/health/live", metadata.live, "503 where only a restart helps.", described.OipLive, (503,))
    add("/v2/health/ready", metadata.ready, "503 while no engine takes work.", described.OipReady, (503,))
    for path in (_MODEL, _VERSION):
        add(path, metadata.model, "the tensors of a model.", described.OipModel, (404,))
        add(f"{path}/ready", metadata.model_ready, "as of the server.", described.OipModelReady, (404, 503))
        add(f"{path}/infer", infer.answer, _ABOUT_INFER, described.OipAnswer, tuple(_ERRORS))


def _responses(answer: type[Answer], errors: tuple[int, ...]) -> dict[int | str, dict[str, Any]]:
    found: dict[int | str, dict[str, Any]] = {200: {"model": answer, "description": "the answer"}}
    return found | {one: {"model": described.OipError, "description": _ERRORS[one]} for one in errors}


def _path_parameters(path: str) -> dict[str, Any]:
    return {"parameters": [one for name, one in _PARAMETERS.items() if f"{{{name}}}" in path]}
