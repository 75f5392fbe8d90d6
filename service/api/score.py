"""`POST /score`: what the model thinks of a translation that somebody else made, word by word."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from service.api.attention_request import ScoreRequest
from service.api.bodies import read_object
from service.api.clients import read_deadline, unless_client_leaves
from service.api.evidence_view import EvidenceView
from service.api.given import check_given
from service.api.operations import (
    Subject,
    carry_out,
    charge,
    default_options,
    json_response,
    model_of,
    note_model,
    resolve_languages,
)
from service.api.rendering import render_attention
from service.api.schemas import parse_request
from service.api.services import Services
from service.pipeline.fields import FieldNames
from service.pipeline.items import Item


class ScoreRoute:
    """Scores one translation or a list of them."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def answer(self, request: Request) -> Response:
        """Answers one request; errors become problems elsewhere."""
        return await carry_out(request, self._services.recorder, Subject("score"), self._answer)

    async def _answer(self, request: Request, subject: Subject) -> Response:
        policy, translator = self._services.policy, self._services.translator
        deadline = read_deadline(request.headers, policy)
        fields = await read_object(request, timeout_seconds=policy.body_timeout_seconds)
        wanted = parse_request(ScoreRequest, fields)
        resolve_languages(wanted.source, wanted.target, translator, subject)
        check_given(wanted, wanted.translations, policy)
        charge(request, wanted.texts)
        work = self._services.items.score(
            wanted.texts, wanted.translations, subject.source, subject.target, default_options(policy),
            names=FieldNames(wanted.is_list), deadline=deadline,
        )  # fmt: skip
        items = await unless_client_leaves(work, request)
        note_model(items, translator, subject)
        return self._render(wanted, items, subject)

    def _render(self, wanted: ScoreRequest, items: Sequence[Item], subject: Subject) -> Response:
        translator = self._services.translator
        results = [
            _scored(item, wanted)
            | render_attention(item, model_of(item.source, translator, subject), wanted.offsets)
            for item in items
        ]
        answer = {"results": results} if wanted.is_list else results[0]
        return json_response(answer)


def _scored(item: Item, wanted: ScoreRequest) -> dict[str, Any]:
    """The natural log-probability of the whole translation, its ends included, and what the evidence says."""
    evidence = EvidenceView(item, wanted.offsets)
    logprob = sum(sum(sentence.translation.logprobs) for sentence in item.sentences)
    return {"logprob": round(logprob, 6), **evidence.confidence(), "warnings": evidence.warnings()}
