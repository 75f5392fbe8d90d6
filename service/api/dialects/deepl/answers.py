"""What DeepL's routes answer, for the documentation and the tests."""

from __future__ import annotations

from service.api.answers import Answer


class DeepLTranslation(Answer):
    """One text; `billed_characters` are its code points, nobody is billed."""

    detected_source_language: str
    text: str
    billed_characters: int
    model_type_used: str | None = None


class DeepLTranslations(Answer):
    """One for each text, in their order."""

    translations: list[DeepLTranslation]


class DeepLUsage(Answer):
    """Code points translated for DeepL's clients since the start of the service; the limit is none."""

    character_count: int
    character_limit: int


class DeepLLanguage(Answer):
    """A language; `supports_formality` of targets alone, and always false."""

    language: str
    name: str
    supports_formality: bool | None = None


class DeepLPair(Answer):
    """A pair that is translated."""

    source_lang: str
    target_lang: str


class DeepLPairs(Answer):
    """All pairs that a glossary may have."""

    supported_languages: list[DeepLPair]


class DeepLDictionary(DeepLPair):
    """A dictionary without its terms."""

    entry_count: int


class DeepLGlossary(DeepLDictionary):
    """A glossary of one pair; ready at once."""

    glossary_id: str
    name: str
    ready: bool
    creation_time: str


class DeepLGlossaries(Answer):
    """All of one pair, the oldest first."""

    glossaries: list[DeepLGlossary]


class DeepLMultilingual(Answer):
    """A glossary of any number of pairs."""

    glossary_id: str
    name: str
    creation_time: str
    dictionaries: list[DeepLDictionary]


class DeepLMultilinguals(Answer):
    """All glossaries, the oldest first."""

    glossaries: list[DeepLMultilingual]


class DeepLEntries(DeepLPair):
    """The terms of one pair as TSV."""

    entries: str
    entries_format: str


class DeepLDictionaries(Answer):
    """The one dictionary asked for."""

    dictionaries: list[DeepLEntries]


class DeepLError(Answer):
    """An error."""

    message: str
    detail: str | None = None
