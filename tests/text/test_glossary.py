"""Which terms of a glossary stand in a sentence."""

from __future__ import annotations

import time

from service.text.glossary import Glossary, GlossaryEntry
from service.text.spans import find_spans

ENTRIES = [
    GlossaryEntry("refund", "退款"),
    GlossaryEntry("refund policy", "退款政策"),
    GlossaryEntry("退货", "return"),
]


def found_in(sentence: str) -> list[tuple[str, str]]:
    """The stretches found and what must stand for them."""
    terms = Glossary(ENTRIES).terms(sentence, find_spans(sentence))
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


def test_of_equal_terms_the_first_counts_and_one_character_is_enough() -> None:
    """Also at the end of a sentence."""
    entries = [GlossaryEntry("鞋", "shoe"), GlossaryEntry("鞋", "boot"), GlossaryEntry("X", "ten")]
    terms = Glossary(entries).terms("鞋鞋 x", ())
    assert [(term.start, term.entry.target) for term in terms] == [(0, "shoe"), (1, "shoe"), (3, "ten")]


def test_a_long_glossary_costs_a_sentence_hardly_more_than_a_short_one() -> None:
    """Thirty thousand terms, and a thousand sentences in which none of them stands."""
    glossary = Glossary(GlossaryEntry(f"term number {number}", "项") for number in range(30_000))
    start = time.process_time()
    for _ in range(1000):
        assert glossary.terms("Where is my order of two red shoes?", ()) == ()
    assert time.process_time() - start < 5  # looking for each alone takes minutes
