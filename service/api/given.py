"""Translations that come with a request: as many and as long as they may be."""

from __future__ import annotations

from collections.abc import Sequence

from service.api.attention_request import AttentionRequest, ScoreRequest
from service.api.errors import FieldError, InvalidFields
from service.api.operations import check_texts
from service.api.policy import Policy
from service.pipeline.fields import FieldNames


def check_given(wanted: AttentionRequest | ScoreRequest, given: Sequence[str] | None, policy: Policy) -> None:
    """The texts, and where there are any the translations, one for each text and in the same shape.

    Raises InvalidFields, TooMany, TooLong.
    """
    names = FieldNames(wanted.is_list)
    check_texts(wanted.texts, names, policy, with_attention=True)
    if given is None:
        return
    if isinstance(wanted.translation, list) != wanted.is_list:
        raise InvalidFields((FieldError("translation", "must be a text or a list of texts, as q is"),))
    if len(given) != len(wanted.texts):
        message = "must have as many texts as q"
        raise InvalidFields((FieldError("translation", message, len(wanted.texts), len(given)),))
    check_texts(given, names, policy, field="translation", with_attention=True)
