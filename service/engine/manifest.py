"""What a model folder declares about itself: export writes it, serving reads it and believes nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

MANIFEST_FILE = "manifest.json"
FORMAT = 1


class StateTensor(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One tensor that a decoder carries from step to step; axis 0 is the row.

    `ragged_axis` is the axis that is as long as the source (padded where rows differ), or None.
    """

    name: str
    ragged_axis: int | None = None


class Graphs(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """File names of the two ONNX graphs."""

    encoder: str = "encoder.onnx"
    step: str = "step.onnx"


class Shortlist(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """File names of the lexicon and of the int8 step that reads it."""

    lexicon: str = "lexicon.npz"
    step: str = "step.shortlist.onnx"


class Tokenizers(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """File names of the SentencePiece models."""

    source: str = "source.spm"
    target: str = "target.spm"


class Pieces(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Sizes of the vocabularies and the ids that have a meaning of their own.

    Copy symbols, if there are any, have the same ids on both sides: `num_copy` from `first_copy` on.
    """

    num_source: int
    num_target: int
    pad: int = 0
    unk: int = 1
    bos: int = 2
    eos: int = 3
    first_copy: int = 4
    num_copy: int = 0

    @property
    def copies(self) -> slice:
        """The ids of the copy symbols."""
        return slice(self.first_copy, self.first_copy + self.num_copy)


class Limits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Longest source and target sequence in tokens, EOS not counted."""

    max_source_tokens: int
    max_target_tokens: int


class FileRecord(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Size and SHA-256 (hexadecimal) of one file of the folder."""

    bytes: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A model folder's declaration; `about` holds what only people read (data, licences, scores, tools).

    `graphs` compute in fp32. `int8` are the same two with narrow products, or None where there are none;
    `shortlist`, where there is one, goes with these. `fp16` are the two in half precision, for CUDA.
    `calibration` is the file that turns scores into confidence, or None: then there is no confidence.
    `golden` is the file with sentences that must be translated as they were, or None: then none are tried.
    """

    format: int = FORMAT
    name: str
    version: str
    source: str
    target: str
    architecture: str
    num_parameters: int
    licence: str
    pieces: Pieces
    limits: Limits
    state: tuple[StateTensor, ...]
    graphs: Graphs = Graphs()
    int8: Graphs | None = None
    fp16: Graphs | None = None
    shortlist: Shortlist | None = None
    tokenizers: Tokenizers = Tokenizers()
    calibration: str | None = None
    golden: str | None = None
    files: dict[str, FileRecord]
    about: dict[str, Any] = {}

    @classmethod
    def read(cls, folder: Path) -> Manifest:
        """The manifest of a model folder.

        Raises OSError where the file is missing and msgspec.ValidationError (or DecodeError)
        where it is not a manifest of this format.
        """
        return cls.parse((folder / MANIFEST_FILE).read_bytes())

    @classmethod
    def parse(cls, content: bytes) -> Manifest:
        """The manifest in the bytes of a file; raises msgspec.ValidationError (or DecodeError)."""
        manifest = msgspec.json.decode(content, type=cls)
        if manifest.format != FORMAT:
            raise msgspec.ValidationError(f"manifest format {manifest.format}, this service reads {FORMAT}")
        return manifest

    def write(self, folder: Path) -> None:
        """Writes the manifest into a model folder, readable by people."""
        text = msgspec.json.format(msgspec.json.encode(self), indent=2)
        (folder / MANIFEST_FILE).write_bytes(text + b"\n")
