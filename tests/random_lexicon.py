"""A lexicon of random translations for the small random model."""

from __future__ import annotations

import io

import numpy as np

from tests.random_graphs import FEED, NUM_PIECES

SIZE = 96  # pieces of a shortlist
NUM_LIKELY = 12
COMMON = np.arange(3, 33)  # EOS is 3


def random_lexicon(random: np.random.Generator) -> bytes:
    """Twelve likely translations for each source piece, thirty common pieces, and a projection."""
    likely = [random.choice(np.arange(4, NUM_PIECES), NUM_LIKELY, replace=False) for _ in range(NUM_PIECES)]
    bias = random.standard_normal(NUM_PIECES).astype(np.float32)
    bias[0], bias[3] = -1e9, 4  # PAD never, EOS now and then
    file = io.BytesIO()
    np.savez(
        file,
        allow_pickle=False,
        starts=np.arange(NUM_PIECES + 1) * NUM_LIKELY,
        targets=np.concatenate(likely),
        common=COMMON,
        weight=random.integers(1, 128, (NUM_PIECES, FEED), np.uint8),
        scale=random.uniform(0.0005, 0.001, NUM_PIECES).astype(np.float32),
        bias=bias,
    )
    return file.getvalue()
