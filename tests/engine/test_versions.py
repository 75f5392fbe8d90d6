"""Versions come and go in engine processes that serve: no answer is lost, and none is another's."""

from __future__ import annotations

import asyncio
import shutil
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest

from service.engine.errors import EngineDied, ModelFolderInvalid, NotReady, VersionInUse
from service.engine.folder import ModelFolder
from service.engine.golden import Golden
from service.engine.hosting import EngineSettings
from service.engine.in_process import InProcessEngines
from service.engine.serving import Candidate
from service.engine.store import ModelStore
from service.engine.translation import Translation
from service.engine.translator import Translator
from service.engine.workers import Workers
from tests.engine.processes import SENTENCES, ready_again, said, serving, signalled
from tests.random_model import add_golden, declare_again, write_golden, write_random_model

MANY = SENTENCES * 20


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """Versions 1 and 2 of zh-en, which say different things, the latter with golden sentences."""
    store = tmp_path / "store"
    write_random_model(store, version="1")
    add_golden(write_random_model(tmp_path / "later", version="2", seed=3))
    return store


@pytest.fixture
def second(tmp_path: Path) -> ModelFolder:
    """The folder of version 2, which the store at the start does not have."""
    return ModelFolder.open(tmp_path / "later" / "zh-en" / "2")


async def put_to_use(translator: Translator, folder: ModelFolder) -> None:
    """Loads a version and serves it."""
    translator.versions.serving.serve(await translator.versions.load(folder))


async def alone(path: Path, sentences: list[str]) -> list[object]:
    """What a version says to the sentences when nothing else happens."""
    models = [ModelFolder.open(path)]
    translator = Translator(models, InProcessEngines.of(models, EngineSettings()))
    await translator.start()
    try:
        return said(await translator.translate(sentences, "zh", "en"))
    finally:
        await translator.stop(grace_seconds=0)


def names(workers: Workers) -> list[tuple[str, str]]:
    """What the engines hold."""
    return [(one.name, one.version) for one in workers.models()]


@asynccontextmanager
async def two_engines(store: Path) -> AsyncIterator[tuple[Translator, Workers]]:
    """Two engine processes over a store."""
    async with serving(store, settings=EngineSettings(num_engines=2)) as found:
        yield found


async def test_old_rows_end_on_the_old_version(store: Path, second: ModelFolder) -> None:
    """A call that runs while the version is exchanged is answered by the old one, to the last bit."""
    expected = [await alone(path, MANY) for path in (store / "zh-en" / "1", second.path)]
    assert expected[0] != expected[1]
    async with two_engines(store) as (translator, workers):
        model = await translator.versions.load(second)
        old = asyncio.create_task(translator.translate(MANY, "zh", "en"))
        await asyncio.sleep(0)  # its sentences are posted
        translator.versions.serving.serve(model)
        new = asyncio.create_task(translator.translate(MANY, "zh", "en"))
        await asyncio.sleep(0)
        assert {one.key[1] for one in translator.versions.loaded()} == {"1", "2"}
        assert [said(await one) for one in (old, new)] == expected
        assert [(await one)[0].version for one in (old, new)] == ["1", "2"]
        assert [one.key[1] for one in translator.versions.loaded()] == ["2"]
        assert names(workers) == [("zh-en", "2")]


async def test_a_request_has_one_version_from_beginning_to_end(store: Path, second: ModelFolder) -> None:
    """Whatever it asks for after the exchange: limits, tokens, a second search."""
    first = await alone(store / "zh-en" / "1", SENTENCES)
    async with serving(store) as (translator, _):
        with translator.lease():
            await put_to_use(translator, second)
            assert translator.model_for("zh", "en").version == "1"
            assert said(await translator.translate(SENTENCES, "zh", "en")) == first
        assert translator.model_for("zh", "en").version == "2"
        assert translator.model_for("zh", "en").actual_device == "cpu"


