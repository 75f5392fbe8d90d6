"""One model folder: its manifest, and its files only after their bytes were checked against it.

What is handed on are the very bytes that were hashed: whatever happens to the file in between does
not matter.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

import msgspec

from service.engine.errors import ModelFolderInvalid
from service.engine.manifest import MANIFEST_FILE, Manifest


@dataclass(frozen=True, slots=True)
class ModelFolder:
    """A folder and the manifest found in it; `digest` is the SHA-256 of the manifest file."""

    path: Path
    manifest: Manifest
    digest: str

    @classmethod
    def open(cls, path: Path, *, digest: str | None = None) -> ModelFolder:
        """The folder at `path`; raises ModelFolderInvalid where its manifest is missing or wrong.

        With `digest`, also where the manifest is not the one that was meant.
        """
        content = _read(path, MANIFEST_FILE)
        found = hashlib.sha256(content).hexdigest()
        try:
            manifest = Manifest.parse(content)
        except msgspec.DecodeError as error:
            raise ModelFolderInvalid(str(path), f"{MANIFEST_FILE}: {error}") from error
        if digest not in (None, found):
            raise ModelFolderInvalid(str(path), f"{MANIFEST_FILE} was exchanged")
        return cls(path, manifest, found)

    def read(self, file: str) -> bytes:
        """The bytes of a file, checked; raises ModelFolderInvalid where they are not the manifest's."""
        record = self.manifest.files.get(file)
        if record is None:
            raise self.invalid(f"{file} is not among the manifest's files")
        content = _read(self.path, file, expected_bytes=record.bytes)
        if hashlib.sha256(content).hexdigest() != record.sha256:
            raise self.invalid(f"{file} has another SHA-256 than the manifest says")
        return content

    def verify(self) -> None:
        """Checks every file, and that the manifest lists those that it needs."""
        manifest = self.manifest
        graphs, tokenizers = manifest.graphs, manifest.tokenizers
        needed = [graphs.encoder, graphs.step, tokenizers.source, tokenizers.target]
        for others in (manifest.int8, manifest.fp16):
            if others is not None:
                needed += [others.encoder, others.step]
        if manifest.shortlist is not None:
            needed += [manifest.shortlist.lexicon, manifest.shortlist.step]
        needed += [file for file in (manifest.calibration, manifest.golden) if file is not None]
        for file in sorted({*needed, *self.manifest.files}):
            self.read(file)

    def invalid(self, reason: str) -> ModelFolderInvalid:
        """The error that this folder must not be used for a reason."""
        return ModelFolderInvalid(str(self.path), reason)


def _read(folder: Path, file: str, *, expected_bytes: int | None = None) -> bytes:
    """A plain file directly in the folder, and no link, so that nothing outside it can be meant."""
    if os.path.basename(file) != file or file in ("", ".", ".."):
        raise ModelFolderInvalid(str(folder), f"{file!r} is not a plain file name")
    try:
        descriptor = os.open(folder / file, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as opened:
            size = os.fstat(opened.fileno()).st_size
            if expected_bytes not in (None, size):
                reason = f"{file} has {size} bytes, the manifest says {expected_bytes}"
                raise ModelFolderInvalid(str(folder), reason)
            return opened.read()
    except OSError as error:
        raise ModelFolderInvalid(str(folder), f"{file}: {error.strerror}") from error
