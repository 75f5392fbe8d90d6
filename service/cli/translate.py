"""`zhuyi translate`: standard input line by line, in blocks that travel together and come out in order."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import islice
from typing import Final, TextIO

from tqdm import tqdm

from service.engine.admission import QueueLimits
from service.engine.errors import InvalidText, TooLong, UnknownLanguage
from service.engine.store import ModelStore, parse_pins
from service.engine.translation import Options
from service.engine.translator import Translator
from service.engine.workers import Workers
from service.knobs import engine_settings
from service.pipeline.fields import FieldNames
from service.pipeline.handling import Handling
from service.pipeline.item_translator import AUTO, ItemTranslator
from service.settings import Settings
from service.text.detection import LanguageDetector
from service.text.languages import match_language, match_source

_BLOCK_LINES: Final = 32
_MAX_BLOCKS: Final = 8
"""Blocks on their way at once: enough to fill the batch, few enough to keep memory small."""
_UNBOUNDED: Final = QueueLimits(sys.maxsize, sys.maxsize)
"""The blocks are the bound: a line of many sentences must not be refused."""
_Block = tuple[int, list[str]]
Direction = tuple[str, str]
"""Codes of the source and of the target language."""


def translate_stream(
    settings: Settings, direction: Direction, lines: TextIO, output: TextIO, *, handling: Handling
) -> int:
    """Writes a line for each line read; raises what the translator raises, naming the line."""
    return asyncio.run(_translate_stream(settings, direction, lines, output, handling))


async def _translate_stream(
    settings: Settings, direction: Direction, lines: TextIO, output: TextIO, handling: Handling
) -> int:
    folders = ModelStore(settings.model_store).chosen(parse_pins(settings.model_versions))
    translator = Translator(folders, Workers(folders, engine_settings(settings)), limits=_UNBOUNDED)
    served = translator.languages()
    source = (
        AUTO
        if direction[0].lower() == AUTO
        else _known(match_source(direction[0], served), direction[0], served)
    )
    target = _known(match_language(direction[1], served), direction[1], served)
    if source != AUTO and source != target:
        translator.model_for(source, target)
    options = Options(
        settings.beam_size,
        length_penalty=settings.length_penalty,
        coverage_penalty=settings.coverage_penalty,
    )
    job = _LineJob(ItemTranslator(translator, LanguageDetector()), source, target, options, handling)
    await translator.start()
    try:
        await job.run(lines, output)
    finally:
        await translator.stop(grace_seconds=0)
    return 0


class _LineJob:
    """One run over all lines."""

    def __init__(
        self, items: ItemTranslator, source: str, target: str, options: Options, handling: Handling
    ) -> None:
        self._items = items
        self._handling = handling
        self._source, self._target, self._options = source, target, options

    async def run(self, lines: TextIO, output: TextIO) -> None:
        """Keeps a few blocks on their way and writes them in their order."""
        pending: deque[asyncio.Task[list[str]]] = deque()
        with tqdm(unit=" lines", disable=not sys.stderr.isatty(), file=sys.stderr) as progress:
            try:
                blocks = _blocks(lines)
                while found := await _next_block(blocks):
                    pending.append(asyncio.create_task(self._translate(*found)))
                    if len(pending) == _MAX_BLOCKS:
                        _write(await pending.popleft(), output, progress)
                while pending:
                    _write(await pending.popleft(), output, progress)
            finally:
                for task in pending:
                    task.cancel()

    async def _translate(self, first: int, block: list[str]) -> list[str]:
        _require_utf_8(block, first)
        try:
            items = await self._items.translate(
                block, self._source, self._target, self._options,
                names=FieldNames(is_list=True), handling=self._handling,
            )  # fmt: skip
        except TooLong as error:
            raise TooLong(_line(error.field, first), error.limit, error.actual, error.unit) from None
        return [item.text for item in items]


async def _next_block(blocks: Iterator[_Block]) -> _Block | None:
    """Reads in a thread that nobody waits for at the end, so that an interrupt needs no further input."""
    loop = asyncio.get_running_loop()
    found: asyncio.Future[_Block | None] = loop.create_future()

    def tell(block: _Block | None, error: OSError | None = None) -> None:
        if error is not None and not found.done():
            found.set_exception(error)
        if not found.done():
            found.set_result(block)

    def read() -> None:
        with suppress(RuntimeError):  # the loop has been closed meanwhile
            try:
                loop.call_soon_threadsafe(tell, next(blocks, None))
            except OSError as error:
                loop.call_soon_threadsafe(tell, None, error)

    threading.Thread(target=read, name="reader", daemon=True).start()
    return await found


def _blocks(lines: Iterable[str]) -> Iterator[_Block]:
    """The number of the first line, from 1, and the lines without their ends."""
    stripped = (line.removesuffix("\n") for line in lines)
    first = 1
    while block := list(islice(stripped, _BLOCK_LINES)):
        yield first, block
        first += len(block)


def _require_utf_8(lines: Iterable[str], first: int) -> None:
    for number, line in enumerate(lines, first):
        try:
            line.encode()
        except UnicodeEncodeError:
            raise InvalidText(f"line {number}", "is not UTF-8") from None


def _write(texts: list[str], output: TextIO, progress: tqdm[None]) -> None:
    output.writelines(f"{text}\n" for text in texts)
    output.flush()
    progress.update(len(texts))


def _line(field: str, first: int) -> str:
    """`line 35` for the error about `q[2]` of a block that begins with line 33."""
    number = field.removeprefix("q[").removesuffix("]")
    return f"line {first + int(number)}" if number.isdigit() else field


def _known(language: str | None, code: str, served: tuple[str, ...]) -> str:
    if language is None:
        raise UnknownLanguage(code, served)
    return language
