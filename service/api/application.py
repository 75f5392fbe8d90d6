"""The FastAPI application: its routes, what lies around them, and errors turned into answers."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any, Final

from fastapi import FastAPI, Request, Response
from starlette.exceptions import HTTPException

from service import __version__
from service.api import answers
from service.api.admin import add_admin_routes
from service.api.attention import AttentionRoute
from service.api.catalogue import CatalogueRoutes
from service.api.context import RequestContext, log_failure
from service.api.described import ATTENTION, SCORE, TRANSLATE, describe_answers
from service.api.dialects import azure, deepl, google, libretranslate, oip, opennmt
from service.api.dialects.libretranslate import NATIVE_AND_LIBRETRANSLATE
from service.api.documentation import DocumentationRoute
from service.api.errors import ApiError
from service.api.health import HealthRoutes
from service.api.one_version import OneVersion
from service.api.plain import Handler, PlainApplication
from service.api.problems import NATIVE
from service.api.request_limits import RequestLimits
from service.api.routing import answer_error
from service.api.score import ScoreRoute
from service.api.services import Services
from service.api.translate import TranslateRoute
from service.api.web import WebRoutes
from service.engine.errors import ZhuyiError

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]

_STATUSES_OF_TRANSLATE: Final = (400, 413, 415, 503, 504)
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
    _add_score(application, services)
    _add_catalogue(application, services)
    _add_health(application, services)
    for dialect in (libretranslate, google, azure, deepl, oip, opennmt):
        dialect.add_routes(application, services)
    if services.administration is not None:
        add_admin_routes(application, services)
    for family in (ZhuyiError, ApiError, HTTPException):
        application.add_exception_handler(family, _answer_error)
    if services.web_files:
        _add_web(application, services)
    application.add_middleware(OneVersion, lease=services.translator.lease)
    application.add_middleware(RequestLimits, max_body_bytes=services.policy.max_body_bytes)
    routes = application.route_table()
    application.add_middleware(RequestContext, recorder=services.recorder, routes=routes)
    return application


def _add_operations(application: PlainApplication, services: Services) -> None:
    translated, looked_at = answers.TranslateAnswer, answers.AttentionAnswer | answers.AttentionAnswers
    application.speak(
        NATIVE_AND_LIBRETRANSLATE, "/translate", TranslateRoute(services).answer, methods=["POST"],
        responses=describe_answers(translated, statuses=_STATUSES_OF_TRANSLATE), openapi_extra=TRANSLATE,
        description="Translates one text or a list of texts; also takes LibreTranslate's requests, in any "
        "encoding; what other routes answer with 422 is 400 here.",
    )  # fmt: skip
    application.speak(
        NATIVE, "/attention-weights", AttentionRoute(services).answer, methods=["POST"],
        responses=describe_answers(looked_at), openapi_extra=ATTENTION,
        description="Where the model looked, word by word; a heat map with `Accept: image/svg+xml`.",
    )  # fmt: skip


def _add_score(application: PlainApplication, services: Services) -> None:
    application.speak(
        NATIVE, "/score", ScoreRoute(services).answer, methods=["POST"],
        responses=describe_answers(answers.ScoreAnswer | answers.ScoreAnswers), openapi_extra=SCORE,
        description="What the model thinks of a translation that somebody else made, word by word.",
    )  # fmt: skip


def _add_catalogue(application: PlainApplication, services: Services) -> None:
    catalogue = CatalogueRoutes(services.translator)
    _add_get(
        application, "/languages", catalogue.languages, list[answers.Language], "What can be translated."
    )
    application.speak(  # Argos Translate's client asks by POST
        NATIVE, "/languages", catalogue.languages, methods=["POST"], include_in_schema=False
    )
    _add_get(application, "/models", catalogue.models, answers.Models, "By what, and on which device.")


def _add_health(application: PlainApplication, services: Services) -> None:
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
    application.speak(NATIVE, "/docs", documentation.page, methods=["GET"], include_in_schema=False)


def _add_web(application: PlainApplication, services: Services) -> None:
    web = WebRoutes(services.web_files)
    application.speak(NATIVE, "/", web.page, methods=["GET"], include_in_schema=False)
    application.speak(NATIVE, "/web/{name}", web.file, methods=["GET"], include_in_schema=False)


def _add_get(
    application: PlainApplication, path: str, handler: Handler, answer: Any, description: str
) -> None:
    application.speak(
        NATIVE, path, handler, methods=["GET"], description=description,
        responses=describe_answers(answer, statuses=()) if answer else None,
    )  # fmt: skip


async def _answer_error(request: Request, error: Exception) -> Response:
    response = answer_error(error, request)
    if response.status_code == 500:
        log_failure(error, request.scope["state"]["request_id"])
    return response
