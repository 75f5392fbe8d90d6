"""The int8 graphs: exact products, no bit that depends on the batch, interchangeable with those in fp32."""

from __future__ import annotations

import numpy as np
import pytest
from onnx import TensorProto

from service.engine.tokenizer import BOS
from tests.training.running import Runner, outputs_of, session
from training.export import rounded
from training.graph_writer import GraphWriter, tensor_info
from training.int8_encoder import int8_encoder_graph
from training.int8_products import MAX_VALUE, MAX_WEIGHT, ZERO, product
from training.int8_step import int8_step_graph
from training.model import Seq2SeqModel
from training.onnx_candidates import BLOCK, best_candidates
from training.onnx_graph import NUM_CANDIDATES, STATE, encoder_graph, step_graph
from training.onnx_lstm import onnx_gate_order, torch_gate_order

NUM_STEPS = 4


def int8_runner(model: Seq2SeqModel) -> Runner:
    """The model in int8."""
    return Runner(int8_encoder_graph(model.encoder, model.decoder), int8_step_graph(model.decoder))


def some_sources(rng: np.random.Generator) -> list[np.ndarray]:
    """Eleven sources of 1 to 23 tokens."""
    return [rng.integers(4, 60, length) for length in (1, 2, 7, 8, 9, 13, 15, 16, 17, 22, 23)]


