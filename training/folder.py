"""What a model folder says about itself: the records of its files, and manifest and card in step."""

from __future__ import annotations

import dataclasses
import hashlib
from pathlib import Path

import msgspec

from service.engine.manifest import MANIFEST_FILE, FileRecord, Manifest
from training.agreement import Agreement
from training.model_card import CARD_FILE, model_card


def file_records(folder: Path) -> dict[str, FileRecord]:
    """Size and digest of every file that a manifest vouches for; manifest and card are none of them."""
    files = [path for path in sorted(folder.iterdir()) if path.name not in (MANIFEST_FILE, CARD_FILE)]
    return {path.name: _record(path.read_bytes()) for path in files}


def _record(content: bytes) -> FileRecord:
    return FileRecord(len(content), hashlib.sha256(content).hexdigest())


def write_description(manifest: Manifest, folder: Path) -> None:
    """Writes manifest and model card, which is made from it."""
    manifest.write(folder)
    (folder / CARD_FILE).write_text(model_card(manifest), encoding="utf-8")


def with_agreement(manifest: Manifest, precision: str, agreement: Agreement) -> Manifest:
    """The manifest, saying how far its graphs in another precision agree with those in fp32."""
    about = manifest.about | {precision: dataclasses.asdict(agreement)}
    return msgspec.structs.replace(manifest, about=about)
