"""Text finds what is said again, attention judges whether the source says it twice as well."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from service.text.evidence import Evidence, Span, assess
from service.text.evidence.repetition import repetition
from tests.text.evidence_cases import evidence_of, tokens_of


def looking(source: str, target: str, places: list[int], languages: str = "zh-en") -> Evidence:
    """Evidence whose target token number n looks at the source token `places[n]` and nowhere else."""
    weights = np.zeros((len(tokens_of(target)), len(tokens_of(source))), np.float32)
    weights[np.arange(len(places)), places] = 1.0
    return evidence_of(source, target, languages, weights=weights)


def test_a_loop_that_looks_at_the_same_places_is_a_repetition() -> None:
    """The second round is shown."""
    target = "I want to I want to go"
    warning = repetition(looking("我想去", target, [0, 1, 1, 0, 1, 1, 2]))
    assert warning is not None
    assert (warning.type, warning.severity) == ("repetition", "warning")
    assert [target[start:end] for start, end in warning.target_spans] == ["I want to"]


def test_what_the_source_says_twice_may_be_said_twice() -> None:
    """The same words, but attention moves on: the control of the test above."""
    assert repetition(looking("我想去我想去走", "I want to I want to go", [0, 1, 2, 3, 4, 5, 6])) is None


def test_said_again_far_away_counts_as_well() -> None:
    """As long as it looks back at the same place."""
    target = "one two three and then one two three"
    assert repetition(looking("甲乙丙丁", target, [0, 1, 2, 3, 3, 0, 1, 2])) is not None
    assert repetition(looking("甲乙丙丁甲乙丙", target, [0, 1, 2, 3, 3, 4, 5, 6])) is None


@pytest.mark.parametrize(
    ("source", "target", "languages"),
    [
        ("bye", "再见再见", "en-zh"),  # two characters twice in a row are ordinary Chinese
        ("再见", "bye bye", "zh-en"),
        ("他很高", "He is very tall", "zh-en"),
        ("think", "考虑考虑", "en-zh"),
        ("", "", "zh-en"),
    ],
)
def test_ordinary_doubling_is_language(source: str, target: str, languages: str) -> None:
    """Even where attention stays in one place."""
    assert repetition(looking(source, target, [0] * len(tokens_of(target)), languages)) is None


@pytest.mark.parametrize(
    ("source", "target", "languages"),
    [
        ("猫", "as as as", "zh-en"),
        ("猫", "the cat the cat", "zh-en"),
        ("cat", "这只猫这只猫", "en-zh"),
        ("bye", "再见再见再见", "en-zh"),
    ],
)
def test_short_loops_count_when_they_go_round(source: str, target: str, languages: str) -> None:
    """One word three times, two words twice, a character more in Chinese."""
    assert repetition(looking(source, target, [0] * len(tokens_of(target)), languages)) is not None


def test_a_sentence_that_was_stopped_for_it_is_warned_of_in_any_case() -> None:
    """The engine saw what the text may not show."""
    warning = repetition(evidence_of("猫", "cat", finish_reason="repetition", eos_logprob=None))
    assert warning is not None
    assert warning.severity == "error"


def test_a_protected_span_may_come_again() -> None:
    """How often it must stand there is verified elsewhere."""
    evidence = looking("甲", "a b c a b c", [0] * 6)
    assert repetition(evidence) is not None
    assert repetition(replace(evidence, protected_target=(Span(6, 11),))) is None


def test_a_cut_sentence_is_said_to_be_truncated() -> None:
    """With or without a calibration; one that ended is not."""
    cut = assess(evidence_of("猫", "cat", finish_reason="length", eos_logprob=None), None)
    assert [one.type for one in cut.warnings] == ["truncated"]
    assert assess(evidence_of("猫", "cat"), None).warnings == ()


@pytest.mark.parametrize(
    "target",
    [
        "don't go, don't go, don't go",
        "as, as — as!",
        "I want to (I want to) go",
        "snake_case snake_case snake_case",
        "café au lait café au lait",
        "It's 'all right' all right",
    ],
)
def test_signs_between_the_words_hide_nothing(target: str) -> None:
    """Neither apostrophes nor letters beyond ASCII do."""
    places = [0] * len(tokens_of(target))
    assert repetition(looking("走", target, places)) is not None


@given(st.lists(st.sampled_from(["a", "b", "it's", "it", "s", "a_b", "é", ",", "-", "'", "''"]), max_size=9))
def test_looking_for_words_first_changes_nothing(parts: list[str]) -> None:
    """A letter beyond ASCII at the end makes the search a whole one; it has no other effect."""
    target = " ".join(parts)
    quick, whole = target, f"{target} ß"
    found = [repetition(looking("走", one, [0] * len(tokens_of(one)))) for one in (quick, whole)]
    assert found[0] == found[1]
