"""Sentences of our own with copy symbols in them, as the service masks codes, links and names."""

from __future__ import annotations

import itertools
import random

from service.engine.tokenizer import NUM_COPY_SYMBOLS, copy_symbol

_BEGINNINGS = {
    "zh": [
        "您的订单{}已经发货",
        "请问{}什么时候能到",
        "我昨天买的{}坏了",
        "退款{}已经到账",
        "请在{}之前付款",
        "我的邮箱是{}",
        "快递单号是{}",
        "航班{}晚点了",
        "请联系{}",
        "您的验证码是{}",
    ],
    "en": [
        "Your order {} has been shipped",
        "When will {} arrive",
        "The {} I bought yesterday is broken",
        "The refund of {} has arrived",
        "Please pay before {}",
        "My e-mail address is {}",
        "The tracking number is {}",
        "Flight {} is late",
        "Please contact {}",
        "Your code is {}",
    ],
}
_ENDINGS = {
    "zh": [
        "。",
        "，请打开{}查看。",
        "，有问题请打{}。",
        "，费用是{}，运费是{}。",
        "，请把{}寄到{}。",
        "，请登录{}，输入{}，然后点击{}。",
    ],
    "en": [
        ".",
        ", please open {} to see it.",
        ", call {} if you have questions.",
        ", the price is {} and shipping is {}.",
        ", please send {} to {}.",
        ", please log in to {}, enter {} and click {}.",
    ],
}


def masked_sentences(language: str, count: int, *, seed: int = 1) -> list[tuple[str, list[str]]]:
    """Different sentences, each with the copy symbols that it holds, every symbol once."""
    chance = random.Random(seed)
    found = []
    texts = [first + last for first, last in itertools.product(_BEGINNINGS[language], _ENDINGS[language])]
    for text in itertools.islice(itertools.cycle(texts), count):
        places = chance.sample(range(NUM_COPY_SYMBOLS), text.count("{}"))
        symbols = [copy_symbol(place) for place in places]
        found.append((text.format(*symbols), symbols))
    return found
