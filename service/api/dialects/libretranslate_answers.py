"""What LibreTranslate's own routes answer, for the documentation and the tests."""

from __future__ import annotations

from service.api.answers import Answer, DetectedLanguage

Detections = list[DetectedLanguage]


class LanguagePlace(Answer):
    """A language with its name."""

    code: str
    name: str


class LanguageDefaults(Answer):
    """What a page shows first."""

    source: LanguagePlace
    target: LanguagePlace


class FrontendSettings(Answer):
    """What LibreTranslate tells its page."""

    charLimit: int
    frontendTimeout: int
    apiKeys: bool
    keyRequired: bool
    suggestions: bool
    filesTranslation: bool
    supportedFilesFormat: list[str]
    language: LanguageDefaults


class Refusal(Answer):
    """An error."""

    error: str
