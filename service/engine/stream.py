"""The partial translations of one sentence on their way to the caller: tokens in, growing text out."""

from __future__ import annotations

from dataclasses import dataclass, field

from service.engine.messages import Done, Progress
from service.engine.text_model import Prepared, TextModel
from service.engine.translation import OnPartial, Partial


@dataclass(slots=True)
class Stream:
    """Tells `on_partial` of sentence number `index` whenever a token more is certain and can be read."""

    model: TextModel
    prepared: Prepared
    index: int
    on_partial: OnPartial
    _tokens: list[int] = field(default_factory=list)
    _attention: bytearray = field(default_factory=bytearray)
    _num_told: int = 0

    def feed(self, progress: Progress) -> None:
        """Takes what is new; raises what `on_partial` raises."""
        self._tokens.extend(progress.tokens)
        has_attention = progress.attention is not None
        self._attention.extend(progress.attention or b"")
        attention = bytes(self._attention) if has_attention else None
        partial = self.model.partial(self.prepared, self._tokens, attention)
        if len(partial.target_tokens) > self._num_told:
            self._num_told = len(partial.target_tokens)
            self.on_partial(self.index, partial)

    def end(self, done: Done) -> None:
        """Tells the whole translation; raises what `on_partial` raises."""
        whole = self.model.translation(self.prepared, done)
        self.on_partial(
            self.index, Partial(whole.text, whole.source_tokens, whole.target_tokens, whole.weights, whole)
        )
