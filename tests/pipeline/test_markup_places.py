"""Places in documents, and what stands there: tags and references whole, protected spans as they were."""

from __future__ import annotations

import pytest

from service.engine.translation import Options
from service.pipeline.fields import FieldNames
from service.pipeline.handling import Handling, TextFormat
from service.pipeline.item_translator import ItemTranslator
from service.pipeline.items import Item
from service.text.detection import LanguageDetector
from tests.api.fakes import ScriptedTranslator

PAGE = "<p>see <code>a  b</code> &amp; &copy; <i>ord-77</i></p> <p>go <code>x</code></p>"


@pytest.fixture(scope="module")
def detector() -> LanguageDetector:
    """Not asked for anything here."""
    return LanguageDetector()


async def translated(detector: LanguageDetector, page: str = PAGE, format: TextFormat = "html") -> Item:
    """A page through the whole way of a text."""
    items = ItemTranslator(ScriptedTranslator(), detector)
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
