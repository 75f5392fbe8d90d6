"""What the evidence says about a translated sentence, in the places of its own two texts."""

from __future__ import annotations

from dataclasses import dataclass

from msgspec.structs import replace

from service.pipeline.calibrations import Calibrations
from service.pipeline.units import Outcome
from service.pipeline.wording import Wording
from service.text.evidence import Assessment, Calibration, Evidence, Span, assess
from service.text.tokens import LazyTokens


@dataclass(frozen=True, slots=True)
class Assessor:
    """Assesses outcomes of models, those with a calibration by it."""

    calibrations: Calibrations

    def assessed(self, outcome: Outcome, source: str, target: str) -> Outcome:
        """The outcome with its assessment; none where the sentence was kept as it is."""
        if outcome.fate == "source_kept":
            return outcome
        calibration = self.calibrations.of(outcome.translation)
        return replace(outcome, assessment=_assessment(outcome, source, target, calibration))


def _assessment(outcome: Outcome, source: str, target: str, calibration: Calibration | None) -> Assessment:
    masked, best = outcome.unit.masked, outcome.best
    wording = Wording(masked, best)
    hypothesis = best.hypothesis
    num_tokens, logprobs = len(hypothesis.target_tokens), hypothesis.logprobs
    evidence = Evidence(
        source_text=masked.sentence,
        target_text=best.text,
        source_language=source,
        target_language=target,
        source_tokens=LazyTokens(len(best.source_pieces), lambda: wording.source_tokens),
        target_tokens=LazyTokens(num_tokens, lambda: wording.target_tokens),
        logprobs=logprobs[:num_tokens],
        eos_logprob=logprobs[num_tokens] if len(logprobs) > num_tokens else None,
        weights=wording.weights,
        finish_reason=hypothesis.finish_reason,
        protected_source=[Span(span.start, span.end) for span in masked.spans],
        protected_target=[Span(one.start, one.end) for one in best.protected],
    )
    return assess(evidence, calibration)
