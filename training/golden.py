"""`python -m training.golden FOLDER`: what a model says to a few sentences, kept to be asked for later.

A service that loads the folder refuses it where it says something else. Kept are sentences whose every
choice leads by much in each precision, so that it is the same on another processor.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
import numpy as np

from service.engine.golden import Golden, GoldenSentence
from service.engine.manifest import Manifest
from service.engine.onnx_model import OnnxModel
from service.engine.tokenizer import BOS, EOS, Tokenizer
from training.folder import file_records, write_description
from training.parity import ParityError, greedy_targets

FILE = "golden.json"
SENTENCES = Path(__file__).parent / "golden_sentences"
MARGIN = 0.3  # nats by which every choice must lead the next best
MAX_SENTENCES = 8


def add_golden(folder: Path, texts: Sequence[str]) -> Golden:
    """Writes the golden file of a folder and declares it; raises ParityError where no sentence is clear."""
    golden = Golden(tuple(clear_sentences(folder, texts))[:MAX_SENTENCES])
    if not golden.sentences:
        raise ParityError("no sentence is translated clearly enough to be golden")
    (folder / FILE).write_bytes(msgspec.json.format(msgspec.json.encode(golden), indent=1) + b"\n")
    manifest = msgspec.structs.replace(Manifest.read(folder), golden=FILE, files=file_records(folder))
    write_description(manifest, folder)
    return golden


def clear_sentences(folder: Path, texts: Sequence[str]) -> Iterator[GoldenSentence]:
    """Those of the texts whose greedy translation is clear in fp32 and, where there is one, in int8."""
    manifest = Manifest.read(folder)
    names = manifest.tokenizers
    source, target = (Tokenizer.load(folder / file) for file in (names.source, names.target))
    models = [OnnxModel.load(folder)]
    if manifest.int8 is not None:
        models.append(OnnxModel.load(folder, precision="int8"))
    for text in texts:
        ids = source.encode_ids(text)
        (greedy,) = greedy_targets(models[0], [ids])
        if all(_margin(model, ids, greedy.tokens) >= MARGIN for model in models):
            translation = target.decode_text(greedy.tokens)
            yield GoldenSentence(text, tuple(ids), tuple(greedy.tokens), translation)


def _margin(model: OnnxModel, source: Sequence[int], target: Sequence[int]) -> float:
    """By how many nats the target leads at the place where it leads least; below 0 where it does not."""
    state = model.encode([source])
    previous, margins = np.array([BOS]), []
    for token in (*target, EOS):
        wanted = np.array([token])
        step = model.step(state, previous, wanted)
        others = step.top_scores[0][step.top_tokens[0] != token]
        margins.append(float(step.wanted_scores[0] - others.max()))
        state, previous = step.state, wanted
    return min(margins)


def main() -> None:
    """Adds golden sentences to a model folder; the last thing but the calibration."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="model_store/NAME/VERSION")
    parser.add_argument("--sentences", type=Path, help="a sentence a line; golden_sentences/LANGUAGE.txt")
    arguments = parser.parse_args()
    file = arguments.sentences or SENTENCES / f"{Manifest.read(arguments.folder).source}.txt"
    golden = add_golden(arguments.folder, file.read_text(encoding="utf-8").splitlines())
    print(f"{len(golden.sentences)} golden sentences", file=sys.stderr)


if __name__ == "__main__":
    main()
