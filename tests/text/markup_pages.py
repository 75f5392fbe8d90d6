"""Pages made at random: HTML, XML and Markdown with everything that real ones have, tidy or broken."""

from __future__ import annotations

import random
from collections.abc import Callable

WORDS = (
    "the order arrived late hello world price café isn't 12 3.5 A-17 e.g. naïve ok. yes, no! (maybe) "
    "订单 已经 发货 了 谢谢 您好 价格 是 多少 ？ 。 、"
).split()
HTML_WORDS = "AT&amp;T &eacute;t&eacute; &quot;so&quot; &copy; &lt;b&gt; a&nbsp;b &#8364;5 a>b".split()
BROKEN = [
    *"</b> <i> <b><i>x</b></i> &nosuch; &amp <P> </div> \r\n <b </ <! <!--".split(" "),
    "a < b",
    "<LI CLASS='x'>",
    "<p translate=no>x<b>y<p>",
    "<a b='>'>",
]
INLINE = "b i em strong u span mark small sub label q".split()
BLOCKS = "p div h1 h2 section blockquote li td article".split()


class PageMaker:
    """One page per call; the same seed gives the same pages."""

    def __init__(self, seed: int, *, is_tidy: bool = True) -> None:
        self._random = random.Random(seed)
        self._is_tidy = is_tidy
        self._num_ids = 0

    def html(self) -> str:
        """A page of HTML; a tidy one has every tag's partner and no text between blocks."""
        return "".join(self._html_block() for _ in range(self._random.randint(1, 6)))

    def xml(self) -> str:
        """A document, or a piece of one without a root."""
        if self._random.random() < 0.5:
            return self._inline(self._xml_extras(), 3)
        body = "\n ".join(f"<par>{self._inline(self._xml_extras(), 2)}</par>" for _ in range(3))
        title = self._word(WORDS)
        return f'<?xml version="1.0"?>\n<!-- c -->\n<doc>\n <title>{title}</title>\n {body}\n</doc>\n'

    def markdown(self) -> str:
        """A page of Markdown."""
        return "\n".join(self._markdown_block() for _ in range(self._random.randint(1, 6)))

    def _word(self, words: list[str]) -> str:
        return self._random.choice(words)

    def _id(self) -> str:
        self._num_ids += 1
        return f"n{self._num_ids}"

    def _html_block(self) -> str:
        name = self._random.choice(BLOCKS)
        content = self._inline(self._html_extras(), 3)
        kept = self._random.choice(
            [
                "<script>if (a<b) x('</p>')</script>",
                "<pre>\n a  <b>b</b></pre>",
                "<div translate=no>keep <b>this</b></div>",
                "<!-- a > b -->",
                "<hr>",
                "<style>p{}</style>",
                "<textarea>a<b></textarea>",
                "",
            ]
        )
        if self._is_tidy or self._random.random() < 0.5:
            return f"<{name} id={self._id()}>{content}</{name}>\n{kept}\n"
        broken = self._random.choice(BROKEN)
        return f"<{name}>{content} {broken} {self._inline(self._html_extras(), 2)}{kept}"

    def _inline(self, extras: list[Callable[[], str]], depth: int) -> str:
        parts = []
        for _ in range(self._random.randint(1, 6)):
            if depth and self._random.random() < 0.4:
                name = self._random.choice(INLINE)
                parts.append(f'<{name} id="{self._id()}">{self._inline(extras, depth - 1)}</{name}>')
            elif self._random.random() < 0.25:
                parts.append(self._random.choice(extras)())
            else:
                parts.append(" ".join(self._word(WORDS) for _ in range(self._random.randint(1, 4))))
        return self._random.choice([" ", " ", "\n  ", ""]).join(parts)

    def _html_extras(self) -> list[Callable[[], str]]:
        return [
            lambda: f"<img src='x' id={self._id()} alt=\"a <b>\">",
            lambda: "<br>",
            lambda: "<!-- note -->",
            lambda: f"<i class=notranslate id={self._id()}>{{0}}</i>",
            lambda: f"<code id={self._id()}>x &lt; y</code>",
            lambda: f"<wbr id={self._id()}>",
            lambda: f"<a id={self._id()} href='?a=1&b=2'></a>",
            lambda: self._word(HTML_WORDS),
        ]

    def _xml_extras(self) -> list[Callable[[], str]]:
        return [
            lambda: f'<x id="{self._id()}"/>',
            lambda: "<!-- note -->",
            lambda: "<?go on?>",
            lambda: "<![CDATA[a < b]]>",
            lambda: "&amp;",
            lambda: "&lt;",
            lambda: "&#233;",
        ]

    def _markdown_inline(self, depth: int, *, in_link: bool = False) -> str:
        parts = []
        for _ in range(self._random.randint(1, 6)):
            if depth and self._random.random() < 0.4:
                signs = self._random.choice(["*{}*", "**{}**", "_{}_", "~~{}~~", "<b>{}</b>", "[{}](/u 't')"])
                if in_link and signs.startswith("["):
                    signs = "*{}*"
                inside = self._markdown_inline(depth - 1, in_link=in_link or signs.startswith("["))
                parts.append(signs.replace("{}", inside))
            else:
                parts.append(" ".join(self._word(WORDS) for _ in range(self._random.randint(1, 4))))
        kept = ["`co*de`", "![alt *x*](i.png)", "\\*", "&copy;", "&amp;", "a_b"]
        if depth == 2:  # no link inside another
            kept += ["<https://a.b/c>", "[ref]"] if self._is_tidy else ["[^1]", "*", "[x](", "_"]
        if self._random.random() < 0.5:
            parts.append(self._random.choice(kept))
        return self._random.choice([" ", " ", "\n"]).join(parts)

    def _markdown_block(self) -> str:
        inline = self._markdown_inline(2)
        line = inline.replace("\n", " ")
        return self._random.choice(
            [
                f"{inline}\n",
                f"{inline}\n",
                f"# {line}\n",
                f"{line}\n===\n",
                f"> {line}\n> {line}\n",
                f"- {line}\n- [ ] {line}\n",
                f"1. {line}\n\n   {line}\n",
                f"| {line} | b |\n|---|:-:|\n| c | {line} |\n",
                "```py\ncode *x*\n```\n",
                "    indented *x*\n",
                f"<div class=x>\n{line}\n</div>\n",
                "[ref]: http://a.b/c 't'\n",
                "" if self._is_tidy else f"[^1]: {line}\n",
                f"{line}  \n{line}\\\n{line}\n",
                "---\n",
            ]
        )
