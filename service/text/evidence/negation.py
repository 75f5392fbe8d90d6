"""A "not" that stands on one side only; what merely looks like one (不但, 非常, "not only") is no cue.

Firm cues need an answer on the other side; loose ones ("unable", "refuse", 拒绝) can only be one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from service.text.evidence.sentence import Evidence, Span, is_inside
from service.text.evidence.warning import TranslationWarning

_ENGLISH: Final = re.compile(
    r"\b(?:"
    r"(?P<none>not only|not just|no doubt|no wonder|no matter|no longer than|no sooner|no problem"
    r"|no\. ?(?=\w?\d)"
    r"|can(?:'|no)t help|can't wait|why not|why don't (?:you|we)|nothing but|not until|not at all"
    r"|or not|if not|whether or no|(?:is|are|was|were|do|does|did|have|has|ca|could|wo|would|should)n't"
    r" (?:it|you|he|she|they|we|i|there|that|this)\b(?=[^.!]*\?)|last but not least|no pain|never mind)"
    r"|(?P<firm>not|no|never|none|nobody|nothing|nowhere|neither|nor|cannot|without|no longer|\w+n't|ain't)"
    r"|(?P<loose>unable|un\w{4,}|in(?:valid|correct|complete|accurate|convenient|ability|capable|sufficient)"
    r"|im(?:possible|polite|proper)|dis\w{4,}|ir(?:regular|relevant|responsible)|il(?:legal|literate)|\w+less"
    r"|refus\w+|fail\w*|stop\w*|lack\w*|miss\w*|avoid\w*|prevent\w*|hardly|barely|scarcely|seldom|rarely"
    r"|free|except|instead|rather than|den(?:y|ie[sd])|different|wrong|hate\w*|too|forg[eo]t\w*|forbid\w*"
    r"|few|little|sorry|only|out of|until|unless|expired?|else|yet|otherwise|off|beyond|bad\w*|poor\w*|away)"
    r")\b",
    re.IGNORECASE,
)
_CHINESE: Final = re.compile(
    r"(?P<none>(?P<verb>[\u4e00-\u9fff]{1,2})[不没](?P=verb)|[\u4e00-\u9fff]不[\u4e00-\u9fff]{1,2}(?=[？?])"
    r"|有没有|没有?[？?]|不[？?]|不错|不但|不仅|不只|不光|不单|不过|不久|不断|不管|不论|无论|不愧|不禁|不由得|不得不"
    r"|差不多|不客气|不用谢|没关系|没问题|没事|不见不散|不然|要不|是否|否则|能否|可否|不少|不止|未来|无线|别人|别的|特别"
    r"|性别|级别|分别|区别|告别|个别|识别|类别|别墅|非常|非洲|除非|忍不住|禁不住|不知不觉|迫不及待|不妨|不如|只不过|何不"
    r"|未婚|毫不犹豫|好不容易|了不起|莫名|莫非|辨别|鉴别|派别|别致|送别|离别|久别|不一会|无非|不料|不免|不得了|不好意思|对不起"
    r"|不停|说不定|莫斯科|没准|无所谓|巴不得|不可思议|不同|不幸|不满|不适|无聊|[怎要]么不|一不小心|动不动|不时|不已|不速)"
    r"|(?P<firm>不|没|无|未|别|勿|莫|甭|非)"
    r"|(?P<loose>拒绝|禁止|停止|失败|缺|忘|避免|除了|免|难|讨厌|错|少|才|只|太|坏|差|过期|失|否|反|禁|误|断)"
)


class _Cues(NamedTuple):
    firm: tuple[Span, ...]
    num_loose: int


_READERS: Final = {"en": _ENGLISH, "zh": _CHINESE}


def changed_negation(evidence: Evidence) -> TranslationWarning | None:
    """A warning where one side has a firm cue and the other none of any kind."""
    source = _cues(evidence.source_text, evidence.source_language, evidence.protected_source)
    target = _cues(evidence.target_text, evidence.target_language, evidence.protected_target)
    if source is None or target is None:
        return None
    if source.firm and not (target.firm or target.num_loose):
        return TranslationWarning("negation", "warning", source_spans=source.firm)
    if target.firm and not (source.firm or source.num_loose):
        return TranslationWarning("negation", "warning", target_spans=target.firm)
    return None


def _cues(text: str, language: str, protected: Sequence[Span]) -> _Cues | None:
    pattern = _READERS.get(language)
    if pattern is None:
        return None
    firm: list[Span] = []
    num_loose = 0
    for match in pattern.finditer(text.replace("’", "'")):
        span = Span(*match.span())
        if match["firm"] and not is_inside(span, protected):
            firm.append(span)
        elif not match["firm"]:  # "no problem" may be the answer to a "not", too
            num_loose += 1
    return _Cues(tuple(firm), num_loose)
