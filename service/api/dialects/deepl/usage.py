"""`/v2/usage` and `/v2/languages`: how much was translated, and what can be."""

from __future__ import annotations

from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from service.api.bodies import read_fields
from service.api.dialects.deepl.errors import deepl_response
from service.api.dialects.deepl.requests import PLAIN_TYPES, LanguagesFields
from service.api.keys.gate import Caller
from service.api.schemas import parse_request
from service.api.services import Services
from service.text.languages import language_name

CHARACTER_LIMIT: Final = 1_000_000_000_000
"""What DeepL tells of accounts without a limit."""

_VARIANTS: Final = {
    "en": {"EN-GB": "English (British)", "EN-US": "English (American)"},
    "pt": {"PT-BR": "Portuguese (Brazilian)", "PT-PT": "Portuguese (European)"},
    "zh": {"ZH": "Chinese (simplified)", "ZH-HANS": "Chinese (simplified)"},
}
"""Targets that DeepL's clients know by their regions only; the model behind is the same."""


class CharacterCount:
    """Characters (code points) of the texts that were answered, since the start of this process."""

    def __init__(self) -> None:
        self.total = 0

    def add(self, num_characters: int) -> None:
        """Called once for each request that was answered."""
        self.total += num_characters


class UsageRoutes:
    """What DeepL's clients ask for before they translate."""

    def __init__(self, services: Services, count: CharacterCount) -> None:
        self._services = services
        self._count = count

    async def usage(self, request: Request) -> Response:
        """Of a key's client this month; without keys of all callers, and nothing ever reaches the limit."""
        return deepl_response(self._usage(request.scope["state"].get("caller")), request)

    def _usage(self, caller: Caller | None) -> dict[str, int]:
        if caller is None:
            return {"character_count": self._count.total, "character_limit": CHARACTER_LIMIT}
        account = caller.account
        limit = account.allowance.characters_per_month or CHARACTER_LIMIT
        return {"character_count": account.characters_this_month(), "character_limit": limit}

    async def languages(self, request: Request) -> Response:
        """The Python client sends `type` as the body of its GET."""
        timeout_seconds = self._services.policy.body_timeout_seconds
        fields = await read_fields(request, PLAIN_TYPES, timeout_seconds=timeout_seconds)
        side = parse_request(LanguagesFields, fields).type
        pairs = self._services.translator.pairs()
        if side == "source":
            return deepl_response(
                [_language(code) for code in sorted({source for source, _ in pairs})], request
            )
        targets = sorted({target for _, target in pairs})
        return deepl_response([one for target in targets for one in _variants(target)], request)


def _language(code: str) -> dict[str, Any]:
    return {"language": code.upper(), "name": language_name(code)}


def _variants(code: str) -> list[dict[str, Any]]:
    variants = _VARIANTS.get(code, {code.upper(): language_name(code)})
    return [{"language": one, "name": name, "supports_formality": False} for one, name in variants.items()]
