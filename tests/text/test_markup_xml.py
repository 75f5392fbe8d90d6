"""XML: what is refused, what splits, and what is kept."""

from __future__ import annotations

import pytest

from service.engine.errors import InvalidText
from service.text.markup import MarkupOptions, read_markup
from tests.text.markup_answers import echo, linked

DOCUMENT = (
    '<?xml version="1.0" encoding="ISO-8859-1"?>\n<!DOCTYPE doc SYSTEM "x.dtd">\n<doc>\n'
    "  <meta><title>A title</title></meta>\n  <par>One <b>sentence</b>. Two.</par><par>Three<x/>.</par>\n"
    "</doc>\n<!-- end -->\n"
)


def texts(document: str, options: MarkupOptions | None = None) -> list[str]:
    """The prose of a document."""
    return [block.text for block in read_markup(document, "xml", options=options).blocks]


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ("<a>\n<b></a>", r"mismatched tag \(line 2, column 6\)"),
        ("fish & chips", r"invalid token\) \(line 1, column 7\)"),
        ("a < b", r"invalid token\) \(line 1, column 4\)"),
        ("<a>secret", r"mismatched tag \(line 1, column 12\)"),
        ("a &nbsp; b", r"undefined entity \(line 1, column 3\)"),
        ("a</fragment><fragment>b", r"not well-formed XML"),
        ("a</fragment>", r"not well-formed XML"),
        ("<a x='1' x='2'/>", r"duplicate attribute \(line 1, column 10\)"),
        ('<!DOCTYPE a [<!ENTITY x "secret">]><a>&x;</a>', r"declares an entity \(line 1, column 25\)"),
        ("<a>" * 10_000 + "secret", r"nests elements deeper than 512 levels"),
    ],
)
def test_what_is_not_well_formed_is_refused_without_its_text(document: str, reason: str) -> None:
    """The error names field, line and column, and never a word of the customer's."""
    with pytest.raises(InvalidText, match=reason) as refused:
        read_markup(document, "xml", field="text[3]")
    assert refused.value.field == "text[3]"
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    ("document", "options", "expected"),
    [
        ("Press <b>Continue</b> now.", MarkupOptions(), ["Press Continue now."]),
        (DOCUMENT, MarkupOptions(), ["A title", "One sentence. Two.", "Three."]),
        (
            DOCUMENT,
            MarkupOptions(outline_detection=False),
            ["A title One sentence. Two.Three."],
        ),
        (
            DOCUMENT,
            MarkupOptions(outline_detection=False, splitting_tags=frozenset({"par", "title"})),
            ["A title", "One sentence. Two.", "Three."],
        ),
        (
            DOCUMENT,
            MarkupOptions(splitting_tags=frozenset({"b"})),
            ["A title", "One", "sentence", ". Two.", "Three."],
        ),
        ("<r><b>One</b> <i>two</i></r>", MarkupOptions(), ["One", "two"]),
        (
            "<r><b>One</b> <i>two</i></r>",
            MarkupOptions(non_splitting_tags=frozenset({"b", "i"})),
            ["One two"],
        ),
        ("<r><p><b>One</b> <b>two</b></p><p>x <b>y</b></p></r>", MarkupOptions(), ["One two", "x y"]),
        ("one\ntwo", MarkupOptions(split_lines=True), ["one", "two"]),
    ],
)
def test_the_outline_splits_and_markup_inside_sentences_does_not(
    document: str, options: MarkupOptions, expected: list[str]
) -> None:
    """As in DeepL's API: detected, or by the names that the request gives."""
    assert texts(document, options) == expected


def test_cdata_references_and_ignored_elements_are_held() -> None:
    """They come back as they were written; instructions and comments have no text."""
    document = 'See <x>Settings</x> &amp; <![CDATA[a < b]]> &lt; <y translate="no">no</y> <?p i?><!-- c -->.'
    marked = read_markup(document, "xml", options=MarkupOptions(ignore_tags=frozenset({"x"})))
    [block] = marked.blocks
    assert block.text == "See Settings & a < b < no ."
    assert [opaque.raw for opaque in block.opaque] == [
        "<x>Settings</x>",
        "<![CDATA[a < b]]>",
        "&lt;",
        '<y translate="no">no</y>',
    ]
    assert marked.render([echo(block)]).text == document


def test_a_translation_is_escaped() -> None:
    """Signs of the language in what a model writes, and characters that XML has no place for."""
    marked = read_markup("<a>x</a>", "xml")
    [block] = marked.blocks
    assert marked.render([linked(block, "5 < 6 & ]]> \x08")]).text == "<a>5 &lt; 6 &amp; ]]&gt; \ufffd</a>"


def test_names_are_compared_exactly() -> None:
    """`X` is not `x`."""
    marked = read_markup("<X>a</X> b", "xml", options=MarkupOptions(ignore_tags=frozenset({"x"})))
    assert not marked.blocks[0].opaque


@pytest.mark.parametrize("document", ["", " ", "<!-- c -->", "<a/>"])
def test_a_document_without_text_has_no_blocks(document: str) -> None:
    """It comes back as it is, even where it is nothing at all."""
    marked = read_markup(document, "xml")
    assert marked.blocks == ()
    assert marked.render([]).text == document
