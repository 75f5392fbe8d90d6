"""A Marian RNN (type s2s, LSTM cells) of about the size of our model, with random weights.

Marian makes it by a training run of one update; then EOS and the unknown word are made impossible, so that
an output is as long as the length factor allows.
"""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import numpy as np
import pymarian

NUM_PIECES = 8000
_NEVER = -1e6
_LENGTH_FACTOR = 0.9
"""Times the source's tokens, EOS counted, rounded up: 12 words make 12 words."""
_VOCABULARY, _MODEL = "vocabulary.yml", "model.npz"


def write_random_rnn(folder: Path, lines: list[str]) -> int:
    """Writes model and vocabulary and returns the number of parameters; `lines` are what it is trained on."""
    words = ["</s>", "<unk>", *(f"w{number}" for number in range(NUM_PIECES - 2))]
    numbered = "".join(f"{word}: {number}\n" for number, word in enumerate(words))
    (folder / _VOCABULARY).write_text(numbered)
    (folder / "text").write_text("\n".join(lines) + "\n")
    vocabulary, text = str(folder / _VOCABULARY), str(folder / "text")
    pymarian.Trainer(
        type="s2s",
        model=str(folder / _MODEL),
        train_sets=[text, text],
        vocabs=[vocabulary, vocabulary],
        dim_vocabs=[NUM_PIECES, NUM_PIECES],
        dim_emb=256,
        dim_rnn=448,
        enc_cell="lstm",
        dec_cell="lstm",
        tied_embeddings=True,
        cpu_threads=1,
        workspace=1000,
        mini_batch=8,
        maxi_batch=1,
        after="1u",
        overwrite=True,
        quiet=True,
        seed=1,
    ).train()
    return _forbid_the_end(folder / _MODEL)


def _forbid_the_end(model: Path) -> int:
    arrays = dict(np.load(model))
    bias = arrays["decoder_ff_logit_l2_b"].copy()  # [1, V]
    bias[0, :2] = _NEVER
    arrays["decoder_ff_logit_l2_b"] = bias
    np.savez(model, **arrays)
    return sum(array.size for array in arrays.values() if array.dtype == np.float32)


def random_lines(count: int, length: int) -> list[str]:
    """Lines of random words."""
    chosen = random.Random(1)
    return [" ".join(f"w{chosen.randrange(NUM_PIECES - 2)}" for _ in range(length)) for _ in range(count)]


def load(folder: Path, *, batch: int) -> Any:
    """The translator of a folder: greedy, one thread."""
    vocabulary = str(folder / _VOCABULARY)
    return pymarian.Translator(
        models=[str(folder / _MODEL)],
        vocabs=[vocabulary, vocabulary],
        beam_size=1,
        max_length_factor=_LENGTH_FACTOR,
        mini_batch=batch,
        maxi_batch=1,
        cpu_threads=1,
        skip_cost=True,
        quiet=True,
        quiet_translation=True,
    )
