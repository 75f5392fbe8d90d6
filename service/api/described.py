"""What the OpenAPI description says about each route: bodies, answers, problems and examples."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

from pydantic import BaseModel

from service.api.answers import Problem
from service.api.attention_request import AttentionRequest, ScoreRequest
from service.api.translate_request import TranslateRequest

PROBLEMS: Final = {
    400: "not JSON, or not UTF-8",
    413: "body too large",
    415: "a Content-Type or Content-Encoding that is not read",
    422: "a field is missing, wrong or over its limit",
    503: "overloaded or not ready; Retry-After says when to come back",
    504: "the deadline of X-Request-Timeout-Ms has passed",
}

FORMS: Final = ("application/x-www-form-urlencoded", "multipart/form-data")

TRANSLATE_EXAMPLES: Final = {
    "one": {
        "summary": "One text",
        "value": {"q": "你好，我想退货。", "source": "zh", "target": "en"},
    },
    "several": {
        "summary": "Several texts, language detected, with the links between words",
        "value": {
            "q": ["Where is my order?", ""],
            "source": "auto",
            "target": "zh",
            "include": ["alignment"],
        },
    },
}
ATTENTION_EXAMPLES: Final = {
    "own": {
        "summary": "Attention of our own translation",
        "value": {"q": "我想退货。", "source": "zh", "target": "en"},
    },
    "given": {
        "summary": "Attention of a translation you have",
        "value": {"q": "我想退货。", "source": "zh", "target": "en", "translation": "I want a refund."},
    },
    "occlusion": {
        "summary": "And which source words each target word depends on",
        "value": {"q": "我想退货。", "source": "zh", "target": "en", "method": "occlusion"},
    },
}
SCORE_EXAMPLES: Final = {
    "one": {
        "summary": "A reply that an agent has written",
        "value": {"q": "我想退货。", "source": "zh", "target": "en", "translation": "I want a refund."},
    },
}


def inlined_schema(model: type[BaseModel]) -> dict[str, Any]:
    """The JSON schema of a model with those of its parts in their places: a body of ours is no component."""
    schema = model.model_json_schema()
    parts = schema.pop("$defs", {})

    def resolve(value: Any) -> Any:
        if isinstance(value, list):
            return [resolve(one) for one in value]
        if not isinstance(value, dict):
            return value
        part = parts.get(value.get("$ref", "").rpartition("/")[2], {})
        return {name: resolve(one) for name, one in {**part, **value}.items() if name != "$ref"}

    resolved: dict[str, Any] = resolve(schema)
    return resolved


def describe_body(model: type[BaseModel], examples: dict[str, Any], *, with_form: bool) -> dict[str, Any]:
    """The `requestBody` of a route that reads its body itself."""
    schema = inlined_schema(model)
    content: dict[str, Any] = {"application/json": {"schema": schema, "examples": examples}}
    if with_form:
        content |= {form: {"schema": schema} for form in FORMS}
    return {"requestBody": {"required": "required" in schema, "content": content}}


def describe_query(model: type[BaseModel]) -> dict[str, Any]:
    """The `parameters` of a route that reads the same fields from its query string."""
    schema = model.model_json_schema()
    required = schema.get("required", [])
    return {
        "parameters": [
            {
                "name": name,
                "in": "query",
                "required": name in required,
                "description": field.get("description", ""),
                "schema": {key: value for key, value in field.items() if key != "description"},
            }
            for name, field in schema["properties"].items()
        ]
    }


def describe_answers(
    answer: Any, *, statuses: Collection[int] = tuple(PROBLEMS), error: type[BaseModel] = Problem
) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route: its answer, and an `error` for each status that it may end in."""
    found: dict[int | str, dict[str, Any]] = {200: {"model": answer, "description": "the answer"}}
    told = PROBLEMS if 422 in statuses else PROBLEMS | {400: f"{PROBLEMS[400]}, or {PROBLEMS[422]}"}
    return found | {status: {"model": error, "description": told[status]} for status in statuses}


TRANSLATE: Final = describe_body(TranslateRequest, TRANSLATE_EXAMPLES, with_form=True)
ATTENTION: Final = describe_body(AttentionRequest, ATTENTION_EXAMPLES, with_form=False)
SCORE: Final = describe_body(ScoreRequest, SCORE_EXAMPLES, with_form=False)
