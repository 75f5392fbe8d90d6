"""Sentences too long for the model: where they are cut."""

from __future__ import annotations

from service.text.clauses import fitting_parts
from service.text.spans import VEIL, find_spans


def parts_of(text: str, limit: int) -> list[str]:
    """The parts of at most `limit` characters, spans kept together."""
    places = list(fitting_parts(text, find_spans(text), lambda start, end: end - start <= limit))
    assert [0, *(end for _, end in places)] == [*(start for start, _ in places), len(text)]
    return [text[start:end] for start, end in places]


def test_what_fits_is_not_cut() -> None:
    """Most sentences are one part."""
    assert parts_of("我想退货，谢谢。", 8) == ["我想退货，谢谢。"]


def test_a_cut_comes_where_a_clause_ends() -> None:
    """Behind a comma rather than in the middle, and no smaller than needed."""
    assert parts_of("我上周买的鞋子太小了，想换一双大的，请问怎么办理呢", 13) == [
        "我上周买的鞋子太小了，", "想换一双大的，", "请问怎么办理呢",
    ]  # fmt: skip
    assert parts_of("the shoes are too small, so please send me others", 30) == [
        "the shoes are too small,", " so please send me others",
    ]  # fmt: skip


def test_a_number_is_not_cut_at_its_comma() -> None:
    """A comma between digits ends no clause."""
    assert parts_of("it costs 1,299,000 won in that shop of ours", 30)[0] == "it costs 1,299,000 won "


def test_a_protected_span_is_never_cut() -> None:
    """Not even where it is longer than the limit by itself."""
    address = "https://a.example/" + "b/" * 20 + "c"
    assert address in parts_of(f"看{address}吧", 10)


def test_without_any_border_the_middle_is_taken() -> None:
    """Nothing is lost even from a wall of letters."""
    assert parts_of("a" * 100, 30) == ["a" * 25] * 4


def test_a_cut_may_come_between_two_spans_that_touch() -> None:
    """Each is kept whole, and no more than that."""
    assert parts_of("😀😁😂😃", 1) == ["😀", "😁", "😂", "😃"]


def test_a_character_for_private_use_is_cut_as_any_other() -> None:
    """The sign that stands for protected characters protects nothing where the text has it itself."""
    assert parts_of(VEIL * 8, 2) == [VEIL * 2] * 4
