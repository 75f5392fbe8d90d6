"""`POST /attention-weights`: where the model looked, for its own translation or for a given one."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from service.api.attention_request import AttentionRequest
from service.api.bodies import read_object
from service.api.clients import read_deadline, unless_client_leaves
from service.api.errors import FieldError, InvalidFields
from service.api.events import EventStream
from service.api.given import check_given
from service.api.looking import Looking
from service.api.operations import (
    Subject,
    carry_out,
    charge,
    json_response,
    resolve_languages,
)
from service.api.schemas import parse_request
from service.api.segments_view import SegmentView
from service.api.services import Services
from service.engine.errors import TooLong
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
        check_given(wanted, wanted.translations, policy)
        if as_picture and len(wanted.texts) != 1:
            raise InvalidFields((FieldError("q", "must be one text for a picture", 1, len(wanted.texts)),))
        charge(request, wanted.texts)
        looking = Looking(self._services, wanted, subject, deadline)
        if wanted.stream and not as_picture:
            return EventStream(looking.stream)
        answer = await unless_client_leaves(looking.answer(), request)
        if as_picture:
            return await _picture(looking.items[0])
        return json_response(answer)


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
