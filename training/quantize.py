"""`python -m training.quantize OLD NEW`: a new version of a model folder that has int8 graphs, too."""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec

from service.engine.manifest import Manifest
from training.agreement import Agreement, check_agreement
from training.corpus import read_pairs
from training.folder import file_records, with_agreement, write_description
from training.int8_graphs import INT8, write_int8_graphs
from training.parity import MIN_SENTENCES
from training.restore import restore


def quantize(old: Path, new: Path, sentences: Sequence[str]) -> Agreement:
    """Writes `new` with the graphs and tokenizers of `old`, and int8 graphs that agree with them.

    Raises FileExistsError where `new` is there already; NotOurGraphs where `old` is another trainer's;
    ParityError where the precisions disagree. Then no folder is left behind.
    """
    model = restore(old)
    new.mkdir(parents=True)
    try:
        manifest = Manifest.read(old)
        kept = (*msgspec.structs.astuple(manifest.graphs), *msgspec.structs.astuple(manifest.tokenizers))
        for file in kept:
            shutil.copyfile(old / file, new / file)
        write_int8_graphs(model, new)
        named = {"name": new.parent.name, "version": new.name, "int8": INT8, "files": file_records(new)}
        manifest = msgspec.structs.replace(manifest, **named)
        manifest.write(new)
        agreement = check_agreement(new, sentences)
        write_description(with_agreement(manifest, agreement), new)
    except BaseException:
        shutil.rmtree(new)
        raise
    return agreement


def main() -> None:
    """Makes the int8 graphs, and compares them with fp32 on sentences spread over a test set."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("old", type=Path, help="model_store/NAME/VERSION")
    parser.add_argument("new", type=Path, help="model_store/NAME/NEW_VERSION, must not exist")
    parser.add_argument("--test", type=Path, default=Path("../shared/data/test/tatoeba.en-zh.tsv"))
    parser.add_argument("--sentences", type=int, default=MIN_SENTENCES, help="how many are compared")
    arguments = parser.parse_args()
    pairs = read_pairs(arguments.test, Manifest.read(arguments.old).source)
    sentences = [source for source, _ in pairs][:: max(1, len(pairs) // arguments.sentences)]
    print(quantize(arguments.old, arguments.new, sentences), file=sys.stderr)


if __name__ == "__main__":
    main()
