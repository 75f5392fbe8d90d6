"""`/v2/translate`: a list of texts in DeepL's words, by POST and by the GET of old clients."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from service.api.bodies import read_fields
from service.api.clients import read_deadline
from service.api.dialects.deepl.errors import FORMALITY, deepl_response
from service.api.dialects.deepl.requests import TRANSLATE_TYPES, TranslateFields, without_blanks
from service.api.dialects.deepl.usage import CharacterCount
from service.api.dialects.naming import texts_named
from service.api.errors import FieldError, InvalidFields
from service.api.operations import (
    Subject,
    carry_out,
    charge,
    check_texts,
    default_options,
    resolve_languages,
    translate_texts,
)
from service.api.schemas import parse_request
from service.api.services import Services
from service.pipeline.fields import FieldNames
from service.pipeline.handling import Handling
from service.pipeline.item_translator import AUTO
from service.pipeline.items import Item
from service.text.glossary import NO_GLOSSARY, Glossary, GlossaryEntry
from service.text.segments import Splitting

_TEXTS: Final = FieldNames(is_list=True)
_SPLITTING: Final[dict[str, Splitting]] = {"0": "none", "1": "sentences", "nonewlines": "nonewlines"}
_MODEL_TYPE: Final = "latency_optimized"
"""What our models are, in DeepL's words; told to whoever asks for a type."""


class DeepLTranslateRoute:
    """Translates, and counts the characters."""

    def __init__(self, services: Services, count: CharacterCount) -> None:
        self._services = services
        self._count = count

    async def answer(self, request: Request) -> Response:
        """Answers one request; errors are told elsewhere."""
        return await carry_out(request, self._services.recorder, Subject("translate"), self._answer)

    async def _answer(self, request: Request, subject: Subject) -> Response:
        policy = self._services.policy
        deadline = read_deadline(request.headers, policy)
        fields = await read_fields(request, TRANSLATE_TYPES, timeout_seconds=policy.body_timeout_seconds)
        wanted = parse_request(TranslateFields, without_blanks(fields))
        if wanted.formality in ("more", "less"):
            raise InvalidFields((FORMALITY,))
        source = wanted.source_lang or AUTO
        resolve_languages(source, wanted.target_lang, self._services.translator, subject)
        with texts_named("text"):
            check_texts(wanted.text, _TEXTS, policy, with_attention=False)
            handling = handling_of(wanted, await self._glossary(wanted, subject))
            charge(request, wanted.text)
            items = await translate_texts(
                request, self._services, subject, wanted.text, default_options(policy),
                names=_TEXTS, deadline=deadline, handling=handling,
            )  # fmt: skip
        self._count.add(sum(map(len, wanted.text)))
        return deepl_response({"translations": _render(items, wanted)}, request)

    async def _glossary(self, wanted: TranslateFields, subject: Subject) -> Glossary:
        """The terms of all glossaries asked for; raises GlossaryNotFound, InvalidFields."""
        if not wanted.glossaries:
            return NO_GLOSSARY
        if wanted.source_lang is None:
            raise InvalidFields((FieldError("source_lang", "is missing; a glossary needs it"),))
        store, pair = self._services.glossaries, (subject.source, subject.target)
        terms: dict[str, GlossaryEntry] = {}
        for glossary_id in wanted.glossaries:
            for entry in await asyncio.to_thread(store.entries, glossary_id, *pair):
                terms.setdefault(entry.source, entry)
        return await asyncio.to_thread(Glossary, terms.values())


def handling_of(wanted: TranslateFields, glossary: Glossary) -> Handling:
    """What the request says about its texts, in the words of the pipeline."""
    default = "nonewlines" if wanted.tag_handling == "html" else "1"
    return Handling(
        format=wanted.tag_handling or "text",
        glossary=glossary,
        splitting=_SPLITTING[wanted.split_sentences or default],
        ignore_tags=frozenset(wanted.ignore_tags),
        splitting_tags=frozenset(wanted.splitting_tags),
        non_splitting_tags=frozenset(wanted.non_splitting_tags),
        outline_detection=wanted.outline_detection,
    )


def _render(items: Sequence[Item], wanted: TranslateFields) -> list[dict[str, Any]]:
    """`billed_characters` always: DeepL's own Python client cannot do without."""
    used = {"model_type_used": _MODEL_TYPE} if wanted.model_type else {}
    return [
        {
            "detected_source_language": item.source.upper(),
            "text": item.text,
            "billed_characters": len(text),
            **used,
        }
        for item, text in zip(items, wanted.text, strict=True)
    ]
