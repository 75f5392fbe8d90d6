"""`python -m training.lexicon FOLDER --data FILE ...`: adds shortlists to a model folder with int8 graphs.

A source piece's likely translations are counted from links between the pieces of parallel text. The
pieces that every source may use are EOS, all bytes (so that any character can be spelt) and the most
frequent; a copy symbol asks for itself alone.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np

from service.engine.manifest import Manifest, Shortlist
from service.engine.tokenizer import COPY_IDS, EOS, PAD, Tokenizer
from training.align import Links, align
from training.corpus import clean, read_rows
from training.folder import file_records, write_description
from training.masking import mask
from training.restore import restore
from training.shortlist_step import output_arrays, shortlist_step_graph
from training.sources import SOURCES

SIZE = 1024  # pieces of a sentence's shortlist; one size for all, or the batch would decide bits
MAX_TOKENS = 100  # longest side of a pair that is aligned, in pieces
FILES = Shortlist()
Pair = tuple[list[int], list[int]]


@dataclass(frozen=True)
class Breadth:
    """How many likely translations of a source piece are listed, and how many frequent pieces always."""

    num_likely: int = 40
    num_frequent: int = 300


def add_shortlists(folder: Path, pairs: Sequence[Pair], links: Sequence[Links], breadth: Breadth) -> None:
    """Writes the lexicon and the step that reads it, and declares them.

    `pairs` are pieces of both sides, `links` join their positions. Raises NotOurGraphs where the folder
    is another trainer's.
    """
    decoder, manifest = restore(folder).decoder, Manifest.read(folder)
    target = Tokenizer.load(folder / manifest.tokenizers.target)
    arrays = lexicon(pairs, links, (manifest.pieces.num_source, manifest.pieces.num_target), breadth)
    arrays["common"] = np.union1d(arrays["common"], [EOS, *target.byte_ids()])
    np.savez(folder / FILES.lexicon, allow_pickle=False, **arrays, **output_arrays(decoder, PAD))
    (folder / FILES.step).write_bytes(shortlist_step_graph(decoder, SIZE).SerializeToString())
    named = {"shortlist": FILES, "files": file_records(folder)}
    write_description(msgspec.structs.replace(manifest, **named), folder)


def lexicon(
    pairs: Sequence[Pair], links: Sequence[Links], num_pieces: tuple[int, int], breadth: Breadth
) -> dict[str, np.ndarray]:
    """`starts`, `targets` and `common` as the service's lexicon has them; `num_pieces` of both sides."""
    linked = [
        (source[first], target[second])
        for (source, target), of_pair in zip(pairs, links, strict=True)
        for first, second in of_pair
        if source[first] not in COPY_IDS and target[second] not in COPY_IDS
    ]
    linked += [(symbol, symbol) for symbol in COPY_IDS]
    starts, targets = _likeliest(np.array(linked), num_pieces[0], breadth.num_likely)
    times = np.bincount(np.concatenate([target for _, target in pairs]), minlength=num_pieces[1])
    times[[PAD, *COPY_IDS]] = 0
    frequent = np.argsort(-times, kind="stable")[: min(breadth.num_frequent, np.count_nonzero(times))]
    return {"starts": starts, "targets": targets, "common": frequent}


def _likeliest(linked: np.ndarray, num_source: int, most: int) -> tuple[np.ndarray, np.ndarray]:
    """Of links [links, 2] each source piece's `most` most frequent ends, as `starts` and `targets`."""
    ends, times = np.unique(linked, axis=0, return_counts=True)  # sorted by source piece
    order = np.lexsort((-times, ends[:, 0]))
    sources, targets = ends[order].T
    rank = np.arange(len(order)) - np.searchsorted(sources, sources)
    sources, targets = sources[rank < most], targets[rank < most]
    return np.searchsorted(sources, np.arange(num_source + 1)), targets


def read_training_pairs(
    folder: Path, files: Sequence[Path], corpora: Collection[str] = SOURCES
) -> list[Pair]:
    """The pieces of both sides of every pair, cleaned and masked as for training.

    Other corpora than these are left out; `sources.py` vouches for none under a share-alike licence.
    """
    manifest, rng = Manifest.read(folder), random.Random(1)
    rows = {row for row in map(clean, read_rows(files)) if row and row.corpus in corpora}
    texts = [mask(row.en, row.zh, rng=rng, share_of_spans=0.5) for row in sorted(rows)]
    names = {manifest.source: manifest.tokenizers.source, manifest.target: manifest.tokenizers.target}
    en, zh = (Tokenizer.load(folder / names[language]) for language in ("en", "zh"))
    sides = [(en.encode_ids(first), zh.encode_ids(second)) for first, second in texts]
    kept = [pair for pair in sides if all(0 < len(ids) <= MAX_TOKENS for ids in pair)]
    return kept if manifest.source == "en" else [(second, first) for first, second in kept]


def main() -> None:
    """Adds shortlists to the folder, in place."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder", type=Path, help="model_store/NAME/VERSION")
    parser.add_argument("--data", type=Path, nargs="+", required=True, help="English, Chinese, corpus, …")
    parser.add_argument("--likely", type=int, default=Breadth.num_likely)
    parser.add_argument("--frequent", type=int, default=Breadth.num_frequent)
    arguments = parser.parse_args()
    pairs = read_training_pairs(arguments.folder, arguments.data)
    sources, targets = zip(*pairs, strict=True)
    links = align(sources, targets)
    add_shortlists(arguments.folder, pairs, links, Breadth(arguments.likely, arguments.frequent))


if __name__ == "__main__":
    main()
