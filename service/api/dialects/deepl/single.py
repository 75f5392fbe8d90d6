"""`/v2/glossaries`: glossaries of one pair of languages; those of several are known to `/v3` alone."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from service.api.dialects.deepl.errors import deepl_response, trace_id
from service.api.dialects.deepl.glossaries import TSV, GlossaryKeeper, render_single
from service.api.dialects.deepl.requests import GlossaryFields
from service.api.services import Services
from service.glossaries.entries import format_entries
from service.glossaries.errors import GlossaryNotFound
from service.glossaries.store import GlossaryInfo


class SingleGlossaryRoutes:
    """Create, list, get, read the terms, delete."""

    def __init__(self, services: Services, keeper: GlossaryKeeper) -> None:
        self._translator = services.translator
        self._keeper = keeper

    async def create(self, request: Request) -> Response:
        """201 with the new glossary."""
        fields = await self._keeper.read(request, GlossaryFields)
        dictionary = await self._keeper.dictionary(fields)
        made = await self._keeper.run(self._keeper.store.create, fields.name, [dictionary])
        return deepl_response(render_single(made), request, 201)

    async def all(self, request: Request) -> Response:
        """The oldest first."""
        found = await self._keeper.run(self._keeper.store.all)
        singles = [render_single(one) for one in found if len(one.dictionaries) == 1]
        return deepl_response({"glossaries": singles}, request)

    async def get(self, request: Request) -> Response:
        """One glossary without its terms."""
        return deepl_response(render_single(await self._find(request)), request)

    async def entries(self, request: Request) -> Response:
        """The terms as TSV."""
        info = await self._find(request)
        pair = (info.dictionaries[0].source, info.dictionaries[0].target)
        entries = await self._keeper.run(self._keeper.store.entries, info.id, *pair)
        return Response(format_entries(entries), headers=trace_id(request), media_type=TSV)

    async def delete(self, request: Request) -> Response:
        """204."""
        await self._keeper.run(self._keeper.store.delete, (await self._find(request)).id)
        return Response(status_code=204, headers=trace_id(request))

    async def pairs(self, request: Request) -> Response:
        """The pairs that a glossary may have: all that are translated."""
        pairs = [{"source_lang": one, "target_lang": other} for one, other in self._translator.pairs()]
        return deepl_response({"supported_languages": pairs}, request)

    async def _find(self, request: Request) -> GlossaryInfo:
        info = await self._keeper.run(self._keeper.store.get, request.path_params["glossary_id"])
        if len(info.dictionaries) != 1:
            raise GlossaryNotFound("glossary of one pair of languages")
        return info
