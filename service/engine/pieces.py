"""Pieces whose places in the text are found only when somebody looks: most callers count them at most."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import overload

from service.engine.tokenizer import Piece


class Pieces(Sequence[Piece]):
    """The pieces of a text by their `ids`; `place` finds them with their places, in the same order."""

    def __init__(self, ids: Sequence[int], place: Callable[[], Sequence[Piece]]) -> None:
        self.ids = tuple(ids)
        self._place = place
        self._placed: tuple[Piece, ...] | None = None

    def __len__(self) -> int:
        return len(self.ids)

    @overload
    def __getitem__(self, index: int) -> Piece: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Piece]: ...
    def __getitem__(self, index: int | slice) -> Piece | Sequence[Piece]:
        if self._placed is None:
            self._placed = tuple(self._place())
            assert len(self._placed) == len(self.ids)
        return self._placed[index]
