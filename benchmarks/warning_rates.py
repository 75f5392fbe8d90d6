"""What the warnings find and miss: translations spoiled in known ways, forced through the real model.

    python -m benchmarks.warning_rates model_store/zh-en/2 --config training/configs/zh-en.toml [--show TYPE]

The clean translations are the model's own where they are good beyond doubt, by chrF against a
person's, so that the model is as sure of them as it is in service. Thresholds come from the folder.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.calibrate import clean_pairs
from benchmarks.corruptions import SPOILS, Pair, Spoiled
from benchmarks.decoding import Decoder
from benchmarks.judged import Judged, forced, judge, rows_of
from service.engine.folder import ModelFolder
from service.text.evidence import Calibration, Evidence, assess

MAX_ROWS = 1000
"""Rows of a set that are looked at, spread evenly: each is decoded about ten times."""


@dataclass(frozen=True, slots=True)
class Rate:
    """One warning on one set: spoiled translations and the same before; each 0 to 1.

    `found` is recall, `by_any` the share that some warning is given for; `precision` is over both
    halves; `false_alarms` is the share of all clean translations
    that this warning is given for, `on_references` that of a person's translations.
    """

    test: str
    warning: str
    number: int
    found: float
    by_any: float
    precision: float
    false_alarms: float
    on_references: float


@dataclass(frozen=True, slots=True)
class Doubt:
    """Low confidence on one set of the model's own translations.

    `warned` is the share of all that are warned of, `rightly` the share of these that score below the
    calibration's bound, `found` the share of those below it that are warned of.
    """

    test: str
    number: int
    warned: float
    rightly: float
    found: float


class Examiner:
    """Counts warnings for one model folder."""

    def __init__(self, folder: ModelFolder, decoder: Decoder) -> None:
        calibration = Calibration.of(folder)
        if calibration is None:
            raise SystemExit("the folder has no calibration: run benchmarks.calibrate first")
        self._folder = folder
        self._decoder = decoder
        self._calibration = calibration
        self._known: dict[Pair, set[str]] = {}

    def rates(self, test: str, pairs: Sequence[Pair], show: str) -> list[Rate]:
        """The rates of all warnings on one set of (source, person's translation)."""
        judged = self._judged(pairs)
        clean = clean_pairs(judged, self._calibration.min_chrf)
        references = self._types(pairs)
        everything = self._types(clean)
        found = []
        for warning, spoil in SPOILS.items():
            spoiled = self._usable(spoil(clean, self._folder.manifest.target, random.Random(7)))
            warned = self._types([(one.source, one.spoiled) for one in spoiled])
            before = self._types([(one.source, one.clean) for one in spoiled])
            self._show(warning, show, spoiled, warned, clean, everything)
            found.append(_rate(test, warning, warned, before, everything, references))
        return found

    def doubts(self, test: str, pairs: Sequence[Pair]) -> Doubt:
        """How often confidence is called low, and how often rightly."""
        judged = self._judged(pairs)
        is_bad = [one.chrf < self._calibration.min_chrf for one in judged]
        is_warned = ["low_confidence" in self._warned(one.evidence) for one in judged]
        both = sum(bad and warned for bad, warned in zip(is_bad, is_warned, strict=True))
        return Doubt(
            test,
            len(judged),
            sum(is_warned) / max(1, len(judged)),
            both / max(1, sum(is_warned)),
            both / max(1, sum(is_bad)),
        )

    def _judged(self, pairs: Sequence[Pair]) -> list[Judged]:
        return judge(self._decoder, self._folder, pairs)

    def _usable(self, spoiled: Sequence[Spoiled]) -> list[Spoiled]:
        return [one for one in spoiled if one.spoiled not in ("", one.clean) and self._fits(one)]

    def _fits(self, one: Spoiled) -> bool:
        both = [(one.source, one.spoiled), (one.source, one.clean)]
        return len(self._decoder.fitting(both)) == len(both)

    def _types(self, pairs: Sequence[Pair]) -> list[set[str]]:
        """What each pair is warned of; pairs that are too long are left out."""
        pairs = self._decoder.fitting(pairs)
        unknown = list(dict.fromkeys(pair for pair in pairs if pair not in self._known))
        evidences = forced(self._decoder, self._folder, unknown)
        self._known |= {pair: self._warned(one) for pair, one in zip(unknown, evidences, strict=True)}
        return [self._known[pair] for pair in pairs]

    def _warned(self, evidence: Evidence) -> set[str]:
        return {one.type for one in assess(evidence, self._calibration).warnings}

    def _show(
        self,
        warning: str,
        wanted: str,
        spoiled: Sequence[Spoiled],
        warned: Sequence[set[str]],
        clean: Sequence[Pair],
        everything: Sequence[set[str]],
    ) -> None:
        if warning != wanted:
            return
        for one, types in zip(spoiled, warned, strict=True):
            if warning not in types:
                print("missed", one.source, one.spoiled, sep=" | ")
        for pair, types in zip(clean, everything, strict=True):
            if warning in types:
                print("false alarm", *pair, sep=" | ")


def _rate(
    test: str,
    warning: str,
    warned: Sequence[set[str]],
    before: Sequence[set[str]],
    clean: Sequence[set[str]],
    references: Sequence[set[str]],
) -> Rate:
    hits, alarms = _count(warning, warned), _count(warning, before)
    precision = hits / (hits + alarms) if hits + alarms else 0.0
    return Rate(
        test,
        warning,
        len(warned),
        hits / max(1, len(warned)),
        sum(map(bool, warned)) / max(1, len(warned)),
        precision,
        _count(warning, clean) / max(1, len(clean)),
        _count(warning, references) / max(1, len(references)),
    )


def _count(warning: str, types: Sequence[set[str]]) -> int:
    return sum(warning in one for one in types)


def main() -> None:
    """Prints a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--config", type=Path, required=True, help="that the model was trained with")
    parser.add_argument("--data", type=Path, nargs="*", default=[], help="instead of the config's files")
    parser.add_argument("--tests", type=Path, default=Path("../shared/data/test"))
    parser.add_argument("--show", default="", help="print what this warning misses, and its false alarms")
    arguments = parser.parse_args()
    folder = ModelFolder.open(arguments.folder)
    rows = rows_of(arguments.config, arguments.data, arguments.tests, folder.manifest.source)
    sets = {
        test: pairs[:: -(-len(pairs) // MAX_ROWS)]
        for test, pairs in {"held-out": rows.held, **rows.tests}.items()
    }
    with Decoder(folder) as decoder:
        examiner = Examiner(folder, decoder)
        print("| set | translations | low confidence | rightly | found |\n|---|---|---|---|---|")
        for test, pairs in sets.items():
            doubt = examiner.doubts(test, pairs)
            _print_row(test, doubt.number, doubt.warned, doubt.rightly, doubt.found)
        print("\n| set | warning | spoiled | found | by any | precision | false alarms | on references |")
        print("|---|---|---|---|---|---|---|---|")
        for test, pairs in sets.items():
            for one in examiner.rates(test, pairs, arguments.show):
                shares = (one.found, one.by_any, one.precision, one.false_alarms, one.on_references)
                _print_row(one.test, one.warning, one.number, *shares)


def _print_row(*cells: str | int | float) -> None:
    """A row of a table, shares as percentages."""
    shown = (f"{cell:.1%}" if isinstance(cell, float) else str(cell) for cell in cells)
    print(f"| {' | '.join(shown)} |", flush=True)


if __name__ == "__main__":
    main()