def rows_that_depend_on_company(runner: Runner) -> list[str]:
    """Outputs of which a bit differs between a row alone, in other widths, and one in a batch with junk."""
    rng = np.random.default_rng(5)
    sources = some_sources(rng)
    previous = rng.integers(4, 50, (NUM_STEPS, len(sources)))
    together = runner.first_state(sources, 24, junk=41)
    answers = runner.steps(together, previous)
    differing = []
    for row, source in enumerate(sources):
        for width in {-(-len(source) // 8) * 8, 24, 40}:
            alone = runner.first_state([source], width)
            pairs = [(together, alone), *zip(answers, runner.steps(alone, previous[:, [row]]), strict=True)]
            for many, one in pairs:
                differing += [
                    name for name in one if not is_same(name, many[name][row], one[name][0], source)
                ]
    return differing


def is_same(name: str, left: np.ndarray, right: np.ndarray, source: np.ndarray) -> bool:
    """Equality to the bit, as far as the source goes."""
    if STATE.get(name) == 1 or name == "attention":
        left, right = left[: len(source)], right[: len(source)]
    return np.array_equal(left, right)


def test_no_bit_of_a_row_depends_on_the_batch(model: Seq2SeqModel) -> None:
    """Alone or in company, in every width, with junk in the padding: state and answers are the same."""
    assert rows_that_depend_on_company(int8_runner(rounded(model))) == []


def test_one_scale_for_the_whole_batch_is_noticed(
    model: Seq2SeqModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The comparison is a real test: a scale taken from all rows makes them depend on each other."""

    def by_the_largest(graph: GraphWriter, rows: str) -> str:
        outputs = [f"{rows}_bytes", f"{rows}_scale", f"{rows}_zero"]
        graph.node_of_many("DynamicQuantizeLinear", [rows], outputs, name=f"{rows}_narrowed")
        return outputs[0]

    monkeypatch.setattr("training.int8_step.in_bytes", by_the_largest)
    assert "top_scores" in rows_that_depend_on_company(int8_runner(rounded(model)))


def test_padding_stays_finite(model: Seq2SeqModel) -> None:
    """Positions beyond a source's length hold numbers, and the mask is 0 there."""
    sources = some_sources(np.random.default_rng(6))
    state = int8_runner(model).first_state(sources, 40, junk=59)
    assert all(np.isfinite(array).all() for array in state.values())
    assert state["source_mask"].sum(axis=1).tolist() == [len(source) for source in sources]


def test_both_precisions_can_be_exchanged(model: Seq2SeqModel) -> None:
    """Inputs and outputs have the same names, types and axes in the same order."""
    pairs = [
        (encoder_graph(model.encoder, model.decoder), int8_encoder_graph(model.encoder, model.decoder)),
        (step_graph(model.decoder), int8_step_graph(model.decoder)),
    ]
    for fp32, int8 in pairs:
        assert list(fp32.graph.input) == list(int8.graph.input)
        assert list(fp32.graph.output) == list(int8.graph.output)


def differences(model: Seq2SeqModel) -> np.ndarray:
    """How far int8 is from fp32 at most: log-probabilities and weights."""
    fp32 = Runner(encoder_graph(model.encoder, model.decoder), step_graph(model.decoder))
    rng = np.random.default_rng(7)
    sources = some_sources(rng)
    previous = np.concatenate([np.full((1, len(sources)), BOS), rng.integers(4, 50, (3, len(sources)))])
    expected, found = (
        runner.steps(runner.first_state(sources, 24), previous) for runner in (fp32, int8_runner(model))
    )
    names = ("wanted_scores", "attention")
    distances = [
        [np.abs(one[name] - other[name]).max() for name in names]
        for one, other in zip(expected, found, strict=True)
    ]
    return np.max(distances, axis=0)


def test_int8_is_near_fp32(model: Seq2SeqModel) -> None:
    """Log-probabilities differ by a few hundredths, weights by less."""
    assert (differences(rounded(model)) < [0.1, 0.02]).all()


@pytest.mark.parametrize("part", ["int8_encoder", "int8_step"])
def test_a_wrong_scale_is_noticed(model: Seq2SeqModel, monkeypatch: pytest.MonkeyPatch, part: str) -> None:
    """The bounds mean something: a product that takes its bytes for larger than they are exceeds them."""
    monkeypatch.setattr(f"training.{part}.UNIT", 2.0 / MAX_VALUE)
    assert (differences(rounded(model)) > [0.1, 0.02]).any()


def test_products_are_exact_at_their_extremes() -> None:
    """Sums of bytes and 7-bit weights equal numpy's integers, where 8-bit weights could overflow 16 bits."""
    rng = np.random.default_rng(8)
    weight = rng.choice([-MAX_WEIGHT, MAX_WEIGHT], (768, 40))
    weight[:, 0], weight[:, 1] = MAX_WEIGHT, -MAX_WEIGHT
    rows = rng.integers(0, 256, (9, 768)).astype(np.uint8)
    rows[0], rows[1] = 255, 0
    graph = GraphWriter()
    graph.node("Identity", product(graph, "rows", weight.astype(np.float32), None, 1.0), output="sums")
    inputs, outputs = tensor_info("rows", ["B", 768], TensorProto.UINT8), tensor_info("sums", ["B", 40])
    runner = session(graph.finish("product", [inputs], [outputs]))
    expected = (rows.astype(np.int64) - ZERO) @ weight
    for num_rows in (1, 4, 9):
        (sums,) = runner.run(["sums"], {"rows": rows[:num_rows]})
        np.testing.assert_array_equal(sums, expected[:num_rows])
    assert 2 * 255 * MAX_WEIGHT <= np.iinfo(np.int16).max < 2 * 255 * 127


@pytest.mark.parametrize("num_pieces", [BLOCK * NUM_CANDIDATES, BLOCK * 40, BLOCK * 2, 50])
def test_candidates_are_those_of_a_search_over_all(num_pieces: int) -> None:
    """Two stages or one: the best pieces in order of their scores, equals in order of their ids."""
    graph = GraphWriter()
    best_candidates(graph, "logprobs", num_pieces)
    scores, tokens = (
        tensor_info(name, ["B", NUM_CANDIDATES], kind)
        for name, kind in (("top_scores", TensorProto.FLOAT), ("top_tokens", TensorProto.INT64))
    )
    runner = session(graph.finish("best", [tensor_info("logprobs", ["B", num_pieces])], [scores, tokens]))
    rng = np.random.default_rng(9)
    many_equals = rng.integers(-20, 0, (40, num_pieces)).astype(np.float32)
    for logprobs in (many_equals, rng.normal(size=(40, num_pieces)).astype(np.float32)):
        expected = np.argsort(-logprobs, axis=1, kind="stable")[:, :NUM_CANDIDATES]
        found = outputs_of(runner, {"logprobs": logprobs})
        np.testing.assert_array_equal(found["top_tokens"], expected)
        np.testing.assert_array_equal(found["top_scores"], np.take_along_axis(logprobs, expected, axis=1))


def test_gate_orders_are_inverse() -> None:
    """Out of PyTorch's order and back."""
    assert torch_gate_order(onnx_gate_order(np.arange(8))).tolist() == list(range(8))
