"""Sentences: where a text is split, and that nothing between the sentences is lost."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.text.segments import adapt_gap, split_sentences

TROUBLESOME = st.sampled_from(
    [
        *"。！？；…”“‘’\"'（）().,!?\n\t\r\u3000\u00a0\u2028\x85-1aB你好😀\u0301\u200d[]《》",
        "Mr.",
        "e.g.",
        "...",
        "\r\n",
    ]
)
TEXTS = st.one_of(st.text(max_size=80), st.lists(TROUBLESOME, max_size=40).map("".join))


def sentences(text: str) -> list[str]:
    """The sentences of a text."""
    return [segment.text for segment in split_sentences(text).segments]


@given(TEXTS)
def test_joining_the_sentences_gives_the_text_back(text: str) -> None:
    """Nothing between the sentences is lost, whatever the text."""
    segmented = split_sentences(text)
    joined = segmented.join([segment.text for segment in segmented.segments], source="en", target="en")
    assert joined.text == text
    assert joined.starts == tuple(segment.start for segment in segmented.segments)


@given(TEXTS)
def test_spans_are_code_points_of_the_whole_text(text: str) -> None:
    """A span cuts exactly the segment's text out of the whole, in order, without overlap."""
    position = 0
    for segment in split_sentences(text).segments:
        assert text[segment.start : segment.end] == segment.text == segment.text.strip() != ""
        assert segment.start >= position
        position = segment.end


@given(TEXTS)
def test_only_white_space_and_list_markers_lie_between_sentences(text: str) -> None:
    """Every letter outside a list marker belongs to some sentence."""
    segmented = split_sentences(text)
    kept = sum(map(str.isalpha, "".join(segment.text for segment in segmented.segments)))
    markers = sum(1 for line in text.splitlines() if line.strip())
    assert sum(map(str.isalpha, text)) - kept <= markers


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("你好！我是小王。请问？", ["你好！", "我是小王。", "请问？"]),
        ("好的……再见；走吧", ["好的……", "再见；", "走吧"]),
        ("“你好！”他说。", ["“你好！”", "他说。"]),
        ("他说：“你好！”，然后走了。", ["他说：“你好！”，然后走了。"]),
        ("（请不要。谢谢。）下一句。", ["（请不要。谢谢。）", "下一句。"]),
        ("他（？）来了。", ["他（？）来了。"]),
        ("真的？！好。", ["真的？！", "好。"]),
        ("好吗?是的", ["好吗?", "是的"]),
        ("价格是3.5元。第1.2节", ["价格是3.5元。", "第1.2节"]),
    ],
)
def test_chinese_stops_end_a_sentence_with_what_closes_it(text: str, expected: list[str]) -> None:
    """Closing quotes and brackets stay with the sentence that they close."""
    assert sentences(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Mr. Smith paid $3.50 at 5 p.m. yesterday.", ["Mr. Smith paid $3.50 at 5 p.m. yesterday."]),
        ("Version 1.2.3 is out. See e.g. example.com.", ["Version 1.2.3 is out.", "See e.g. example.com."]),
        ("J. K. Rowling of the U.S. Army. It is big.", ["J. K. Rowling of the U.S. Army.", "It is big."]),
        ("I live in the U.S. It is big.", ["I live in the U.S.", "It is big."]),
        ('"Really?" she asked. "Yes."', ['"Really?" she asked.', '"Yes."']),
        ("hi! how are you? my order is late. help", ["hi!", "how are you?", "my order is late.", "help"]),
        ("Hello!How are you?I am fine.", ["Hello!", "How are you?", "I am fine."]),
        ("Ok... fine. Wait... What?", ["Ok... fine.", "Wait...", "What?"]),
        ("Order no. 5 is late. No. I mean it.", ["Order no. 5 is late.", "No.", "I mean it."]),
        (
            "Acme Co. Ltd. is here, St. Louis, Inc. and so on.",
            ["Acme Co. Ltd. is here, St. Louis, Inc. and so on."],
        ),
    ],
)
def test_european_stops_know_abbreviations_and_decimals(text: str, expected: list[str]) -> None:
    """A full stop inside a number, an address, a title or a short form ends nothing."""
    assert sentences(text) == expected


def test_list_markers_and_blank_lines_stay_outside() -> None:
    """Layout is not translated: it lies between the sentences."""
    segmented = split_sentences("To do:\n\n  - one. Two\n  2) three\n\n")
    assert [segment.text for segment in segmented.segments] == ["To do:", "one.", "Two", "three"]
    joined = segmented.join(["甲：", "乙。", "丙", "丁"], source="en", target="zh")
    assert joined.text == "甲：\n\n  - 乙。丙\n  2) 丁\n\n"
    assert [joined.text[start] for start in joined.starts] == ["甲", "乙", "丙", "丁"]


@pytest.mark.parametrize(
    ("gap", "source", "target", "expected"),
    [
        ("", "zh", "en", " "),
        ("\u3000", "zh", "en", " "),
        ("\n", "zh", "en", "\n"),
        (" ", "en", "zh", ""),
        ("  ", "en", "zh", "  "),
        ("\n\n", "en", "zh", "\n\n"),
        (" ", "en", "de", " "),
        ("", "zh", "ja", ""),
    ],
)
def test_gaps_follow_the_target_language(gap: str, source: str, target: str, expected: str) -> None:
    """Chinese writes no space between sentences, English one; line breaks and wider gaps are layout."""
    assert adapt_gap(gap, source=source, target=target) == expected


def test_joining_needs_one_replacement_for_each_sentence() -> None:
    """A lost sentence is an error, never a shorter text."""
    with pytest.raises(ValueError, match="zip"):
        split_sentences("Ok. No.").join(["Ok."], source="en", target="en")


@pytest.mark.parametrize(
    "unit", ["a. ", "你好。", '"?', "(a. ", "“a. ", ".)", "【[（(", "Hello! 你好。(b. c) "]
)
@pytest.mark.timeout(5)
def test_time_grows_with_the_length_of_the_text_alone(unit: str) -> None:
    """Twenty thousand repetitions take a moment: nothing is looked through twice for each stop."""
    assert split_sentences(unit * 20_000).text
