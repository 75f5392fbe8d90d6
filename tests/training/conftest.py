"""A small random model and small corpora that the tests of training share."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
import torch

from training.model import Seq2SeqModel
from training.settings import ModelSettings

NUM_SOURCE, NUM_TARGET = 60, 50
SIZES = ModelSettings(embedding=24, encoder_hidden=16, hidden=32, readout=24, dropout=0.2)
COLOURS = {"red": "红", "blue": "蓝", "green": "绿", "black": "黑", "white": "白"}
THINGS = {
    "car": "车",
    "house": "房子",
    "book": "书",
    "cat": "猫",
    "dog": "狗",
    "door": "门",
    "shoe": "鞋",
    "coat": "外套",
}
VERBS = {"I see": "我看见", "I want": "我想要", "you have": "你有", "he lost": "他丢了", "we sell": "我们卖"}


@pytest.fixture
def model() -> Seq2SeqModel:
    """A model with random weights, in evaluation mode."""
    torch.manual_seed(7)
    return Seq2SeqModel(NUM_SOURCE, NUM_TARGET, SIZES).eval()


@pytest.fixture(scope="session")
def corpus_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """1,500 pairs of a tiny language whose every word has one translation; half carry an order code."""
    rng = random.Random(3)
    lines = []
    for number in range(1500):
        verb, colour, thing = (rng.choice(sorted(words)) for words in (VERBS, COLOURS, THINGS))
        code = f" AB{rng.randrange(1000, 9999)}" if number % 2 else ""
        en, zh = f"{verb} the {colour} {thing}{code}", f"{VERBS[verb]}{COLOURS[colour]}{THINGS[thing]}{code}"
        lines.append(f"{en}\t{zh}\ttoy\tCC0\n")
    path = tmp_path_factory.mktemp("corpus") / "toy.en-zh.tsv"
    path.write_text("".join(lines), encoding="utf-8")
    return path
