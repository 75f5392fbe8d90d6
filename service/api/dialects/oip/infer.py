"""`POST /v2/models/{model}/infer`: texts in, translations and their attention out."""

from __future__ import annotations

import time

from starlette.requests import Request
from starlette.responses import Response

from service.api.bodies import read_bytes
from service.api.clients import read_deadline
from service.api.dialects.naming import texts_named
from service.api.dialects.oip.answers import InferenceAnswer, infer_response
from service.api.dialects.oip.metadata import find_model
from service.api.dialects.oip.requests import HEADER_LENGTH, InferRequest, read_inference
from service.api.operations import Subject, carry_out, charge, check_texts, default_options, translate_texts
from service.api.services import Services
from service.pipeline.fields import FieldNames

_TEXTS = FieldNames(is_list=True)


class InferRoute:
    """Translates with the model that the path names."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def answer(self, request: Request) -> Response:
        """Answers one request; errors are told elsewhere."""
        return await carry_out(request, self._services.recorder, Subject("translate"), self._answer)

    async def _answer(self, request: Request, subject: Subject) -> Response:
        policy = self._services.policy
        subject.model = model = find_model(request, self._services.translator)
        subject.source, subject.target = model.source, model.target
        deadline = read_deadline(request.headers, policy)
        body = await read_bytes(request, timeout_seconds=policy.body_timeout_seconds)
        wanted, texts = read_inference(body, request.headers.get(HEADER_LENGTH))
        with texts_named("source"):
            answer = await self._translate(request, subject, wanted, texts, deadline)
            tensors = [(answer.tensor(name), is_binary) for name, is_binary in wanted.wanted.items()]
        return infer_response(wanted, model, tensors)

    async def _translate(
        self, request: Request, subject: Subject, wanted: InferRequest, texts: list[str], deadline: float
    ) -> InferenceAnswer:
        if wanted.parameters.timeout is not None:
            deadline = min(deadline, time.monotonic() + wanted.parameters.timeout / 1e6)
        policy, with_attention = self._services.policy, "attention" in wanted.wanted
        check_texts(texts, _TEXTS, policy, with_attention=with_attention)
        charge(request, texts)
        options = default_options(policy, with_attention=with_attention)
        items = await translate_texts(
            request, self._services, subject, texts, options, names=_TEXTS, deadline=deadline
        )
        return InferenceAnswer(items)