async def test_an_engine_that_restarts_loads_what_serves_now(store: Path, second: ModelFolder) -> None:
    """Not what it was started with."""
    async with serving(store) as (translator, workers):
        await put_to_use(translator, second)
        before = await translator.translate(SENTENCES, "zh", "en")
        signalled(workers, 0, signal.SIGKILL)
        async with asyncio.timeout(20):
            while not workers.engines()[0].num_restarts:  # noqa: ASYNC110  # seen from outside
                await asyncio.sleep(0.02)
        await ready_again(workers)
        assert names(workers) == [("zh-en", "2")]
        assert said(await translator.translate(SENTENCES, "zh", "en")) == said(before)


async def test_what_is_given_up_while_an_engine_starts_is_not_kept_by_it(
    store: Path, second: ModelFolder
) -> None:
    """It began to load the old set, and is told when it is ready."""
    async with two_engines(store) as (translator, workers):
        model = await translator.versions.load(second)
        signalled(workers, 0, signal.SIGKILL)
        async with asyncio.timeout(20):
            while workers.engines()[0].state == "ready":  # noqa: ASYNC110  # seen from outside
                await asyncio.sleep(0.01)
        translator.versions.serving.serve(model)
        await ready_again(workers)
        assert names(workers) == [("zh-en", "2")]


