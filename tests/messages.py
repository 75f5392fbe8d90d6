"""Random messages of customers and agents with spans that must survive, and which these are."""

from __future__ import annotations

import random
import string
from collections.abc import Callable
from dataclasses import dataclass

_ENGLISH = (
    "please check order|where is my parcel|it has not arrived|I want a refund for|thanks|the price was"
    "|can you call me at|write to|hello|see|is this right|do not cancel|my account is|it costs|before|and"
).split("|")
_CHINESE = (
    "请帮我查一下|我的包裹在哪里|还没有收到|我想退货|谢谢您|价格是|请打电话给我|请发邮件到|你好|请看|这样对吗|不要取消|我的账号是|一共|之前|和"
).split("|")
_PUNCTUATION = {"en": [" ", ", ", ". ", "! ", "? ", "\n"], "zh": ["", "，", "。", "！", "？", "\n"]}
_EMOJI = ["😀", "👍🏽", "👨‍👩‍👧", "🇨🇳", "❤️", "✅"]


@dataclass(frozen=True)
class Message:
    """A text and the spans in it; a span may come several times in both."""

    text: str
    spans: tuple[str, ...]
    language: str


def random_message(rng: random.Random) -> Message:
    """One to six clauses, none to five spans among them."""
    language = rng.choice(["en", "zh"])
    spans = [rng.choice(_KINDS)(rng) for _ in range(rng.choice([0, 1, 1, 2, 2, 3, 5]))]
    if spans and rng.random() < 0.2:
        spans.append(rng.choice(spans))
    words = [rng.choice(_ENGLISH if language == "en" else _CHINESE) for _ in range(rng.randint(1, 6))]
    parts = [*words, *(f" {span} " for span in spans)]
    rng.shuffle(parts)
    text = "".join(part + rng.choice(_PUNCTUATION[language]) for part in parts)
    return Message(text.strip(), tuple(spans), language)


def _digits(rng: random.Random, least: int, most: int) -> str:
    return "".join(rng.choices(string.digits, k=rng.randint(least, most)))


def _word(rng: random.Random, letters: str = string.ascii_lowercase) -> str:
    return "".join(rng.choices(letters, k=rng.randint(2, 8)))


_KINDS: list[Callable[[random.Random], str]] = [
    lambda rng: f"{_word(rng, string.ascii_uppercase)}-{_digits(rng, 3, 8)}",
    lambda rng: f"SF{_digits(rng, 12, 12)}",
    lambda rng: f"1Z{_digits(rng, 3, 3)}AA{_digits(rng, 8, 8)}",
    lambda rng: f"{_word(rng)}.{_word(rng)}@{_word(rng)}.com",
    lambda rng: f"https://{_word(rng)}.com/{_word(rng)}?q={_digits(rng, 1, 4)}&x={_word(rng)}",
    lambda rng: f"+86 138 {_digits(rng, 4, 4)} {_digits(rng, 4, 4)}",
    lambda rng: f"400-{_digits(rng, 3, 3)}-{_digits(rng, 4, 4)}",
    lambda rng: f"${_digits(rng, 2, 4)}.{_digits(rng, 2, 2)}",
    lambda rng: f"¥{rng.randint(1, 9)},{_digits(rng, 3, 3)}",
    lambda rng: f"20{_digits(rng, 2, 2)}-0{rng.randint(1, 9)}-1{rng.randint(0, 9)}",
    lambda rng: f"1{rng.randint(0, 9)}:{rng.randint(10, 59)}",
    lambda rng: f"@{_word(rng)}_{_digits(rng, 1, 3)}",
    lambda rng: f"#{_word(rng)}",
    lambda rng: "{" + _word(rng) + "}",
    lambda rng: "{{" + _word(rng) + "}}",
    lambda rng: f"%{rng.randint(1, 9)}$s",
    lambda rng: f"$(ARG{rng.randint(1, 9)})",
    lambda rng: f"`{_word(rng)} -{_word(rng)}`",
    lambda rng: rng.choice(_EMOJI),
    lambda rng: "<i class=notranslate>{" + _digits(rng, 1, 2) + "}</i>",
]
