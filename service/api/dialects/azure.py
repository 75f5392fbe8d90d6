"""Azure's Translator v3 at `/azure/translate`, its own path being ours; `api-version` is ignored.

With `includeAlignment=true` each translation has the links between words as `alignment.proj`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Final, Literal

from pydantic import AliasChoices, Field
from starlette.requests import Request
from starlette.responses import Response

from service.api.bodies import read_array
from service.api.clients import read_deadline
from service.api.described import describe_answers
from service.api.dialects import azure_answers as answers
from service.api.dialects.azure_errors import AZURE
from service.api.forms import FieldTypes, parse_query
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
from service.api.plain import PlainApplication
from service.api.schemas import Fields, LanguageCode, parse_request
from service.api.segments_view import SegmentView
from service.api.services import Services
from service.pipeline.fields import FieldNames
from service.pipeline.handling import Handling
from service.pipeline.item_translator import AUTO
from service.pipeline.items import Item
from service.text.azure import azure_projection

_TYPES: Final = FieldTypes(lists=frozenset({"to"}), booleans=frozenset({"includeAlignment"}))
_STATUSES: Final = (400, 413, 415, 503, 504)
_MAX_TARGETS: Final = 8


class AzureText(Fields):
    """A text; `text` is taken as well."""

    Text: Annotated[str, Field(validation_alias=AliasChoices("Text", "text"))]


class AzureRequest(Fields):
    """What the query string asks for, and the texts of the body."""

    texts: list[AzureText]
    to: Annotated[list[LanguageCode], Field(min_length=1, max_length=_MAX_TARGETS)]
    source: Annotated[LanguageCode, Field(alias="from")] = AUTO
    format: Annotated[Literal["plain", "html"], Field(alias="textType")] = "plain"
    includeAlignment: bool = False


class AzureRoute:
    """Translates a list of texts into one language or several."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def answer(self, request: Request) -> Response:
        """Answers one request; errors are told elsewhere."""
        return await carry_out(request, self._services.recorder, Subject("translate"), self._answer)

    async def _answer(self, request: Request, subject: Subject) -> Response:
        policy = self._services.policy
        deadline = read_deadline(request.headers, policy)
        asked = parse_query(request.scope["query_string"], _TYPES)
        body = await read_array(request, timeout_seconds=policy.body_timeout_seconds)
        wanted = parse_request(AzureRequest, asked | {"texts": body})
        subjects = [subject, *(Subject(subject.operation) for _ in wanted.to[1:])]
        for target, one in zip(wanted.to, subjects, strict=True):
            resolve_languages(wanted.source, target, self._services.translator, one)
        texts = [text.Text for text in wanted.texts] * len(wanted.to)
        check_texts(texts, _NAMES, policy, with_attention=False)
        charge(request, texts)
        found = [await self._translate(request, wanted, one, deadline) for one in subjects]
        return json_response([_render(items, wanted) for items in zip(*found, strict=True)])

    async def _translate(
        self, request: Request, wanted: AzureRequest, subject: Subject, deadline: float
    ) -> list[Item]:
        return await translate_texts(
            request, self._services, subject, [text.Text for text in wanted.texts],
            default_options(self._services.policy, with_attention=wanted.includeAlignment), names=_NAMES,
            deadline=deadline, handling=Handling(format="html" if wanted.format == "html" else "text"),
        )  # fmt: skip


def add_routes(application: PlainApplication, services: Services) -> None:
    """One route; what its query string takes is described beside its body."""
    application.speak(
        AZURE, "/azure/translate", AzureRoute(services).answer, methods=["POST"], operation="translate",
        description="Azure v3: translates texts, with `alignment.proj` where `includeAlignment` is true.",
        responses=describe_answers(list[answers.AzureItem], error=answers.AzureError, statuses=_STATUSES),
        openapi_extra={"parameters": _PARAMETERS, "requestBody": _BODY},
    )  # fmt: skip


def _render(items: Sequence[Item], wanted: AzureRequest) -> dict[str, Any]:
    """One text in all its translations, `items` being one for each target."""
    translations = [_translation(item, to, wanted) for item, to in zip(items, wanted.to, strict=True)]
    detected = items[0].detected
    if detected is None:
        return {"translations": translations}
    told = {"language": detected.language, "score": round(detected.confidence / 100, 3)}
    return {"detectedLanguage": told, "translations": translations}


def _translation(item: Item, to: str, wanted: AzureRequest) -> dict[str, Any]:
    rendered: dict[str, Any] = {"text": item.text, "to": to}
    if wanted.includeAlignment:
        links = [link for view in SegmentView.all_of(item) for link in view.links()]
        rendered["alignment"] = {"proj": azure_projection(links, item.source_text, item.text)}
    return rendered


_NAMES: Final = FieldNames(is_list=True)
_BODY: Final = {
    "required": True,
    "content": {
        "application/json": {
            "schema": {"type": "array", "items": AzureText.model_json_schema(by_alias=False)},
            "examples": {"one": {"summary": "One text", "value": [{"Text": "Where is my order?"}]}},
        }
    },
}
_PARAMETERS: Final = [
    {"name": "to", "in": "query", "required": True, "example": ["zh"],
     "description": "Languages to translate to.", "schema": {"type": "array", "items": {"type": "string"}}},
    {"name": "from", "in": "query", "description": "Language of the texts; detected without.",
     "schema": {"type": "string"}},
    {"name": "textType", "in": "query", "description": "What the texts are written in.",
     "schema": {"type": "string", "enum": ["plain", "html"], "default": "plain"}},
    {"name": "includeAlignment", "in": "query", "description": "Adds the links between words.",
     "schema": {"type": "boolean", "default": False}},
]  # fmt: skip
