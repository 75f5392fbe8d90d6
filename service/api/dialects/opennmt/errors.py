"""Errors as OpenNMT's server has them: status 200 and `{"error": "…", "status": "error"}`.

Its clients look for `status` in the body. What cannot be read as a request at all, keys, their limits, and
failures of ours keep their statuses; Retry-After comes with an overload all the same.
"""

from __future__ import annotations

from typing import Final

from starlette.requests import Request

from service.api.dialect import Dialect
from service.api.failures import Failure

_KEPT: Final = frozenset({400, 401, 403, 405, 408, 413, 415, 429, 431, 499, 500})


def _render(failure: Failure, _: int, __: Request) -> dict[str, str]:
    return {"error": failure.detail, "status": "error"}


def _status(failure: Failure) -> int:
    return failure.kind.status if failure.kind.status in _KEPT else 200


OPENNMT: Final = Dialect("opennmt", _render, status_of=_status)
