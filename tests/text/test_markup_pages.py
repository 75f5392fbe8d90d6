"""A thousand pages of each format: nothing lost, tags nested as they were, whatever the links."""

from __future__ import annotations

import html
import re
from collections import Counter
from html.parser import HTMLParser
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from justhtml import JustHTML
from markdown_it import MarkdownIt

from service.text.markup import Marked, MarkupFormat, MarkupOptions, RenderedBlock, read_markup
from tests.text.markup_answers import echo, shuffled
from tests.text.markup_pages import PageMaker

SEEDS = range(1000)
MORE = " 完END"
DIVIDED_WORD = re.compile(r"[A-Za-z0-9](?:</?\w[^>]*>)+[A-Za-z0-9]")
Tree = tuple[str, tuple[Any, ...]]


class Tags(HTMLParser):
    """The tags, comments and declarations of a page, in order, by the standard library."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append(self.get_starttag_text() or "")

    def handle_endtag(self, tag: str) -> None:
        self.found.append(f"</{tag}>")

    def handle_comment(self, data: str) -> None:
        self.found.append(f"<!--{data}-->")


def page(format: MarkupFormat, seed: int, *, is_tidy: bool = True) -> str:
    """The page of this number."""
    return str(getattr(PageMaker(seed, is_tidy=is_tidy), format)())


def is_spelling(written: str, character: str) -> bool:
    """True for the character, escaped or not, and for a reference to it."""
    return written.removeprefix("\\") == character or html.unescape(written) == character


def render(marked: Marked, answers: list[RenderedBlock]) -> str:
    """The document with these answers; every character must stand where its place says."""
    rendered = marked.render(answers)
    for block, answer, places in zip(marked.blocks, answers, rendered.places, strict=True):
        assert len(places) == len(answer.text) + 1
        assert list(places) == sorted(places)
        assert len(block.places) == len(block.text) + 1
        held = {at for start, end in answer.opaque for at in range(start, end)}
        for at, character in enumerate(answer.text):
            if character.isalnum() and at not in held:
                assert is_spelling(rendered.text[slice(*places[at])], character)
        for one, (start, end) in zip(block.opaque, answer.opaque, strict=True):
            assert {rendered.text[slice(*place)] for place in places[start:end]} == {one.raw}
    return rendered.text


@pytest.mark.parametrize("format", ["html", "xml", "markdown"])
def test_what_is_not_changed_comes_back_byte_for_byte(format: MarkupFormat) -> None:
    """A translation equal to its source changes nothing, in tidy and in broken pages."""
    for seed in SEEDS:
        for is_tidy in (True, False):
            text = page(format, seed, is_tidy=is_tidy)
            marked = read_markup(text, format)
            assert render(marked, [echo(block) for block in marked.blocks]) == text, seed


@pytest.mark.parametrize("format", ["html", "xml", "markdown"])
def test_blocks_know_where_they_come_from(format: MarkupFormat) -> None:
    """Each letter of a block stands in the document where its place says, or is written as a reference."""
    for seed in SEEDS[:300]:
        text = page(format, seed, is_tidy=False)
        for block in read_markup(text, format).blocks:
            assert block.text == " ".join(block.text.split())
            held = {at for opaque in block.opaque for at in range(opaque.start, opaque.end)}
            for at, character in enumerate(block.text):
                if character.isalnum() and at not in held:
                    assert is_spelling(text[slice(*block.places[at])], character)
            for opaque in block.opaque:
                places = block.places[opaque.start : opaque.end]
                assert {text[slice(*place)] for place in places} == {opaque.raw}


def html_tree(text: str) -> Tree:
    """Elements without order, by a parser of its own; what is kept from translation is a leaf."""
    return _tree(JustHTML(text, fragment=True, sanitize=False).root)


def _tree(node: Any) -> Tree:
    attributes = node.attrs or {}
    name = f"{node.name} {sorted(attributes.items())}"
    if node.name == "code" or attributes.get("class") == "notranslate":
        return "", ()
    children = [_tree(child) for child in node.children or () if not child.name.startswith(("#", "!"))]
    return name, tuple(sorted(child for child in children if child[0]))


def xml_tree(text: str) -> Tree:
    """Elements without order, by ElementTree."""
    return _xml_tree(ElementTree.fromstring(text if text.startswith("<?xml ") else f"<r>{text}</r>"))


def _xml_tree(element: ElementTree.Element) -> Tree:
    return f"{element.tag} {sorted(element.attrib.items())}", tuple(sorted(map(_xml_tree, element)))


def test_html_keeps_its_tree_whatever_the_links_say() -> None:
    """Words in any order, links to anywhere: the same elements inside the same elements, each once."""
    for seed in SEEDS:
        text = page("html", seed)
        marked = read_markup(text, "html")
        translated = render(marked, [shuffled(block, seed) for block in marked.blocks])
        assert html_tree(translated) == html_tree(text), seed
        assert Counter(Tags(translated).found) == Counter(Tags(text).found), seed


def test_xml_keeps_its_tree_whatever_the_links_say() -> None:
    """As for HTML; the result is well-formed."""
    for seed in SEEDS:
        text = page("xml", seed)
        marked = read_markup(text, "xml")
        translated = render(marked, [shuffled(block, seed) for block in marked.blocks])
        assert xml_tree(translated) == xml_tree(text), seed


def test_no_tag_stands_inside_a_word() -> None:
    """Wherever the links point, a word is inside an element or outside."""
    pages = [text for seed in SEEDS if not DIVIDED_WORD.search(text := page("xml", seed))]
    assert len(pages) > 500
    for seed, text in enumerate(pages):
        marked = read_markup(text, "xml", options=MarkupOptions(outline_detection=False))
        translated = render(marked, [shuffled(block, seed) for block in marked.blocks])
        assert not DIVIDED_WORD.search(translated), seed


def test_the_checks_see_what_is_wrong() -> None:
    """A moved, a lost and a doubled tag, and a divided word."""
    assert html_tree("<b><i>x</i></b>") == html_tree("<b>x<i></i></b>")
    assert html_tree("<b><i>x</i></b>") != html_tree("<b>x</b><i></i>")
    assert xml_tree("<b><i/></b>") != xml_tree("<i><b/></i>")
    assert Tags("<b>x</b>").found == ["<b>", "</b>"] != Tags("<b>x</b></b>").found
    assert DIVIDED_WORD.search("or<b>der</b>")
    assert not DIVIDED_WORD.search("the <b>order</b> late")
    assert markdown_counts("[a](b)") != markdown_counts("a b")


def test_broken_html_keeps_every_tag() -> None:
    """Tags without partner are neither lost nor doubled."""
    for seed in SEEDS:
        text = page("html", seed, is_tidy=False)
        marked = read_markup(text, "html")
        translated = render(marked, [shuffled(block, seed) for block in marked.blocks])
        assert Counter(Tags(translated).found) == Counter(Tags(text).found), seed


def test_markdown_says_what_was_translated() -> None:
    """Another CommonMark parser reads the words of the translation, and as many links, images and codes."""
    for seed in SEEDS:
        text = page("markdown", seed)
        marked = read_markup(text, "markdown")
        answers = [shuffled(block, seed) for block in marked.blocks]
        translated = render(marked, answers)
        again = read_markup(translated, "markdown")
        expected = ["".join(answer.text.split()) for answer in answers]
        found = ["".join(block.text.split()) for block in again.blocks]
        if len(found) == len(expected):
            assert found == expected, seed
        assert markdown_counts(translated) == markdown_counts(text), seed


def markdown_counts(text: str) -> Counter[str]:
    """Links, images, code and blocks, by markdown-it; emphasis may be dropped where it has nothing inside."""
    counts: Counter[str] = Counter()
    for token in MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(text):
        counts.update([token.type])
        counts.update(child.type for child in token.children or ())
    emphasis = ("em_", "strong_", "s_", "text", "softbreak", "inline")
    return Counter({name: count for name, count in counts.items() if not name.startswith(emphasis)})


@pytest.mark.parametrize("format", ["html", "xml"])
@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_any_page_with_any_links_stays_well_formed(format: MarkupFormat, seed: int, links: int) -> None:
    """Pages and links at random, beyond the thousand."""
    text = page(format, seed)
    marked = read_markup(text, format)
    translated = render(marked, [shuffled(block, links) for block in marked.blocks])
    tree = html_tree if format == "html" else xml_tree
    assert tree(translated) == tree(text)


def test_tags_stay_at_their_words_where_a_sentence_gets_longer() -> None:
    """With each word linked to itself, what is added behind changes nothing before it."""
    text = (
        "<p>The <b>red <i>apple</i></b> and\n <a href=x>the&nbsp;pear</a> <img src=y> fell &amp; <u>lay</u>"
    )
    marked = read_markup(text, "html")
    answers = [echo(block, more=MORE) for block in marked.blocks]
    assert render(marked, answers) == text + MORE
