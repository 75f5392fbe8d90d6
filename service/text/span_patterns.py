"""What is found and kept without being asked: one expression per kind, the first that fits wins.

The expressions run over text whose full-width forms are folded to ASCII, place for place, but for the
signs of Chinese writing that stand outside numbers. None of them has nested repetition, so that time
grows with the text and no faster.
"""

from __future__ import annotations

import re
from typing import Final

_NOT_IN_WORD: Final = r"(?<![A-Za-z0-9_])"
_NOT_IN_NUMBER: Final = r"(?<![A-Za-z0-9_])(?<!\d[.,])"
_WORD_ENDS: Final = r"(?![A-Za-z0-9_])"
_AMOUNT: Final = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
_CURRENCY: Final = r"USD|EUR|CNY|RMB|GBP|JPY|HKD|TWD|KRW|AUD|CAD|CHF|SGD"
_MONEY_WORD: Final = (
    r"[ ]?(?:元|块|圆|美元|美金|欧元|英镑|日元|港币|港元|人民币|dollars?\b|euros?\b|pounds?\b|yuan\b)"
)
_MAGNITUDE: Final = r"(?![ ]?(?:[万亿千百萬億]|(?:hundred|thousand|million|billion)\b))"
_EMOJI: Final = (
    r"[\u00a9\u00ae\u203c\u2049\u2122\u2139\u2194-\u21aa\u231a-\u23ff\u24c2\u25aa-\u25fe\u2600-\u27bf"
    r"\u2934\u2935\u2b05-\u2b55\u3030\u303d\u3297\u3299\U0001f004-\U0001f1e5\U0001f200-\U0001faff]"
)
_EMOJI_TAIL: Final = r"(?:[\ufe0f\u20e3\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f])*"

KINDS: Final = {
    "symbol": r"[\U000f0000-\U000f001f]",  # our own copy symbols, should anybody type one
    "markup": (
        r"<(?P<element>[A-Za-z]\w{0,20})\b[^<>]{0,200}?(?:class=[\"']?notranslate|translate=[\"']?no)"
        r"[^<>]{0,200}>[^<>]{0,200}</(?P=element)>|</?[A-Za-z][^<>]{0,500}>"
    ),
    "placeholder": (
        r"\{\{[^{}\n]{0,200}\}\}|\$?\{[^{}\n]{0,200}\}|\$\(\w{1,60}\)|\$[A-Za-z_]\w{0,60}\$?"
        r"|%\(\w{1,60}\)[sdif]|%(?:\d{1,2}\$)?[+-]?(?:\d{1,3})?(?:\.\d{1,3})?[sdiufxgeoc@](?![A-Za-z])"
        r"|\[[A-Z]\d{1,4}[A-Z]?\]|%[A-Z_]{3,60}%?"
    ),
    "code": r"```[^`]{0,2000}```|`[^`\n]{1,500}`",
    "url": r"(?:https?|ftp)://[!-;=?-~]*[\w/=&#%+~-]|" + _NOT_IN_WORD + r"www\.[!-;=?-~]*[\w/=&#%+~-]",
    "email": _NOT_IN_WORD + r"[\w.+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8}",
    "date": (
        _NOT_IN_WORD + r"\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?"
        r"(?:Z|[+-]\d{2}:?\d{2})?)?" + _WORD_ENDS
    ),
    "time": _NOT_IN_WORD + r"\d{1,2}:\d{2}(?::\d{2})?(?![\d:])",
    "phone": (
        r"\+\d{1,3}(?:[ -]?\(?\d{1,4}\)?){2,5}" + _WORD_ENDS + r"(?!-\d)"
        + r"|" + _NOT_IN_WORD + r"(?:\(\d{2,4}\)[ -]?|\d{3,4}-)\d{3,4}(?:-?\d{3,5}){0,2}" + _WORD_ENDS
        + r"|" + _NOT_IN_WORD + r"1\d{2}[ -]\d{4}[ -]\d{4}" + _WORD_ENDS
    ),
    "amount": (
        r"[$€£¥₩₹₽][ ]?(?:" + _AMOUNT + r")" + _WORD_ENDS + _MAGNITUDE
        + r"|" + _NOT_IN_WORD + r"(?:" + _CURRENCY + r")[ ]?(?:" + _AMOUNT + r")" + _WORD_ENDS + _MAGNITUDE
        + r"|" + _NOT_IN_NUMBER + r"(?:" + _AMOUNT + r")(?:[ ]?(?:" + _CURRENCY + r")" + _WORD_ENDS
        + r"|(?=" + _MONEY_WORD + r"))"
    ),
    "emoji": (
        r"[\U0001f1e6-\U0001f1ff]{2}|[0-9#*]\ufe0f?\u20e3|"
        + _EMOJI + _EMOJI_TAIL + r"(?:\u200d" + _EMOJI + _EMOJI_TAIL + r"){0,8}|[\U0001f1e6-\U0001f1ff]"
    ),
    "mention": (
        r"(?<![\w@])@(?:[A-Za-z0-9_]\w{0,60}(?:[.-]\w{1,60}){0,3}|[^\s@,.!?;:，。！？；：、]{1,20}(?=\s|$))"
    ),
    "tag": (
        r"(?<![\w#&])#(?:[A-Za-z0-9_]\w{0,60}(?:-\w{1,60}){0,3}|[^\s#]{1,30}#"
        r"|[^\s#,.!?;:，。！？；：、]{1,30}(?=\s|$))"
    ),
    "identifier": (  # letters and digits in one word: ORD-77123, 1Z999AA1, iPhone15; not 2nd, 5pm, 90s
        _NOT_IN_WORD + r"(?!\d+(?:st|nd|rd|th|am|pm|AM|PM|s)(?![A-Za-z0-9_-]))"
        r"(?=[A-Za-z0-9_-]{0,60}\d)(?=[0-9_-]{0,60}[A-Za-z])[A-Za-z0-9]+(?:[_-]+[A-Za-z0-9]+)*" + _WORD_ENDS
        + r"|" + _NOT_IN_WORD + r"\d{2,}(?:[_/-]\d+){2,}" + _WORD_ENDS
    ),
    "number": (
        _NOT_IN_NUMBER + r"(?:\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+){1,3}|\d{3,})%?(?![\w%])" + _MAGNITUDE
    ),
}  # fmt: skip

ALL: Final = re.compile("|".join(f"(?P<{kind}>{expression})" for kind, expression in KINDS.items()), re.ASCII)

MAY_HOLD: Final = re.compile(
    r"[0-9@#{%$<`\[€£¥₩₹₽\u00a9\u00ae\u203c-\u2bff\u3030\u303d\u3297\u3299\U0001f000-\U0001ffff\U000f0000-\U000f001f]|www\.|://"
)
"""Something of this stands in every text in which anything is found; most texts have none."""
