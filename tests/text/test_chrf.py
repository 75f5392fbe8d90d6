"""chrF by hand; tests/training compares it with sacreBLEU."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.text.chrf import chrf


@pytest.mark.parametrize(
    ("hypothesis", "reference", "expected"),
    [
        ("", "", 1.0),
        ("", "abc", 0.0),
        ("abc", "xyz", 0.0),
        ("a b", "ab", 1.0),
        ("a", "ab", 5 * 1 * 0.5 / (4 * 1 + 0.5)),  # one order: precision 1, recall 1/2
        ("abc", "abd", (2 / 3 + 1 / 2 + 0) / 3),  # three orders, precision and recall alike
    ],
)
def test_examples(hypothesis: str, reference: str, expected: float) -> None:
    """Worked out by the definition."""
    assert chrf(hypothesis, reference) == pytest.approx(expected)


@given(st.text(max_size=20), st.text(max_size=20))
def test_it_is_a_share_and_whole_for_equals_alone(one: str, other: str) -> None:
    """Of what is left without white space."""
    assert 0 <= chrf(one, other) <= 1
    assert chrf(one, one) == 1
