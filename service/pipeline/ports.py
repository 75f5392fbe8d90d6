"""What the way of a text needs from the engine, so that it can be tested without one."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

from service.engine.translation import LoadedModelInfo, OnPartial, Options, Translation


class Translating(Protocol):
    """The part of the translator that requests use; its errors are those of the engine."""

    @property
    def is_ready(self) -> bool: ...

    def pairs(self) -> tuple[tuple[str, str], ...]: ...

    def languages(self) -> tuple[str, ...]: ...

    def models(self) -> tuple[LoadedModelInfo, ...]: ...

    def model_for(self, source: str, target: str) -> LoadedModelInfo: ...

    def served(self) -> tuple[LoadedModelInfo, ...]: ...

    def lease(self) -> AbstractContextManager[Any]: ...

    def insist(self, name: str, version: str) -> None: ...

    def count_source_tokens(self, text: str, source: str, target: str) -> int: ...

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
