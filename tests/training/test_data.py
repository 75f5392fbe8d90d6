"""From rows to batches: cleaning, masking, links, and what a batch looks like."""

from __future__ import annotations

import random

import numpy as np
import pytest

from service.engine.tokenizer import BOS, EOS, NUM_COPY_SYMBOLS, PAD, Tokenizer, copy_symbol
from training.align import align, grow_diag_final_and
from training.batches import make_batch
from training.corpus import Row, clean, detokenized, hashed_share
from training.masking import mask, placeholders_agree
from training.prepare import train_tokenizer

SYMBOLS = {copy_symbol(index) for index in range(NUM_COPY_SYMBOLS)}


def masked(first: str, second: str) -> tuple[str, str]:
    """Both sides with every shared span masked."""
    return mask(first, second, rng=random.Random(0), share_of_spans=1.0)


@pytest.mark.parametrize(
    "span",
    [
        "{name}",
        "%s",
        "%1$s",
        "{{x}}",
        "$(ARG1)",
        "$1",
        "AB1234",
        "a@b.com",
        "https://x.cn/y?z=1",
        "20:10",
        "#77",
        "1,250.00",
    ],
)
def test_a_shared_span_becomes_the_same_symbol_on_both_sides(span: str) -> None:
    """Placeholders, codes, addresses and numbers are replaced by one copy symbol, the same on both sides."""
    first, second = masked(f"your {span} is here", f"您的{span}到了")
    assert span not in first + second
    assert (set(first) & SYMBOLS) == (set(second) & SYMBOLS) != set()


def test_a_span_on_one_side_only_stays() -> None:
    """What does not stand on both sides is left alone."""
    assert masked("order 12345", "订单") == ("order 12345", "订单")


def test_two_spans_get_two_symbols_in_their_places() -> None:
    """Different spans keep apart, also where their order differs."""
    first, second = masked("from AB12 to CD34", "到CD34，从AB12")
    in_first, in_second = ([c for c in text if c in SYMBOLS] for text in (first, second))
    assert in_first == in_second[::-1]
    assert len(set(in_first)) == 2


def test_pairs_with_different_placeholders_are_dropped() -> None:
    """A pair that loses a placeholder is a wrong translation."""
    assert placeholders_agree("Hi {name}", "你好{name}")
    assert clean(Row("Hi {name}", "你好", "chat-app-ui")) is None


def test_cleaning_mends_what_tools_left_behind() -> None:
    """Full-width digits, spaces before punctuation and accelerators go."""
    assert clean(Row("I do n't know .", "我不知道１２。", "convlab2-woz-googlemt")) == Row(
        "I don't know.", "我不知道12。", "convlab2-woz-googlemt"
    )
    assert clean(Row("&Open", "打开(&O)", "chromium-ui")) == Row("Open", "打开", "chromium-ui")
    assert detokenized("Is it ? ( yes )") == "Is it? (yes)"


def test_division_by_hash_never_moves() -> None:
    """The share depends on text and salt alone, and is spread evenly."""
    shares = [hashed_share(str(number), "dev") for number in range(2000)]
    assert shares == [hashed_share(str(number), "dev") for number in range(2000)]
    assert 0.45 < sum(shares) / len(shares) < 0.55


def test_links_grow_from_the_intersection_into_the_union() -> None:
    """A union link beside an agreed one is taken where it covers a free word, and only there."""
    forward, backward = {(0, 0), (1, 1)}, {(0, 0), (1, 1), (1, 2), (0, 1)}
    assert grow_diag_final_and(forward, backward) == {(0, 0), (1, 1), (1, 2)}


def test_the_statistical_aligner_finds_a_dictionary() -> None:
    """Word-for-word sentences in reversed order are linked word for word."""
    pytest.importorskip("eflomal")
    rng = random.Random(0)
    sources = [[rng.randrange(4, 24) for _ in range(rng.randrange(3, 8))] for _ in range(600)]
    targets = [[word + 100 for word in reversed(source)] for source in sources]
    found = align(sources, targets)
    right = [{(len(s) - 1 - position, position) for position in range(len(s))} for s in sources]
    hits = sum(len(one & other) for one, other in zip(found, right, strict=True))
    assert hits / sum(map(len, right)) > 0.9


def test_a_batch_shifts_the_target_and_spreads_links() -> None:
    """previous begins with BOS, following ends with EOS, padding is PAD, a row of links sums to 1 or 0."""
    pairs = [
        (np.array([7, 8, 9]), np.array([5, 6]), np.array([[0, 0], [2, 0]])),
        (np.array([7]), np.array([5]), np.zeros((0, 2), dtype=np.int64)),
    ]
    batch = make_batch(pairs)
    assert batch.previous.tolist() == [[BOS, 5, 6], [BOS, 5, PAD]]
    assert batch.following.tolist() == [[5, 6, EOS], [5, EOS, PAD]]
    assert batch.source.tolist() == [[7, 8, 9], [7, PAD, PAD]]
    assert batch.links[0, 0].tolist() == [0.5, 0.0, 0.5]
    assert batch.num_tokens == 5
    assert float(batch.links[1].sum()) == 0.0


def test_a_tokenizer_holds_no_path_and_still_normalises() -> None:
    """The rule file is named nowhere in the model, and full-width signs are read as ASCII."""
    texts = [f"订单{number}号 {word}" for number in range(200) for word in ("ABC", "x1", "你好")]
    serialized = train_tokenizer(texts, "zh", 400)
    assert b"normalization.tsv" not in serialized
    tokenizer = Tokenizer(serialized)
    assert [piece.id for piece in tokenizer.encode("ＡＢＣ１")] == [
        piece.id for piece in tokenizer.encode("ABC1")
    ]
    assert [(piece.start, piece.end) for piece in tokenizer.encode("１")] == [(0, 1)]
