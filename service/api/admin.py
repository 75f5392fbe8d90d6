"""`/admin/models`: which versions there are and serve, and putting another to use; for administrators."""

from __future__ import annotations

import dataclasses
from typing import Annotated, Any, Final, Literal

from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from service.api.answers import Answer
from service.api.bodies import parse_json, read_bytes
from service.api.described import describe_answers, describe_body
from service.api.errors import VersionRefused
from service.api.operations import json_response
from service.api.plain import PlainApplication
from service.api.policy import Policy
from service.api.problems import NATIVE
from service.api.schemas import Fields, parse_request
from service.api.services import Services
from service.engine.errors import CannotStart
from service.pipeline.model_versions import ModelVersions, VersionInfo

_VERSION: Final = "/admin/models/{name}/{version}"
_EXAMPLES: Final = {
    "all": {"summary": "It serves all requests", "value": {}},
    "canary": {"summary": "One request in twenty gets it", "value": {"share": 0.05}},
}


class VersionRequest(Fields):
    """How a version is put to use."""

    share: Annotated[
        float | None,
        Field(ge=0, lt=1, description="Share of the requests that get it, as a candidate; absent: all."),
    ] = None


class VersionAnswer(Answer):
    """A version and what it is used for; a candidate gets a `share` of the requests."""

    name: str
    version: str
    state: Literal["serving", "candidate", "leaving", "stored"]
    share: float


class VersionsAnswer(Answer):
    """All versions that are stored or loaded."""

    versions: list[VersionAnswer]


class AdminRoutes:
    """The routes; the application of the second port lets administrators alone reach them."""

    def __init__(self, versions: ModelVersions, policy: Policy) -> None:
        self._versions = versions
        self._policy = policy

    async def overview(self, _: Request) -> Response:
        """Every version in the store, and every one in memory."""
        return json_response({"versions": await self._versions.overview()})

    async def put_to_use(self, request: Request) -> Response:
        """Loads, checks and switches; what served before goes on where anything of that fails."""
        body = await read_bytes(request, timeout_seconds=self._policy.body_timeout_seconds)
        wanted = parse_request(VersionRequest, parse_json(body) if body else {})
        versions, named = self._versions, _named(request)
        try:
            if wanted.share is None:
                return _render(await versions.serve(*named))
            return _render(await versions.try_out(*named, wanted.share))
        except CannotStart as error:
            raise VersionRefused(str(error)) from error

    async def withdraw(self, request: Request) -> Response:
        """A candidate is none any more."""
        await self._versions.withdraw(*_named(request))
        return Response(status_code=204)


def add_admin_routes(application: PlainApplication, services: Services) -> None:
    """Adds the routes, where versions can be exchanged."""
    if services.versions is None:
        return
    routes = AdminRoutes(services.versions, services.policy)
    application.speak(
        NATIVE, "/admin/models", routes.overview, methods=["GET"],
        description="All versions and what they are used for.",
        responses=describe_answers(VersionsAnswer, statuses=()),
    )  # fmt: skip
    application.speak(
        NATIVE, _VERSION, routes.put_to_use, methods=["POST"],
        description="Loads a version and puts it to use; nothing changes where it is refused.",
        responses=describe_answers(VersionAnswer, statuses=(400, 413, 422, 503)),
        openapi_extra=_parameters() | describe_body(VersionRequest, _EXAMPLES, with_form=False),
    )  # fmt: skip
    application.speak(
        NATIVE, _VERSION, routes.withdraw, methods=["DELETE"], status_code=204,
        description="No request gets this candidate any more.", openapi_extra=_parameters(),
    )  # fmt: skip


def _render(info: VersionInfo) -> Response:
    return json_response(dataclasses.asdict(info))


def _named(request: Request) -> tuple[str, str]:
    return request.path_params["name"], request.path_params["version"]


def _parameters() -> dict[str, Any]:
    names = (("name", "zh-en"), ("version", "3"))
    return {
        "parameters": [
            {"name": name, "in": "path", "required": True, "schema": {"type": "string"}, "example": example}
            for name, example in names
        ]
    }
