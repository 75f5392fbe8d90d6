"""What the routes of glossaries share: reading fields, terms of served pairs, and the answers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Final, ParamSpec, TypeVar

from starlette.requests import Request

from service.api.bodies import read_fields
from service.api.dialects.deepl.requests import (
    PLAIN_TYPES,
    DictionaryFields,
    PairFields,
    nest_dictionaries,
    without_blanks,
)
from service.api.errors import FieldError, InvalidFields
from service.api.operations import Subject, resolve_languages
from service.api.schemas import Fields, parse_request
from service.api.services import Services
from service.glossaries.entries import parse_entries
from service.glossaries.store import Dictionary, DictionaryInfo, GlossaryInfo

FieldsModel = TypeVar("FieldsModel", bound=Fields)
Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")
TSV: Final = "text/tab-separated-values"


class GlossaryKeeper:
    """The store of glossaries, as the routes use it."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self.store = services.glossaries

    async def read(self, request: Request, model: type[FieldsModel]) -> FieldsModel:
        """The fields of a request in any encoding."""
        timeout_seconds = self._services.policy.body_timeout_seconds
        fields = await read_fields(request, PLAIN_TYPES, timeout_seconds=timeout_seconds)
        return parse_request(model, nest_dictionaries(without_blanks(fields)))

    async def run(
        self, work: Callable[Arguments, Result], *arguments: Arguments.args, **named: Arguments.kwargs
    ) -> Result:
        """The result of what takes long, or waits for the disk, made in a thread."""
        return await asyncio.to_thread(work, *arguments, **named)

    def pair(self, fields: PairFields | DictionaryFields) -> tuple[str, str]:
        """The served languages; raises UnknownLanguageCode, UnsupportedPair, InvalidFields."""
        subject = Subject("glossary")
        resolve_languages(fields.source_lang, fields.target_lang, self._services.translator, subject)
        if subject.model is None:
            raise InvalidFields((FieldError("target_lang", "must be another language than source_lang"),))
        return subject.source, subject.target

    async def dictionary(self, fields: DictionaryFields) -> Dictionary:
        """The terms of a request; raises InvalidEntries, TooMany and the same."""
        pair, limit = self.pair(fields), self.store.limits.max_entries
        return Dictionary(*pair, await self.run(parse_entries, fields.entries, fields.entries_format, limit))

    async def dictionaries(self, fields: list[DictionaryFields]) -> list[Dictionary]:
        """The same for several; raises InvalidFields where a pair comes twice."""
        found = [await self.dictionary(one) for one in fields]
        if len({(one.source, one.target) for one in found}) < len(found):
            raise InvalidFields((FieldError("dictionaries", "must have each pair of languages once"),))
        return found


def render_dictionary(info: DictionaryInfo) -> dict[str, Any]:
    """Languages and the number of terms."""
    return {"source_lang": info.source, "target_lang": info.target, "entry_count": info.num_entries}


def render_single(info: GlossaryInfo) -> dict[str, Any]:
    """A glossary of one pair as `/v2` has it."""
    (dictionary,) = info.dictionaries
    return {
        "glossary_id": info.id,
        "name": info.name,
        "ready": True,
        "creation_time": info.created,
        **render_dictionary(dictionary),
    }


def render_multilingual(info: GlossaryInfo) -> dict[str, Any]:
    """Any glossary as `/v3` has it."""
    return {
        "glossary_id": info.id,
        "name": info.name,
        "creation_time": info.created,
        "dictionaries": [render_dictionary(one) for one in info.dictionaries],
    }
