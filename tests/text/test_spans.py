"""What is protected without being asked, and what is not: the kinds, one by one."""

from __future__ import annotations

import time

import emoji
import pytest

from service.engine.errors import InvalidOption
from service.engine.tokenizer import copy_symbol
from service.text.spans import Span, count_literal, find_spans, stand_equally_often, veiled

KEPT = {
    "订单ORD-77123已寄出，单号SF1234567890。": ["ORD-77123", "SF1234567890"],
    "Parcel 1Z999AA10123456784, seat 12A, COVID-19, iPhone15": [
        "1Z999AA10123456784", "12A", "COVID-19", "iPhone15",
    ],
    "write to a.b+c@shop.example.com today": ["a.b+c@shop.example.com"],
    "see https://a.example/b?c=d&e=f#g, or www.shop.example.": [
        "https://a.example/b?c=d&e=f#g", "www.shop.example",
    ],
    "请看https://a.example/路径": ["https://a.example/"],
    "见https://a.example/x，VIP请看https://b.example/y（3天）！iPhone15，或https://c.example：A": [
        "https://a.example/x", "https://b.example/y", "iPhone15", "https://c.example",
    ],
    "+86 138 0013 8000 2024-05-06": ["+86 138 0013 8000", "2024-05-06"],
    "请拨（021）5555-1234，于12：30，共１，２９９元": ["（021）5555-1234", "12：30", "１，２９９"],
    "Call +86 138 0000 0000 or 400-820-8820 or (021) 5555-1234": [
        "+86 138 0000 0000", "400-820-8820", "(021) 5555-1234",
    ],
    "$49.99, ¥3,200.50, USD 20, 20 EUR, 5元, 30 dollars": [
        "$49.99", "¥3,200.50", "USD 20", "20 EUR", "5", "30",
    ],
    "on 2024-05-06 at 10:30, or 2024-05-06T10:30:00Z, 下午3:45": [
        "2024-05-06", "10:30", "2024-05-06T10:30:00Z", "3:45",
    ],
    "hi @bob_1, 你好 @张三 请看 #sale and #双十一#": ["@bob_1", "@张三", "#sale", "#双十一#"],
    "{name} {{x}} ${y} %1$s %s %(n)d $(ARG1) [X0X]": [
        "{name}", "{{x}}", "${y}", "%1$s", "%s", "%(n)d", "$(ARG1)", "[X0X]",
    ],
    "run `rm -rf` now": ["`rm -rf`"],
    "a <i class=notranslate>{0}</i> b <b>c</b>": ["<i class=notranslate>{0}</i>", "<b>", "</b>"],
    "订单号１２３４５６，共￥３２０": ["１２３４５６", "￥３２０"],
    "1,299.00 and 320 and 3.5 and 100%": ["1,299.00", "320", "3.5", "100%"],
    f"typed {copy_symbol(3)} myself": [copy_symbol(3)],
}  # fmt: skip

NOT_KEPT = [
    "I have 3 apples and 20 pears.",
    "the 2nd of May, 5pm, in the 90s",
    "a < b and b > a; R&D; 5 % of it",
    "3 million people, 1.5亿人, 12.5万元",
    "What? No! Yes...",
    "【重要】请注意：不要删除。",
]


@pytest.mark.parametrize(("text", "literals"), KEPT.items())
def test_each_kind_is_found_whole(text: str, literals: list[str]) -> None:
    """The literals in their order, each with its place."""
    spans = find_spans(text)
    assert [span.literal for span in spans] == literals
    assert all(text[span.start : span.end] == span.literal for span in spans)


@pytest.mark.parametrize("text", NOT_KEPT)
def test_plain_words_and_small_numbers_go_to_the_model(text: str) -> None:
    """What the other language writes in another way must not be kept."""
    assert find_spans(text) == ()


def test_every_emoji_is_one_span() -> None:
    """Against the list of the package `emoji`, fully qualified ones, skin tones and families included."""
    known = [
        one for one, facts in emoji.EMOJI_DATA.items() if facts["status"] == emoji.STATUS["fully_qualified"]
    ]
    assert len(known) > 3000
    missed = [one for one in known if [span.literal for span in find_spans(f"好{one}的")] != [one]]
    assert missed == []


