"""Places in documents, and what stands there: tags and references whole, protected spans as they were."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from service.engine.translation import Options, Translation
from service.pipeline.fields import FieldNames
from service.pipeline.handling import Handling, TextFormat
from service.pipeline.item_translator import ItemTranslator
from service.pipeline.items import Item
from service.text.detection import LanguageDetector
from tests.api.fakes import ScriptedTranslator, translation_of

PAGE = "<p>see <code>a  b</code> &amp; &copy; <i>ord-77</i></p> <p>go <code>x</code></p>"


@pytest.fixture(scope="module")
def detector() -> LanguageDetector:
    """Not asked for anything here."""
    return LanguageDetector()


async def translated(
    detector: LanguageDetector,
    page: str = PAGE,
    format: TextFormat = "html",
    translator: ScriptedTranslator | None = None,
) -> Item:
    """A page through the whole way of a text."""
    items = ItemTranslator(translator or ScriptedTranslator(), detector)
    (item,) = await items.translate(
        [page], "en", "zh", Options(), names=FieldNames(is_list=False), handling=Handling(format=format)
    )
    return item


async def test_a_protected_element_is_covered_with_its_tags_on_both_sides(detector: LanguageDetector) -> None:
    """From the first sign of its start tag to the last of its end tag, and no further."""
    item = await translated(detector)
    places = [
        (sentence.source_shift(one.span.start, one.span.end), sentence.target_shift(one.start, one.end))
        for sentence in item.sentences
        for one in sentence.best.protected
    ]
    covered = [(PAGE[slice(*source)], item.text[slice(*target)]) for source, target in places]
    wanted = ["<code>a  b</code>", "&copy;", "ord-77", "<code>x</code>"]
    assert covered == [(one, one) for one in wanted]


async def test_a_character_is_covered_with_the_whole_of_its_reference(detector: LanguageDetector) -> None:
    """An ampersand stands in the document in five signs."""
    item = await translated(detector)
    sentence = item.sentences[0]
    at, to = sentence.source_text.index("&"), sentence.best.text.index("&")
    assert PAGE[slice(*sentence.source_shift(at, at + 1))] == "&amp;"
    assert item.text[slice(*sentence.target_shift(to, to + 1))] == "&amp;"


@pytest.mark.parametrize(
    "span", ["[A1]", "https://a.example/x_*q~?a=1&b=2", "{user_name}", "`a*b`", "%USER_NAME%", "#a_b-c"]
)
async def test_markdown_spells_a_protected_span_as_it_was(detector: LanguageDetector, span: str) -> None:
    """No backslash gets into an address or a placeholder, whatever touches it."""
    item = await translated(detector, f"see——{span}，now", "markdown")
    assert item.text == f"SEE——{span}，NOW"


async def test_markdown_spells_a_sentence_without_words_as_it_was(detector: LanguageDetector) -> None:
    """Beside others that are translated."""
    item = await translated(detector, "see it. 5*5\\*5 [1]. now!", "markdown")
    assert item.text == "SEE IT.5*5\\*5 [1].NOW!"


async def test_a_translation_of_nothing_has_a_place(detector: LanguageDetector) -> None:
    """Warnings about it tell where."""

    class Silent(ScriptedTranslator):
        async def translate(self, sentences: Sequence[str], *pair: str, **rest: object) -> list[Translation]:
            return [translation_of(one, "", "en", Options(with_attention=True)) for one in sentences]

    item = await translated(detector, "<p>hello</p>", translator=Silent())
    assert item.text == "<p></p>"
    assert item.sentences[0].target_shift(0, 0) == (3, 3)
