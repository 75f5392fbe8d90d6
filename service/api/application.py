"""The FastAPI application: its routes, what lies around them, and errors turned into answers."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any, Final

from fastapi import FastAPI, Request, Response
from starlette.exceptions import HTTPException

from service import __version__
from service.api import answers
from service.api.attention import AttentionRoute
from service.api.catalogue import CatalogueRoutes
from service.api.context import RequestContext, log_failure
from service.api.described import ATTENTION, TRANSLATE, describe_answers
from service.api.documentation import DocumentationRoute
from service.api.errors import ApiError
from service.api.health import HealthRoutes
from service.api.plain import Handler, PlainApplication
from service.api.problems import http_problem_response, problem_response
from service.api.request_limits import RequestLimits
from service.api.services import Services
from service.api.translate import TranslateRoute
from service.api.web import WebRoutes
from service.engine.errors import ZhuyiError

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]

_ABOUT: Final = (
    "Translation with the attention behind it. Errors are RFC 9457 problems; texts are never logged."
)


def create_application(services: Services, lifespan: Lifespan | None = None) -> FastAPI:
    """The application of one process; starts nothing but what `lifespan` does."""
    application = PlainApplication(
        title="Zhuyi",
        version=__version__,
        description=_ABOUT,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
    )
    _add_operations(application, services)
    _add_catalogue(application, services)
    _add_health(application, services)
    if services.web_files:
        _add_web(application, services)
    application.add_exception_handler(ZhuyiError, _answer_problem)
    application.add_exception_handler(ApiError, _answer_problem)
    application.add_exception_handler(HTTPException, _answer_http_problem)
    application.add_middleware(RequestLimits, max_body_bytes=services.policy.max_body_bytes)
    routes = [route.path for route in application.routes if hasattr(route, "path")]
    application.add_middleware(RequestContext, recorder=services.recorder, routes=routes)
    return application


def _add_operations(application: FastAPI, services: Services) -> None:
    translated, looked_at = answers.TranslateAnswer, answers.AttentionAnswer | answers.AttentionAnswers
    application.add_api_route(
        "/translate", TranslateRoute(services).answer, methods=["POST"], response_model=None,
        responses=describe_answers(translated), openapi_extra=TRANSLATE,
        description="Translates one text or a list of texts; also takes LibreTranslate's requests.",
    )  # fmt: skip
    application.add_api_route(
        "/attention-weights", AttentionRoute(services).answer, methods=["POST"], response_model=None,
        responses=describe_answers(looked_at), openapi_extra=ATTENTION,
        description="Where the model looked, word by word; a heat map with `Accept: image/svg+xml`.",
    )  # fmt: skip


def _add_catalogue(application: FastAPI, services: Services) -> None:
    catalogue = CatalogueRoutes(services.translator)
    _add_get(
        application, "/languages", catalogue.languages, list[answers.Language], "What can be translated."
    )
    application.add_api_route(  # Argos Translate's client asks by POST
        "/languages", catalogue.languages, methods=["POST"], include_in_schema=False
    )
    _add_get(application, "/models", catalogue.models, answers.Models, "By what, and on which device.")


def _add_health(application: FastAPI, services: Services) -> None:
    health = HealthRoutes(services)
    about_ready = "503 until the models are warm, and while stopping."
    _add_get(
        application,
        "/health",
        health.ready,
        answers.Status,
        "As `/health/ready`, for LibreTranslate clients.",
    )
    _add_get(application, "/health/live", health.live, answers.Status, "503 where only a restart helps.")
    _add_get(application, "/health/ready", health.ready, answers.Status, about_ready)
    _add_get(application, "/metrics", health.metrics, None, "Prometheus text format.")
    documentation = DocumentationRoute(application.openapi)
    application.add_api_route("/docs", documentation.page, include_in_schema=False)


def _add_web(application: FastAPI, services: Services) -> None:
    web = WebRoutes(services.web_files)
    application.add_api_route("/", web.page, methods=["GET"], include_in_schema=False)
    application.add_api_route("/web/{name}", web.file, methods=["GET"], include_in_schema=False)


def _add_get(application: FastAPI, path: str, handler: Handler, answer: Any, description: str) -> None:
    application.add_api_route(
        path, handler, methods=["GET"], response_model=None, description=description,
        responses=describe_answers(answer, problems=False) if answer else None,
    )  # fmt: skip


async def _answer_problem(request: Request, error: Exception) -> Response:
    response = problem_response(error, request)
    if response.status_code == 500:
        log_failure(error, request.scope["state"]["request_id"])
    return response


async def _answer_http_problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return http_problem_response(error, request)