def test_the_caller_names_what_else_to_keep() -> None:
    """Literals first, the longest first, then RE2 expressions; white space at the ends belongs to none."""
    spans = find_spans(
        "Zhuyi Pro and Zhuyi, ref 77 x", literals=["Zhuyi", "Zhuyi Pro"], patterns=[r"ref \d+ "]
    )
    assert [span.literal for span in spans] == ["Zhuyi Pro", "Zhuyi", "ref 77"]


@pytest.mark.parametrize("pattern", ["(", "", "a" * 501, "(?=lookahead)"])
def test_a_pattern_that_is_none_is_refused_by_its_number(pattern: str) -> None:
    """The field is named, the expression is not repeated."""
    with pytest.raises(InvalidOption, match=r"protect_patterns\[1\] must be an RE2 expression") as raised:
        find_spans("text", patterns=["a", pattern])
    assert pattern == "" or pattern not in str(raised.value)


def test_patterns_that_find_everything_again_and_again_are_refused() -> None:
    """Nobody else is answered meanwhile; the field is named, and the limit."""
    text = "x" * 5000
    assert len(find_spans(text, patterns=[".", "x"])) == 5000
    with pytest.raises(InvalidOption, match=r"protect_patterns\[2\] must be .* at most 11000 places"):
        find_spans(text, patterns=[".", "x", "x", "x"])
    with pytest.raises(InvalidOption, match=r"protect must be .* at most 11000 places"):
        find_spans("中" * 5000, literals=["中" * length for length in range(1, 7)])


def test_fixed_spans_win_over_everything() -> None:
    """Markup knows better than any expression."""
    fixed = Span(2, 12, "a@b.com 77", "<span>")
    assert find_spans("x a@b.com 77123 y", fixed=[fixed])[0] == fixed


def test_a_further_occurrence_of_a_literal_is_a_span_too() -> None:
    """So that the spans of a literal are as many as its whole occurrences."""
    spans = find_spans("5元, then 5 of 15 for 0.5")
    assert [span.start for span in spans if span.literal == "5"] == [0, 9]
    assert count_literal("5", "5元, then 5 of 15 for 0.5") == 2


@pytest.mark.parametrize(
    ("literal", "text", "times"),
    [("A1", "A1 A12 BA1 A1", 2), ("3:30", "3:30pm", 1), ("12", "12.5 and 12. 12,000", 1), ("😀", "😀😀", 2)],
)
def test_only_whole_occurrences_count(literal: str, text: str, times: int) -> None:
    """A longer word or number does not hold a shorter one."""
    assert count_literal(literal, text) == times


def test_a_veil_hides_spans_and_moves_nothing() -> None:
    """Each character of a span becomes one that is no letter, stop or space."""
    text = "see www.a.example. Bye"
    covered = veiled(text, find_spans(text))
    assert len(covered) == len(text)
    assert covered.startswith("see ")
    assert covered.endswith(". Bye")
    assert "." not in covered[4:17]


@pytest.mark.parametrize(
    "piece",
    ["a1-", "1,111", "<i class=notranslate", "+86 138 ", "{", "@a.b-", "#", "1.", "%", "`", "a-", "www."],
)
def test_time_grows_with_the_text_and_no_faster(piece: str) -> None:
    """A hundred thousand characters made to annoy an expression take well under a second."""
    text = piece * (100_000 // len(piece))
    started = time.perf_counter()
    find_spans(text)
    assert time.perf_counter() - started < 2


def test_a_literal_on_one_side_more_is_told_whichever_side_it_is() -> None:
    """What stands in neither does not matter."""
    assert stand_equally_often(["A-1", "B-2", "C-3"], "A-1 then B-2", "B-2, A-1")
    assert not stand_equally_often(["A-1", "B-2"], "A-1 A-1", "A-1")
    assert not stand_equally_often(["A-1", "B-2"], "A-1", "A-1 B-2")
    assert stand_equally_often(["5"], "15", "0.5")
