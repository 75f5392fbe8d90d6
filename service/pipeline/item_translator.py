"""The texts of one request through the translator: all their sentences travel together."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Coroutine, Iterator, Sequence
from functools import partial
from typing import Any, Final

from msgspec.structs import replace

from service.engine.errors import Incomplete
from service.engine.translation import Options
from service.pipeline.assessing import Assessor
from service.pipeline.calibrations import Calibrations
from service.pipeline.fields import FieldNames
from service.pipeline.following import Follower, Listener, Position
from service.pipeline.given import GivenPlan
from service.pipeline.handling import PLAIN, Handling
from service.pipeline.items import Item
from service.pipeline.markup_plan import MarkupPlan
from service.pipeline.ports import Translating
from service.pipeline.preparation import Preparation
from service.pipeline.settling import Direction, settle
from service.pipeline.text_plan import Plan, TextPlan, UntouchedPlan
from service.pipeline.units import Outcome, Unit
from service.text.detection import Detected, LanguageDetector

AUTO: Final = "auto"
_Positioned = tuple[Position, Unit]


class ItemTranslator:
    """Translates whole texts, several at a time.

    `on_sentence` hears of every sentence that came back, `on_item` of every text, with the seconds that were
    spent on it after its sentences had come back.
    """

    def __init__(
        self,
        translator: Translating,
        detector: LanguageDetector,
        on_sentence: Callable[[Outcome], None] = lambda _: None,
        *,
        calibrations: Calibrations | None = None,
        on_item: Callable[[Item, float], None] = lambda _, __: None,
    ) -> None:
        self._translator = translator
        self._detector = detector
        self._assessor = Assessor(calibrations or Calibrations())
        self._on_sentence = on_sentence
        self._on_item = on_item

    async def translate(
        self,
        texts: Sequence[str],
        source: str,
        target: str,
        options: Options,
        *,
        names: FieldNames,
        deadline: float | None = None,
        handling: Handling = PLAIN,
        listener: Listener | None = None,
    ) -> list[Item]:
        """An item per text, in order; `source` may be `auto`, `deadline` is in time.monotonic() seconds.

        Text in the target language, and sentences without letters, come back as they are.
        Raises what the translator raises, about the fields of the request.
        """
        told = self._told(texts, source, lambda: [*self._sources(target), target])
        plans: list[Plan] = []
        for number, (text, language, detected) in enumerate(told):
            if plans:
                await _let_others_run()
            plans.append(self._plan(text, language, target, detected, handling, names.name("q", number)))
        items = await self._carry_out(plans, target, options, names, deadline, listener)
        if handling.strict:
            _require_whole(items, names)
        return [item.unless_unsure(handling.min_confidence) for item in items]

    async def score(
        self,
        texts: Sequence[str],
        translations: Sequence[str],
        source: str,
        target: str,
        options: Options,
        *,
        names: FieldNames,
        deadline: float | None = None,
    ) -> list[Item]:
        """An item per text with its given translation, looked at by the model; otherwise as `translate`."""
        told = self._told(texts, source, lambda: self._sources(target))
        plans = [
            GivenPlan.of(text, translation, language, target, detected)
            for (text, language, detected), translation in zip(told, translations, strict=True)
        ]
        return await self._carry_out(plans, target, options, names, deadline)

    def _plan(
        self,
        text: str,
        source: str,
        target: str,
        detected: Detected | None,
        handling: Handling,
        field: str,
    ) -> Plan:
        """Raises UnsupportedPair, InvalidText about `field`, and InvalidOption for a pattern that is none."""
        if source == target:
            return UntouchedPlan(text, source, detected)
        max_tokens = self._translator.model_for(source, target).manifest.limits.max_source_tokens
        count = partial(self._translator.count_source_tokens, source=source, target=target)
        preparation = Preparation(source, handling, max_tokens, count)
        if handling.format == "text":
            return TextPlan.of(text, preparation, target, detected)
        return MarkupPlan.of(text, preparation, target, detected, field=field)

    def _sources(self, target: str) -> list[str]:
        return [source for source, into in self._translator.pairs() if into == target]

    def _told(
        self, texts: Sequence[str], source: str, languages: Callable[[], Sequence[str]]
    ) -> Iterator[tuple[str, str, Detected | None]]:
        """Each text with its language, detected among `languages` where the caller leaves it open."""
        if source != AUTO:
            yield from ((text, source, None) for text in texts)
            return
        among = languages()
        for text in texts:
            detected = self._detector.detect(text, among)
            yield text, detected.language, detected

    async def _carry_out(
        self,
        plans: Sequence[Plan],
        target: str,
        options: Options,
        names: FieldNames,
        deadline: float | None,
        listener: Listener | None = None,
    ) -> list[Item]:
        """All units of one language in one call, the languages side by side."""
        groups: defaultdict[str, list[_Positioned]] = defaultdict(list)
        for text, plan in enumerate(plans):
            placed = zip(plan.units, plan.shifts, strict=True)
            groups[plan.source] += [
                (Position(text, number, shift), unit) for number, (unit, shift) in enumerate(placed)
            ]
        done: list[list[Outcome]] = [[] for _ in plans]
        seconds = [0.0] * len(plans)
        looking = replace(options, with_attention=True)  # spans, links and warnings need it

        async def settle_group(source: str, positioned: list[_Positioned]) -> None:
            direction = Direction(source, target, looking, deadline)
            positions, units = zip(*positioned, strict=True)
            assess = partial(self._assessor.assessed, source=source, target=target)
            follower = None if listener is None else Follower(units, positions, listener, assess)
            with names.of([position.text for position in positions]):
                found = await settle(units, direction, self._translator, follower)
            for position, outcome in zip(positions, found, strict=True):
                started = time.monotonic()
                assessed = assess(outcome)
                seconds[position.text] += time.monotonic() - started
                done[position.text].append(assessed)
                self._on_sentence(assessed)

        await _together([settle_group(*group) for group in groups.items() if group[1]])
        items: list[Item] = []
        for plan, outcomes, spent in zip(plans, done, seconds, strict=True):
            if items:
                await _let_others_run()
            items.append(self._finished(plan, outcomes, spent))
        return items

    def _finished(self, plan: Plan, outcomes: Sequence[Outcome], seconds: float) -> Item:
        """The item of a plan; `seconds` were spent on its outcomes already."""
        started = time.monotonic()
        item = plan.finish(outcomes)
        self._on_item(item, seconds + time.monotonic() - started)
        return item


async def _let_others_run() -> None:
    """A text of the longest kind takes the event loop for a good part of a second; ten would for seconds."""
    await asyncio.sleep(0)


def _require_whole(items: Sequence[Item], names: FieldNames) -> None:
    """Raises Incomplete where a translation was cut."""
    for number, item in enumerate(items):
        for sentence in item.sentences:
            if (reason := sentence.translation.finish_reason) != "eos":
                raise Incomplete(names.name("q", number), reason)


async def _together(work: Sequence[Coroutine[Any, Any, None]]) -> None:
    """Waits for all; the first error cancels the others and is raised as itself."""
    if len(work) == 1:
        return await work[0]
    try:
        async with asyncio.TaskGroup() as group:
            for one in work:
                group.create_task(one)
    except ExceptionGroup as errors:
        raise errors.exceptions[0] from None
