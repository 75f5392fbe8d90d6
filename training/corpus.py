"""Parallel rows as they come from the files, cleaned and divided into training and development parts."""

from __future__ import annotations

import gzip
import hashlib
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from training.masking import placeholders_agree


class Row(NamedTuple):
    """One pair of sentences; `corpus` names where it comes from."""

    en: str
    zh: str
    corpus: str


_FULL_WIDTH = {
    code: code - 0xFEE0 for code in [*range(0xFF10, 0xFF1A), *range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B)]
}
_SPACED_PUNCTUATION = re.compile(r" +([.,?!;:%)\]])")
_SPACED_CLITIC = re.compile(r" +('(?:s|m|d|re|ve|ll)|n't)\b", re.IGNORECASE)
_ACCELERATOR = re.compile(r"[(（][&~_]?[A-Z0-9][)）](?=[.…]*$)|[&~](?=\w)")
_HAN = re.compile(r"[㐀-鿿]")


def read_rows(paths: Iterable[Path]) -> Iterator[Row]:
    """The rows of tab-separated files (English, Chinese, corpus, …), gzip where the name says so."""
    for path in paths:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as lines:
            for line in lines:
                en, zh, corpus = line.decode().rstrip("\r\n").split("\t")[:3]
                yield Row(en, zh, corpus)


def read_pairs(path: Path, source: str) -> list[tuple[str, str]]:
    """(source, target) of every line of a tab-separated file: English, Chinese, whatever else."""
    with path.open(encoding="utf-8") as lines:
        pairs = [line.rstrip("\n").split("\t")[:2] for line in lines]
    return [(en, zh) if source == "en" else (zh, en) for en, zh in pairs]


def clean(row: Row) -> Row | None:
    """The row as people would write it, or None where it teaches nothing good."""
    en, zh = (text.translate(_FULL_WIDTH).replace("\u3000", " ").strip() for text in (row.en, row.zh))
    if row.corpus.startswith("convlab"):
        en = detokenized(en)
    if row.corpus.endswith("-ui"):
        en, zh = _ACCELERATOR.sub("", en), _ACCELERATOR.sub("", zh)
    if not en or not _HAN.search(zh) or not placeholders_agree(en, zh):
        return None
    return Row(en, zh, row.corpus)


def detokenized(text: str) -> str:
    """English without the spaces that a tokenizer left before punctuation and clitics ("do n't", "you ?")."""
    return _SPACED_CLITIC.sub(r"\1", _SPACED_PUNCTUATION.sub(r"\1", text)).replace("( ", "(")


def hashed_share(text: str, salt: str) -> float:
    """A number in [0, 1) that depends on the text alone, for divisions that never move."""
    digest = hashlib.sha256(f"{salt}\0{text}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64
