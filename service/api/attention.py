"""`POST /attention-weights`: where the model looked, for its own translation or for a given one."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from service.api.bodies import read_object
from service.api.clients import read_deadline, unless_client_leaves
from service.api.errors import FieldError, InvalidFields
from service.api.operations import (
    Subject,
    carry_out,
    check_texts,
    json_response,
    model_of,
    note_model,
    resolve_languages,
    search_options,
)
from service.api.rendering import render_attention
from service.api.schemas import AttentionRequest, parse_request
from service.api.segments_view import SegmentView
from service.api.services import Services
from service.engine.errors import TooLong
from service.pipeline.fields import FieldNames
from service.pipeline.items import Item
from service.text.heatmap import draw_heat_maps

SVG: Final = "image/svg+xml"
_QUALITY = re.compile(r"0(\.\d{0,3})?|1(\.0{0,3})?", re.ASCII)
MAX_CELLS: Final = 40_000
"""Of one picture: more than the longest sentence needs; drawing takes about 10 microseconds and 1 KB each."""


class AttentionRoute:
    """Attention of one text or of a list of texts, as numbers or as a picture."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def answer(self, request: Request) -> Response:
        """Answers one request; errors become problems elsewhere."""
        return await carry_out(request, self._services.recorder, Subject("attention"), self._answer)

    async def _answer(self, request: Request, subject: Subject) -> Response:
        policy = self._services.policy
        deadline = read_deadline(request.headers, policy)
        fields = await read_object(request, timeout_seconds=policy.body_timeout_seconds)
        wanted = parse_request(AttentionRequest, fields)
        resolve_languages(wanted.source, wanted.target, self._services.translator, subject)
        as_picture = wanted.format == "svg" or _accepts_svg(request.headers)
        self._check(wanted, as_picture=as_picture)
        items = await unless_client_leaves(self._look(wanted, subject, deadline), request)
        note_model(items, self._services.translator, subject)
        return await _picture(items[0]) if as_picture else self._render(wanted, items, subject)

    def _check(self, wanted: AttentionRequest, *, as_picture: bool) -> None:
        names = FieldNames(wanted.is_list)
        check_texts(wanted.texts, names, self._services.policy, with_attention=True)
        given = wanted.translations
        if given is not None:
            _check_shapes(wanted, given)
            check_texts(given, names, self._services.policy, field="translation", with_attention=True)
        if as_picture and len(wanted.texts) != 1:
            raise InvalidFields((FieldError("q", "must be one text for a picture", 1, len(wanted.texts)),))

    async def _look(self, wanted: AttentionRequest, subject: Subject, deadline: float) -> list[Item]:
        items, names = self._services.items, FieldNames(wanted.is_list)
        options = search_options(wanted, self._services.policy, with_attention=True)
        pair = (subject.source, subject.target, options)
        if wanted.translations is None:
            return await items.translate(wanted.texts, *pair, names=names, deadline=deadline)
        return await items.score(wanted.texts, wanted.translations, *pair, names=names, deadline=deadline)

    def _render(self, wanted: AttentionRequest, items: Sequence[Item], subject: Subject) -> Response:
        translator = self._services.translator
        results = [render_attention(item, model_of(item.source, translator, subject)) for item in items]
        return json_response({"results": results} if wanted.is_list else results[0])


def _check_shapes(wanted: AttentionRequest, given: Sequence[str]) -> None:
    """One translation for each text, in the same shape."""
    if isinstance(wanted.translation, list) != wanted.is_list:
        raise InvalidFields((FieldError("translation", "must be a text or a list of texts, as q is"),))
    if len(given) != len(wanted.texts):
        message = "must have as many texts as q"
        raise InvalidFields((FieldError("translation", message, len(wanted.texts), len(given)),))


def _accepts_svg(headers: Mapping[str, str]) -> bool:
    """True where a picture is named, and not as less welcome than JSON."""
    accepted = dict(map(_media_range, headers.get("accept", "").lower().split(",")))
    return accepted.get(SVG, 0.0) > 0 and accepted[SVG] >= accepted.get("application/json", 0.0)


def _media_range(text: str) -> tuple[str, float]:
    """A media type and how welcome it is, from 0 to 1; 0 also where that cannot be read."""
    name, *parameters = (part.strip() for part in text.split(";"))
    quality = next((one[2:] for one in parameters if one.startswith("q=")), "1")
    return name, float(quality) if _QUALITY.fullmatch(quality) else 0.0


async def _picture(item: Item) -> Response:
    """The heat map; no script runs in it, wherever it is shown. Raises TooLong beyond MAX_CELLS."""
    maps = [view.heat_map() for view in SegmentView.all_of(item)]
    num_cells = sum(one.weights.size for one in maps)
    if num_cells > MAX_CELLS:
        raise TooLong("q", MAX_CELLS, num_cells, "cells in its picture")
    svg = await asyncio.to_thread(draw_heat_maps, maps)
    return Response(
        svg,
        media_type=SVG,
        headers={"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"},
    )