def flip_a_bit(path: Path) -> None:
    """The size stays."""
    content = bytearray((path / "step.onnx").read_bytes())
    content[len(content) // 2] ^= 1
    (path / "step.onnx").write_bytes(content)


def break_the_graph(path: Path) -> None:
    """And declare it."""
    (path / "step.onnx").write_bytes(b"no graph")
    declare_again(path)


def break_the_tokenizer(path: Path) -> None:
    """And declare it."""
    (path / "source.spm").write_bytes(b"no tokenizer")
    declare_again(path)


def give_it_other_weights(path: Path) -> None:
    """All is as it should be but what it says."""
    other = write_random_model(path.parents[2] / "other", seed=7)
    shutil.copyfile(other / "step.onnx", path / "step.onnx")
    declare_again(path)


def spoil_the_golden_sentence(path: Path) -> None:
    """It would have to say something else."""
    golden = Golden.of(ModelFolder.open(path))
    assert golden
    (one, *others) = golden.sentences
    write_golden(
        path, Golden((msgspec.structs.replace(one, target=(one.target[0] + 1, *one.target[1:])), *others))
    )


DAMAGES: list[tuple[Callable[[Path], None], str]] = [
    (flip_a_bit, "another SHA-256"),
    (break_the_graph, "refuses a graph"),
    (break_the_tokenizer, "no tokenizer"),
    (give_it_other_weights, "golden sentence 1 is not translated"),
    (spoil_the_golden_sentence, "golden sentence 1"),
]


async def test_whatever_is_wrong_with_a_version_the_old_one_goes_on(store: Path, tmp_path: Path) -> None:
    """No engine keeps it, the error says what it was, and the mended version is taken afterwards."""
    good = tmp_path / "later" / "zh-en" / "2"
    async with two_engines(store) as (translator, workers):
        before = said(await translator.translate(SENTENCES, "zh", "en"))
        for damage, reason in DAMAGES:
            bad = Path(shutil.copytree(good, tmp_path / damage.__name__ / "zh-en" / "2"))
            damage(bad)
            running = asyncio.create_task(translator.translate(MANY, "zh", "en"))
            with pytest.raises(ModelFolderInvalid, match=reason):
                await translator.versions.load(ModelFolder.open(bad))
            assert {one.version for one in await running} == {"1"}
            assert names(workers) == [("zh-en", "1")]
            assert said(await translator.translate(SENTENCES, "zh", "en")) == before
        await put_to_use(translator, ModelFolder.open(good))
        assert translator.model_for("zh", "en").version == "2"
        assert [one.num_restarts for one in workers.engines()] == [0, 0]


async def test_an_engine_that_dies_while_it_loads_undoes_it_everywhere(
    store: Path, second: ModelFolder
) -> None:
    """The others drop what they have loaded, no caller hears of it, and a second try succeeds."""
    async with two_engines(store) as (translator, workers):
        before = said(await translator.translate(SENTENCES, "zh", "en"))
        signalled(workers, 1, signal.SIGSTOP)  # so that it cannot finish first
        loading = asyncio.create_task(translator.versions.load(second))
        async with asyncio.timeout(20):
            while ("zh-en", "2") not in names(workers):  # noqa: ASYNC110  # engine 0 has it
                await asyncio.sleep(0.02)
        signalled(workers, 1, signal.SIGKILL)
        with pytest.raises(EngineDied):
            await loading
        assert names(workers) == [("zh-en", "1")]
        assert said(await translator.translate(SENTENCES, "zh", "en")) == before
        with pytest.raises(NotReady):  # the engine is not back yet, and would be without it
            await translator.versions.load(second)
        await ready_again(workers)
        await put_to_use(translator, second)
        assert names(workers) == [("zh-en", "2")]


async def test_an_engine_that_does_not_answer_in_time_undoes_it_too(store: Path, second: ModelFolder) -> None:
    """It finishes later, and drops what it has made."""
    settings = EngineSettings(num_engines=2, start_seconds=8.0)
    async with serving(store, settings=settings) as (translator, workers):
        signalled(workers, 1, signal.SIGSTOP)
        with pytest.raises(EngineDied, match="within 8 seconds"):
            await translator.versions.load(second)
        signalled(workers, 1, signal.SIGCONT)
        await put_to_use(translator, second)
        found = await asyncio.gather(*(translator.translate(SENTENCES, "zh", "en") for _ in range(8)))
        assert {one.version for part in found for one in part} == {"2"}


async def test_files_of_a_loaded_version_are_not_exchanged(store: Path, tmp_path: Path) -> None:
    """The same folder is taken as it is; other files need another version."""
    other = ModelFolder.open(write_random_model(tmp_path / "other", version="1", seed=9))
    async with serving(store) as (translator, _):
        with pytest.raises(VersionInUse):
            await translator.versions.load(other)
        (same,) = ModelStore(store).latest()
        assert await translator.versions.load(same) is translator.versions.loaded()[0]


async def test_a_stop_ends_a_load(store: Path, second: ModelFolder) -> None:
    """Whoever waits for it is told."""
    async with serving(store) as (translator, workers):
        signalled(workers, 0, signal.SIGSTOP)
        loading = asyncio.create_task(translator.versions.load(second))
        await asyncio.sleep(0.2)
        signalled(workers, 0, signal.SIGCONT)
        await translator.stop(grace_seconds=0)
        with pytest.raises((NotReady, EngineDied)):
            await loading


async def test_a_candidate_is_compared_with_the_version_it_stands_in_for(
    store: Path, second: ModelFolder
) -> None:
    """Every sentence that it translated, behind everybody else; nothing is compared without one."""
    compared: list[tuple[Translation, Translation]] = []
    models = ModelStore(store).latest()
    engines = InProcessEngines.of(models, EngineSettings())
    translator = Translator(models, engines, on_compared=lambda *pair: compared.append(pair))
    await translator.start()
    model = await translator.versions.load(second)
    await translator.translate(SENTENCES, "zh", "en")
    serving_now = translator.versions.serving
    serving_now.try_out(Candidate(model, 1.0))
    found = await translator.translate(SENTENCES, "zh", "en")
    serving_now.withdraw("zh-en")
    stable = await translator.translate(SENTENCES, "zh", "en")
    async with asyncio.timeout(10):
        while len(compared) < len(SENTENCES):  # noqa: ASYNC110  # nobody waits for it
            await asyncio.sleep(0.01)
    assert {one.version for one in found} == {"2"}
    assert said([one for one, _ in compared]) == said(found)
    assert said([other for _, other in compared]) == said(stable)
    assert len(compared) == len(SENTENCES)
    await translator.stop(grace_seconds=0)
