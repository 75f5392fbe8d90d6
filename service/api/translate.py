"""`POST /translate`: LibreTranslate's request and answer, and more for those who ask."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from service.api.bodies import read_fields
from service.api.clients import read_deadline
from service.api.events import EventStream
from service.api.operations import (
    Subject,
    carry_out,
    charge,
    check_texts,
    json_response,
    resolve_languages,
    search_options,
    translate_texts,
)
from service.api.rendering import render_model, render_translations
from service.api.schemas import parse_request
from service.api.services import Services
from service.api.translate_request import TRANSLATE_TYPES, TranslateRequest, handling_of
from service.api.translation_stream import TranslationStream
from service.pipeline.fields import FieldNames
from service.pipeline.items import Item


class TranslateRoute:
    """Translates one text or a list of texts."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def answer(self, request: Request) -> Response:
        """Answers one request; errors become problems elsewhere."""
        return await carry_out(request, self._services.recorder, Subject("translate"), self._answer)

    async def _answer(self, request: Request, subject: Subject) -> Response:
        policy = self._services.policy
        deadline = read_deadline(request.headers, policy)
        fields = await read_fields(request, TRANSLATE_TYPES, timeout_seconds=policy.body_timeout_seconds)
        wanted = parse_request(TranslateRequest, fields)
        resolve_languages(wanted.source, wanted.target, self._services.translator, subject)
        names = FieldNames(wanted.is_list)
        check_texts(wanted.texts, names, policy, with_attention="attention" in wanted.include)
        handling = handling_of(wanted)
        charge(request, wanted.texts)
        if wanted.stream:
            return EventStream(TranslationStream(self._services, wanted, subject, deadline).run)
        with_attention = not {"alignment", "attention"}.isdisjoint(wanted.include)
        options = search_options(
            wanted, policy, n_best=wanted.alternatives + 1, with_attention=with_attention
        )
        items = await translate_texts(
            request, self._services, subject, wanted.texts, options, names=names, deadline=deadline,
            handling=handling,
        )  # fmt: skip
        return self._render(wanted, items, subject)

    def _render(self, wanted: TranslateRequest, items: list[Item], subject: Subject) -> Response:
        answer = render_translations(items, wanted)
        return json_response(answer | {"model": render_model(subject.model)})
