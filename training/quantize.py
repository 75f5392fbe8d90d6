"""`python -m training.quantize OLD NEW`: a new version of a model folder, with graphs in other precisions.

Those in int8 always, those in fp16, which only a GPU can use, with `--fp16`.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec

from service.engine.manifest import Graphs, Manifest
from training.agreement import Agreement, check_agreement
from training.corpus import read_pairs
from training.folder import file_records, with_agreement, write_description
from training.fp16_graph import FP16, write_fp16_graphs
from training.int8_graphs import INT8, write_int8_graphs
from training.parity import MIN_SENTENCES
from training.restore import restore


def quantize(old: Path, new: Path, sentences: Sequence[str], *, with_fp16: bool = False) -> list[Agreement]:
    """Writes `new` with the graphs and tokenizers of `old`, and further graphs that agree with them.

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
        precisions = {"int8": INT8}
        if with_fp16:
            write_fp16_graphs(new)
            precisions["fp16"] = FP16
        return _compared(manifest, new, precisions, sentences)
    except BaseException:
        shutil.rmtree(new)
        raise


def _compared(
    manifest: Manifest, new: Path, precisions: dict[str, Graphs], sentences: Sequence[str]
) -> list[Agreement]:
    """Declares the graphs, each pair compared with those in fp32: on the CPU, in the place of int8."""
    named = {"name": new.parent.name, "version": new.name, "shortlist": None, "files": file_records(new)}
    about = {name: value for name, value in manifest.about.items() if name != "calibration"}
    # Other graphs have other scores, so what was calibrated or kept of the old ones does not count.
    manifest = msgspec.structs.replace(manifest, **named, calibration=None, golden=None, about=about)
    agreements: dict[str, Agreement] = {}
    for precision, graphs in precisions.items():
        msgspec.structs.replace(manifest, int8=graphs).write(new)
        agreements[precision] = check_agreement(new, sentences)
        manifest = with_agreement(manifest, precision, agreements[precision])
    write_description(msgspec.structs.replace(manifest, **precisions), new)
    return list(agreements.values())


def main() -> None:
    """Makes the int8 graphs, and compares them with fp32 on sentences spread over a test set."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("old", type=Path, help="model_store/NAME/VERSION")
    parser.add_argument("new", type=Path, help="model_store/NAME/NEW_VERSION, must not exist")
    parser.add_argument("--test", type=Path, default=Path("../shared/data/test/tatoeba.en-zh.tsv"))
    parser.add_argument("--sentences", type=int, default=MIN_SENTENCES, help="how many are compared")
    parser.add_argument("--fp16", action="store_true", help="graphs in half precision as well, for CUDA")
    arguments = parser.parse_args()
    pairs = read_pairs(arguments.test, Manifest.read(arguments.old).source)
    sentences = [source for source, _ in pairs][:: max(1, len(pairs) // arguments.sentences)]
    print(*quantize(arguments.old, arguments.new, sentences, with_fp16=arguments.fp16), file=sys.stderr)


if __name__ == "__main__":
    main()
