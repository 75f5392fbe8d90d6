"""Units through the model: once, and those that lost something a second time, with what they must hold."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from service.engine.text_model import MAX_REQUIRED_PHRASES
from service.engine.translation import OnPartial, Options, Translation
from service.pipeline.following import Follower
from service.pipeline.ports import Translating
from service.pipeline.units import Outcome, Unit, mended, settled


class Direction(Struct, frozen=True):
    """From which language to which, how searched, and until when (time.monotonic() seconds)."""

    source: str
    target: str
    options: Options
    deadline: float | None


async def settle(
    units: Sequence[Unit],
    direction: Direction,
    translator: Translating,
    follower: Follower | None = None,
) -> list[Outcome]:
    """An outcome per unit, in their order; raises what the translator and the follower raise.

    Units of one call are all with a given translation, or all without.
    """
    if units and units[0].given is not None:
        return await _scored(units, direction, translator)
    phrases = [unit.phrases for unit in units]
    first = await _translated(
        units, phrases, direction, translator, None if follower is None else follower.partial
    )
    found = [settled(unit, one) for unit, one in zip(units, first, strict=True)]
    lost = [number for number, outcome in enumerate(found) if outcome is None]
    if lost:
        again = [units[number] for number in lost]
        required = [[*unit.phrases, *unit.masked.symbols][:MAX_REQUIRED_PHRASES] for unit in again]
        second = await _translated(again, required, direction, translator)
        for number, translation in zip(lost, second, strict=True):
            unit = units[number]
            outcome = settled(unit, translation, fate="constrained") or mended(unit, translation)
            found[number] = outcome
            if follower is not None:
                follower.outcome(number, outcome)
    return [outcome for outcome in found if outcome is not None]


async def _translated(
    units: Sequence[Unit],
    required: Sequence[Sequence[str]],
    direction: Direction,
    translator: Translating,
    on_partial: OnPartial | None = None,
) -> list[Translation]:
    return await translator.translate(
        [unit.masked.text for unit in units],
        direction.source,
        direction.target,
        direction.options,
        deadline=direction.deadline,
        required=required if any(required) else (),
        on_partial=on_partial,
    )


async def _scored(units: Sequence[Unit], direction: Direction, translator: Translating) -> list[Outcome]:
    pairs = [(unit.masked.text, unit.given.text) for unit in units if unit.given is not None]
    found = await translator.force(
        pairs, direction.source, direction.target, direction.options, deadline=direction.deadline
    )
    outcomes = [settled(unit, one) for unit, one in zip(units, found, strict=True)]
    return [outcome for outcome in outcomes if outcome is not None]
