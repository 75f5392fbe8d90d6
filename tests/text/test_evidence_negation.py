"""A "not" on one side only; what merely looks like one is none."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from service.text.evidence import Span
from service.text.evidence.negation import changed_negation
from tests.text.evidence_cases import evidence_of, turned

SAME = [
    ("我没有收到包裹。", "I have not received the parcel."),
    ("我没有收到包裹。", "I haven't received the parcel."),
    ("我没有收到包裹。", "I haven’t received the parcel."),
    ("我收到了包裹。", "I have received the parcel."),
    ("质量不错。", "The quality is good."),
    ("他不但聪明，而且努力。", "He is clever and also hard-working."),
    ("非常感谢。", "Thank you very much."),
    ("特别好。", "Very good."),
    ("无论如何，我会来。", "I will come anyway."),
    ("没问题。", "Sure."),
    ("没关系。", "It doesn't matter."),
    ("你去不去？", "Are you going?"),
    ("有没有大一号的？", "Do you have a larger one?"),
    ("明天你来吗？", "Are you coming tomorrow?"),
    ("我无法登录。", "I am unable to log in."),
    ("他拒绝了。", "He did not accept."),
    ("记得关灯。", "Don't forget to turn off the light."),
    ("为什么不试试？", "Why don't you try?"),
    ("地址是5号。", "The address is No. 5."),
    ("不好意思，请再说一遍。", "Sorry, please say it again."),
]
CHANGED = [
    ("我没有收到包裹。", "I have received the parcel."),
    ("请不要关机。", "Please turn it off."),
    ("别担心。", "Worry."),
    ("他收到了包裹。", "He never received the parcel."),
    ("这个能退。", "This cannot be returned."),
    ("商品未发货。", "The goods have been shipped."),
    ("非会员可以参加。", "Members can take part."),
    ("不错，但是我没收到。", "Good, and I received it."),
]


@pytest.mark.parametrize(("chinese", "english"), SAME)
def test_what_says_the_same_is_no_change(chinese: str, english: str) -> None:
    """In both directions."""
    evidence = evidence_of(chinese, english)
    assert changed_negation(evidence) is None
    assert changed_negation(turned(evidence)) is None


@pytest.mark.parametrize(("chinese", "english"), CHANGED)
def test_a_not_on_one_side_only_is_a_change(chinese: str, english: str) -> None:
    """In both directions."""
    evidence = evidence_of(chinese, english)
    for one in (evidence, turned(evidence)):
        warning = changed_negation(one)
        assert warning is not None
        assert warning.type == "negation"


def test_the_cue_is_shown_on_the_side_where_it_stands() -> None:
    """Lost from the source, or added to the target."""
    lost = changed_negation(evidence_of("请不要关机。", "Please turn it off."))
    assert lost is not None
    assert (lost.source_spans, lost.target_spans) == ((Span(1, 2),), ())
    added = changed_negation(evidence_of("请关机。", "Please do not turn it off."))
    assert added is not None
    assert (added.source_spans, added.target_spans) == ((), (Span(10, 13),))


def test_a_cue_in_a_protected_span_is_none() -> None:
    """A product may be called "No. 5" or "Never"."""
    evidence = evidence_of("我要买一个。", "I want to buy a Never.")
    assert changed_negation(evidence) is not None
    assert changed_negation(replace(evidence, protected_target=(Span(16, 21),))) is None


def test_languages_that_nothing_is_known_of_say_nothing() -> None:
    """German has its own words."""
    assert changed_negation(evidence_of("请不要关机。", "Bitte ausschalten.", "zh-de")) is None
