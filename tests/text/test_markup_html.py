"""HTML: what is prose, what is kept, and where tags go in a translation."""

from __future__ import annotations

import random
import time

import pytest

from service.engine.errors import InvalidText
from service.text.markup import MarkupOptions, RenderedBlock, read_markup
from tests.text.markup_answers import echo, linked


def texts(document: str, options: MarkupOptions | None = None) -> list[str]:
    """The prose of a page."""
    return [block.text for block in read_markup(document, "html", options=options).blocks]


def kept(document: str) -> list[tuple[str, str]]:
    """Each opaque span's text and what stands for it."""
    blocks = read_markup(document, "html").blocks
    return [(block.text[o.start : o.end], o.raw) for block in blocks for o in block.opaque]


def translated(document: str, target: str, *pairs: tuple[str, str]) -> str:
    """A page of one block with its translation."""
    marked = read_markup(document, "html")
    [block] = marked.blocks
    return marked.render([linked(block, target, *pairs)]).text


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ("<p>One <b>two</b> three.</p>", ["One two three."]),
        ("<p>One.<p>Two.<li>Three.", ["One.", "Two.", "Three."]),
        ("One<br>two<hr>three<BR/>four", ["One", "two", "three", "four"]),
        ("<title>A <b> title</title>", ["A <b> title"]),
        ("a < b and <b>c</b>", ["a < b and c"]),
        ("<table><tr><td>A<td>B</table>", ["A", "B"]),
        ("x <img alt='no'> y<wbr>z <!-- no --> w", ["x yz w"]),
        ("<script>no</script><style>no</style><pre>no</pre><textarea>no</textarea>yes", ["yes"]),
        ("<p>\n  White\n\tspace  </p>", ["White space"]),
        ("<p>订单\n已经 发货</p>", ["订单已经 发货"]),
        ("<P CLASS=x>Up</P><div data-x='a>b'>per</div>", ["Up", "per"]),
        ("<p>&nbsp;</p><p>&eacute;t&#233; &amp; &quot;x&quot; a&nbsp;b</p>", ['été & "x" a b']),
        ("<div translate=no>no<p>no</div><div class='a notranslate'>no</div>yes", ["yes"]),
        ("<div translate=no>no <p translate=yes>yes</p> no</div>", ["yes"]),
        ("<p translate=no>no<p>yes", ["yes"]),
        ("<!DOCTYPE html><![CDATA[no]]><?no?>yes</>", ["yes"]),
        ("<svg><text>no</text><path d=''/></svg>yes", ["yes"]),
        ("<a href='x", []),
        ("un&shy;believ&zwnj;able", ["unbelievable"]),
    ],
)
def test_prose_is_what_a_reader_reads(document: str, expected: list[str]) -> None:
    """Blocks end at block elements and line breaks; scripts, comments and attributes are no prose."""
    assert texts(document) == expected


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ("Hi <i class=notranslate>{0}</i>!", [("{0}", "<i class=notranslate>{0}</i>")]),
        ("Hi <b translate='no'>A <u>B</u></b>!", [("A B", "<b translate='no'>A <u>B</u></b>")]),
        ("Type <code>x &lt; y</code>.", [("x < y", "<code>x &lt; y</code>")]),
        (
            "&copy; 5 &lt; 6 &#8364; &hearts;",
            [("©", "&copy;"), ("<", "&lt;"), ("€", "&#8364;"), ("♥", "&hearts;")],
        ),
        ("a <i class=notranslate></i> b", []),
    ],
)
def test_what_must_not_change_is_held_with_its_tags(document: str, expected: list[tuple[str, str]]) -> None:
    """Elements that are not to be translated, code, and signs that were written as references."""
    assert kept(document) == expected


@pytest.mark.parametrize(
    ("document", "target", "pairs", "expected"),
    [
        (
            "<p>Press <b>Continue</b> for the <a href=x>next <i>page</i></a>.</p>",
            "按“继续”进入下一页面。",
            [("Press", "按"), ("Continue", "继续"), ("next", "下一"), ("page", "页面"), (".", "。")],
            "<p>按“<b>继续</b>”进入<a href=x>下一<i>页面</i></a>。</p>",
        ),
        (
            "<b>我</b>喜欢<i>苹果</i>",
            "apples please me",
            [("我", "me"), ("苹果", "apples")],
            "<i>apples</i> please <b>me</b>",
        ),
        ("<p><b>All of it.</b></p>", "全部都是。", [], "<p><b>全部都是。</b></p>"),
        ("<a href=x>Go</a> home", "回家", [("home", "回家")], "<a href=x></a>回家"),
        ("big<b> red</b> car", "une voiture rouge", [("red", "rouge")], "une voiture <b>rouge</b>"),
        ("un<b>believ</b>able", "unglaublich ja", [("unbelievable", "unglaublich")], "<b>unglaublich</b> ja"),
        ("see <img src=x> here", "这里看", [("see", "看"), ("here", "这里")], "<img src=x> 这里看"),
        ("one<img src=x> two", "二 一", [("one", "一"), ("two", "二")], "二 一<img src=x>"),
        ("a & b", "5 < 6 & 7 > 3", [], "5 &lt; 6 & 7 &gt; 3"),
        ("x&nbsp;y z", "x y q", [], "x&nbsp;y q"),
        ("x&nbsp;y z", "y x q", [], "y x q"),
        ("AT&amp;T &eacute; go", "AT&T é va", [], "AT&amp;T &eacute; va"),
        ("<b>x <i>y</b> z</i>", "甲乙丙", [("x", "甲"), ("y", "乙"), ("z", "丙")], "<b>甲<i>乙</b>丙</i>"),
        ("</b>one <u>two</u>", "二一", [("one", "一"), ("two", "二")], "</b><u>二</u>一"),
        (
            "<b>a <i class=notranslate>{0}</i></b> c",
            "c {0} a",
            [("a", "a"), ("c", "c")],
            "c <b><i class=notranslate>{0}</i> a</b>",
        ),
    ],
)
def test_tags_go_where_their_words_went(
    document: str, target: str, pairs: list[tuple[str, str]], expected: str
) -> None:
    """By the links; whole words, spaces outside, nothing lost where a word has no partner."""
    assert translated(document, target, *pairs) == expected


