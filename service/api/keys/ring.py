"""Which line a key belongs to, found in a time that does not depend on how much of it is right."""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from datetime import datetime
from typing import Final

from service.api.errors import KeyInvalid
from service.api.keys.lines import KeyLine
from service.api.keys.secret import digest_of, identity_of

_NOBODY: Final = (KeyLine(id="nobody", sha256="0" * 64, scopes=("translate",)),)
"""Compared with where there is no such client, which takes as long as where there is one."""


class KeyRing:
    """The keys of one reading of the file."""

    def __init__(self, lines: Iterable[KeyLine] = ()) -> None:
        self._of_client: dict[str, tuple[KeyLine, ...]] = {}
        for line in lines:
            self._of_client[line.id] = (*self._of_client.get(line.id, ()), line)

    def find(self, key: str, now: datetime) -> KeyLine:
        """The line of a key that counts now; raises KeyInvalid."""
        identity = identity_of(key)
        if identity is None:
            raise KeyInvalid("malformed")
        digest, found = digest_of(key), None
        for line in self._of_client.get(identity, _NOBODY):
            if hmac.compare_digest(line.sha256, digest):
                found = line
        if found is None:
            raise KeyInvalid("unknown")
        if not found.is_active(now):
            raise KeyInvalid("expired")
        return found
