"""A "not" that stands on one side only.

Firm cues need an answer on the other side, loose ones ("unable", 难) can only be one, and what merely
looks like one (不但, 非常, "not only") is none. The lists come from counting over training pairs which
words stand where the other side has a firm cue and this one has not.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from service.text.evidence.sentence import Evidence, Span, is_inside
from service.text.evidence.warning import TranslationWarning

_ENGLISH: Final = re.compile(
    r"\b(?:"
    r"(?P<none>no\. ?(?=\w?\d))"
    r"|(?P<loose>not only|not just|no longer than|no sooner|why not|why don['’]t|or not|if not|no problem"
    r"|last but not least|no doubt|no wonder|no matter|never mind|not at all|not until|nothing but"
    r"|(?:is|are|was|were|do|does|did|have|has|ca|could|wo|would|should)n['’]t"
    r" (?:it|you|he|she|they|we|i|there|that|this)\b(?=[^.!]*\?)"
    r"|can(?:['’]|no)t help|can['’]t wait|unable|un(?!der|it|til|ion|iq|iv|cle)[a-z]{4,}|impossible|less"
    r"|\w+less|instead|rather|stop\w*|hardly|barely|scarcely|seldom|rarely|absent|absence\w*|fail\w*"
    r"|innocent|ignoran\w+|doubt\w*|avoid\w*|wrong|different\w*|lose|lost|missing|out of|refus\w+"
    r"|den(?:y|ie[sd])|forbid\w*|prohibit\w*|ban(?:ned)?|invalid|incorrect\w*|incomplete|incapable"
    r"|dis(?:agree|like|appear|connect|obey|able|satisf|honest|qualif|appoint)\w*|too \w+ (?:to|for)"
    r"|illegal|irregular\w*|irrelevant|against|far from|beyond|except|non|anything but)"
    r"|(?P<firm>not|no|nope|never|none|nobody|nothing|nowhere|neither|nor|cannot|without|\w+n['’]t)"
    r")\b",
    re.IGNORECASE,
)
_CHINESE: Final = re.compile(
    r"(?P<none>不但|不仅|不只|不光|不单|不过|不断|不管|不论|无论|不愧|不禁|不由得|不得不|差不多|不客气|别客气|不用客?[谢气]"
    r"|不见不散|不然|要不|是否|否则|能否|可否|不少|未来|无线|别人|别的|特别|性别|级别|分别|区别|告别|个别|识别|类别|别墅|非常"
    r"|非洲|除非|不知不觉|迫不及待|不妨|只不过|何不|未婚|毫不犹豫|好不容易|了不起|无非|辨别|鉴别|派别|别致|[送离久道挥话]别"
    r"|不一会|不料|不得了|不好意思|对不起|不停|说不定|没准|不可思议|不幸|无聊|[怎要]么不|不一小心|不小心|动不动|不时|不已|无障碍"
    r"|无误)"
    r"|(?P<loose>(?P<verb>[\u4e00-\u9fff]{1,2})[不没](?P=verb)|有没有|没有?[啊呀了]?[？?]|不[？?]|不是[吗么吧]"
    r"|[\u4e00-\u9fff]不[\u4e00-\u9fff]{1,2}(?=[？?])|没关系|没问题|没事|不错|不同(?!意)|不满|不适|不如|不久|不免|不止|无所谓|忍不住"
    r"|禁不住|巴不得|拒绝|禁止|停止|失败|缺|避免|免|难|讨厌|错|才|只|坏|记得)"
    r"|(?P<firm>不|没|无|未|别|勿|甭|非)"
)


class _Language(NamedTuple):
    """`hint` is in every firm cue in small letters; looking for it first is cheap."""

    hint: re.Pattern[str]
    pattern: re.Pattern[str]


_LANGUAGES: Final = {
    "en": _Language(re.compile("n(?:o|['’]t|ev|ei)|without"), _ENGLISH),
    "zh": _Language(re.compile("[不没无未别勿甭非]"), _CHINESE),
}


def changed_negation(evidence: Evidence) -> TranslationWarning | None:
    """A warning where one side has a firm cue and the other none of any kind."""
    source = _LANGUAGES.get(evidence.source_language)
    target = _LANGUAGES.get(evidence.target_language)
    if source is None or target is None:
        return None
    in_source = _firm_cues(source, evidence.source_text, evidence.protected_source)
    in_target = _firm_cues(target, evidence.target_text, evidence.protected_target)
    if in_source and not in_target and not _has_loose_cue(target, evidence.target_text):
        return TranslationWarning("negation", "warning", source_spans=in_source)
    if in_target and not in_source and not _has_loose_cue(source, evidence.source_text):
        return TranslationWarning("negation", "warning", target_spans=in_target)
    return None


def _has_loose_cue(language: _Language, text: str) -> bool:
    return any(match["loose"] for match in language.pattern.finditer(text))


def _firm_cues(language: _Language, text: str, protected: Sequence[Span]) -> tuple[Span, ...]:
    if not language.hint.search(text.lower()):
        return ()
    spans = [Span(*match.span()) for match in language.pattern.finditer(text) if match["firm"]]
    return tuple(span for span in spans if not is_inside(span, protected))
