"""What Google's routes read, and an example of each."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field

from service.api.schemas import Fields, LanguageCode, Texts


class GoogleRequest(Fields):
    """Texts to translate."""

    q: Annotated[Texts, Field(description="The text to translate, or a list of texts.")]
    target: Annotated[LanguageCode, Field(description="Language to translate to.", examples=["zh-CN"])]
    source: Annotated[str, Field(max_length=35, description="Language of the texts; detected without.")] = ""
    format: Annotated[Literal["html", "text"], Field(description="What the texts are written in.")] = "html"


class GoogleDetectRequest(Fields):
    """Texts whose language is asked for."""

    q: Annotated[Texts, Field(description="A text, or a list of texts.")]


class GoogleLanguagesRequest(Fields):
    """A question for the languages."""

    target: Annotated[str, Field(max_length=35, description="Adds names, which are English.")] = ""


EXAMPLES: Final = {
    "one": {"summary": "One text", "value": {"q": "Where is my order?", "target": "zh-CN", "format": "text"}}
}
DETECT_EXAMPLES: Final = {"one": {"summary": "One text", "value": {"q": "我想退货。"}}}
LANGUAGES_EXAMPLES: Final = {"one": {"summary": "With names", "value": {"target": "en"}}}
