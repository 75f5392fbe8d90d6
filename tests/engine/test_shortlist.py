"""Shortlists: each row chooses among its own pieces, whoever shares the batch; given texts do not."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from service.engine.device import CudaOptions, Precision
from service.engine.errors import ModelFolderInvalid, ShortlistUnavailable
from service.engine.folder import ModelFolder
from service.engine.graph_check import SHORTLIST_INPUTS
from service.engine.lexicon import Columns, Lexicon
from service.engine.loading import load_model
from service.engine.manifest import Shortlist
from service.engine.model import State
from service.engine.onnx_model import OnnxModel
from service.engine.scheduler import BatchLimits
from service.engine.shortlist import ShortlistModel
from tests.engine.driving import a_job, alone, done, in_company
from tests.engine.test_onnx_model import a_source, random_jobs
from tests.random_lexicon import COMMON, SIZE
from tests.random_model import add_shortlists, declare_again, write_random_model

BOS, EOS = np.array([2], np.int64), 3


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a random model with shortlists."""
    return add_shortlists(write_random_model(tmp_path_factory.mktemp("store")))


@pytest.fixture(scope="module")
def lexicon(path: Path) -> Lexicon:
    """Its lexicon."""
    return Lexicon.read(ModelFolder.open(path), Shortlist().lexicon)


@pytest.fixture
def model(path: Path) -> ShortlistModel:
    """The model, loaded to use them."""
    return with_shortlists(path)


def with_shortlists(path: Path, *, precision: Precision = "auto") -> ShortlistModel:
    """The model in a folder with shortlists on."""
    found = load_model(path, precision=precision, limits=BatchLimits(), cuda=CudaOptions(), shortlists=True)
    assert isinstance(found, ShortlistModel)
    return found


def test_company_changes_no_bit(model: ShortlistModel) -> None:
    """Tokens, scores and attention of 150 sentences, greedy, in beams and forced, are those of each alone."""
    jobs = random_jobs(150, seed=5)
    pieces = model.manifest.pieces
    together = in_company(model, jobs, pieces=pieces, seed=6)
    for job in jobs:
        assert done(together[job.id]).hypotheses == done(alone(model, job, pieces=pieces)).hypotheses


def test_a_shared_shortlist_is_noticed(model: ShortlistModel, monkeypatch: pytest.MonkeyPatch) -> None:
    """Positive control: where batch mates' pieces count, some sentence differs from itself alone."""
    whole = ShortlistModel.encode

    def sharing(self: ShortlistModel, sources: Sequence[Sequence[int]]) -> State:
        everything = [piece for source in sources for piece in source]
        shared = whole(self, [everything] * len(sources)).arrays
        state = whole(self, sources)
        return State({**state.arrays, **{name: shared[name] for name in SHORTLIST_INPUTS}}, len(sources))

    monkeypatch.setattr(ShortlistModel, "encode", sharing)
    jobs = random_jobs(40, seed=5)
    pieces = model.manifest.pieces
    together = in_company(model, jobs, pieces=pieces, seed=6)
    singles = {job.id: done(alone(model, job, pieces=pieces)) for job in jobs}
    assert any(done(together[key]).hypotheses != one.hypotheses for key, one in singles.items())


def test_scores_are_those_of_the_shortlist_alone(model: ShortlistModel, lexicon: Lexicon) -> None:
    """Against numpy: the log-softmax over a row's own pieces, their ids those of the vocabulary."""
    random = np.random.default_rng(3)
    sources = [a_source(random, length) for length in (4, 30, 1)]
    step = model.step(model.encode(sources), BOS.repeat(3), np.zeros(3, np.int64))
    top_tokens, top_scores = step.top_tokens.copy(), step.top_scores.copy()
    feed = np.rint(step.state.home.slots.array("feed") * 127)
    logits = feed @ (lexicon.weight.astype(float) - 64).T * lexicon.scale + lexicon.bias  # [rows, pieces]
    for row, source in enumerate(sources):
        listed = lexicon.shortlist(source, SIZE)
        listed = listed[listed > 0]
        own = logits[row, listed]
        logprobs = own - own.max() - np.log(np.exp(own - own.max()).sum())
        best = np.argsort(-logprobs)[: top_tokens.shape[1]]
        assert top_tokens[row].tolist() == listed[best].tolist()
        assert np.allclose(top_scores[row], logprobs[best], atol=1e-5)


def test_given_translations_are_scored_among_all_pieces(model: ShortlistModel, path: Path) -> None:
    """Bit for bit as without shortlists, also of pieces that no shortlist holds."""
    whole = OnnxModel.load(path, precision="int8")
    job = a_job([40, 50, 60], target=(300, 7, 299, 298), with_attention=True)
    pieces = model.manifest.pieces
    beside = in_company(model, [*random_jobs(20, seed=2), job], pieces=pieces, seed=1)
    assert done(beside[job.id]).hypotheses == done(alone(whole, job, pieces=pieces)).hypotheses


def test_a_long_source_lists_as_many_of_each_piece(lexicon: Lexicon) -> None:
    """Nothing common is lost, and what is left is shared evenly among the source's pieces."""
    source = list(range(100, 122))
    listed = set(lexicon.shortlist(source, SIZE).tolist())
    assert set(COMMON.tolist()) <= listed
    for piece in source:
        begin = lexicon.starts[piece]
        assert set(lexicon.targets[begin : begin + 3].tolist()) <= listed
    assert set(COMMON.tolist()) == set(lexicon.shortlist([*range(4, 300)], SIZE).tolist()) - {0}


def test_columns_follow_those_who_are_here(lexicon: Lexicon) -> None:
    """After any number of comings and goings each row finds its own pieces' weights."""
    random = np.random.default_rng(4)
    columns = Columns(lexicon)
    shortlists, places = np.zeros((6, SIZE), np.int64), np.zeros((6, SIZE), np.int64)
    for _ in range(60):
        rows = np.flatnonzero(random.integers(0, 2, 6)).tolist() or [5]
        shortlists[rows] = [lexicon.shortlist(a_source(random, 3), SIZE) for _ in rows]
        columns.cover(shortlists, places, rows)
        assert np.array_equal(columns.weight[places], lexicon.weight[shortlists])


def test_what_cannot_be_had_is_refused(path: Path, store_path: Path) -> None:
    """A folder without a lexicon, and a precision without a step that reads it."""
    with pytest.raises(ShortlistUnavailable, match="zh-en has no lexicon"):
        with_shortlists(store_path / "zh-en" / "1")
    with pytest.raises(ShortlistUnavailable, match="runs in fp32 on cpu"):
        with_shortlists(path, precision="fp32")


@pytest.mark.parametrize("content", [b"", b"<html>404</html>", b"\x80\x04N."])
def test_a_file_that_is_no_lexicon_is_refused(tmp_path: Path, content: bytes) -> None:
    """Correctly declared, and still not read: no pickle either."""
    path = add_shortlists(write_random_model(tmp_path))
    (path / Shortlist().lexicon).write_bytes(content)
    declare_again(path)
    with pytest.raises(ModelFolderInvalid, match="is no lexicon"):
        with_shortlists(path)


def test_a_step_without_shortlists_in_its_place_is_refused(tmp_path: Path) -> None:
    """Names are compared before anything runs."""
    path = add_shortlists(write_random_model(tmp_path))
    (path / Shortlist().step).write_bytes((path / "step.onnx").read_bytes())
    declare_again(path)
    with pytest.raises(ModelFolderInvalid, match="the shortlist step's inputs"):
        with_shortlists(path)