def test_an_element_over_two_blocks_stays_open_between_them() -> None:
    """The tag has its partner in another block, so it goes with the word beside it."""
    document = "one <b>two<br>three</b> four"
    marked = read_markup(document, "html")
    answers = [
        linked(marked.blocks[0], "二一", ("one", "一"), ("two", "二")),
        linked(marked.blocks[1], "四三", ("three", "三"), ("four", "四")),
    ]
    assert marked.render(answers).text == "<b>二一<br>四三</b>"


def test_options_choose_what_splits_and_what_is_left() -> None:
    """As in DeepL's API; names without regard to case."""
    document = "one <x>two</x> three<br>four <Y>five</Y>"
    assert texts(document, MarkupOptions(splitting_tags=frozenset({"X"}))) == [
        "one",
        "two",
        "three",
        "four five",
    ]
    assert texts(document, MarkupOptions(non_splitting_tags=frozenset({"br"}))) == ["one two threefour five"]
    options = MarkupOptions(ignore_tags=frozenset({"y"}))
    assert [
        o.raw for block in read_markup(document, "html", options=options).blocks for o in block.opaque
    ] == ["<Y>five</Y>"]
    assert texts("one\ntwo\r\nthree", MarkupOptions(split_lines=True)) == ["one", "two", "three"]


def test_nesting_has_a_limit_that_is_named() -> None:
    """Ten thousand levels are refused, five hundred are not; tags that end by themselves do not nest."""
    with pytest.raises(InvalidText, match=r"q\[1\]: nests elements deeper than 512 levels"):
        read_markup("<b>" * 10_000 + "x", "html", field="q[1]")
    deep = "<b>" * 500 + "deep" + "</b>" * 500
    marked = read_markup(deep, "html")
    assert marked.render([RenderedBlock("tief", [(0, 4, 0, 4)])]).text == deep.replace("deep", "tief")
    assert len(texts("<p>x<li>y" * 10_000)) == 20_000


def test_lone_surrogates_are_refused() -> None:
    """They are no text, in any format."""
    with pytest.raises(InvalidText, match="text: holds a lone surrogate"):
        read_markup("a \ud800 b", "html")


@pytest.mark.parametrize(
    "blocks",
    [
        [],
        [RenderedBlock("x")],
        [RenderedBlock("x {0}", [], [(2, 2)])],
        [RenderedBlock("x {0}", [], [(2, 6)])],
        [RenderedBlock("x {0}", [], [(2, 5), (2, 5)])],
    ],
)
def test_answers_that_do_not_fit_are_a_mistake_of_the_caller(blocks: list[RenderedBlock]) -> None:
    """Another number of blocks or of opaque spans, or spans that are not in the text."""
    with pytest.raises(ValueError, match=r"translations|opaque"):
        read_markup("Hi <i class=notranslate>{0}</i>", "html").render(blocks)


def test_time_grows_with_the_length_alone() -> None:
    """Eight times the tags in one block take about eight times as long, not sixty-four."""
    seconds = [_seconds(number) for number in (1_000, 8_000)]
    assert seconds[1] < 25 * seconds[0]


def _seconds(num_elements: int) -> float:
    """Processor time for one block with that many elements, whose words come back in another order."""
    document = "<p>" + "<b>red</b> and <i>x</i> <img> " * num_elements
    began = time.process_time()
    marked = read_markup(document, "html")
    answer = echo(marked.blocks[0], more=" more")
    links = [*answer.links]
    random.Random(0).shuffle(links)
    wild = [(*link[:2], *other[2:]) for link, other in zip(answer.links, links, strict=True)]
    marked.render([RenderedBlock(answer.text, wild, answer.opaque)])
    return time.process_time() - began


@pytest.mark.parametrize(
    "sign", ["<", "<!--", "<a ", "<a b='", '<a b="x" ', "</", "&#", "<script>", "<![CDATA["]
)
def test_unfinished_tags_take_no_long_time(sign: str) -> None:
    """What never ends is read once."""
    document = sign * 50_000
    began = time.process_time()
    marked = read_markup(document, "html")
    assert marked.render([echo(block) for block in marked.blocks]).text == document
    assert time.process_time() - began < 10


def test_a_tag_does_not_get_into_a_kept_stretch_with_a_space() -> None:
    """A telephone number stays in one piece, whatever the links say; one with a tag inside does not."""
    page = "call <i>us</i> at 138 0013 8000 or <b>138</b> 0013 8001"
    marked = read_markup(page, "html")
    [block] = marked.blocks
    text = "138 0013 8000 138 0013 8001"
    kept = [(11, 24, 0, 13), (28, 41, 14, 27)]
    links = [(5, 7, 4, 8), (28, 31, 14, 17)]
    assert [block.text[start:end] for start, end, _, _ in kept] == [text[:13], text[14:]]
    rendered = marked.render([RenderedBlock(text, links, (), kept)]).text
    assert "138 0013 8000" in rendered
    assert "<b>138</b> 0013 8001" in rendered
