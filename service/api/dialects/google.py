"""Google's Translation API v2 (Basic) at `/language/translate/v2`; `model` is ignored.

A request without `format` is HTML, as Google has it. Chinese is `zh-CN` in the answers.
"""

from __future__ import annotations

from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from service.api.bodies import read_fields
from service.api.clients import read_deadline
from service.api.described import describe_answers, describe_body, describe_query
from service.api.dialects import google_answers as answers
from service.api.dialects.google_errors import GOOGLE
from service.api.dialects.google_requests import (
    DETECT_EXAMPLES,
    EXAMPLES,
    LANGUAGES_EXAMPLES,
    GoogleDetectRequest,
    GoogleLanguagesRequest,
    GoogleRequest,
)
from service.api.forms import FieldTypes
from service.api.operations import (
    Subject,
    carry_out,
    charge,
    check_texts,
    default_options,
    json_response,
    resolve_languages,
    translate_texts,
)
from service.api.plain import Handler, PlainApplication
from service.api.schemas import Fields, parse_request
from service.api.services import Services
from service.pipeline.fields import FieldNames
from service.pipeline.handling import Handling
from service.pipeline.item_translator import AUTO
from service.pipeline.items import Item
from service.text.languages import language_name

PATH: Final = "/language/translate/v2"
_TYPES: Final = FieldTypes(repeated=frozenset({"q"}))
_CODES: Final = {"zh": "zh-CN"}
_RELIABLE: Final = 0.5
_Asked = tuple[type[Fields], dict[str, Any]]
_STATUSES: Final = (400, 413, 503, 504)


class GoogleRoutes:
    """The three methods of the API."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def translate(self, request: Request) -> Response:
        """Translates one text or several; errors are told elsewhere."""
        return await carry_out(request, self._services.recorder, Subject("translate"), self._translate)

    async def _translate(self, request: Request, subject: Subject) -> Response:
        policy = self._services.policy
        deadline = read_deadline(request.headers, policy)
        wanted = parse_request(GoogleRequest, await self._fields(request))
        resolve_languages(wanted.source or AUTO, wanted.target, self._services.translator, subject)
        texts, names = _texts(wanted.q)
        check_texts(texts, names, policy, with_attention=False)
        charge(request, texts)
        items = await translate_texts(
            request, self._services, subject, texts, default_options(policy), names=names, deadline=deadline,
            handling=Handling(format=wanted.format),
        )  # fmt: skip
        return json_response({"data": {"translations": [_render(item) for item in items]}})

    async def detect(self, request: Request) -> Response:
        """The likeliest language of each text."""
        texts, names = _texts(parse_request(GoogleDetectRequest, await self._fields(request)).q)
        check_texts(texts, names, self._services.policy, with_attention=False)
        return json_response({"data": {"detections": [[self._detect(text)] for text in texts]}})

    def _detect(self, text: str) -> dict[str, Any]:
        found = self._services.detector.detect(text, self._services.translator.languages())
        share = found.confidence / 100
        return {"language": _code(found.language), "confidence": share, "isReliable": share >= _RELIABLE}

    async def languages(self, request: Request) -> Response:
        """All languages, by name where the request has a `target`; the names are English."""
        with_names = parse_request(GoogleLanguagesRequest, await self._fields(request)).target
        return json_response(
            {
                "data": {
                    "languages": [
                        {"language": _code(one)} | ({"name": language_name(one)} if with_names else {})
                        for one in self._services.translator.languages()
                    ]
                }
            }
        )

    async def _fields(self, request: Request) -> dict[str, Any]:
        return await read_fields(request, _TYPES, timeout_seconds=self._services.policy.body_timeout_seconds)


def add_routes(application: PlainApplication, services: Services) -> None:
    """Each by POST and by GET, as Google has them."""
    routes = GoogleRoutes(services)
    _add(application, "", routes.translate, "translates texts", answers.GoogleTranslated,
         (GoogleRequest, EXAMPLES))  # fmt: skip
    _add(application, "/detect", routes.detect, "the language of texts", answers.GoogleDetected,
         (GoogleDetectRequest, DETECT_EXAMPLES))  # fmt: skip
    _add(application, "/languages", routes.languages, "what can be translated", answers.GoogleListed,
         (GoogleLanguagesRequest, LANGUAGES_EXAMPLES))  # fmt: skip


def _add(
    application: PlainApplication, path: str, handler: Handler, about: str, answer: type, asked: _Asked
) -> None:
    model, examples = asked
    described: dict[str, Any] = {
        "description": f"Google v2: {about}.",
        "operation": "" if path else "translate",
        "responses": describe_answers(answer, error=answers.GoogleError, statuses=_STATUSES),
    }
    ways = {"POST": describe_body(model, examples, with_form=True), "GET": describe_query(model)}
    for method, way in ways.items():
        application.speak(GOOGLE, PATH + path, handler, methods=[method], openapi_extra=way, **described)


def _texts(q: str | list[str]) -> tuple[list[str], FieldNames]:
    return ([q], FieldNames(is_list=False)) if isinstance(q, str) else (q, FieldNames(is_list=True))


def _render(item: Item) -> dict[str, Any]:
    rendered = {"translatedText": item.text}
    return rendered | ({"detectedSourceLanguage": _code(item.source)} if item.detected else {})


def _code(language: str) -> str:
    return _CODES.get(language, language)
