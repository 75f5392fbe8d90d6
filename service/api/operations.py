"""What all translating routes share: languages, limits, search, and the count of every outcome."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from service.api.attention_request import AttentionRequest
from service.api.clients import unless_client_leaves
from service.api.errors import ClientGone, UnknownLanguageCode
from service.api.events import EventStream
from service.api.kinds import Outcome, kind_of
from service.api.policy import Policy
from service.api.ports import Recording
from service.api.services import Services
from service.api.subject import Subject as Subject
from service.api.translate_request import TranslateRequest
from service.api.work_headers import work_headers
from service.engine.errors import TooLong, TooMany
from service.engine.translation import LoadedModelInfo, Options
from service.pipeline.fields import FieldNames
from service.pipeline.handling import PLAIN, Handling
from service.pipeline.item_translator import AUTO
from service.pipeline.items import Item
from service.pipeline.ports import Translating
from service.text.languages import match_language, match_source

_CODE = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8}){0,2}", re.ASCII)
"""What may be repeated in an error: a language tag, and nothing that could be a text."""


async def carry_out(
    request: Request,
    recorder: Recording,
    subject: Subject,
    work: Callable[[Request, Subject], Awaitable[Response]],
) -> Response:
    """The response of `work`; whatever happens, exactly one outcome is counted, a stream's at its end."""

    def count(outcome: Outcome) -> None:
        recorder.request_finished(
            operation=subject.operation,
            model=subject.model.name if subject.model else "",
            version=subject.model.version if subject.model else "",
            source=subject.source,
            target=subject.target,
            outcome=outcome,
            seconds=time.monotonic() - subject.started,
        )

    try:
        response = await work(request, subject)
    except ClientGone:
        count("cancelled")
        return Response(status_code=499)
    except asyncio.CancelledError:
        count("cancelled")
        raise
    except Exception as error:
        count(kind_of(error).outcome)
        raise
    if isinstance(response, EventStream):
        response.on_end = count
    else:
        count("ok")
        response.headers.update(work_headers(subject))
    return response


def resolve_languages(source: str, target: str, translator: Translating, subject: Subject) -> None:
    """Puts the served languages that the codes mean, and the model of the pair, into `subject`.

    Raises UnknownLanguageCode, UnsupportedPair.
    """
    served = translator.languages()
    subject.source = (
        AUTO if source.lower() == AUTO else _resolved("source", match_source(source, served), source, served)
    )
    subject.target = _resolved("target", match_language(target, served), target, served)
    if subject.source not in (AUTO, subject.target):
        subject.model = translator.model_for(subject.source, subject.target)


def _resolved(field: str, language: str | None, code: str, served: Sequence[str]) -> str:
    if language is None:
        raise UnknownLanguageCode(field, tuple(served), code if _CODE.fullmatch(code) else "")
    return language


def default_options(policy: Policy, *, n_best: int = 1, with_attention: bool = False) -> Options:
    """The search of a request that says nothing about it; a beam at least as wide as `n_best`."""
    return Options(
        beam_size=max(policy.beam_size, n_best),
        n_best=n_best,
        length_penalty=policy.length_penalty,
        coverage_penalty=policy.coverage_penalty,
        with_attention=with_attention,
    )


def search_options(
    wanted: TranslateRequest | AttentionRequest, policy: Policy, *, n_best: int = 1, with_attention: bool
) -> Options:
    """How the request wants to be searched, else the default; a beam at least as wide as `n_best`."""
    length, coverage = wanted.length_penalty, wanted.coverage_penalty
    return Options(
        beam_size=max(wanted.beam_size or policy.beam_size, n_best),
        n_best=n_best,
        length_penalty=policy.length_penalty if length is None else length,
        coverage_penalty=policy.coverage_penalty if coverage is None else coverage,
        with_attention=with_attention,
        priority=wanted.priority,
    )


def check_texts(
    texts: Sequence[str], names: FieldNames, policy: Policy, *, field: str = "q", with_attention: bool
) -> None:
    """Raises TooMany, TooLong for more than one request may hold, before anything is looked into."""
    if len(texts) > policy.max_texts:
        raise TooMany(field, policy.max_texts, len(texts), "texts")
    for number, text in enumerate(texts):
        if len(text) > policy.max_characters:
            raise TooLong(names.name(field, number), policy.max_characters, len(text), "characters")
    limit, what = policy.max_request_characters, "characters in all"
    if with_attention:
        limit, what = policy.max_attention_characters, "characters for attention weights"
    if (total := sum(map(len, texts))) > limit:
        raise TooLong(field, limit, total, what)


def charge(request: Request, texts: Sequence[str]) -> None:
    """Takes the characters of what is to be translated from its caller's allowance, where keys are on.

    Raises RateLimited, QuotaExceeded. Called once a request, when nothing else is wrong with it.
    """
    if caller := request.scope["state"].get("caller"):
        caller.spend(sum(map(len, texts)))


async def translate_texts(
    request: Request,
    services: Services,
    subject: Subject,
    texts: Sequence[str],
    options: Options,
    *,
    names: FieldNames,
    deadline: float,
    handling: Handling = PLAIN,
) -> list[Item]:
    """The texts translated between the languages of `subject`, for as long as the client is there.

    Raises what the pipeline raises, and ClientGone.
    """
    work = services.items.translate(
        texts, subject.source, subject.target, options, names=names, deadline=deadline, handling=handling
    )
    items = await unless_client_leaves(work, request)
    note_model(items, services.translator, subject)
    return items


def model_of(source: str, translator: Translating, subject: Subject) -> LoadedModelInfo | None:
    """The model that a text in `source` went to, or None where it was in the target language already."""
    return None if source == subject.target else translator.model_for(source, subject.target)


def note_model(items: Sequence[Item], translator: Translating, subject: Subject) -> None:
    """Puts the items and the models that worked on them into `subject`."""
    subject.items = items
    if subject.model is None:
        sources = {item.source for item in items} - {subject.target}
        if len(sources) == 1:
            subject.model = translator.model_for(sources.pop(), subject.target)
    worked = sorted({item.source for item in items if item.sentences} - {subject.target})
    subject.models = [translator.model_for(source, subject.target) for source in worked]


def json_response(answer: Any, headers: Mapping[str, str] | None = None) -> Response:
    """An answer as UTF-8 JSON."""
    return Response(msgspec.json.encode(answer), headers=headers, media_type="application/json")
