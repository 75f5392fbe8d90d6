"""What the HTTP side needs from the rest of the service, so that it can be tested without an engine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from service.engine.translation import LoadedModelInfo, OnPartial, Options, Translation


class Translating(Protocol):
    """The part of the translator that requests use; its errors are those of the engine."""

    @property
    def is_ready(self) -> bool: ...

    def pairs(self) -> tuple[tuple[str, str], ...]: ...

    def languages(self) -> tuple[str, ...]: ...

    def models(self) -> tuple[LoadedModelInfo, ...]: ...

    def model_for(self, source: str, target: str) -> LoadedModelInfo: ...

    async def translate(
        self,
        sentences: Sequence[str],
        source: str,
        target: str,
        options: Options | None = None,
        *,
        deadline: float | None = None,
        required: Sequence[Sequence[str]] = (),
        on_partial: OnPartial | None = None,
    ) -> list[Translation]: ...

    async def force(
        self,
        pairs_of_sentences: Sequence[tuple[str, str]],
        source: str,
        target: str,
        options: Options | None = None,
        *,
        deadline: float | None = None,
    ) -> list[Translation]: ...


class Recording(Protocol):
    """Who hears of what happened; `seconds` are durations, names are those of routes and served languages."""

    def http_started(self, route: str) -> None: ...

    def http_finished(
        self, *, method: str, route: str, status: int, seconds: float, num_bytes_in: int, num_bytes_out: int
    ) -> None: ...

    def request_finished(
        self,
        *,
        operation: str,
        model: str,
        version: str,
        source: str,
        target: str,
        outcome: str,
        seconds: float,
    ) -> None: ...

    def sentence_finished(self, translation: Translation) -> None: ...
