"""Text in, translations out: the asyncio side of the engine; sentences become jobs, answers translations."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from functools import partial

from msgspec.structs import replace

from service.engine.admission import Admission, QueueLimits, QueueState
from service.engine.calls import Calls
from service.engine.errors import InvalidOption, InvalidText
from service.engine.folder import ModelFolder
from service.engine.hosting import Engines, OnTick, StopReport
from service.engine.messages import Job, TickRecord
from service.engine.model_infos import ModelInfos
from service.engine.serving import Lease
from service.engine.shadow import OnCompared, Shadow
from service.engine.stream import Stream
from service.engine.text_model import Prepared, TextModel
from service.engine.translation import LoadedModelInfo, OnPartial, Options, Translation
from service.engine.versions import Versions

_COMPARISON_SECONDS = 60.0  # how long a comparison may wait behind everybody else


class Translator:
    """Translates sentences between the pairs of its models. The constructor starts nothing.

    `on_tick` gets every tick record of every engine, `on_compared` what a candidate and the version that
    serves made of the same sentence, both on the event loop.
    """

    def __init__(
        self,
        models: Sequence[ModelFolder],
        engines: Engines,
        *,
        limits: QueueLimits | None = None,
        on_tick: OnTick = lambda _: None,
        on_compared: OnCompared = lambda _, __: None,
        on_unloaded: Callable[[ModelFolder], None] = lambda _: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.versions = Versions(models, engines, on_unloaded)
        self._serving = self.versions.serving
        self._shadow = Shadow(self._serving, on_compared)
        self._engines = engines
        self._admission = Admission(limits or QueueLimits())
        self._on_tick = on_tick
        self._clock = clock
        self._ids = itertools.count()
        self._calls = Calls(engines, self._admission, clock)
        self._infos = ModelInfos(engines)

    @property
    def is_ready(self) -> bool:
        """True while sentences are taken."""
        return self._engines.is_ready

    async def start(self) -> None:
        """Starts the engines and returns when they are ready; raises CannotStart or EngineDied."""
        await self._engines.start(
            on_result=self._calls.resolve, on_progress=self._calls.progress, on_tick=self._observe
        )

    async def stop(self, *, grace_seconds: float) -> StopReport:
        """Refuses, drains for at most `grace_seconds`, cuts what is left, and ends the engines."""
        await self._shadow.stop()
        return await self._engines.stop(grace_seconds=grace_seconds)

    def lease(self) -> AbstractContextManager[Lease]:
        """As long as it lasts, this task and those it starts see one version of each model."""
        return self._serving.lease()

    def insist(self, name: str, version: str) -> None:
        """Puts a version into this task's lease; raises UnknownVersion where it is not served."""
        self._serving.insist(name, version)

    def pairs(self) -> tuple[tuple[str, str], ...]:
        """What can be translated: (source, target), sorted."""
        return self._serving.current.pairs

    def languages(self) -> tuple[str, ...]:
        """Every language that some model reads or writes, sorted."""
        return self._serving.current.languages

    def models(self) -> tuple[LoadedModelInfo, ...]:
        """The models that serve a pair, with the device they run on."""
        return tuple(self._infos.of(one) for one in self._serving.current.all())

    def served(self) -> tuple[LoadedModelInfo, ...]:
        """Those of all callers, and behind them the candidates."""
        serving = self._serving
        candidates = [one.model for one in serving.candidates.values()]
        return tuple(self._infos.of(one) for one in (*serving.catalogue.all(), *candidates))

    def model_for(self, source: str, target: str) -> LoadedModelInfo:
        """The model of a pair; raises UnknownLanguage, UnsupportedPair."""
        return self._infos.of(self._serving.current.find(source, target))

    def queue(self) -> QueueState:
        """What the engines owe answers for now."""
        return self._admission.state()

    def count_source_tokens(self, text: str, source: str, target: str) -> int:
        """The number of tokens of a text of any length; raises InvalidText and as `model_for`."""
        return self._serving.current.find(source, target).num_source_pieces(text)

    async def translate(
        self,
        sentences: Sequence[str],
        source: str,
        target: str,
        options: Options | None = None,
        *,
        deadline: float | None = None,
        required: Sequence[Sequence[str]] = (),
        on_partial: OnPartial | None = None,
    ) -> list[Translation]:
        """One translation per sentence, in their order; `deadline` in time.monotonic() seconds.

        `required` is empty, or has for each sentence the phrases of target text that its translation
        must hold, each as often as it is listed: words or copy symbols, up to 64 phrases and no more
        tokens than a translation may have. They cost a beam of at least 4.

        `on_partial` is called on the event loop with the number of a sentence and what of its translation
        is certain, before the call returns and never after; what it raises ends the call. A sentence of
        which something was told is not given to another engine if its own dies.

        Raises UnknownLanguage, UnsupportedPair, InvalidText, InvalidOption, TooLong or TooMany before
        anything is queued, Overloaded or NotReady at once, later DeadlineExceeded, ModelFailed or
        EngineDied.
        """
        if len(required) not in (0, len(sentences)):
            raise InvalidOption("required", len(required), f"{len(sentences)} lists, one for each sentence")
        options = options or Options()
        with self._serving.lease() as lease:
            model = lease.catalogue.find(source, target)
            found = await self._translate(model, sentences, options, deadline, required, on_partial)
            if (rival := lease.rivals.get(model)) is not None and self._admission.is_half_empty:
                behind = replace(options, priority="bulk")
                until = self._clock() + _COMPARISON_SECONDS
                again = partial(self._translate, rival, sentences, behind, until, required)
                self._shadow.begin(rival, found, again)
            return found

    async def _translate(
        self,
        model: TextModel,
        sentences: Sequence[str],
        options: Options,
        deadline: float | None,
        required: Sequence[Sequence[str]],
        on_partial: OnPartial | None = None,
    ) -> list[Translation]:
        prepared = [self._prepared(model, text, index) for index, text in enumerate(sentences)]
        if required:
            prepared = [
                self._with_required(model, *one, index)
                for index, one in enumerate(zip(prepared, required, strict=True))
            ]
        return await self._carry_out(model, prepared, options, deadline, on_partial)

    async def force(
        self,
        pairs_of_sentences: Sequence[tuple[str, str]],
        source: str,
        target: str,
        options: Options | None = None,
        *,
        deadline: float | None = None,
    ) -> list[Translation]:
        """Scores given translations: (sentence, translation) pairs, always with attention.

        Of the options only the length penalty counts. Raises as `translate` does, and InvalidText
        for a translation of a sentence without a token.
        """
        forced = replace(options or Options(), beam_size=1, n_best=1, with_attention=True)
        with self._serving.lease() as lease:
            model = lease.catalogue.find(source, target)
            prepared = [
                self._prepared_pair(model, sentence, translation, index)
                for index, (sentence, translation) in enumerate(pairs_of_sentences)
            ]
            return await self._carry_out(model, prepared, forced, deadline)

    def _prepared(self, model: TextModel, sentence: str, index: int) -> Prepared:
        started = self._clock()
        pieces = model.source_pieces(sentence, f"sentences[{index}]")
        return Prepared(pieces, self._clock() - started)

    def _with_required(
        self, model: TextModel, prepared: Prepared, phrases: Sequence[str], index: int
    ) -> Prepared:
        if not phrases:
            return prepared
        required = model.required_pieces(phrases, prepared.source, f"required[{index}]")
        return replace(prepared, required=required)

    def _prepared_pair(self, model: TextModel, sentence: str, translation: str, index: int) -> Prepared:
        source = self._prepared(model, sentence, index)
        target = model.target_pieces(translation, f"translations[{index}]")
        if target and not source.source:
            raise InvalidText(f"sentences[{index}]", "is empty, its translation is not")
        return Prepared(source.source, source.tokenize_seconds, translation, target)

    async def _carry_out(
        self,
        model: TextModel,
        prepared: list[Prepared],
        options: Options,
        deadline: float | None,
        on_partial: OnPartial | None = None,
    ) -> list[Translation]:
        """Queues those that have a token, waits for them, and puts all into their order."""
        group = next(self._ids)
        jobs = {
            index: self._job(model, one, options, deadline, group)
            for index, one in enumerate(prepared)
            if one.source
        }
        streams: dict[int, Stream] = {}
        if on_partial is not None:
            jobs = {index: replace(job, streams=True) for index, job in jobs.items()}
            numbered = ((job.id, prepared[index], index) for index, job in jobs.items())
            streams = {job_id: Stream(model, one, index, on_partial) for job_id, one, index in numbered}
        done = dict(zip(jobs, await self._calls.answers(list(jobs.values()), deadline, streams), strict=True))
        return [
            model.translation(one, done[index])
            if index in done
            else model.empty(one, with_attention=options.with_attention)
            for index, one in enumerate(prepared)
        ]

    def _job(
        self, model: TextModel, one: Prepared, options: Options, deadline: float | None, group: int
    ) -> Job:
        target = None if one.target is None else one.target.ids
        num_required = sum(map(len, one.required))
        return Job(
            id=next(self._ids),
            model=model.name,
            version=model.folder.manifest.version,
            source=one.source.ids,
            target=target,
            max_target_tokens=model.max_target_tokens(len(one.source), num_required=num_required),
            beam_size=options.beam_size,
            n_best=options.n_best,
            length_penalty=options.length_penalty,
            coverage_penalty=options.coverage_penalty,
            with_attention=options.with_attention,
            deadline=deadline,
            posted_at=self._clock(),
            priority=options.priority,
            group=group,
            required=one.required,
        )

    def _observe(self, record: TickRecord) -> None:
        self._admission.observe(record)
        self._on_tick(record)
