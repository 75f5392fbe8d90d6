"""Text in, translations out, with the engine on the test's own event loop."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest

from service.engine.admission import QueueLimits
from service.engine.errors import (
    DeadlineExceeded,
    InvalidOption,
    InvalidText,
    TooLong,
    UnknownLanguage,
    UnsupportedPair,
    ZhuyiError,
)
from service.engine.hosting import EngineSettings, StopReport
from service.engine.in_process import InProcessEngines
from service.engine.store import ModelStore
from service.engine.translation import Options, Translation
from service.engine.translator import Translator

SENTENCES = ["你好世界", "我想订一个房间", "去伦敦的票多少钱", "请把发票寄到我的地址"]


def a_translator(store: Path, limits: QueueLimits | None = None) -> Translator:
    """A translator of random models, not started."""
    models = ModelStore(store).latest()
    return Translator(models, InProcessEngines.of(models, EngineSettings()), limits=limits)


@pytest.fixture
async def translator(store_path: Path) -> AsyncIterator[Translator]:
    """A started translator that must be idle again at the end of the test."""
    translator = a_translator(store_path)
    await translator.start()
    yield translator
    assert (translator.queue().num_sequences, translator.queue().num_tokens) == (0, 0)
    assert await translator.stop(grace_seconds=1) == StopReport(0, 0)


def said(translations: list[Translation]) -> list[object]:
    """What was said, without the times."""
    return [(one.text, one.logprobs, one.score, tuple(one.target_tokens)) for one in translations]


async def test_many_together_are_told_what_each_is_told_alone(translator: Translator) -> None:
    """In the order in which they were given."""
    together = await translator.translate(SENTENCES, "zh", "en")
    singly = [(await translator.translate([one], "zh", "en"))[0] for one in SENTENCES]
    assert said(together) == said(singly)


async def test_both_directions_share_an_engine(translator: Translator) -> None:
    """Each with its own model, at the same time."""
    there, back = await asyncio.gather(
        translator.translate(SENTENCES, "zh", "en"), translator.translate(["hello world"], "en", "zh")
    )
    assert {one.model for one in there} == {"zh-en"}
    assert (back[0].model, back[0].version) == ("en-zh", "1")


async def test_a_translation_tells_where_it_comes_from(translator: Translator) -> None:
    """Spans of the source, a log-probability per token and one of EOS, rows of attention that sum to 1."""
    options = Options(beam_size=4, n_best=3, with_attention=True)
    for one in await translator.translate(SENTENCES, "zh", "en", options):
        assert one.weights is not None
        assert one.weights.shape == (len(one.target_tokens), len(one.source_tokens))
        assert np.allclose(one.weights.sum(axis=1), 1, atol=1e-5)
        assert len(one.logprobs) == len(one.target_tokens) + (one.finish_reason == "eos")
        assert len(one.alternatives) <= 2  # less where hypotheses leave that loop alike
        scores = [one.score, *(other.score for other in one.alternatives)]
        assert scores == sorted(scores, reverse=True)
        assert one.timings.decode_seconds > 0


async def test_attention_is_not_told_unasked(translator: Translator) -> None:
    """It is dear to carry, so it must be asked for."""
    (one,) = await translator.translate(SENTENCES[:1], "zh", "en")
    assert one.weights is None


async def test_a_sentence_without_a_token_is_empty(translator: Translator) -> None:
    """Whitespace between real sentences: an empty translation, no row, no number."""
    first, empty, last = await translator.translate([SENTENCES[0], " ", SENTENCES[1]], "zh", "en")
    assert (empty.text, empty.target_tokens, empty.logprobs, empty.score) == ("", (), (), 0.0)
    assert said([first, last]) == said(await translator.translate(SENTENCES[:2], "zh", "en"))


async def test_a_given_translation_is_scored_as_it_is(translator: Translator) -> None:
    """Forced decoding keeps the text, and tells a row of attention for each of its pieces."""
    (one,) = await translator.force([("你好世界", "hello world")], "zh", "en")
    assert (one.text, one.finish_reason) == ("hello world", "eos")
    assert "".join(piece.text for piece in one.target_tokens).strip() == "hello world"
    assert len(one.logprobs) == len(one.target_tokens) + 1
    assert one.weights is not None
    assert one.weights.shape == (len(one.target_tokens), len(one.source_tokens))


async def test_an_empty_given_translation_is_scored_by_its_end(translator: Translator) -> None:
    """Only EOS is left to be scored; of an empty sentence only nothing can be the translation."""
    (one,) = await translator.force([("你好世界", "")], "zh", "en")
    assert (tuple(one.target_tokens), len(one.logprobs)) == ((), 1)
    with pytest.raises(InvalidText):
        await translator.force([(" ", "hello")], "zh", "en")


async def test_what_cannot_be_translated_is_refused_before_any_queue(translator: Translator) -> None:
    """Each with the field or the limit that it is about, none with the text."""
    cases: list[tuple[type[ZhuyiError], list[str], str, str]] = [
        (UnknownLanguage, ["x"], "zh", "tlh"),
        (UnsupportedPair, ["x"], "zh", "zh"),
        (InvalidText, ["fine", "bad \ud800"], "zh", "en"),
        (TooLong, ["fine", "好" * 500], "zh", "en"),
    ]
    for error, sentences, source, target in cases:
        with pytest.raises(error) as raised:
            await translator.translate(sentences, source, target)
        assert "好" not in str(raised.value)
        if isinstance(raised.value, TooLong):
            assert raised.value.data["field"] == "sentences[1]"
            assert raised.value.limit == 64 < raised.value.actual


async def test_required_phrases_stand_in_the_translation(translator: Translator) -> None:
    """Each sentence has its own, or none; which were met is told in the order given."""
    required = [["my address", "the cat"], [], ["room", "room"], ["how much"]]
    found = await translator.translate(
        SENTENCES, "zh", "en", Options(beam_size=2, n_best=2), required=required
    )
    assert [one.met for one in found] == [(True, True), (), (True, True), (True,)]
    for one, phrases in zip(found, required, strict=True):
        for told in (one, *one.alternatives):
            assert all(f" {told.text}".count(f" {phrase}") >= phrases.count(phrase) for phrase in phrases)
            assert told.met == (True,) * len(phrases)
    (plain,) = await translator.translate(SENTENCES[1:2], "zh", "en", Options(beam_size=2, n_best=2))
    assert said(found[1:2]) == said([plain])


async def test_phrases_that_cannot_be_required_are_refused(translator: Translator) -> None:
    """Before any queue, with the field and the limit, without the text."""
    cases: list[tuple[type[ZhuyiError], list[list[str]], str]] = [
        (InvalidOption, [["a"], ["b"]], "required"),
        (InvalidText, [["fine", " "]], "required[0][1]"),
        (InvalidText, [["bad \ud800"]], "required[0][0]"),
        (TooLong, [["a"] * 65], "required[0]"),
        (TooLong, [["my address is not on the mat"] * 9], "required[0]"),
    ]
    for error, required, field in cases:
        with pytest.raises(error) as raised:
            await translator.translate(["你好世界"], "zh", "en", required=required)
        assert raised.value.data["field"] == field
        assert "mat" not in str(raised.value)
        if isinstance(raised.value, TooLong):
            assert raised.value.limit == 64 < raised.value.actual
    with pytest.raises(InvalidText):
        await translator.translate([" "], "zh", "en", required=[["a"]])
    assert len(await translator.translate([" "], "zh", "en", required=[[]])) == 1


def test_options_outside_their_range_are_refused() -> None:
    """By name, with what was expected."""
    bad: list[tuple[str, dict[str, float]]] = [
        ("beam_size", {"beam_size": 0}),
        ("beam_size", {"beam_size": 9}),
        ("n_best", {"n_best": 2}),
        ("length_penalty", {"length_penalty": -0.1}),
        ("length_penalty", {"length_penalty": math.nan}),
        ("length_penalty", {"length_penalty": math.inf}),
    ]
    for field, changes in bad:
        with pytest.raises(InvalidOption) as raised:
            Options(**changes)  # type: ignore[arg-type]
        assert raised.value.field == field


@pytest.mark.parametrize("seconds", [0.0, -1.0, math.nan, -math.inf])
async def test_a_deadline_that_has_passed_is_never_queued(translator: Translator, seconds: float) -> None:
    """Nor one that is no number."""
    with pytest.raises(DeadlineExceeded):
        await translator.translate(SENTENCES, "zh", "en", deadline=time.monotonic() + seconds)


@pytest.mark.parametrize("deadline", [1e308, math.inf])
async def test_an_absurdly_late_deadline_is_none(translator: Translator, deadline: float) -> None:
    """It does not overflow anything."""
    assert len(await translator.translate(SENTENCES, "zh", "en", deadline=deadline)) == 4
