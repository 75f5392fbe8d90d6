"""The pieces of the calibration: the fit, how it is judged, the labels, and the damage done on purpose."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.corruptions import SPOILS
from benchmarks.logistic import auroc, fit, reliability
from benchmarks.word_labels import in_common, labels
from service.text.tokens import merge_words
from tests.text.evidence_cases import tokens_of

PAIRS = {
    "en": [
        ("我没收到包裹，请再寄两个。", "I did not get the parcel, please send two more."),
        ("你好，请问火车三点开吗？", "Hello, does the train leave at 3 today?"),
        ("他昨天来过我家，今天走了。", "He came to my house yesterday, and left today."),
    ],
    "zh": [
        ("I did not get the parcel, please send two more.", "我没收到包裹，请再寄两个。"),
        ("Hello, does the train leave at 3 today?", "你好，请问火车三点开吗？"),
        ("He came to my house yesterday, and left today.", "他昨天来过我家，今天走了。"),
    ],
}


def drawn(number: int = 20000) -> tuple[np.ndarray, np.ndarray]:
    """Signs [N, 2] in odd units, and labels drawn by the chances 1 / (1 + exp(-(0.5 + 2a - 0.1b)))."""
    rng = np.random.default_rng(3)
    signs = rng.normal(size=(number, 2)) * (1.0, 10.0) + (0.0, 5.0)
    chances = 1 / (1 + np.exp(-(0.5 + signs @ (2.0, -0.1))))
    return signs, (rng.random(number) < chances).astype(float)


def test_the_fit_finds_what_the_labels_were_drawn_by() -> None:
    """In the signs' own units."""
    intercept, found = fit(*drawn(), (1, -1))
    assert intercept == pytest.approx(0.5, abs=0.1)
    assert found == pytest.approx([2.0, -0.1], abs=0.1)


def test_a_sign_that_points_the_wrong_way_counts_nothing() -> None:
    """It gets 0, and the others stay as they would be without it."""
    signs, wanted = drawn()
    _, found = fit(signs, wanted, (1, 1))
    assert found[1] == 0.0
    assert found[0] == pytest.approx(fit(signs[:, :1], wanted, (1,))[1][0])


def test_chances_that_come_true_have_no_error() -> None:
    """And those that are always twice too high have half a one."""
    chances = np.repeat([0.25, 0.75], 400)
    wanted = np.tile([1.0, 0.0, 0.0, 0.0], 100).tolist() + np.tile([1.0, 1.0, 1.0, 0.0], 100).tolist()
    assert reliability(chances, np.array(wanted)).ece == 0.0
    assert reliability(np.ones(100), np.tile([1.0, 0.0], 50)).ece == 0.5


@given(st.lists(st.tuples(st.integers(0, 5), st.booleans()), min_size=2))
def test_auroc_counts_pairs(items: list[tuple[int, bool]]) -> None:
    """The share of pairs of a true and a false one in which the true one is higher; ties count half."""
    true = [score for score, is_true in items if is_true]
    false = [score for score, is_true in items if not is_true]
    if not true or not false:
        return
    pairs = [(one > other) + (one == other) / 2 for one in true for other in false]
    found = auroc(
        np.array([score for score, _ in items], float), np.array([label for _, label in items], float)
    )
    assert found == pytest.approx(sum(pairs) / len(pairs))


@given(st.text("abc", max_size=8), st.text("abc", max_size=8))
def test_what_is_in_common_is_a_longest_subsequence_of_both(first: str, second: str) -> None:
    """Compared with all subsequences of the first."""
    chosen = "".join(one for one, is_common in zip(first, in_common(first, second), strict=True) if is_common)
    subsequences = {""}
    for character in first:
        subsequences |= {one + character for one in subsequences}
    assert _is_in(chosen, second)
    assert len(chosen) == max(len(one) for one in subsequences if _is_in(one, second))


def _is_in(subsequence: str, text: str) -> bool:
    characters = iter(text)
    return all(character in characters for character in subsequence)


def test_words_are_labelled_by_what_the_person_wrote() -> None:
    """Case aside; signs alone have no label."""
    target = "The cat sat , Twice ."
    words = merge_words(tokens_of(target), target)
    assert labels(words, target, "the dog sat twice") == [True, False, True, None, True, None]


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("warning", SPOILS)
def test_damage_changes_the_translation_and_keeps_the_source(language: str, warning: str) -> None:
    """Some sentence of three can be spoiled in each way, and the clean side is a whole translation."""
    found = SPOILS[warning](PAIRS[language], language, random.Random(1))
    changed = [one for one in found if one.spoiled != one.clean]
    assert changed
    targets = [target for _, target in PAIRS[language]]
    assert all(any(target in one.clean for target in targets) for one in changed)


def test_a_dropped_not_leaves_the_rest() -> None:
    """Word for word."""
    (spoiled,) = SPOILS["negation"](PAIRS["en"][:1], "en", random.Random(1))
    assert spoiled.spoiled == "I did get the parcel, please send two more."
    (spoiled,) = SPOILS["negation"](PAIRS["zh"][:1], "zh", random.Random(1))
    assert spoiled.spoiled == "我收到包裹，请再寄两个。"
