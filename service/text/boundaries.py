"""Where a sentence of one line ends: after its stop and the closing quotes and brackets that follow it."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from service.text.abbreviations import BEFORE_NUMBER, MAY_BE_LAST, NEVER_LAST, SENTENCE_STARTERS
from service.text.characters import UNSPACED

_STOPS = re.compile(r"[。！？｡!?…；.‼⁇⁈⁉]+")
_UNSPACED_STOPS: Final = frozenset("。！？｡；")
_CLOSERS: Final = frozenset("”’」』】）》〉»›)]}")
_PLAIN_QUOTES: Final = frozenset("\"'")
_CONTINUES: Final = frozenset("，、,:;：。！？｡!?…；.‼⁇⁈⁉")
_BRACKETED = re.compile(r"（[^（）]{0,80}）|\([^()]{0,80}\)|【[^【】]{0,80}】|\[[^\[\]]{0,80}\]")
_BEGINS_UNSPACED = re.compile(rf"[{UNSPACED}“「『《【（]")
_GLUED_CAPITAL = re.compile(r"[A-Z](?:[a-z'’]| )")
_ADDRESS = re.compile(r"[/@=&]|www\.")
_DOTTED = re.compile(r"(?:[A-Za-z]{1,2}\.)+[A-Za-z]|[A-HJ-Z]")
_LAST_WORD = re.compile(r"[^\s(\[“‘\"'（]*$")
_NEXT_WORD = re.compile(r"\s*[\"'“‘(\[]*([^\s,.!?\"'’”)]*)")
_MAX_WORD: Final = 40


def find_boundaries(line: str) -> Iterator[int]:
    """The offsets in a line at which a new sentence begins, ascending, neither 0 nor the line's length."""
    first = _STOPS.search(line)
    if first is None or first.end() == len(line):
        return  # most lines are one sentence
    bracket_ends = [match.end() for match in _BRACKETED.finditer(line)]
    bracket_starts = [match.start() for match in _BRACKETED.finditer(line)]
    quotes = {quote: _places(line, quote) for quote in _PLAIN_QUOTES}
    start = 0
    for stop in _STOPS.finditer(line, first.start()):
        after = _after_closers(line, stop.end(), quotes)
        nearest = bisect_left(bracket_starts, stop.start()) - 1
        if nearest >= 0 and stop.start() < bracket_ends[nearest]:
            is_whole = after >= bracket_ends[nearest] and not line[start : bracket_starts[nearest]].strip()
            if not is_whole:
                continue  # a stop in a short bracket ends a sentence only where the bracket is all of it
        if after < len(line) and _ends_sentence(line, start, stop, after):
            yield after
            start = after


def _places(line: str, character: str) -> list[int]:
    return [place for place, found in enumerate(line) if found == character] if character in line else []


def _after_closers(line: str, at: int, quotes: Mapping[str, Sequence[int]]) -> int:
    while at < len(line) and (line[at] in _CLOSERS or _closes_plainly(line, at, quotes)):
        at += 1
    return at


def _closes_plainly(line: str, at: int, quotes: Mapping[str, Sequence[int]]) -> bool:
    """True for a straight quote that ends what an earlier one began."""
    if line[at] not in _PLAIN_QUOTES:
        return False
    following = line[at + 1 : at + 2]
    if not following or following.isspace() or following in _CLOSERS:
        return True
    return bisect_left(quotes[line[at]], at) % 2 == 1


def _ends_sentence(line: str, start: int, stop: re.Match[str], after: int) -> bool:
    following = line[after]
    if following in _CONTINUES:
        return False
    if not _UNSPACED_STOPS.isdisjoint(stop.group()):
        return True
    if set(stop.group()) == {"."} and len(stop.group()) == 1:
        return _full_stop_ends(line, start, stop, after)
    if set(stop.group()) <= {".", "…"}:
        return _begins_unspaced(line, after) or (
            following.isspace() and not _next_word(line, after)[:1].islower()
        )
    return _mark_ends(line, stop, after)


def _mark_ends(line: str, stop: re.Match[str], after: int) -> bool:
    """An ASCII question or exclamation mark."""
    if line[after].isspace():
        return not _goes_on_after_quote(line, stop, after)
    if _begins_unspaced(line, after):
        return True
    return _GLUED_CAPITAL.match(line, after) is not None and not _ADDRESS.search(
        _word_before(line, 0, stop.start())
    )


def _goes_on_after_quote(line: str, stop: re.Match[str], after: int) -> bool:
    """True in `"Really?" she asked`."""
    return after > stop.end() and _next_word(line, after)[:1].islower()


def _full_stop_ends(line: str, start: int, stop: re.Match[str], after: int) -> bool:
    if _begins_unspaced(line, after):
        return not line[stop.start() - 1 : stop.start()].isdigit()
    if not line[after].isspace() or _goes_on_after_quote(line, stop, after):
        return False
    word, following = _word_before(line, start, stop.start()), _next_word(line, after)
    if word.isdigit() and len(word) <= 3 and line[start : stop.start()].strip() == word:
        return False  # the number of a list item inside a line
    return not _is_short_form(word, following)


def _is_short_form(word: str, following: str) -> bool:
    """True where the full stop after `word` belongs to the word, judged by the word that follows."""
    if word.lower() in NEVER_LAST:
        return True
    if word.lower() in BEFORE_NUMBER:
        return following[:1].isdigit()
    if word.lower() in MAY_BE_LAST:
        return following[:1].islower() or following.lower() in MAY_BE_LAST
    return _DOTTED.fullmatch(word) is not None and not (
        following[:1].isupper() and following.lower() in SENTENCE_STARTERS
    )


def _begins_unspaced(line: str, at: int) -> bool:
    return _BEGINS_UNSPACED.match(line, at) is not None


def _word_before(line: str, start: int, stop: int) -> str:
    found = _LAST_WORD.search(line[max(start, stop - _MAX_WORD) : stop])
    return found.group() if found else ""


def _next_word(line: str, at: int) -> str:
    found = _NEXT_WORD.match(line, at, at + _MAX_WORD)
    return found.group(1) if found else ""
