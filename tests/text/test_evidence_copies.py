"""Source words that stand untranslated in the target; names and codes may."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from service.text.evidence import Span
from service.text.evidence.copies import untranslated
from tests.text.evidence_cases import evidence_of


@pytest.mark.parametrize(
    ("source", "target", "languages", "copied"),
    [
        ("我要投诉快递员。", "I want to 投诉 the courier.", "zh-en", "投诉"),
        ("我要投诉快递员。", "我要投诉快递员。", "zh-en", "我要投诉快递员"),
        ("Please block my card now.", "请block my card now。", "en-zh", "block my card now"),
        (
            "Bitte sperren Sie meine Karte sofort.",
            "Bitte sperren Sie meine Karte.",
            "de-en",
            "Bitte sperren Sie meine Karte",
        ),
    ],
)
def test_a_copied_run_is_shown(source: str, target: str, languages: str, copied: str) -> None:
    """Whole, as it stands in the target."""
    warning = untranslated(evidence_of(source, target, languages))
    assert warning is not None
    assert [target[start:end] for start, end in warning.target_spans] == [copied]


@pytest.mark.parametrize(
    ("source", "target", "languages"),
    [
        ("我要投诉快递员。", "I want to complain.", "zh-en"),
        ("I use New World Beijing Hotel wifi.", "我用New World Beijing Hotel的wifi。", "en-zh"),
        ("The app is on my iPhone.", "app在我的iPhone上。", "en-zh"),
        ("我用微信。", "I use 支付宝.", "zh-en"),  # not in the source: no copy
        ("Ich wohne in Frankfurt am Main.", "I live in Frankfurt am Main.", "de-en"),
        ("", "", "zh-en"),
    ],
)
def test_names_and_loan_words_are_no_copies(source: str, target: str, languages: str) -> None:
    """Nor is what the source does not say."""
    assert untranslated(evidence_of(source, target, languages)) is None


def test_a_protected_span_may_be_copied() -> None:
    """It is meant to be."""
    evidence = evidence_of("请输入确认。", "Please enter 确认.")
    assert untranslated(evidence) is not None
    assert untranslated(replace(evidence, protected_target=(Span(13, 15),))) is None
