"""Which language pairs can be translated, and by which model."""

from __future__ import annotations

from collections.abc import Iterable

from service.engine.errors import UnknownLanguage, UnsupportedPair
from service.engine.text_model import TextModel


class Catalogue:
    """The models by their pair; of two with the same pair the first by name serves.

    `models` are all, sorted by name; `pairs` all (source, target), sorted; `languages` all that are
    either, sorted.
    """

    def __init__(self, models: Iterable[TextModel]) -> None:
        self.models = tuple(sorted(models, key=lambda model: model.name))
        self._by_pair: dict[tuple[str, str], TextModel] = {}
        for one in self.models:
            manifest = one.folder.manifest
            self._by_pair.setdefault((manifest.source, manifest.target), one)
        self.pairs = tuple(sorted(self._by_pair))
        self.languages = tuple(sorted({language for pair in self._by_pair for language in pair}))

    def find(self, source: str, target: str) -> TextModel:
        """The model of a pair; raises UnknownLanguage, UnsupportedPair."""
        for language in (source, target):
            if language not in self.languages:
                raise UnknownLanguage(language, self.languages)
        if (source, target) not in self._by_pair:
            raise UnsupportedPair(source, target, self.pairs)
        return self._by_pair[source, target]

    def with_model(self, model: TextModel) -> Catalogue:
        """The same with this version in place of the one that has its name."""
        return Catalogue([*(one for one in self.models if one.name != model.name), model])

    def all(self) -> tuple[TextModel, ...]:
        """All models that serve a pair."""
        return tuple(self._by_pair[pair] for pair in self.pairs)
