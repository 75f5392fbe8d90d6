"""What is told of a translation before it is finished: never taken back, soon, and bounded."""

from __future__ import annotations

import asyncio
import signal
import socket
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.engine.beam import BeamSearch
from service.engine.core import Core
from service.engine.errors import EngineDied
from service.engine.folder import ModelFolder
from service.engine.framing import Frames
from service.engine.hosting import EngineSettings
from service.engine.in_process import InProcessEngines
from service.engine.messages import Done, Job, Outward, Progress, Report, TickRecord, decode_outward
from service.engine.model import Seq2SeqModel
from service.engine.store import ModelStore
from service.engine.tokenizer import Tokenizer
from service.engine.translation import Options, Partial
from service.engine.translator import Translator
from service.engine.worker import Outbox
from tests.engine.driving import a_job, a_loop, alone, done
from tests.engine.processes import SENTENCES, ready_again, serving, signalled
from tests.engine.test_beam import NUM_SOURCE, Prefix, a_language, rules_of, seeds
from tests.fakes import CopyModel, FakeClock, FixedStateModel, GrowingStateModel

STORE = Path(__file__).parents[2] / "model_store"
MODELS: tuple[Seq2SeqModel, ...] = (
    FixedStateModel(),
    GrowingStateModel(),
    CopyModel(),
    CopyModel(is_endless=True),
)
searches = st.sampled_from(
    [
        {},
        {"with_attention": True},
        {"beam_size": 2, "n_best": 2},
        {"beam_size": 4, "coverage_penalty": 0.2},
        {"beam_size": 8, "n_best": 3, "with_attention": True, "length_penalty": 2.0},
        {"beam_size": 4, "required": ((5, 9), (7,)), "with_attention": True},
    ]
)
sources = st.lists(st.integers(4, 15), min_size=1, max_size=9)


def streamed(model: Seq2SeqModel, jobs: list[Job]) -> tuple[dict[int, list[Progress]], dict[int, Done]]:
    """The progress of jobs that share a batch, and their results."""
    loop = a_loop(model)
    progress: dict[int, list[Progress]] = {job.id: [] for job in jobs}
    results: dict[int, Done] = {}
    for job in jobs:
        loop.post(job)
    while loop.has_work:
        _, ended = loop.tick()
        results.update((one.id, done(one)) for one in ended)
        assert len({one.id for one in loop.progress}) == len(loop.progress)
        for one in loop.progress:
            assert one.id not in results
            progress[one.id].append(one)
    return progress, results


@pytest.mark.parametrize("model", MODELS)
@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(sources, searches), min_size=1, max_size=5))
def test_what_was_told_is_never_taken_back(
    model: Seq2SeqModel, asked: list[tuple[list[int], dict[str, Any]]]
) -> None:
    """Tokens and attention begin those of the result, which is the same as without streaming, to the bit."""
    plain = [a_job(source, max_target_tokens=45, **search) for source, search in asked]
    jobs = [a_job(one.source, **{**search, "id": one.id, "max_target_tokens": 45, "streams": True})
            for one, (_, search) in zip(plain, asked, strict=True)]  # fmt: skip
    progress, results = streamed(model, jobs)
    for job, unstreamed in zip(jobs, plain, strict=True):
        best = results[job.id].hypotheses[0]
        assert results[job.id].hypotheses == done(alone(model, unstreamed)).hypotheses
        tokens = tuple(token for one in progress[job.id] for token in one.tokens)
        assert tokens == best.tokens[: len(tokens)]
        if best.attention is not None:
            told = b"".join(one.attention or b"" for one in progress[job.id])
            assert told == best.attention[: len(told)]
            assert len(told) == 4 * len(tokens) * len(job.source)


def test_greedy_tokens_are_told_as_they_come() -> None:
    """Each at its tick, as long as nothing is said again."""
    job = a_job(range(4, 16), streams=True)
    progress, _ = streamed(CopyModel(), [job])
    assert [one.tokens for one in progress[job.id]] == [(token,) for token in range(4, 16)]


