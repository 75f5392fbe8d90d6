"""The models of this repository keep the engine's promises: no bit depends on the batch."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from service.engine.folder import ModelFolder
from service.engine.messages import Job
from service.engine.onnx_model import OnnxModel
from service.engine.store import ModelStore
from service.engine.text_model import TextModel
from tests.engine.driving import a_job, alone, done, in_company

STORE = Path(__file__).parents[2] / "model_store"
SENTENCES = {
    "zh": [
        "你好。",
        "谢谢！",
        "我想预订明天晚上的双人间。",
        "请问我的订单什么时候发货？订单号是 20260117。",
        "对不起，您的退款申请还在处理中，预计三到五个工作日内到账，请您耐心等待。",
        "他说如果明天下雨，他们就不去公园，而是留在家里看电影。",
        "猫",
        "火车几点开？",
        "这家餐厅的菜很好吃，价格也不贵，我们下次还要再来，也会推荐给朋友们。",
        "打开设置，选择语言，然后点击保存。",
    ],
    "en": [
        "Hello.",
        "Thanks!",
        "I would like to book a double room for tomorrow night.",
        "When will my order be shipped? The number is 20260117.",
        "I am sorry, your refund is still being processed and should arrive within three to five days.",
        "He said that if it rains tomorrow they will stay at home and watch a film.",
        "Cat",
        "When does the train leave?",
        "The food in this restaurant is good and not expensive, so we will come again with our friends.",
        "Open the settings, choose a language, and click save.",
    ],
}
SEARCHES: tuple[dict[str, Any], ...] = (
    {"with_attention": True},
    {"beam_size": 4, "n_best": 2, "with_attention": True},
    {"beam_size": 8, "coverage_penalty": 0.2},
)


@pytest.fixture(scope="module", params=["zh-en", "en-zh"])
def folder(request: pytest.FixtureRequest) -> ModelFolder:
    """The latest version of a bundled model."""
    (found,) = [one for one in ModelStore(STORE).latest() if one.manifest.name == request.param]
    return found


@pytest.fixture(scope="module", params=["fp32", "int8"])
def model(folder: ModelFolder, request: pytest.FixtureRequest) -> OnnxModel:
    """The model in each precision, loaded once for all tests of this file."""
    return OnnxModel.load(folder.path, digest=folder.digest, precision=request.param)


@pytest.fixture(scope="module")
def jobs(folder: ModelFolder) -> list[Job]:
    """Every sentence with every search."""
    text = TextModel(folder)
    sources = [text.source_pieces(one, "sentence") for one in SENTENCES[folder.manifest.source]]
    return [
        a_job([piece.id for piece in source], max_target_tokens=text.max_target_tokens(len(source)), **search)
        for search in SEARCHES
        for source in sources
    ]


def test_company_changes_no_bit(model: OnnxModel, jobs: list[Job]) -> None:
    """Tokens, scores and attention are those of the sentence alone."""
    pieces = model.manifest.pieces
    for seed in (1, 2):
        together = in_company(model, jobs, pieces=pieces, seed=seed)
        for job in jobs:
            assert done(together[job.id]).hypotheses == done(alone(model, job, pieces=pieces)).hypotheses


def test_forcing_a_translation_tells_what_was_told_of_it(model: OnnxModel, jobs: list[Job]) -> None:
    """Same log-probabilities and same attention, to the bit; attention sums to 1 and is a row per token."""
    pieces = model.manifest.pieces
    for job in jobs[: len(jobs) // len(SEARCHES)]:
        (free,) = done(alone(model, job, pieces=pieces)).hypotheses
        forced = a_job(job.source, target=free.tokens, with_attention=True)
        (told,) = done(alone(model, forced, pieces=pieces)).hypotheses
        assert (told.tokens, told.attention) == (free.tokens, free.attention)
        assert told.logprobs[: len(free.logprobs)] == free.logprobs
        weights = np.frombuffer(free.attention or b"", np.float32).reshape(-1, len(job.source))
        assert len(weights) == len(free.tokens)
        assert np.allclose(weights.sum(axis=1), 1, atol=1e-5)
