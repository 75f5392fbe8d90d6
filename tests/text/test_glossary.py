"""Which terms of a glossary stand in a sentence."""

from __future__ import annotations

from service.text.glossary import GlossaryEntry, find_terms
from service.text.spans import find_spans

ENTRIES = [
    GlossaryEntry("refund", "退款"),
    GlossaryEntry("refund policy", "退款政策"),
    GlossaryEntry("退货", "return"),
]


def found_in(sentence: str) -> list[tuple[str, str]]:
    """The stretches found and what must stand for them."""
    terms = find_terms(sentence, ENTRIES, find_spans(sentence))
    return [(sentence[term.start : term.end], term.entry.target) for term in terms]


def test_the_longest_term_wins_and_case_does_not_matter() -> None:
    """A term inside a longer one is not meant."""
    assert found_in("Our Refund Policy: no REFUND.") == [("Refund Policy", "退款政策"), ("REFUND", "退款")]


def test_only_whole_words_are_terms() -> None:
    """In Chinese, which writes no spaces, every occurrence is one."""
    assert found_in("refunded prerefund") == []
    assert found_in("我要退货，退貨。") == [("退货", "return"), ("退貨", "return")]


def test_protected_spans_hold_no_terms() -> None:
    """An address stays as it is."""
    assert found_in("see https://a.example/refund now") == []
