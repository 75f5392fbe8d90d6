"""A sentence as the model sees it: copy symbols in place of protected spans, one for each distinct span."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from msgspec import Struct

from service.engine.tokenizer import NUM_COPY_SYMBOLS, copy_symbol
from service.text.characters import has_letters
from service.text.rewriting import Edit, Rewriting
from service.text.scripts import simplified
from service.text.spans import Span

_SPACES = re.compile(r"[\t\n\r\v\f\x1c-\x1f\x85\u2028\u2029]")
MAX_DISTINCT_SPANS = NUM_COPY_SYMBOLS


class MaskedSentence(Struct, frozen=True):
    """A sentence, its protected `spans` (places in the sentence), and the text for the model.

    `symbols` has the copy symbol of each span; spans of one key share theirs. `rewriting` leads from the
    sentence to `text`, which is as long but for the symbols. The `literals` are those of all the prose
    around it: none of them may stand in the translation more or less often than in the sentence.
    """

    sentence: str
    spans: tuple[Span, ...]
    symbols: tuple[str, ...]
    rewriting: Rewriting
    text: str
    literals: frozenset[str] = frozenset()

    @property
    def is_translatable(self) -> bool:
        """False where nothing but protected spans, digits and signs is there: it stays as it is."""
        return has_letters(self.rewriting.new)  # a copy symbol is no letter


def mask(
    sentence: str,
    spans: Sequence[Span],
    *,
    language: str,
    numbers: Mapping[str, int] | None = None,
    literals: frozenset[str] = frozenset(),
) -> MaskedSentence:
    """The sentence with its spans masked; at most MAX_DISTINCT_SPANS keys may be among them.

    `numbers` of the copy symbols by key; else they are numbered as they come. White space of every
    kind becomes a space, and Traditional Chinese Simplified, place for place.
    """
    symbols = _symbols(spans, numbers) if spans else ()
    edits = [Edit(span.start, span.end, symbol) for span, symbol in zip(spans, symbols, strict=True)]
    rewriting = Rewriting(sentence, edits)
    text = _SPACES.sub(" ", rewriting.new)
    text = simplified(text) if language == "zh" else text
    literals = literals.union(span.literal for span in spans) if spans else literals
    return MaskedSentence(sentence, tuple(spans), symbols, rewriting, text, literals)


def _symbols(spans: Sequence[Span], numbers: Mapping[str, int] | None) -> tuple[str, ...]:
    if numbers is None:
        numbers = {key: number for number, key in enumerate(dict.fromkeys(one.key for one in spans))}
    return tuple(copy_symbol(numbers[span.key]) for span in spans)
