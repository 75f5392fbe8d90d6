"""Texts are single sentences, and each scenario sends what it says."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import msgspec
import pytest

from benchmarks.scenarios import SCENARIOS
from benchmarks.texts import OWN_SENTENCES, read_texts
from benchmarks.wire import LIBRETRANSLATE, LISTS

TEXTS = read_texts()


def test_every_one_of_our_sentences_is_used() -> None:
    """None is double, and none is split by the service."""
    lines = OWN_SENTENCES.read_text(encoding="utf-8").splitlines()
    assert sorted(TEXTS) == sorted(lines)
    assert len(TEXTS) >= 250


def test_the_order_depends_on_the_seed_alone() -> None:
    """So all servers of a round get the same texts."""
    assert read_texts(seed=3) == read_texts(seed=3) != read_texts(seed=4)


def test_a_test_set_gives_its_second_column(tmp_path: Path) -> None:
    """Rows of two sentences and repeated ones are left out."""
    file = tmp_path / "test.tsv"
    file.write_text("Hi.\t你好。\tx\nHi.\t你好。\ty\nTwo.\t你好。再见。\nBye.\t再见。\n", encoding="utf-8")
    assert sorted(read_texts(file)) == ["你好。", "再见。"]


def test_realistic_lengths_are_mixed() -> None:
    """Short ones prevail, long ones occur."""
    lengths = sorted(len(question.texts[0]) for question in islice(SCENARIOS["realistic"](TEXTS), len(TEXTS)))
    assert lengths[len(lengths) // 2] <= 12
    assert 40 <= lengths[-1] <= 80


def test_one_long_text_comes_among_fifteen_short_ones() -> None:
    """And each is labelled."""
    found = list(islice(SCENARIOS["one-long"](TEXTS), 32))
    assert [question.label for question in found].count("long") == 2
    shortest_long = min(len(one.texts[0]) for one in found if one.label == "long")
    assert shortest_long > 5 * max(len(one.texts[0]) for one in found if one.label == "short")


def test_arrays_are_asked_for_as_arrays() -> None:
    """32 texts, and they do not begin anew with every request."""
    first, second = islice(SCENARIOS["arrays"](TEXTS), 2)
    assert len(first.texts) == len(second.texts) == 32
    assert first.texts != second.texts
    assert first.is_array


@pytest.mark.parametrize(
    ("is_array", "sent"), [(False, "你好。"), (True, ["你好。"])], ids=["a text", "an array"]
)
def test_a_message_is_a_whole_request(is_array: bool, sent: object) -> None:
    """Its length is that of its body in bytes."""
    head, _, body = LIBRETRANSLATE.message(["你好。"], port=8000, is_array=is_array).partition(b"\r\n\r\n")
    assert b"Content-Length: %d" % len(body) in head
    assert msgspec.json.decode(body) == {"q": sent, "source": "zh", "target": "en", "beam_size": 1}


def test_answers_are_lists_however_they_come() -> None:
    """And what is no answer is a ValueError."""
    assert LIBRETRANSLATE.read(b'{"translatedText":"Hi"}') == ["Hi"]
    assert LIBRETRANSLATE.read(b'{"translatedText":["a","b"]}') == ["a", "b"]
    assert LISTS.read(b'["Hi"]') == ["Hi"]
    with pytest.raises(ValueError, match="missing"):
        LIBRETRANSLATE.read(b"{}")
