"""`python -m training.record_scores FOLDER SCORES`: scores of `benchmarks.quality` into manifest and card."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import msgspec

from service.engine.manifest import Manifest
from training.folder import write_description


def record_scores(folder: Path, scores: list[dict[str, Any]]) -> None:
    """Replaces the folder's scores by precision; the times are of one machine and left out."""
    manifest = Manifest.read(folder)
    kept = [{name: value for name, value in one.items() if name != "cpu_seconds"} for one in scores]
    about = manifest.about | {"precisions": kept}
    write_description(msgspec.structs.replace(manifest, about=about), folder)


def main() -> None:
    """Writes the scores into a model folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="model_store/NAME/VERSION")
    parser.add_argument("scores", type=Path, help="what benchmarks.quality wrote with --json")
    arguments = parser.parse_args()
    record_scores(arguments.folder, json.loads(arguments.scores.read_bytes()))


if __name__ == "__main__":
    main()
