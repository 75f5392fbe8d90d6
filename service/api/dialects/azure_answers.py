"""What Azure's route answers, for the documentation and the tests."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from service.api.answers import Answer


class AzureDetected(Answer):
    """The language of a text, and how sure that is among the served ones."""

    language: str
    score: Annotated[float, Field(ge=0, le=1)]


class AzureAlignment(Answer):
    """Links between words, both ends inclusive, in UTF-16 units: `0:4-0:1 6:13-2:3`."""

    proj: str


class AzureTranslation(Answer):
    """A text in one of the languages asked for."""

    text: str
    to: str
    alignment: AzureAlignment | None = None


class AzureItem(Answer):
    """One text; its language where the request named none."""

    detectedLanguage: AzureDetected | None = None
    translations: list[AzureTranslation]


class AzureFault(Answer):
    """What is wrong; the first three digits of `code` are the status."""

    code: int
    message: str


class AzureError(Answer):
    """The body of every error."""

    error: AzureFault
