"""What makes a wire format that of another service when a request fails: its error body, its statuses."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from service.api.failures import Failure
from service.api.keys.places import EVERYWHERE, KeyPlaces

DialectName = Literal["native", "libretranslate", "deepl", "google", "azure", "opennmt", "oip"]


def _own_status(failure: Failure) -> int:
    return failure.kind.status


def _no_headers(_: Request) -> Mapping[str, str]:
    return {}


@dataclass(frozen=True, slots=True)
class Dialect:
    """How the clients of one service are told of an error.

    `render` makes the body from the failure, the status and the request; `status_of` is for services that
    have another status than the one table (`kinds.py`); `headers` are added to every error. `key_places` are
    where the clients put their keys.
    """

    name: DialectName
    render: Callable[[Failure, int, Request], Any]
    media_type: str = "application/json"
    status_of: Callable[[Failure], int] = _own_status
    headers: Callable[[Request], Mapping[str, str]] = _no_headers
    key_places: KeyPlaces = EVERYWHERE

    def answer(self, error: Exception, request: Request) -> Response:
        """The response to a request that ended in `error`."""
        failure = Failure.of(error)
        body = msgspec.json.encode(self.body(failure, request))
        headers = {**failure.headers, **self.headers(request)}
        return Response(body, self.status_of(failure), headers, self.media_type)

    def body(self, failure: Failure, request: Request) -> Any:
        """What the client is told, as a plain object."""
        return self.render(failure, self.status_of(failure), request)
