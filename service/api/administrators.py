"""Who may change what serves: whoever has the key in a file, which is kept as its SHA-256 alone."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from starlette.requests import Request

from service.pipeline.model_versions import ModelVersions

_SCHEME: Final = "Bearer "
_MIN_CHARACTERS: Final = 16


@dataclass(frozen=True, slots=True)
class Administration:
    """What administrators can do, and how they are told from others."""

    versions: ModelVersions
    is_administrator: Callable[[Request], bool]


class AdministratorKey:
    """Compares keys in a time that tells nothing of them."""

    def __init__(self, key: str) -> None:
        self._digest = _digest(key)

    @classmethod
    def read(cls, path: Path) -> AdministratorKey:
        """The key in a file, without the white space around it; raises OSError where there is no good one."""
        key = path.read_text(encoding="utf-8").strip()
        if len(key) < _MIN_CHARACTERS:
            raise OSError(f"the key in {path} has fewer than {_MIN_CHARACTERS} characters")
        return cls(key)

    def is_in(self, request: Request) -> bool:
        """True where the request has it as its bearer token (RFC 6750, section 2.1)."""
        given = request.headers.get("Authorization", "")
        if not given.startswith(_SCHEME):
            return False
        return hmac.compare_digest(_digest(given[len(_SCHEME) :].strip()), self._digest)


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).digest()
