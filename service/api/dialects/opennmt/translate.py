"""`POST /translator/translate`: a list of inputs to the model that the first of them names."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from service.api.bodies import decode_json, read_bytes
from service.api.clients import read_deadline
from service.api.dialects.naming import texts_named
from service.api.dialects.opennmt.models import find_model
from service.api.dialects.opennmt.rendering import render_hypotheses
from service.api.errors import FieldError, InvalidFields
from service.api.operations import (
    Subject,
    carry_out,
    charge,
    check_texts,
    default_options,
    json_response,
    translate_texts,
)
from service.api.schemas import Fields, parse_request
from service.api.services import Services
from service.pipeline.fields import FieldNames

_TEXTS = FieldNames(is_list=True)


class OpenNmtInput(Fields):
    """One input; `n_best` counts where it is the first."""

    src: Annotated[str, Field(description="The text to translate.")]
    id: Annotated[int | str, Field(description="The model's number, or its name.")] = 0
    n_best: Annotated[int, Field(ge=1, le=8, description="Hypotheses wanted, counting the best.")] = 1
    ref: Annotated[None, Field(description="A prefix of the translation: refused, it cannot be forced.")] = (
        None
    )


class OpenNmtInputs(Fields):
    """All inputs of a request, in a field because a body is no field."""

    inputs: Annotated[list[OpenNmtInput], Field(min_length=1)]


class OpenNmtTranslateRoute:
    """Translates with alignment."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def answer(self, request: Request) -> Response:
        """Answers one request; errors are told elsewhere."""
        return await carry_out(request, self._services.recorder, Subject("translate"), self._answer)

    async def _answer(self, request: Request, subject: Subject) -> Response:
        policy = self._services.policy
        deadline = read_deadline(request.headers, policy)
        body = await read_bytes(request, timeout_seconds=policy.body_timeout_seconds)
        inputs = parse_inputs(decode_json(body))
        subject.model = model = find_model(inputs[0].id, self._services.translator)
        subject.source, subject.target = model.source, model.target
        texts = [one.src for one in inputs]
        with texts_named("src"):
            check_texts(texts, _TEXTS, policy, with_attention=True)
            charge(request, texts)
            options = default_options(policy, n_best=inputs[0].n_best, with_attention=True)
            items = await translate_texts(
                request, self._services, subject, texts, options, names=_TEXTS, deadline=deadline
            )
        return json_response(render_hypotheses(items, inputs[0].n_best))


def parse_inputs(body: Any) -> list[OpenNmtInput]:
    """The inputs of a body that must be a JSON array of objects; raises InvalidFields."""
    if not isinstance(body, list):
        raise InvalidFields((FieldError("body", "must be a JSON array"),))
    return parse_request(OpenNmtInputs, {"inputs": body}).inputs
