"""What Google's routes answer, for the documentation and the tests."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from service.api.answers import Answer


class GoogleTranslation(Answer):
    """One text; its language where the request named none."""

    translatedText: str
    detectedSourceLanguage: str | None = None


class GoogleTranslations(Answer):
    """One for each text, in order."""

    translations: list[GoogleTranslation]


class GoogleTranslated(Answer):
    """The answer of `/language/translate/v2`."""

    data: GoogleTranslations


class GoogleDetection(Answer):
    """A language, and how sure that is among the served ones."""

    language: str
    confidence: Annotated[float, Field(ge=0, le=1)]
    isReliable: bool


class GoogleDetections(Answer):
    """For each text a list with the likeliest language alone."""

    detections: list[list[GoogleDetection]]


class GoogleDetected(Answer):
    """The answer of `/language/translate/v2/detect`."""

    data: GoogleDetections


class GoogleLanguage(Answer):
    """A language; its English name where the request named a `target`."""

    language: str
    name: str | None = None


class GoogleLanguages(Answer):
    """All that are served."""

    languages: list[GoogleLanguage]


class GoogleListed(Answer):
    """The answer of `/language/translate/v2/languages`."""

    data: GoogleLanguages


class GoogleFault(Answer):
    """What is wrong, in Google's categories."""

    message: str
    domain: str
    reason: str


class GoogleFailure(Answer):
    """An error."""

    code: int
    message: str
    status: str
    errors: list[GoogleFault]


class GoogleError(Answer):
    """The body of every error."""

    error: GoogleFailure
