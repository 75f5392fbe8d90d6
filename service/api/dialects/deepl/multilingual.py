"""`/v3/glossaries`: glossaries of any number of pairs of languages, which can be changed."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from service.api.dialects.deepl.errors import deepl_response, trace_id
from service.api.dialects.deepl.glossaries import GlossaryKeeper, render_dictionary, render_multilingual
from service.api.dialects.deepl.requests import (
    DictionaryFields,
    MultilingualFields,
    PairFields,
    UpdateFields,
)
from service.glossaries.entries import format_entries


class MultilingualGlossaryRoutes:
    """Create, list, get, change, read the terms, delete as a whole or by pair."""

    def __init__(self, keeper: GlossaryKeeper) -> None:
        self._keeper = keeper
        self._store = keeper.store

    async def create(self, request: Request) -> Response:
        """201 with the new glossary."""
        fields = await self._keeper.read(request, MultilingualFields)
        dictionaries = await self._keeper.dictionaries(fields.dictionaries)
        made = await self._keeper.run(self._store.create, fields.name, dictionaries)
        return deepl_response(render_multilingual(made), request, 201)

    async def all(self, request: Request) -> Response:
        """The oldest first."""
        found = await self._keeper.run(self._store.all)
        return deepl_response({"glossaries": [render_multilingual(one) for one in found]}, request)

    async def get(self, request: Request) -> Response:
        """One glossary without its terms."""
        found = await self._keeper.run(self._store.get, _identity(request))
        return deepl_response(render_multilingual(found), request)

    async def update(self, request: Request) -> Response:
        """Another name, and terms beside those that are there."""
        fields = await self._keeper.read(request, UpdateFields)
        dictionaries = await self._keeper.dictionaries(fields.dictionaries)
        found = await self._keeper.run(self._store.update, _identity(request), fields.name, dictionaries)
        return deepl_response(render_multilingual(found), request)

    async def replace(self, request: Request) -> Response:
        """All terms of one pair."""
        dictionary = await self._keeper.dictionary(await self._keeper.read(request, DictionaryFields))
        found = await self._keeper.run(self._store.replace, _identity(request), dictionary)
        pair = (dictionary.source, dictionary.target)
        (replaced,) = (one for one in found.dictionaries if (one.source, one.target) == pair)
        return deepl_response(render_dictionary(replaced), request)

    async def entries(self, request: Request) -> Response:
        """The terms of one pair, as TSV inside JSON."""
        source, target = self._keeper.pair(await self._keeper.read(request, PairFields))
        entries = await self._keeper.run(self._store.entries, _identity(request), source, target)
        dictionary = {
            "source_lang": source,
            "target_lang": target,
            "entries": format_entries(entries),
            "entries_format": "tsv",
        }
        return deepl_response({"dictionaries": [dictionary]}, request)

    async def delete(self, request: Request) -> Response:
        """204."""
        await self._keeper.run(self._store.delete, _identity(request))
        return Response(status_code=204, headers=trace_id(request))

    async def delete_dictionary(self, request: Request) -> Response:
        """204."""
        pair = self._keeper.pair(await self._keeper.read(request, PairFields))
        await self._keeper.run(self._store.delete_dictionary, _identity(request), *pair)
        return Response(status_code=204, headers=trace_id(request))


def _identity(request: Request) -> str:
    identity: str = request.path_params["glossary_id"]
    return identity
