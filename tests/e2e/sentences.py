"""Sentences as customers and agents write them, as many as a test wants."""

from __future__ import annotations

from itertools import islice, product

_ENGLISH = (
    "Hello, I would like to return {}.",
    "Where is {}?",
    "{} arrived broken, what can I do?",
    "Send me the invoice for {} now.",
    "I ordered {}, order A-{number}.",
    "Can I exchange {} for another one?",
    "Thanks, {} is fine.",
    "no, i never got {}",
)
_CHINESE = (
    "你好，我想退{}。",
    "{}在哪里？",
    "{}到的时候已经坏了，怎么办？",
    "请把{}的发票发到我的邮箱。",
    "我订了{}，订单号A-{number}。",
    "可以把{}换成别的吗？",
    "谢谢，{}没问题。",
    "没有，我没收到{}",
)
_ENGLISH_THINGS = ("my order", "the coffee machine", "two tickets to London", "this phone", "the blue shoes")
_CHINESE_THINGS = ("我的订单", "咖啡机", "去伦敦的两张票", "这部手机", "那双蓝色的鞋")


def english(count: int) -> list[str]:
    """So many different English sentences."""
    return _filled(_ENGLISH, _ENGLISH_THINGS, count)


def chinese(count: int) -> list[str]:
    """So many different Chinese sentences."""
    return _filled(_CHINESE, _CHINESE_THINGS, count)


def _filled(templates: tuple[str, ...], things: tuple[str, ...], count: int) -> list[str]:
    rounds = range(count)  # more than enough; the first round has no number in it
    combined = product(rounds, things, templates)
    made = (
        template.format(thing, number=number) + (f" ({number})" if number else "")
        for number, thing, template in combined
    )
    return list(islice(made, count))