def test_only_those_who_ask_are_told() -> None:
    """Beside one that streams another does not."""
    asks, does_not = a_job([5, 6, 7], streams=True), a_job([8, 9, 10])
    progress, _ = streamed(CopyModel(), [asks, does_not])
    assert progress[asks.id]
    assert not progress[does_not.id]


def test_what_may_be_cut_as_a_loop_is_held_back() -> None:
    """The second time round nothing is told, and if it was no loop it is told afterwards."""
    job = a_job([5, 6, 5, 6, 5, 7, 8], streams=True)
    progress, _ = streamed(CopyModel(), [job])
    assert [one.tokens for one in progress[job.id]] == [(5,), (6,), (5, 6, 5, 7), (8,)]
    endless = a_job([5, 6, 7], streams=True, max_target_tokens=60)
    progress, results = streamed(CopyModel(is_endless=True), [endless])
    assert [one.tokens for one in progress[endless.id]] == [(5,), (6,), (7,)]
    assert results[endless.id].hypotheses[0].finish_reason == "repetition"


@settings(max_examples=100, deadline=None)
@given(seeds, st.integers(2, 8), st.integers(2, 4), st.sampled_from([0.0, 0.8, 2.0]))
def test_a_beam_tells_all_that_its_hypotheses_agree_on(
    seed: int, beam_size: int, num_tokens: int, length_penalty: float
) -> None:
    """No less than what all running ones and the best finished one begin with."""
    rules = rules_of(5, length_penalty)
    language = a_language(seed, num_tokens=num_tokens, depth=5)
    search = BeamSearch(rules, beam_size=beam_size, n_best=1)
    prefixes: list[Prefix] = [()]
    told: Prefix = ()
    while prefixes:
        rows = [language.logprobs[one] for one in prefixes]
        ranked = [np.argsort([-score for score in row])[:9].tolist() for row in rows]
        scores = [[row[token] for token in tokens] for row, tokens in zip(rows, ranked, strict=True)]
        parents = search.advance(ranked, scores, np.zeros((len(rows), NUM_SOURCE), np.float32))
        pairs = zip(parents, search.previous, strict=True)
        prefixes = [(*prefixes[parent], token) for parent, token in pairs]
        if prefixes:
            told += search.settled(len(told))[0]
            finished = [one.tokens for one in search.found()] if search._finished else []
            assert len(told) >= len(shared([*prefixes, *finished]))
    best = search.found()[0].tokens
    assert told == best[: len(told)]


def shared(all_of_them: list[Prefix]) -> Prefix:
    """What all begin with."""
    first, last = min(all_of_them), max(all_of_them)
    end = next(
        (i for i, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), min(len(first), len(last))
    )
    return first[:end]


