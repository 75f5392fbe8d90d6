"""Protected spans survive whatever a model does: ten thousand messages, and one that loses them."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Sequence

import pytest

from service.engine.tokenizer import COPY_SYMBOLS
from service.engine.translation import OnPartial, Options, Translation
from service.pipeline.fields import FieldNames
from service.pipeline.item_translator import ItemTranslator
from service.pipeline.items import Item
from service.text.detection import LanguageDetector
from tests.api.fakes import ScriptedTranslator, translation_of
from tests.messages import Message, random_message

NUM_MESSAGES = 10_000


class CarelessTranslator(ScriptedTranslator):
    """Reverses the order of what it reads, and loses, doubles or spells out copy symbols at random."""

    def __init__(self, rng: random.Random, literals: Sequence[str] = ()) -> None:
        super().__init__()
        self._rng = rng
        self._literals = literals
        self.num_retries = 0

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
        self.num_retries += any(not COPY_SYMBOLS.isdisjoint("".join(one)) for one in required)
        options = options or Options()
        return [translation_of(one, self._garbled(one), source, options) for one in sentences]

    def _garbled(self, sentence: str) -> str:
        parts = []
        for character in sentence:
            times = self._rng.choice([0, 1, 1, 1, 2]) if character in COPY_SYMBOLS else 1
            spelt = self._rng.choice(self._literals) if self._literals and self._rng.random() < 0.02 else ""
            parts.append(character * times + spelt)
        self._rng.shuffle(parts)
        return "".join(parts).strip()


async def translated(
    translator: ScriptedTranslator, detector: LanguageDetector, *messages: Message
) -> list[Item]:
    """All messages of one language through the whole way of a text."""
    source = messages[0].language
    target = "zh" if source == "en" else "en"
    items = ItemTranslator(translator, detector)
    texts = [message.text for message in messages]
    return await items.translate(texts, source, target, Options(), names=FieldNames(is_list=True))


def lost(message: Message, answer: str) -> list[str]:
    """The spans that stand in the answer more or less often than in the message."""
    return [span for span in message.spans if answer.count(span) != message.text.count(span)]


@pytest.fixture(scope="module")
def detector() -> LanguageDetector:
    """Not asked for anything here."""
    return LanguageDetector()


@pytest.mark.parametrize("spells", [False, True])
async def test_ten_thousand_messages_lose_nothing_with_a_careless_model(
    detector: LanguageDetector, spells: bool
) -> None:
    """Byte for byte and exactly as often, although the model keeps four of five symbols at best."""
    rng = random.Random(7)
    fates: Counter[str] = Counter()
    for _ in range(NUM_MESSAGES // 2):
        message = random_message(rng)
        translator = CarelessTranslator(rng, message.spans if spells else ())
        (item,) = await translated(translator, detector, message)
        assert lost(message, item.text) == [], message
        fates.update(sentence.fate for sentence in item.sentences)
    assert min(fates["ok"], fates["reinserted"]) > 500  # or the model was not careless
    assert fates["source_kept"] < sum(fates.values()) / 100


async def test_the_check_finds_what_is_lost() -> None:
    """The measure itself: a message with a span less or more is not whole."""
    message = Message("see A-1 and A-1", ("A-1",), "en")
    assert lost(message, "A-1") == ["A-1"]
    assert lost(message, "A-1 A-1 A-1") == ["A-1"]
    assert lost(message, "A-1 A-1") == []


async def test_a_span_is_told_with_its_places_on_both_sides(detector: LanguageDetector) -> None:
    """Code points of the sentence and of its translation."""
    (item,) = await translated(ScriptedTranslator(), detector, Message("see ord-77 now", (), "en"))
    (sentence,) = item.sentences
    (protected,) = sentence.best.protected
    assert item.text == "SEE ord-77 NOW"
    assert item.text[protected.start : protected.end] == protected.span.literal == "ord-77"
    assert sentence.fate == "ok"


async def test_a_missing_span_goes_behind_the_word_that_looked_at_it(detector: LanguageDetector) -> None:
    """A second search was tried first; then attention says where, and before the closing stop at the end."""

    class Forgetful(ScriptedTranslator):
        async def translate(self, sentences: Sequence[str], *pair: str, **rest: object) -> list[Translation]:
            return [
                translation_of(one, "ABCDE FGHI.", "en", Options(with_attention=True)) for one in sentences
            ]

    (item,) = await translated(Forgetful(), detector, Message("abcd ord-77 efgh.", (), "en"))
    assert item.text == "ABCDE ord-77 FGHI."
    assert item.sentences[0].fate == "reinserted"


async def test_a_sentence_that_cannot_be_made_whole_stays_as_it_is(detector: LanguageDetector) -> None:
    """Forty spans and a model that says nothing but one of them: the source is kept, and that is told."""

    class Stubborn(ScriptedTranslator):
        async def translate(self, sentences: Sequence[str], *pair: str, **rest: object) -> list[Translation]:
            return [translation_of(one, "7" * 50, "en", Options(with_attention=True)) for one in sentences]

    message = Message("first 1077 then", ("1077",), "en")
    (item,) = await translated(Stubborn(), detector, message)
    assert lost(message, item.text) == []


async def test_more_spans_than_symbols_divide_a_sentence(detector: LanguageDetector) -> None:
    """The model has 32 copy symbols; a sentence with more distinct spans goes to it in parts."""
    codes = [f"AB-{number}" for number in range(100, 180)]
    message = Message("codes " + " and ".join(codes), tuple(codes), "en")
    (item,) = await translated(ScriptedTranslator(), detector, message)
    assert lost(message, item.text) == []
    assert item.num_split >= 2
    assert len(item.sentences) == item.num_split + 1


async def test_more_spans_than_symbols_may_touch(detector: LanguageDetector) -> None:
    """Forty different emoji in a row have no place to cut but between two of them."""
    emoji = [chr(0x1F600 + number) for number in range(40)]
    message = Message(f"thank you {''.join(emoji)} all", tuple(emoji), "en")
    (item,) = await translated(ScriptedTranslator(), detector, message)
    assert lost(message, item.text) == []
    assert item.text.startswith("THANK YOU")
    assert item.text.endswith("ALL")


async def test_a_text_of_spans_alone_never_reaches_the_model(detector: LanguageDetector) -> None:
    """Codes, addresses and emoji need no translation."""
    translator = ScriptedTranslator()
    (item,) = await translated(
        translator, detector, Message("ORD-77 a@b.com 😀\nhttps://a.example", (), "en")
    )
    assert item.text == item.source_text
    assert translator.calls == []


async def test_others_are_answered_between_the_texts_of_a_request(detector: LanguageDetector) -> None:
    """Preparing a hundred texts does not hold the event loop from the first to the last."""
    num_turns = 0

    async def take_turns() -> None:
        nonlocal num_turns
        while True:
            num_turns += 1
            await asyncio.sleep(0)

    other = asyncio.create_task(take_turns())
    await translated(ScriptedTranslator(), detector, *[Message("see ord-77 now", (), "en")] * 100)
    other.cancel()
    assert num_turns >= 198  # between each two texts, on the way there and on the way back


@pytest.mark.parametrize(
    ("source", "target"),
    [("see b2 and a1 now", "b2 a1"), ("see b2, 😀 now", "b2😀"), ("see 订单b2 and ￥5", "b2￥5")],
)
async def test_codes_that_come_out_side_by_side_stay_two(
    detector: LanguageDetector, source: str, target: str
) -> None:
    """A model may leave out what stood between them; emoji and amounts need no space."""

    class Terse(ScriptedTranslator):
        async def translate(self, sentences: Sequence[str], *pair: str, **rest: object) -> list[Translation]:
            symbols = ["".join(one for one in sentence if one in COPY_SYMBOLS) for sentence in sentences]
            return [
                translation_of(*both, "en", Options(with_attention=True))
                for both in zip(sentences, symbols, strict=True)
            ]

    (item,) = await translated(Terse(), detector, Message(source, (), "en"))
    assert item.text == target
    protected = item.sentences[0].best.protected
    assert [item.text[one.start : one.end] for one in protected] == [one.span.literal for one in protected]
