"""What a peer is told when it starts: environment variables, read once."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_PREFIX = "BENCH_"


@dataclass(frozen=True, slots=True)
class PeerOptions:
    """Where a peer listens, what it loads and how it batches.

    `precision` is that of the graphs, `fp32` or `int8`.
    `policy` is `naive` or `drop` for the peers that batch (see translation.py), a type of computation for
    CTranslate2; `lengths_file` has the number of tokens that random weights are forced to make of a text.
    """

    port: int
    model_folder: Path
    precision: str = "fp32"
    policy: str = "drop"
    max_batch: int = 32
    workers: int = 1
    lengths_file: Path | None = None

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> PeerOptions:
        """The options in variables named BENCH_PORT, BENCH_MODEL_FOLDER and so on."""
        given = {name: environment.get(_PREFIX + name.upper()) for name in cls.__dataclass_fields__}
        found = {name: text for name, text in given.items() if text is not None}
        lengths = found.get("lengths_file")
        return cls(
            port=int(found["port"]),
            model_folder=Path(found["model_folder"]),
            precision=found.get("precision", "fp32"),
            policy=found.get("policy", "drop"),
            max_batch=int(found.get("max_batch", "32")),
            workers=int(found.get("workers", "1")),
            lengths_file=Path(lengths) if lengths else None,
        )

    def to_environment(self) -> dict[str, str]:
        """The variables that `from_environment` reads."""
        fields = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return {_PREFIX + name.upper(): str(value) for name, value in fields.items() if value is not None}
