"""Markdown: what is prose, what is kept, and that emphasis still is emphasis in a translation."""

from __future__ import annotations

import pytest
from markdown_it import MarkdownIt

from service.engine.errors import InvalidText
from service.text.markup import MarkupOptions, read_markup
from tests.text.markup_answers import echo, linked

PAGE = """---
title: 题
---

# Héading *one* #

Para **bold `co*de`** [link *x*](http://a.b "t") ![alt](src) <https://x.y> &copy; &amp; \\* end\\
next

> quote
> goes *on
> here*

| a | b |
|---|:-:|
| c *d* | e \\| f |

- [x] task

  more
1. one

```py
code
```

    indented

<div>
inside *html* &amp; <b>b</b>
</div>

[ref]: http://x "t"

foot[^1] [ref] [text][ref] ~~s~~ a <b>c</b>

[^1]: The note.

Setext
===
"""


def texts(document: str, options: MarkupOptions | None = None) -> list[str]:
    """The prose of a document."""
    return [block.text for block in read_markup(document, "markdown", options=options).blocks]


def translated(document: str, target: str, *pairs: tuple[str, str]) -> str:
    """A document of one block with its translation."""
    marked = read_markup(document, "markdown")
    [block] = marked.blocks
    return marked.render([linked(block, target, *pairs)]).text


def html(document: str) -> str:
    """What CommonMark makes of it, by a parser of its own."""
    return str(MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(document)).strip()


def test_prose_is_what_a_reader_reads() -> None:
    """No code, no addresses, no front matter, no marks of headings, lists, quotations and tables."""
    assert texts(PAGE) == [
        "Héading one",
        "Para bold co*de link x https://x.y © & * end",
        "next",
        "quote goes on here",
        *["a", "b", "c d", "e | f", "task", "more", "one"],
        "inside *html* & b",
        "foot ref text s a c",
        "The note.",
        "Setext",
    ]


def test_signs_stay_where_they_were_when_sentences_get_longer() -> None:
    """All that is no prose is the same, to the last space."""
    marked = read_markup(PAGE, "markdown")
    longer = marked.render([echo(block, more=" XX") for block in marked.blocks]).text
    assert "[ref][ref]" in longer  # a translated name no longer is the name of the address
    assert longer.replace(" XX", "").replace("[ref][ref]", "[ref]") == PAGE


@pytest.mark.parametrize(
    ("document", "target", "pairs", "expected"),
    [
        (
            "I **really like** it",
            "我真的很喜欢它",
            [("really", "真的"), ("like", "喜欢")],
            "我**真的很喜欢**它",
        ),
        ("**Hello!** You", "你好！你", [("Hello", "你好"), ("!", "！"), ("You", "你")], "**你好**！你"),
        ("a _red_ car", "一辆红车", [("red", "红")], "一辆*红*车"),
        ("a _red_ car", "une voiture rouge", [("red", "rouge")], "une voiture _rouge_"),
        ("see [this *page*](u)", "看此页面", [("this", "此"), ("page", "页面")], "看[此*页面*](u)"),
        ("the **[page](u)** ends", "此页面完", [("page", "页面"), ("ends", "完")], "此 **[页面](u)** 完"),
        ("it is **so**", "就是", [], "就是"),
        ("x *y* z", "2 * 3 * 4 [a](b) `c` <d> a_b _c_", [], r"2 \* 3 \* 4 \[a\](b) \`c\` \<d> a_b \_c\_"),
        ("one", "1. two", [], r"1\. two"),
        ("one", "# two", [], r"\# two"),
        ("one", "- two", [], r"\- two"),
        ("one", "> two", [], r"\> two"),
        ("one", "&copy; two", [], r"\&copy; two"),
        ("one", "---", [], r"\---"),
    ],
)
def test_a_translation_says_the_same_in_markdown(
    document: str, target: str, pairs: list[tuple[str, str]], expected: str
) -> None:
    """Emphasis where CommonMark sees it, and no sign that the translation did not mean."""
    assert translated(document, target, *pairs) == expected


@pytest.mark.parametrize(
    "target", ["你**好", "a * b *c*", "~~x~~", "![a](b)", "<b>", "www.a.b", "a\\", "`", "1) x", "+ x"]
)
def test_any_text_is_only_text(target: str) -> None:
    """Another parser reads exactly the words of the translation, and no element."""
    read = html(translated("one", target))
    expected = target.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    assert read == f"<p>{expected}</p>"


def test_line_breaks_inside_a_paragraph_join_it() -> None:
    """With a space in English, with nothing in Chinese; or each line is a block where the caller says so."""
    assert texts("one\ntwo") == ["one two"]
    assert texts("订单\n发货") == ["订单发货"]
    assert texts("订单\nok") == ["订单 ok"]
    assert texts("> one\n> two", MarkupOptions(split_lines=True)) == ["one", "two"]


def test_html_in_markdown_is_read_as_html() -> None:
    """What it says is kept stays, inline and as a block, across Markdown's own blocks too."""
    document = "Hi <i class=notranslate>{0}</i>\n\n<div translate=no>\n\nnot **this**\n\n</div>\n\nbut this\n"
    blocks = read_markup(document, "markdown").blocks
    assert [block.text for block in blocks] == ["Hi {0}", "but this"]
    assert blocks[0].opaque[0].raw == "<i class=notranslate>{0}</i>"


def test_nesting_has_a_limit_that_is_named() -> None:
    """As in HTML."""
    with pytest.raises(InvalidText, match="nests elements deeper than 512 levels"):
        read_markup("*a " * 10_000 + "b*" * 10_000, "markdown")
