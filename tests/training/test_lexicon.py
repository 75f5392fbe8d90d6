"""From links to shortlists: what a lexicon lists, and the step that reads it."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from service.engine.tokenizer import COPY_IDS, PAD
from tests.training.conftest import NUM_SOURCE, NUM_TARGET
from tests.training.running import MOVING, outputs_of, session
from training.int8_encoder import int8_encoder_graph
from training.int8_step import int8_step_graph
from training.lexicon import Breadth, lexicon
from training.model import Seq2SeqModel
from training.onnx_graph import MASKED
from training.shortlist_step import output_arrays, shortlist_step_graph

SIZE = 64
PAIRS = [([40, 41], [45, 46]), ([40], [45]), ([40, 5], [47, 5])]
LINKS = [{(0, 0), (1, 1)}, {(0, 0)}, {(0, 0), (1, 1)}]


def listed(arrays: dict[str, np.ndarray], piece: int) -> list[int]:
    """The likely translations of a source piece, likeliest first."""
    found: list[int] = arrays["targets"][arrays["starts"][piece] : arrays["starts"][piece + 1]].tolist()
    return found


def test_likely_translations_come_first_and_are_not_too_many() -> None:
    """Ordered by the number of links, cut where they are enough."""
    arrays = lexicon(PAIRS, LINKS, (NUM_SOURCE, NUM_TARGET), Breadth(num_likely=2, num_frequent=2))
    assert listed(arrays, 40) == [45, 47]
    assert listed(arrays, 41) == [46]
    assert listed(arrays, 42) == []
    fewer = lexicon(PAIRS, LINKS, (NUM_SOURCE, NUM_TARGET), Breadth(num_likely=1))
    assert listed(fewer, 40) == [45]


def test_a_copy_symbol_asks_for_itself_alone() -> None:
    """Whatever it was linked to, and it is never common: no source may use another's."""
    arrays = lexicon(PAIRS, [{(0, 1), (1, 0)}, set(), {(0, 1), (1, 0)}], (NUM_SOURCE, NUM_TARGET), Breadth())
    assert all(listed(arrays, symbol) == [symbol] for symbol in COPY_IDS)
    assert sorted(arrays["common"].tolist()) == [45, 46, 47]
    assert 5 not in listed(arrays, 40)


def fed(model: Seq2SeqModel) -> dict[str, np.ndarray]:
    """Three rows' first step."""
    encoder = session(int8_encoder_graph(model.encoder, model.decoder))
    source, lengths = np.arange(4, 28).reshape(3, 8), np.array([8, 5, 2], np.int32)
    return {
        "previous": np.array([2, 7, 9]),
        **outputs_of(encoder, {"source": source, "source_lengths": lengths}),
    }


def short_feeds(
    arrays: dict[str, np.ndarray], shortlist: np.ndarray, used: np.ndarray
) -> dict[str, np.ndarray]:
    """The projection of the pieces `used`, and where the rows of `shortlist` [rows, size] find theirs."""
    place = np.zeros(NUM_TARGET, np.int64)
    place[used] = np.arange(len(used))
    of_rows = {name: arrays[name][shortlist] for name in ("scale", "bias")}
    return {"shortlist": shortlist, "columns": place[shortlist], "weight": arrays["weight"][used], **of_rows}


def test_a_shortlist_of_everything_is_the_whole_step(model: Seq2SeqModel) -> None:
    """The same candidates and scores where no source can ever get PAD, and the same next state to the bit."""
    with torch.no_grad():
        model.decoder.output_bias[PAD] = MASKED
    feeds, arrays = fed(model), output_arrays(model.decoder, PAD)
    whole = outputs_of(session(int8_step_graph(model.decoder)), feeds | {"wanted": np.zeros(3, np.int64)})
    shortlist = np.tile([*range(1, NUM_TARGET), *[PAD] * (SIZE - NUM_TARGET + 1)], (3, 1))
    every = short_feeds(arrays, shortlist, np.random.default_rng(0).permutation(NUM_TARGET))
    short = outputs_of(session(shortlist_step_graph(model.decoder, SIZE)), feeds | every)
    for name in (*(f"next_{one}" for one in MOVING), "attention", "top_tokens"):
        np.testing.assert_array_equal(short[name], whole[name])
    np.testing.assert_allclose(short["top_scores"], whole["top_scores"], atol=1e-6)


@pytest.mark.parametrize("num_others", [0, 1, 15, 29])
def test_columns_of_others_change_no_bit(model: Seq2SeqModel, num_others: int) -> None:
    """A row's scores are the same wherever its pieces' columns lie and however many there are."""
    feeds, arrays = fed(model), output_arrays(model.decoder, PAD)
    step = session(shortlist_step_graph(model.decoder, SIZE))
    own = np.arange(30, 49)
    shortlist = np.tile(np.r_[own, [PAD] * (SIZE - len(own))], (3, 1))
    alone = outputs_of(step, feeds | short_feeds(arrays, shortlist, np.r_[PAD, own]))
    used = np.random.default_rng(num_others).permutation(np.r_[PAD, own, np.arange(1, 1 + num_others)])
    beside = outputs_of(step, feeds | short_feeds(arrays, shortlist, used))
    for name in ("top_tokens", "top_scores"):
        np.testing.assert_array_equal(alone[name], beside[name])
    assert np.isin(alone["top_tokens"], own).all()
