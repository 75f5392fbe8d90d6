"""Texts to translate: our own sentences, or the second column of a test set; each is one sentence."""

from __future__ import annotations

import random
from pathlib import Path

from service.text.characters import has_letters
from service.text.segments import split_sentences

OWN_SENTENCES = Path(__file__).with_name("sentences.zh.txt")


def read_texts(path: Path = OWN_SENTENCES, *, max_texts: int | None = None, seed: int = 1) -> list[str]:
    """The different texts of a file in a random order that depends on the seed alone.

    A `.tsv` has English in its first column and the text in its second; any other file one text a line.
    Texts of several sentences are left out: the service splits them, the peers do not.
    """
    lines = path.read_text(encoding="utf-8").splitlines()
    texts = [line.split("\t")[1] for line in lines] if path.suffix == ".tsv" else lines
    different = [text for text in dict.fromkeys(text.strip() for text in texts) if _is_one_sentence(text)]
    random.Random(seed).shuffle(different)
    return different[:max_texts]


def _is_one_sentence(text: str) -> bool:
    segments = split_sentences(text).segments
    return len(segments) == 1 and segments[0].text == text and has_letters(segments[0].text)
