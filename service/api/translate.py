"""`POST /translate`: LibreTranslate's request and answer, and more for those who ask."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from service.api.bodies import read_object
from service.api.clients import read_deadline, unless_client_leaves
from service.api.fields import FieldNames
from service.api.items import Item
from service.api.operations import (
    Subject,
    carry_out,
    check_texts,
    json_response,
    note_model,
    resolve_languages,
)
from service.api.rendering import render_model, render_translations
from service.api.schemas import TranslateRequest, parse_request
from service.api.services import Services
from service.engine.translation import Options


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
        fields = await read_object(request, timeout_seconds=policy.body_timeout_seconds, allow_form=True)
        wanted = parse_request(TranslateRequest, fields)
        resolve_languages(wanted.source, wanted.target, self._services.translator, subject)
        names = FieldNames(wanted.is_list)
        check_texts(wanted.texts, names, policy, with_attention="attention" in wanted.include)
        work = self._services.items.translate(
            wanted.texts,
            subject.source,
            subject.target,
            self._options(wanted),
            names=names,
            deadline=deadline,
        )
        items = await unless_client_leaves(work, request)
        note_model(items, self._services.translator, subject)
        return self._render(wanted, items, subject)

    def _options(self, wanted: TranslateRequest) -> Options:
        """A beam at least as wide as the number of hypotheses wanted."""
        n_best = wanted.alternatives + 1
        beam_size = max(wanted.beam_size or self._services.policy.beam_size, n_best)
        with_attention = not {"alignment", "attention"}.isdisjoint(wanted.include)
        penalty = self._services.policy.length_penalty
        return Options(beam_size, n_best, penalty, with_attention)

    def _render(self, wanted: TranslateRequest, items: list[Item], subject: Subject) -> Response:
        answer = render_translations(
            items, is_list=wanted.is_list, alternatives=wanted.alternatives, include=wanted.include
        )
        return json_response(answer | {"model": render_model(subject.model)})
