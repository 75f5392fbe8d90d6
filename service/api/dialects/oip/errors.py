"""Errors as the Open Inference Protocol has them: `{"error": "…"}`, and 400 for what the caller did wrong."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request

from service.api.dialect import Dialect
from service.api.failures import Failure


def _render(failure: Failure, _: int, __: Request) -> dict[str, str]:
    return {"error": failure.detail}


def _status(failure: Failure) -> int:
    return 400 if failure.kind.status == 422 else failure.kind.status


OIP: Final = Dialect("oip", _render, status_of=_status)
