"""Items as the plain objects of an answer: LibreTranslate's fields first, ours beside them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from service.api.evidence_view import EvidenceView
from service.api.schemas import Offsets
from service.api.segments_view import SegmentView
from service.api.translate_request import AlignmentFormat, TranslateRequest
from service.engine.translation import LoadedModelInfo
from service.pipeline.items import Item
from service.text.azure import azure_projection
from service.text.detection import Detected
from service.text.pharaoh import pharaoh


def render_translations(items: Sequence[Item], wanted: TranslateRequest) -> dict[str, Any]:
    """The answer of `POST /translate`."""
    is_list, alternatives = wanted.is_list, wanted.alternatives
    answer: dict[str, Any] = {"translatedText": _shaped([item.text for item in items], is_list)}
    if any(item.detected for item in items):
        answer["detectedLanguage"] = _shaped([_render_detected(item.detected) for item in items], is_list)
    if alternatives:
        answer["alternatives"] = _shaped([list(item.alternatives[:alternatives]) for item in items], is_list)
    if wanted.include or wanted.glossary:
        answer["translations"] = [render_item(item, wanted) for item in items]
    if warnings := _numbered_warnings(items, wanted):
        answer["warnings"] = warnings
    return answer | {"usage": _render_usage(items)}


def render_attention(
    item: Item, model: LoadedModelInfo | None, offsets: Offsets = "code_points"
) -> dict[str, Any]:
    """One result of `POST /attention-weights`."""
    result: dict[str, Any] = {"translatedText": item.text}
    if item.detected:
        result["detectedLanguage"] = _render_detected(item.detected)
    result["segments"] = [
        view.tokens() | view.attention() | {"alignment": view.alignment()} | view.scores()
        for view in SegmentView.all_of(item, offsets)
    ]
    return result | {"model": render_model(model)}


def render_model(model: LoadedModelInfo | None) -> dict[str, str] | None:
    """Name and version; None where no model was needed."""
    return None if model is None else {"name": model.name, "version": model.version}


def _numbered_warnings(items: Sequence[Item], wanted: TranslateRequest) -> list[dict[str, Any]]:
    return [
        {"index": number, **warning}
        for number, item in enumerate(items)
        for warning in EvidenceView(item, wanted.offsets).warnings()
    ]


def render_item(item: Item, wanted: TranslateRequest) -> dict[str, Any]:
    """What `include` and `glossary` ask for, about one text."""
    include = wanted.include
    views, evidence = SegmentView.all_of(item, wanted.offsets), EvidenceView(item, wanted.offsets)
    rendered: dict[str, Any] = {"text": item.text, "source": item.source}
    rendered["model"] = next((view.model() for view in views), None)
    rendered["finish_reasons"] = [view.finish_reason for view in views]
    if "alignment" in include:
        rendered["alignment"] = _alignment(item, views, wanted.alignment_format)
    if "attention" in include:
        rendered["attention"] = [view.tokens() | view.attention() for view in views]
    if "scores" in include:
        rendered["scores"] = [view.tokens() | view.scores() for view in views]
    if "confidence" in include:
        rendered |= evidence.confidence()
    if "warnings" in include:
        rendered["warnings"] = evidence.warnings()
    if "protected" in include:
        rendered["protected"] = evidence.protected()
    if wanted.glossary:
        rendered["glossary_applied"] = evidence.glossary()
    return rendered


def _alignment(item: Item, views: Sequence[SegmentView], form: AlignmentFormat) -> Any:
    """The links of all sentences: objects, Azure's one string, or Pharaoh's string for each sentence."""
    if form == "azure":
        links = [link for view in views for link in view.links()]
        return azure_projection(links, item.source_text, item.text)
    if form == "pharaoh":
        found = [view.wording for view in views]
        return [pharaoh(one.links, one.source_words, one.target_words) for one in found]
    return [link for view in views for link in view.alignment()]


def _render_usage(items: Sequence[Item]) -> dict[str, Any]:
    """How much was done; `truncated` where a translation reached the model's length limit."""
    translations = [sentence.translation for item in items for sentence in item.sentences]
    return {
        "characters": sum(len(item.source_text) for item in items),
        "segments": len(translations),
        "split_segments": sum(item.num_split for item in items),
        "source_tokens": sum(len(one.source_tokens) for one in translations),
        "target_tokens": sum(len(one.target_tokens) for one in translations),
        "truncated": any(one.finish_reason == "length" for one in translations),
    }


def _render_detected(detected: Detected | None) -> dict[str, Any] | None:
    return None if detected is None else {"confidence": detected.confidence, "language": detected.language}


def _shaped(values: list[Any], is_list: bool) -> Any:
    """A list where the caller sent one, else its only value."""
    return values if is_list else values[0]