def sent(reports: list[Report]) -> list[Report]:
    """What an outbox sends of reports."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        outbox = Outbox(theirs, clock=lambda: 0.0)
        for report in reports:
            outbox.put(report)
        outbox.flush()
        theirs.shutdown(socket.SHUT_WR)
        frames, messages = Frames(), []
        while content := ours.recv(65536):
            frames.feed(content)
        while (payload := frames.pop()) is not None:
            message: Outward = decode_outward(payload)
            assert isinstance(message, Report)
            messages.append(message)
    return messages


def test_an_outbox_sends_one_progress_of_a_sentence_at_most() -> None:
    """A few ticks together, one behind the other, with what attention they have."""
    reports = [
        Report((), (), (Progress(1, (tick,), bytes([tick])), Progress(2, (50 + tick,), None)))
        for tick in range(6)
    ]
    first, second = sent(reports)
    assert first.progress == (Progress(1, (0, 1, 2, 3), b"\0\1\2\3"), Progress(2, (50, 51, 52, 53), None))
    assert second.progress == (Progress(1, (4, 5), b"\4\5"), Progress(2, (54, 55), None))


def test_progress_is_not_sent_beside_the_result() -> None:
    """Which holds all of it."""
    result = Done(1, (), 0.0, 0.0, 0.0)
    reports = [Report((), (), (Progress(1, (5,), None), Progress(2, (6,), None))), Report((), (result,))]
    (report,) = sent(reports)
    assert (report.results, report.progress) == ((result,), (Progress(2, (6,), None),))


@pytest.fixture(scope="module", params=["zh-en", "en-zh"])
def folder(request: pytest.FixtureRequest) -> ModelFolder:
    """A bundled model."""
    (found,) = [one for one in ModelStore(STORE).latest() if one.manifest.name == request.param]
    return found


REAL = {
    "zh": [
        "我想预订明天晚上的双人间，请问还有房间吗？",
        "他说如果明天下雨，他们就不去公园。",
        "谢谢😀！",
        " ",
    ],
    "en": [
        "I would like to book a double room.",
        "He said they will stay at home 😀 if it rains.",
        "Thanks!",
        " ",
    ],
}


@pytest.mark.parametrize("search", [{}, {"beam_size": 4, "n_best": 2}, {"with_attention": True}])
async def test_partials_begin_the_translation_and_come_before_it(
    folder: ModelFolder, search: dict[str, Any]
) -> None:
    """With the bundled models: text, tokens and weights grow; of an empty sentence nothing is told."""
    manifest = folder.manifest
    translator = Translator([folder], InProcessEngines.of([folder], EngineSettings(precision="int8")))
    await translator.start()
    told: dict[int, list[Partial]] = {}
    ended: list[int] = []

    def note(index: int, partial: Partial) -> None:
        assert not ended
        told.setdefault(index, []).append(partial)

    sentences = REAL[manifest.source]
    options = Options(**search)
    found = await translator.translate(sentences, manifest.source, manifest.target, options, on_partial=note)
    ended.append(1)
    await translator.translate(sentences, manifest.source, manifest.target, options)
    assert {0, 1} <= set(told) <= {0, 1, 2}
    for index, partials in told.items():
        final = found[index]
        texts = [one.text for one in partials]
        counts = [len(one.target_tokens) for one in partials]
        assert counts[:-1] == sorted(set(counts[:-1]))
        assert [one.translation is None for one in partials] == [*[True] * (len(partials) - 1), False]
        for shorter, longer in zip(texts, [*texts[1:], final.text], strict=True):
            assert longer.startswith(shorter)
        last = partials[-1]
        assert list(last.target_tokens) == list(final.target_tokens)[: counts[-1]]
        if options.with_attention:
            assert last.weights is not None
            assert final.weights is not None
            assert (last.weights == final.weights[: counts[-1]]).all()
        else:
            assert last.weights is None
    await translator.stop(grace_seconds=1)


@pytest.mark.parametrize("text", ["价格😀是é", "abc", "你好"])
def test_half_a_character_is_left_out(folder: ModelFolder, text: str) -> None:
    """Of every beginning of its tokens the text is a beginning of the whole."""
    tokenizer = Tokenizer(folder.read(folder.manifest.tokenizers.target))
    ids = [piece for character in text for piece in tokenizer.encode_ids(character)]
    whole = tokenizer.decode_text(ids)
    for end in range(len(ids) + 1):
        num_whole = tokenizer.num_whole(ids[:end])
        assert end - 3 <= num_whole <= end
        assert whole.startswith(tokenizer.decode_text(ids[:num_whole]))
    assert tokenizer.num_whole(ids) == len(ids)


async def test_a_cancelled_stream_is_told_nothing_more_and_frees_its_rows(store_path: Path) -> None:
    """At the next tick they are gone, whatever came before."""
    records: list[TickRecord] = []
    told: list[int] = []
    models = ModelStore(store_path).latest()
    translator = Translator(models, InProcessEngines.of(models, EngineSettings()), on_tick=records.append)
    await translator.start()
    has_begun = asyncio.Event()

    def note(index: int, partial: Partial) -> None:
        told.append(index)
        has_begun.set()

    options = Options(beam_size=4)
    task = asyncio.create_task(translator.translate(SENTENCES, "zh", "en", options, on_partial=note))
    await has_begun.wait()
    task.cancel()
    num_told, num_ticks = len(told), len(records)
    with pytest.raises(asyncio.CancelledError):
        await task
    await translator.translate(["你好"], "zh", "en")
    assert len(told) == num_told
    soon = records[num_ticks : num_ticks + 4]  # the loop takes a few turns until the engine hears of it
    dropping = next(one for one in soon if one.cancelled_running)
    assert dropping.rows <= 1
    assert sum(one.cancelled_running + one.cancelled_queued + one.finished for one in records) == 5
    await translator.stop(grace_seconds=1)


async def test_a_caller_that_fails_is_told_so_itself(store_path: Path) -> None:
    """What its function raises ends its own call and nobody else's."""
    models = ModelStore(store_path).latest()
    translator = Translator(models, InProcessEngines.of(models, EngineSettings()))
    await translator.start()

    def fail(index: int, partial: Partial) -> None:
        raise LookupError("gone")

    failing = translator.translate(SENTENCES, "zh", "en", on_partial=fail)
    other = translator.translate(SENTENCES, "zh", "en")
    raised, found = await asyncio.gather(failing, other, return_exceptions=True)
    assert isinstance(raised, LookupError)
    assert isinstance(found, list)
    assert translator.queue().num_sequences == 0
    await translator.stop(grace_seconds=1)


