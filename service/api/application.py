"""The FastAPI application: its routes, what lies around them, and errors turned into answers."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Final

from fastapi import FastAPI

from service import __version__
from service.api import answers
from service.api.attention import AttentionRoute
from service.api.catalogue import CatalogueRoutes
from service.api.described import ATTENTION, SCORE, TRANSLATE, describe_answers
from service.api.dialects import azure, deepl, google, libretranslate, oip, opennmt
from service.api.dialects.libretranslate import NATIVE_AND_LIBRETRANSLATE
from service.api.documentation import DocumentationRoute
from service.api.health import add_health_routes, add_metrics_route
from service.api.one_version import OneVersion
from service.api.plain import PlainApplication
from service.api.problems import NATIVE
from service.api.score import ScoreRoute
from service.api.services import Services
from service.api.surroundings import allow_origins, guard_of, surround
from service.api.translate import TranslateRoute
from service.api.web import WebRoutes

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]

_STATUSES_OF_TRANSLATE: Final = (400, 413, 415, 503, 504)
_ABOUT: Final = (
    "Translation with the attention behind it. Errors are RFC 9457 problems; texts are never logged."
)


def create_application(services: Services, lifespan: Lifespan | None = None) -> PlainApplication:
    """The application of one process; starts nothing but what `lifespan` does."""
    application = PlainApplication(
        title="Zhuyi",
        version=__version__,
        description=_ABOUT,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        guard=guard_of(services),
    )
    _add_operations(application, services)
    _add_score(application, services)
    _add_catalogue(application, services)
    add_health_routes(application, services)
    if services.policy.serves_metrics:
        add_metrics_route(application, services)
    _add_documentation(application)
    for dialect in (libretranslate, google, azure, deepl, oip, opennmt):
        dialect.add_routes(application, services)
    if services.web_files:
        _add_web(application, services)
    application.add_middleware(OneVersion, lease=services.translator.lease)
    surround(application, services)
    if services.policy.cors_origins:
        allow_origins(application, services.policy.cors_origins)
    return application


def _add_operations(application: PlainApplication, services: Services) -> None:
    translated, looked_at = answers.TranslateAnswer, answers.AttentionAnswer | answers.AttentionAnswers
    application.speak(
        NATIVE_AND_LIBRETRANSLATE, "/translate", TranslateRoute(services).answer, methods=["POST"],
        operation="translate",
        responses=describe_answers(translated, statuses=_STATUSES_OF_TRANSLATE), openapi_extra=TRANSLATE,
        description="Translates one text or a list of texts; also takes LibreTranslate's requests, in any "
        "encoding; what other routes answer with 422 is 400 here.",
    )  # fmt: skip
    application.speak(
        NATIVE, "/attention-weights", AttentionRoute(services).answer, methods=["POST"],
        operation="attention",
        responses=describe_answers(looked_at), openapi_extra=ATTENTION,
        description="Where the model looked, word by word; a heat map with `Accept: image/svg+xml`.",
    )  # fmt: skip


def _add_score(application: PlainApplication, services: Services) -> None:
    application.speak(
        NATIVE, "/score", ScoreRoute(services).answer, methods=["POST"],
        operation="score",
        responses=describe_answers(answers.ScoreAnswer | answers.ScoreAnswers), openapi_extra=SCORE,
        description="What the model thinks of a translation that somebody else made, word by word.",
    )  # fmt: skip


def _add_catalogue(application: PlainApplication, services: Services) -> None:
    catalogue = CatalogueRoutes(services.translator)
    application.speak(  # its clients ask before they have a key
        NATIVE, "/languages", catalogue.languages, methods=["GET"], needs="nothing",
        description="What can be translated.",
        responses=describe_answers(list[answers.Language], statuses=()),
    )  # fmt: skip
    application.speak(  # Argos Translate's client asks by POST
        NATIVE, "/languages", catalogue.languages, methods=["POST"], needs="nothing", include_in_schema=False
    )
    application.speak(
        NATIVE, "/models", catalogue.models, methods=["GET"],
        description="By what, and on which device.",
        responses=describe_answers(answers.Models, statuses=()),
    )  # fmt: skip


def _add_documentation(application: PlainApplication) -> None:
    documentation = DocumentationRoute(application.openapi)
    application.speak(
        NATIVE, "/docs", documentation.page, methods=["GET"], needs="nothing", include_in_schema=False
    )


def _add_web(application: PlainApplication, services: Services) -> None:
    web = WebRoutes(services.web_files)
    application.speak(NATIVE, "/", web.page, methods=["GET"], needs="nothing", include_in_schema=False)
    application.speak(
        NATIVE, "/web/{name}", web.file, methods=["GET"], needs="nothing", include_in_schema=False
    )
