"""LibreTranslate at `/`: the routes that only its clients know, and its error texts and statuses.

`POST /translate` (`service/api/translate.py`), `/languages` and `/health` are its routes and ours at once.
"""

from __future__ import annotations

from typing import Annotated, Any, Final

from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from service.api.bodies import read_fields
from service.api.described import describe_answers, describe_body
from service.api.dialect import Dialect
from service.api.dialects import libretranslate_answers as answers
from service.api.dialects.swagger import SpecRoute
from service.api.errors import Disabled, InvalidFields, LimitPassed, UnknownLanguageCode
from service.api.failures import Failure
from service.api.forms import FieldTypes
from service.api.keys.places import KeyPlaces
from service.api.operations import check_texts, json_response
from service.api.plain import PlainApplication
from service.api.problems import MEDIA_TYPE, render_problem
from service.api.schemas import Fields, parse_request
from service.api.services import Services
from service.engine.errors import TooLong, TooMany, UnsupportedPair
from service.pipeline.fields import FieldNames
from service.text.languages import language_name

_TYPES: Final = FieldTypes()
_FRONTEND_TIMEOUT_MILLISECONDS: Final = 500
"""How long LibreTranslate's page waits after a key before it translates."""


class DetectRequest(Fields):
    """A text whose language is asked for."""

    q: Annotated[str, Field(description="The text.")]


class LibreTranslateRoutes:
    """What the translator and the detector know already; nothing here waits for a model."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def detect(self, request: Request) -> Response:
        """The language of one text, as a list with the likeliest alone."""
        policy = self._services.policy
        fields = await read_fields(request, _TYPES, timeout_seconds=policy.body_timeout_seconds)
        wanted = parse_request(DetectRequest, fields)
        check_texts([wanted.q], FieldNames(is_list=False), policy, with_attention=False)
        found = self._services.detector.detect(wanted.q, self._services.translator.languages())
        return json_response([{"confidence": found.confidence, "language": found.language}])

    async def settings(self, _: Request) -> Response:
        """What LibreTranslate's page would be told; `charLimit` is in code points."""
        served = self._services.translator.languages()
        target = "en" if "en" in served else served[0]
        needs_key = self._services.gate is not None
        return json_response(
            {
                "charLimit": self._services.policy.max_characters,
                "frontendTimeout": _FRONTEND_TIMEOUT_MILLISECONDS,
                "apiKeys": needs_key,
                "keyRequired": needs_key,
                "suggestions": False,
                "filesTranslation": False,
                "supportedFilesFormat": [],
                "language": {
                    "source": {"code": "auto", "name": "Auto Detect"},
                    "target": {"code": target, "name": language_name(target)},
                },
            }
        )

    async def suggest(self, _: Request) -> Response:
        """Nobody would read a suggestion, so none is taken."""
        raise Disabled("Suggestions")

    async def translate_file(self, _: Request) -> Response:
        """Files are not read."""
        raise Disabled("File translations")


def add_routes(application: PlainApplication, services: Services) -> None:
    """What LibreTranslate has beside the routes that are ours as well."""
    routes = LibreTranslateRoutes(services)
    application.speak(
        LIBRETRANSLATE, "/detect", routes.detect, methods=["POST"],
        description="LibreTranslate: the language of a text.",
        responses=describe_answers(answers.Detections, error=answers.Refusal, statuses=_STATUSES),
        openapi_extra=describe_body(DetectRequest, _DETECT_EXAMPLES, with_form=True),
    )  # fmt: skip
    application.speak(
        LIBRETRANSLATE, "/frontend/settings", routes.settings, methods=["GET"], needs="nothing",
        description="LibreTranslate: what its page would be told.",
        responses=describe_answers(answers.FrontendSettings, statuses=()),
    )  # fmt: skip
    application.speak(
        LIBRETRANSLATE, "/spec", SpecRoute(application.openapi).answer, methods=["GET"], needs="nothing",
        description="LibreTranslate: its routes in Swagger 2.0.",
    )  # fmt: skip
    refused = {403: {"model": answers.Refusal, "description": "always: it is not done here"}}
    for path, handler in (("/suggest", routes.suggest), ("/translate_file", routes.translate_file)):
        application.speak(
            LIBRETRANSLATE, path, handler, methods=["POST"], status_code=403,
            description="LibreTranslate: refused here.", responses=refused,
        )  # fmt: skip


def error_text(failure: Failure) -> str:
    """The `error` string in the words that LibreTranslate's clients look for, else our own."""
    if isinstance(failure.error, LimitPassed):
        return f"Slowdown: {_rate(failure.error)}"
    match failure.error:
        case InvalidFields(errors=(first, *_)) if first.message == "is missing":
            return f"Invalid request: missing {first.field} parameter"
        case UnknownLanguageCode(code=code) if code:
            return f"{code} is not supported"
        case UnsupportedPair(source=source, target=target):
            return f"{target} is not available as a target language from {source}"
        case TooLong(limit=limit, actual=actual, unit=unit) if "token" not in unit:
            return f"Invalid request: request ({actual}) exceeds text limit ({limit})"
        case TooMany(limit=limit, actual=actual):
            return f"Invalid request: request ({actual}) exceeds text limit ({limit})"
    return failure.detail


def _rate(error: LimitPassed) -> str:
    """The limit as LibreTranslate says it."""
    unit = "" if error.reason == "requests" else " characters"
    return f"{error.limit}{unit} per 1 {'month' if error.reason == 'quota' else 'minute'}"


def status_of(failure: Failure) -> int:
    """400 where our other routes say 422, 403 where they say 401: LibreTranslate's clients know neither."""
    return _STATUS_OF.get(failure.kind.status, failure.kind.status)


def _render_error(failure: Failure, _: int, __: Request) -> dict[str, Any]:
    return {"error": error_text(failure)}


def _render_both(failure: Failure, status: int, request: Request) -> dict[str, Any]:
    return render_problem(failure, status, request) | {"error": error_text(failure)}


_STATUS_OF: Final = {401: 403, 422: 400}
_KEYS: Final = KeyPlaces(query=("api_key", "apiKey"), body=("api_key", "apiKey"))
LIBRETRANSLATE: Final = Dialect("libretranslate", _render_error, status_of=status_of, key_places=_KEYS)
NATIVE_AND_LIBRETRANSLATE: Final = Dialect(
    "native", _render_both, media_type=MEDIA_TYPE, status_of=status_of, key_places=_KEYS
)
"""Of `/translate`: a problem document whose `error` is LibreTranslate's."""

_STATUSES: Final = (400, 413, 415)
_DETECT_EXAMPLES: Final = {"one": {"summary": "One text", "value": {"q": "我想退货。"}}}
