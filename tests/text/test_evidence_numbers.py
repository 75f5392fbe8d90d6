"""Numbers of both sides are compared as values, however they are written."""

from __future__ import annotations

import cn2an
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from text_to_num import text2num

from service.text.evidence import Evidence, Span
from service.text.evidence.numbers import changed_numbers
from service.text.evidence.numbers_en import numbers as english_numbers
from service.text.evidence.numbers_zh import numbers as chinese_numbers
from service.text.evidence.numbers_zh import value_of
from tests.text.evidence_cases import evidence_of, turned

SAME = [
    ("我要三个。", "I want three."),
    ("我要3个。", "I want three."),
    ("共三百二十元。", "320 yuan in all."),
    ("共三百二十元。", "Three hundred and twenty yuan in all."),
    ("一共1,250.50元。", "1250.5 yuan in all."),
    ("人口有三百二十万。", "The population is 3.2 million."),
    ("他有20万元。", "He has 200,000 yuan."),
    ("我买了十二个鸡蛋。", "I bought a dozen eggs."),
    ("我买了半打鸡蛋。", "I bought half a dozen eggs."),
    ("半小时后到。", "It will be there in half an hour."),
    ("半小时后到。", "It will be there in 30 minutes."),
    ("涨了百分之五点一。", "It rose by 5.1%."),
    ("三分之二的人同意。", "Two thirds of the people agree."),
    ("三月五日见。", "See you on March 5th."),
    ("下午三点开会。", "The meeting is at 15:00."),
    ("七点四十五分到。", "It arrives at a quarter to eight."),
    ("二零一六年开业。", "It opened in 2016."),
    ("他生于一九八四年。", "He was born in nineteen eighty-four."),
    ("全场八折。", "Everything is 20% off."),
    ("第三次了。", "This is the third time."),
    ("第21层。", "The twenty-first floor."),
    ("五千米跑步。", "A 5 km run."),
    ("订单有十几件。", "There are twelve things in the order."),
    ("请稍等一下。", "Just a second, please."),
    ("其中一个坏了。", "One of them is broken."),
    ("十分感谢。", "Thank you very much."),
    ("万一下雨呢？", "What if it rains?"),
    ("星期三见。", "See you on Wednesday."),
    ("周三晚上见。", "See you on Wednesday evening."),
    ("我有两三个问题。", "I have a few questions."),
    ("ＡＢ１２号", "Number AB12"),
]
CHANGED = [
    ("我要三个。", "I want four."),
    ("我要3个。", "I want some."),
    ("共三百二十元。", "302 yuan in all."),
    ("他有20万元。", "He has 20,000 yuan."),
    ("二十四小时内回复。", "We reply within twenty hours."),
    ("三月五日见。", "See you on March 6th."),
    ("下午三点开会。", "The meeting is at 16:00."),
    ("请稍等。", "Wait 15 minutes."),
    ("涨了百分之五。", "It rose by 6%."),
    ("第三次了。", "This is the fourth time."),
]


@pytest.mark.parametrize(("chinese", "english"), SAME)
def test_the_same_number_in_another_dress_is_no_change(chinese: str, english: str) -> None:
    """In both directions."""
    evidence = evidence_of(chinese, english)
    assert changed_numbers(evidence) is None
    assert changed_numbers(turned(evidence)) is None


@pytest.mark.parametrize(("chinese", "english"), CHANGED)
def test_another_number_is_a_change(chinese: str, english: str) -> None:
    """In both directions."""
    evidence = evidence_of(chinese, english)
    for one in (evidence, turned(evidence)):
        warning = changed_numbers(one)
        assert warning is not None
        assert warning.type == "number"


def test_a_change_is_shown_on_both_sides() -> None:
    """What was lost in the source, what came in its place in the target."""
    warning = changed_numbers(evidence_of("我要三个，5天后到。", "I want four in 5 days."))
    assert warning is not None
    assert warning.source_spans == (Span(2, 3),)
    assert warning.target_spans == (Span(7, 11),)


def test_protected_spans_get_no_second_look() -> None:
    """They were verified byte for byte."""
    evidence = evidence_of("订单AB12还没到。", "The order has not arrived.")
    assert changed_numbers(evidence) is not None
    assert changed_numbers(replace(evidence, protected_source=(Span(2, 6),))) is None


def test_languages_that_nothing_is_known_of_say_nothing() -> None:
    """Not even about digits: German writes 1.250,50."""
    evidence: Evidence = evidence_of("1250", "7", "zh-de")
    assert changed_numbers(evidence) is None


@given(st.integers(0, 10**11 - 1))
def test_chinese_numerals_mean_what_cn2an_says(number: int) -> None:
    """An independent reference writes the numeral, we read it."""
    numeral: str = cn2an.an2cn(number)
    assert value_of(numeral) == number


@given(st.integers(0, 10**9 - 1))
def test_english_numbers_mean_what_text2num_says(number: int) -> None:
    """We write the number in words, both read it."""
    words = in_words(number)
    (mention,) = english_numbers(f"about {words} of them")
    assert text2num(words, "en") == number
    assert float(number) in mention.values


@pytest.mark.parametrize("text", ["", "没有", "no number", "。", "点", "分之", "第", "百分之"])
def test_text_without_numbers_has_none(text: str) -> None:
    """Nor is it an error."""
    assert [one for one in (*chinese_numbers(text), *english_numbers(text)) if one.is_firm] == []


@pytest.mark.parametrize(
    ("chinese", "english"),
    [
        ("亿" * 200, "million " * 200),
        ("9" * 400, "hundred " * 300),
        ("零分之三", "half"),
        ("亿" * 200 + "点五", "a"),
    ],
)
def test_numbers_without_end_are_no_error(chinese: str, english: str) -> None:
    """Nor is a part of nothing."""
    evidence = evidence_of(chinese, english)
    changed_numbers(evidence)
    changed_numbers(turned(evidence))


@given(st.text("零一二两三四五六七八九十百千万亿半几点分之第月折打0123456789.,: abeflnotwy"))
def test_no_text_is_an_error(text: str) -> None:
    """Whatever stands next to whatever; places lie in the text and in order."""
    for read in (chinese_numbers, english_numbers):
        places = [one.span for one in read(text)]
        assert all(0 <= place.start < place.end <= len(text) for place in places)
        assert places == sorted(places)


_SMALL = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen"
    " seventeen eighteen nineteen"
).split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()


def in_words(number: int) -> str:
    """English words for a number below 10^12."""
    for value, name in ((10**9, "billion"), (10**6, "million"), (1000, "thousand"), (100, "hundred")):
        if number >= value:
            rest = in_words(number % value) if number % value else ""
            joint = " and " if value == 100 and rest else " "
            return f"{in_words(number // value)} {name}{joint if rest else ''}{rest}"
    if number < 20:
        return _SMALL[number]
    return _TENS[number // 10 - 2] + (f"-{_SMALL[number % 10]}" if number % 10 else "")
