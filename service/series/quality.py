"""What the evidence says about sentences."""

from __future__ import annotations

from typing import Final, get_args

from prometheus_client import CollectorRegistry

from service.engine.translation import LoadedModelInfo
from service.pipeline.items import Fate
from service.pipeline.units import Outcome
from service.series.base import Series
from service.text.evidence import WarningType

_RATIOS: Final = tuple(round(0.05 * step, 2) for step in range(1, 21))
_LENGTHS: Final = (0.25, 0.5, 0.75, 0.9, 1, 1.1, 1.25, 1.5, 2, 3, 5)
_FATAL: Final = {"reinserted": "protected_reinserted", "source_kept": "source_kept"}


class QualitySeries(Series):
    """What the evidence says about sentences."""

    def __init__(self, registry: CollectorRegistry) -> None:
        super().__init__(registry)
        who = ("model", "version")
        self.confidence = self.histogram("zhuyi_confidence_ratio", "Confidence of a sentence.", _RATIOS, *who)
        self.entropy = self.histogram(
            "zhuyi_attention_entropy_ratio", "Mean entropy of its attention, 1 when even.", _RATIOS, *who
        )
        self.coverage = self.histogram(
            "zhuyi_source_coverage_ratio", "Share of its source that attention covered.", _RATIOS, *who
        )
        self.length = self.histogram(
            "zhuyi_length_ratio", "Target tokens per source token of a sentence.", _LENGTHS, *who
        )
        self.agreement = self.histogram(
            "zhuyi_candidate_agreement_ratio",
            "chrF of a candidate's translation against that of the version that serves.",
            _RATIOS,
            *who,
        )
        self.warnings = self.counter("zhuyi_warnings", "Warnings about sentences.", "model", "type")
        self.protected = self.counter(
            "zhuyi_protected_spans", "Protected spans by how their sentence kept them.", "model", "result"
        )

    def expect(self, model: LoadedModelInfo) -> None:
        for series in (self.confidence, self.entropy, self.coverage, self.length, self.agreement):
            series.expect(model.name, model.version)
        for warning in (*get_args(WarningType), *_FATAL.values()):
            self.warnings.add(0, model.name, warning)
        for fate in get_args(Fate):
            self.protected.add(0, model.name, fate)

    def observe(self, outcome: Outcome) -> None:
        name, version = outcome.translation.model, outcome.translation.version
        self.protected.add(len(outcome.unit.masked.spans), name, outcome.fate)
        if outcome.fate in _FATAL:
            self.warnings.add(1, name, _FATAL[outcome.fate])
        if outcome.assessment is None:
            return
        if outcome.assessment.confidence is not None:
            self.confidence.observe(outcome.assessment.confidence, name, version)
        if num_source := len(outcome.translation.source_tokens):
            self.length.observe(len(outcome.translation.target_tokens) / num_source, name, version)
        self.entropy.observe(outcome.assessment.entropy, name, version)
        self.coverage.observe(outcome.assessment.coverage, name, version)
        for warning in outcome.assessment.warnings:
            self.warnings.add(1, name, warning.type)
