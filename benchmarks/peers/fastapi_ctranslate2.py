"""LibreTranslate's way: each text through CTranslate2 by itself, behind a small FastAPI server.

The transformer has random weights (see random_transformer.py); a text gets as many target tokens as our
model's translation of it has.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

import msgspec
import sentencepiece

from benchmarks.peers.fastapi_server import serve
from benchmarks.peers.options import PeerOptions
from benchmarks.peers.random_transformer import load, write_random_transformer
from service.engine.manifest import Manifest

_LIKELY_LENGTH = 10


class TransformerTranslator:
    """One text after the other, as LibreTranslate translates the texts of an array."""

    def __init__(self, options: PeerOptions, folder: Path) -> None:
        write_random_transformer(folder, quantization=options.policy)
        self._translator = load(folder, compute_type=options.policy, workers=options.workers)
        file = options.model_folder / Manifest.read(options.model_folder).tokenizers.source
        self._source = sentencepiece.SentencePieceProcessor(model_file=str(file))
        content = options.lengths_file.read_bytes() if options.lengths_file else b"{}"
        self._lengths = msgspec.json.decode(content, type=dict[str, int])

    def translate(self, texts: Sequence[str]) -> list[str]:
        """Something of the right length for each text."""
        return [self._translate(text) for text in texts]

    def _translate(self, text: str) -> str:
        length = max(1, self._lengths.get(text, _LIKELY_LENGTH))
        source = [f"piece{3 + token % 7000}" for token in self._source.encode(text)]
        found = self._translator.translate_batch(
            [[*source, "</s>"]], beam_size=1, min_decoding_length=length, max_decoding_length=length
        )
        return " ".join(found[0].hypotheses[0])


if __name__ == "__main__":
    told = PeerOptions.from_environment()
    with tempfile.TemporaryDirectory() as made:
        serve(TransformerTranslator(told, Path(made)).translate, told)
