"""FastAPI and PyTorch as one would first write it: the model runs eagerly, one request after the other."""

from __future__ import annotations

from collections.abc import Sequence

import sentencepiece
import torch

from benchmarks.peers.fastapi_server import serve
from benchmarks.peers.options import PeerOptions
from service.engine.manifest import Manifest
from training.restore import restore


class EagerTranslator:
    """Greedy search, one sentence at a time, with the weights of the ONNX graphs."""

    def __init__(self, options: PeerOptions) -> None:
        folder = options.model_folder
        self._manifest = Manifest.read(folder)
        self._model = restore(folder)
        tokenizers = self._manifest.tokenizers
        self._source, self._target = (
            sentencepiece.SentencePieceProcessor(model_file=str(folder / file))
            for file in (tokenizers.source, tokenizers.target)
        )
        pieces = self._manifest.pieces
        symbols = range(pieces.copies.start, pieces.copies.stop)
        self._banned = [pieces.pad, pieces.unk, pieces.bos, *symbols]

    def translate(self, texts: Sequence[str]) -> list[str]:
        """The translations of texts, one after the other."""
        return [self._target.decode(self._decode(self._source.encode(text))).strip() for text in texts]

    @torch.inference_mode()
    def _decode(self, source: list[int]) -> list[int]:
        decoder = self._model.decoder
        state, memory = self._model.start(torch.tensor([source]), torch.tensor([len(source)]))
        step = decoder.unrolled(memory)
        limit = min(self._manifest.limits.max_target_tokens, 2 * len(source) + 10)
        banned = torch.tensor([token for token in self._banned if token not in source])
        target: list[int] = []
        token = self._manifest.pieces.bos
        while len(target) < limit:
            state, _ = step(decoder.input_gates(torch.tensor([token])), state)
            scores = decoder.logits(state.feed)[0].index_fill(0, banned, -torch.inf)  # [V]
            token = int(scores.argmax())
            if token == self._manifest.pieces.eos:
                break
            target.append(token)
        return target


if __name__ == "__main__":
    torch.set_num_threads(1)
    told = PeerOptions.from_environment()
    serve(EagerTranslator(told).translate, told)