async def test_what_was_streamed_is_not_begun_anew() -> None:
    """An engine that dies with it takes it along, although there is another; the caller is told."""
    async with serving(STORE, settings=EngineSettings(num_engines=2)) as (translator, workers):
        told: list[str] = []

        def note(index: int, partial: Partial) -> None:
            if not told:
                (held,) = [one.number for one in workers.engines() if one.num_outstanding]
                signalled(workers, held, signal.SIGKILL)
            told.append(partial.text)

        long = [REAL["zh"][0][:-1] + "，" + REAL["zh"][1]]
        with pytest.raises(EngineDied):
            await translator.translate(long, "zh", "en", Options(beam_size=8), on_partial=note)
        assert told
        await ready_again(workers)
        assert len(await translator.translate(long, "zh", "en", on_partial=note)) == 1


async def test_what_was_not_yet_streamed_moves(store_path: Path) -> None:
    """Before the first token a stream is like any other sentence."""
    async with serving(store_path, settings=EngineSettings(num_engines=2)) as (translator, workers):
        told: dict[int, str] = {}

        def note(index: int, partial: Partial) -> None:
            assert partial.text.startswith(told.get(index, ""))
            told[index] = partial.text

        signalled(workers, 0, signal.SIGSTOP)
        waiting = asyncio.create_task(translator.translate(SENTENCES, "zh", "en", on_partial=note))
        await asyncio.sleep(0)
        assert workers.engines()[0].num_outstanding > 0
        signalled(workers, 0, signal.SIGKILL)
        found = await waiting
        assert all(found[index].text.startswith(text) for index, text in told.items())


def test_a_core_reports_progress_with_the_tick() -> None:
    """Beside the record; of a tick that settles nothing there is none."""
    loop = a_loop(CopyModel(), clock=FakeClock())
    core = Core({("fake", "1"): loop})
    loop.post(a_job([5, 6], id=7, streams=True))
    reports = [core.tick() for _ in range(3)]
    assert [one.progress for one in reports] == [(Progress(7, (5,), None),), (Progress(7, (6,), None),), ()]
    assert not core.has_work
