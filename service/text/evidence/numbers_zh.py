"""Numbers in Chinese text: 三百二十, 二零一六, 百分之五, 3.5万, 八折, 第三; idioms (万一, 十分) are loose."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from service.text.evidence.mention import DIGITS, Mention, digits_mention, on_clock, tidy
from service.text.evidence.sentence import Span

_DIGITS: Final = {sign: value for value, sign in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_UNITS: Final = {"十": 10, "百": 100, "千": 1000}
_MYRIADS: Final = {"万": 10**4, "亿": 10**8}
_NUMERAL: Final = "零〇一二两三四五六七八九十百千万亿"
_NUMBER: Final = re.compile(
    rf"(?P<parts>[{_NUMERAL}]+)分之(?P<share>[{_NUMERAL}]+(?:点[{_NUMERAL}]+)?)"
    rf"|(?P<digits>{DIGITS})(?P<scale>[百千万亿]*)"
    rf"|(?P<words>[{_NUMERAL}]+(?:[多来余][万亿])?)(?:点(?P<decimals>[零〇一二三四五六七八九]+)(?![十分刻]))?"
    "|(?P<loose>[半双俩仨几])"
)
_HINT: Final = re.compile(rf"[\d{_NUMERAL}半双俩仨几]")
_MEASURES: Final = frozenset(
    "个位人名口家只条张件份本册台部辆架艘间层楼座栋套对副杯瓶碗盘块片颗粒根支把朵棵头匹群批次回遍趟场届级"
    "年月日号天周时点分秒刻岁元角美欧英斤克吨升米寸尺度折倍成步句首篇页章节题道门种样国项站路排行列"
    "星室厅卧床晚夜餐顿包袋盒箱桶罐卷米公厘毫平千英磅"
)
_LOOSE_WORDS: Final = frozenset(
    {"万一", "千万", "一一", "一二", "三三两两", "万千", "百千", "千千万万", "十万"}
)
_LOOSE_BEFORE: Final = ("星期", "周", "礼拜", "小", "老", "数", "好几", "上")
_ROUGH: Final = re.compile("[多来余]")
_KILO_UNITS: Final = "克米瓦卡赫字"
_LOOSE_VALUES: Final = {"半": (0.5, 6.0, 30.0), "双": (2.0,), "俩": (2.0,), "仨": (3.0,), "几": ()}


def may_hold_number(text: str) -> bool:
    """False for many sentences, and cheaper than to look for the numbers themselves."""
    return _HINT.search(text) is not None


def numbers(text: str) -> Iterator[Mention]:
    """The numbers of a text, in order."""
    for match in _NUMBER.finditer(text):
        if match["digits"]:
            yield _digits(match, text)
        elif match["parts"]:
            yield _share(match)
        elif match["words"]:
            yield _words(match, text)
        else:
            values = frozenset(_LOOSE_VALUES[match["loose"]])
            yield Mention(Span(*match.span()), values, is_firm=False)


def value_of(numeral: str) -> float:
    """The value of a numeral made of 零 to 亿; digits alone are read one by one, as years are."""
    if len(numeral) > 1 and all(sign in _DIGITS for sign in numeral):
        return float("".join(str(_DIGITS[sign]) for sign in numeral))
    total, section, digit, unit = 0.0, 0.0, 0, 1  # floats: 亿亿亿… becomes infinite and no error
    for sign in numeral:
        if sign in _DIGITS:
            digit, unit = _DIGITS[sign], 1 if _DIGITS[sign] == 0 else unit
        elif sign in _UNITS:
            section, digit, unit = section + (digit or 1) * _UNITS[sign], 0, _UNITS[sign]
        else:
            unit = _MYRIADS[sign]
            whole = section + digit
            total = (total + whole) * unit if unit > 10**4 and total else total + (whole or 1) * unit
            section, digit = 0, 0
    return total + section + digit * max(1, unit // 10)  # 三百二 is 320, 三百零二 302


def _digits(match: re.Match[str], text: str) -> Mention:
    scale = 1.0
    for sign in match["scale"]:
        scale *= (_UNITS | _MYRIADS)[sign]
    found = digits_mention(text, match.start(), match.end("digits"), scale, match.end())
    return _discounted(found, text, match.end())


def _share(match: re.Match[str]) -> Mention:
    whole, _, decimals = match["share"].partition("点")
    parts, share = value_of(match["parts"]), _with_decimals(value_of(whole), decimals)
    if not parts:
        return Mention(Span(*match.span()), frozenset((share, parts)), is_firm=False)
    values = (share,) if parts == 100 else (tidy(share / parts), share, parts)
    return Mention(Span(*match.span()), frozenset(values))


def _words(match: re.Match[str], text: str) -> Mention:
    start, end = match.span()
    numeral = _ROUGH.sub("", match["words"])
    values = on_clock(value_of(numeral), text, match.end("words")) | _other_values(
        numeral, text[end : end + 1]
    )
    if match["decimals"]:
        values |= {_with_decimals(value_of(numeral), match["decimals"])}
    return _discounted(Mention(Span(start, end), values, _is_firm(numeral, text, start, end)), text, end)


def _with_decimals(whole: float, decimals: str) -> float:
    return tidy(whole + float(f"0.{''.join(str(_DIGITS[sign]) for sign in decimals) or 0}"))


def _other_values(numeral: str, following: str) -> set[float]:
    """五千米 may be 5 km, 两打 is 24, 十几 is 11 to 19, and 三五 are three or five."""
    if numeral[-1] == "千" and following and following in _KILO_UNITS:
        return {value_of(numeral[:-1] or "一")}
    if following == "打":
        return {value_of(numeral) * 12}
    if following == "几":
        return {value_of(numeral) + more for more in range(1, 10)}
    return {float(_DIGITS[sign]) for sign in numeral} if _is_pair(numeral) else set()


def _is_firm(numeral: str, text: str, start: int, end: int) -> bool:
    if numeral in _LOOSE_WORDS or _is_pair(numeral) or text[:start].endswith(_LOOSE_BEFORE):
        return False
    if len(numeral) > 1:
        return text[end : end + 1] != "几"
    if numeral in "一零〇百千万亿" or text.startswith("十分", start) or text[start - 1 : end + 1] == "第二天":
        return False
    return text[start - 1 : start] == "第" or text[end : end + 1] in _MEASURES


def _is_pair(numeral: str) -> bool:
    """三五, 七八: some, not 35 or 78; others are names (三一)."""
    return len(numeral) == 2 and all(_DIGITS.get(sign) for sign in numeral)


def _discounted(mention: Mention, text: str, end: int) -> Mention:
    """八折 is what English calls 20 % off."""
    if not text.startswith("折", end):
        return mention
    percent = {tidy(value * 10 if value < 10 else value) for value in mention.values}
    values = mention.values | percent | {100 - value for value in percent}
    return Mention(mention.span, values, mention.is_firm)
