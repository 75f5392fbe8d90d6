"""Items as the plain objects of an answer: LibreTranslate's fields first, ours beside them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from service.api.segments_view import SegmentView
from service.engine.translation import LoadedModelInfo
from service.pipeline.items import Item
from service.text.detection import Detected


def render_translations(
    items: Sequence[Item], *, is_list: bool, alternatives: int, include: Collection[str]
) -> dict[str, Any]:
    """The answer of `POST /translate`."""
    answer: dict[str, Any] = {"translatedText": _shaped([item.text for item in items], is_list)}
    if any(item.detected for item in items):
        answer["detectedLanguage"] = _shaped([_render_detected(item.detected) for item in items], is_list)
    if alternatives:
        answer["alternatives"] = _shaped([list(item.alternatives[:alternatives]) for item in items], is_list)
    if include:
        answer["translations"] = [_render_item(item, include) for item in items]
    return answer | {"usage": _render_usage(items)}


def render_attention(item: Item, model: LoadedModelInfo | None) -> dict[str, Any]:
    """One result of `POST /attention-weights`."""
    result: dict[str, Any] = {"translatedText": item.text}
    if item.detected:
        result["detectedLanguage"] = _render_detected(item.detected)
    result["segments"] = [
        view.tokens() | view.attention() | {"alignment": view.alignment()} | view.scores()
        for view in SegmentView.all_of(item)
    ]
    return result | {"model": render_model(model)}


def render_model(model: LoadedModelInfo | None) -> dict[str, str] | None:
    """Name and version; None where no model was needed."""
    return None if model is None else {"name": model.name, "version": model.version}


def _render_item(item: Item, include: Collection[str]) -> dict[str, Any]:
    views = SegmentView.all_of(item)
    rendered: dict[str, Any] = {"text": item.text, "source": item.source}
    rendered["model"] = next((view.model() for view in views), None)
    rendered["finish_reasons"] = [view.finish_reason for view in views]
    if "alignment" in include:
        rendered["alignment"] = [link for view in views for link in view.alignment()]
    if "attention" in include:
        rendered["attention"] = [view.tokens() | view.attention() for view in views]
    if "scores" in include:
        rendered["scores"] = [view.tokens() | view.scores() for view in views]
    return rendered


def _render_usage(items: Sequence[Item]) -> dict[str, Any]:
    """How much was done; `truncated` where a translation reached the model's length limit."""
    translations = [sentence.translation for item in items for sentence in item.sentences]
    return {
        "segments": len(translations),
        "source_tokens": sum(len(one.source_tokens) for one in translations),
        "target_tokens": sum(len(one.target_tokens) for one in translations),
        "truncated": any(one.finish_reason == "length" for one in translations),
    }


def _render_detected(detected: Detected | None) -> dict[str, Any] | None:
    return None if detected is None else {"confidence": detected.confidence, "language": detected.language}


def _shaped(values: list[Any], is_list: bool) -> Any:
    """A list where the caller sent one, else its only value."""
    return values if is_list else values[0]
