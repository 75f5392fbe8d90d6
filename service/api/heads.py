"""The head of a request as the server gives it: names in lower case, all bytes."""

from __future__ import annotations

from starlette.types import Scope


def first_header(scope: Scope, name: bytes, default: bytes = b"") -> bytes:
    """The first value of a header; the default where there is none."""
    for found, value in scope["headers"]:
        if found == name:
            return bytes(value)
    return default
