"""`/admin/models`: which versions there are and serve, and putting another to use; for administrators."""

from __future__ import annotations

import dataclasses
from typing import Annotated, Any, Final, Literal

from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from service.api.administrators import Administration
from service.api.answers import Answer
from service.api.bodies import parse_json, read_bytes
from service.api.described import describe_answers, describe_body
from service.api.errors import NotAdministrator, VersionRefused
from service.api.operations import json_response
from service.api.plain import PlainApplication
from service.api.policy import Policy
from service.api.problems import NATIVE
from service.api.schemas import Fields, parse_request
from service.api.services import Services
from service.engine.errors import CannotStart
from service.pipeline.model_versions import VersionInfo

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
    """The routes; each asks first who is there."""

    def __init__(self, administration: Administration, policy: Policy) -> None:
        self._administration = administration
        self._policy = policy

    async def overview(self, request: Request) -> Response:
        """Every version in the store, and every one in memory."""
        self._require_administrator(request)
        return json_response({"versions": await self._administration.versions.overview()})

    async def put_to_use(self, request: Request) -> Response:
        """Loads, checks and switches; what served before goes on where anything of that fails."""
        self._require_administrator(request)
        body = await read_bytes(request, timeout_seconds=self._policy.body_timeout_seconds)
        wanted = parse_request(VersionRequest, parse_json(body) if body else {})
        versions, named = self._administration.versions, _named(request)
        try:
            if wanted.share is None:
                return _render(await versions.serve(*named))
            return _render(await versions.try_out(*named, wanted.share))
        except CannotStart as error:
            raise VersionRefused(str(error)) from error

    async def withdraw(self, request: Request) -> Response:
        """A candidate is none any more."""
        self._require_administrator(request)
        await self._administration.versions.withdraw(*_named(request))
        return Response(status_code=204)

    def _require_administrator(self, request: Request) -> None:
        if not self._administration.is_administrator(request):
            raise NotAdministrator


def add_admin_routes(application: PlainApplication, services: Services) -> None:
    """Adds the routes, where somebody may use them."""
    if services.administration is None:
        return
    routes = AdminRoutes(services.administration, services.policy)
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
