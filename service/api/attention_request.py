"""What `POST /attention-weights` and `POST /score` take."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from service.api.schemas import SearchRequest, TextRequest, Texts


class AttentionRequest(SearchRequest):
    """A request for the weights of a translation, of our own or of the one given."""

    translation: Annotated[
        Texts | None, Field(description="Translations to look at instead of our own, shaped like `q`.")
    ] = None
    format: Annotated[Literal["json", "svg"], Field(description="The numbers, or a heat map.")] = "json"
    method: Annotated[
        Literal["attention", "occlusion"],
        Field(description="With `occlusion` each source word is also left out in turn."),
    ] = "attention"
    stream: Annotated[bool, Field(description="Whether to tell progress, as server-sent events.")] = False

    @property
    def translations(self) -> list[str] | None:
        """The given translations as a list, or None."""
        return [self.translation] if isinstance(self.translation, str) else self.translation


class ScoreRequest(TextRequest):
    """Texts with the translations that are to be scored."""

    translation: Annotated[Texts, Field(description="Translations to score, shaped like `q`.")]

    @property
    def translations(self) -> list[str]:
        """The translations as a list."""
        return [self.translation] if isinstance(self.translation, str) else self.translation
