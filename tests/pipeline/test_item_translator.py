"""Whole texts through a translator that answers in capitals: sentences, markup, terms, listeners."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from msgspec.structs import replace

from service.engine.errors import Incomplete, InvalidOption, InvalidText
from service.engine.translation import OnPartial, Options, Partial, Translation
from service.pipeline.fields import FieldNames
from service.pipeline.following import Position
from service.pipeline.handling import Handling
from service.pipeline.item_translator import ItemTranslator
from service.pipeline.items import Item
from service.pipeline.units import Outcome
from service.text.alignment import Link
from service.text.detection import LanguageDetector
from service.text.glossary import Glossary, GlossaryEntry
from tests.api.fakes import ScriptedTranslator, translation_of

NAMES = FieldNames(is_list=True)


@pytest.fixture(scope="module")
def detector() -> LanguageDetector:
    """The real model, for texts whose language is left open."""
    return LanguageDetector()


async def translated(
    detector: LanguageDetector, *texts: str, translator: ScriptedTranslator | None = None, **rest: Any
) -> list[Item]:
    """English texts into Chinese."""
    items = ItemTranslator(translator or ScriptedTranslator(), detector)
    options = Options(beam_size=2, n_best=rest.pop("n_best", 1))
    return await items.translate(texts, rest.pop("source", "en"), "zh", options, names=NAMES, **rest)


@pytest.mark.parametrize(
    ("splitting", "sentences"),
    [
        ("sentences", ["One. ", "Two", "three."]),
        ("nonewlines", ["One.", "Two\nthree."]),
        ("lines", ["One. Two", "three."]),
        ("none", ["One. Two\nthree."]),
    ],
)
async def test_sentences_end_where_the_caller_says(
    detector: LanguageDetector, splitting: Any, sentences: list[str]
) -> None:
    """The model sees white space of every kind as a space; the text keeps its own."""
    translator = ScriptedTranslator()
    (item,) = await translated(
        detector, "One. Two\nthree.", translator=translator, handling=Handling(splitting=splitting)
    )
    assert translator.calls[0][0] == [one.strip().replace("\n", " ") for one in sentences]
    assert item.text.replace("\n", " ").replace(" ", "") == "ONE.TWOTHREE."


async def test_markup_comes_back_around_what_it_stood_around(detector: LanguageDetector) -> None:
    """Tags by attention, opaque elements as they were, and all places in the document."""
    page = '<p class="a">see <b>this</b> <i translate="no">Thing</i> &copy; now.</p><script>x("a b")</script>'
    (item,) = await translated(detector, page, handling=Handling(format="html"))
    assert item.text == (
        '<p class="a">SEE <b>THIS</b> <i translate="no">Thing</i> &copy; NOW.</p><script>x("a b")</script>'
    )
    (sentence,) = item.sentences
    start, end = sentence.target_shift(4, 8)
    assert item.text[start:end] == "THIS"
    start, end = sentence.source_shift(4, 8)
    assert page[start:end] == "this"


async def test_alternatives_have_their_own_markup(detector: LanguageDetector) -> None:
    """Each is a whole document."""
    (item,) = await translated(detector, "<b>hi</b> you", handling=Handling(format="html"), n_best=2)
    assert item.text == "<b>HI</b> YOU"
    assert [one.startswith("<b>HI</b>") for one in item.alternatives] == [True]


async def test_what_is_no_xml_is_refused_by_the_number_of_its_text(detector: LanguageDetector) -> None:
    """With line and column, never with the text."""
    with pytest.raises(InvalidText) as raised:
        await translated(detector, "<a>ok</a>", "<a>secret</b>", handling=Handling(format="xml"))
    assert raised.value.field == "q[1]"
    assert "secret" not in str(raised.value)


async def test_terms_are_required_and_what_is_missing_is_told(detector: LanguageDetector) -> None:
    """A translator that does not obey is asked twice; the term is then reported as missed."""
    translator = ScriptedTranslator()
    handling = Handling(glossary=Glossary([GlossaryEntry("you", "您"), GlossaryEntry("absent", "无")]))
    (item,) = await translated(detector, "hi You", translator=translator, handling=handling)
    assert len(translator.calls) == 2
    (term,) = item.sentences[0].terms
    assert (term.term.entry.target, term.is_met) == ("您", False)
    handling = Handling(glossary=Glossary([GlossaryEntry("you", "YOU")]))
    (item,) = await translated(detector, "hi You", handling=handling)
    assert item.sentences[0].terms[0].is_met


async def test_a_wrong_pattern_is_refused_before_anything_is_translated(detector: LanguageDetector) -> None:
    """By its number."""
    translator = ScriptedTranslator()
    with pytest.raises(InvalidOption, match=r"protect_patterns\[0\]"):
        await translated(detector, "hi", translator=translator, handling=Handling(protected_patterns=("(",)))
    assert translator.calls == []


class Cutting(ScriptedTranslator):
    """Ends every translation at its limit, and tells a first half of it before."""

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
        options = options or Options()
        found = [
            replace(translation_of(one, one.upper(), source, options), finish_reason="length")
            for one in sentences
        ]
        for number, one in enumerate(found if on_partial else ()):
            assert on_partial is not None
            half = len(one.target_tokens) // 2
            tokens, weights = (
                one.target_tokens[:half],
                one.weights[:half] if one.weights is not None else None,
            )
            text = one.text[: tokens[-1].end] if tokens else ""
            on_partial(number, Partial(text, one.source_tokens, tokens, weights))
            on_partial(number, Partial(one.text, one.source_tokens, one.target_tokens, one.weights, one))
        return found


async def test_strictly_nothing_is_cut(detector: LanguageDetector) -> None:
    """Else the finish reason tells it."""
    (item,) = await translated(detector, "hi", translator=Cutting())
    assert item.sentences[0].translation.finish_reason == "length"
    with pytest.raises(Incomplete, match=r"q\[0\]"):
        await translated(detector, "hi", translator=Cutting(), handling=Handling(strict=True))


class Notes:
    """A listener that writes down what it hears."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, int, int, str]] = []
        self.links: list[Link] = []

    def piece(self, position: Position, text: str, delta: str, links: Sequence[Link]) -> None:
        self.heard.append(("piece", position.text, position.sentence, delta))
        self.links += links

    def sentence(self, position: Position, outcome: Outcome) -> None:
        self.heard.append(("sentence", position.text, position.sentence, outcome.best.text))


async def test_a_listener_hears_pieces_and_sentences_with_their_literals(detector: LanguageDetector) -> None:
    """Not the symbols that the model writes; each link once."""
    notes = Notes()
    await translated(detector, "", "see ORD-77 ok. bye", translator=Cutting(), listener=notes)
    assert notes.heard == [
        ("piece", 1, 0, "SEE"),
        ("piece", 1, 0, " ORD-77 OK."),
        ("sentence", 1, 0, "SEE ORD-77 OK."),
        ("piece", 1, 1, "B"),
        ("piece", 1, 1, "YE"),
        ("sentence", 1, 1, "BYE"),
    ]
    assert len(set(notes.links)) == len(notes.links) > 0


async def test_texts_in_the_target_language_are_left_alone(detector: LanguageDetector) -> None:
    """Each text of a request by its own language."""
    translator = ScriptedTranslator()
    items = await translated(detector, "我想退货", "hello", "😀", translator=translator, source="auto")
    assert [item.text for item in items] == ["我想退货", "HELLO", "😀"]
    assert items[2].detected is not None
    assert items[2].detected.confidence == 0
    assert len(translator.calls) == 1
