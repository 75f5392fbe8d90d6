"""`python -m benchmarks.without_evidence serve`: our service made not to look at what it translates.

No attention is fetched, nothing is assessed; so the difference to the service is what that costs.
"""

from __future__ import annotations

import sys
from typing import Any

from service.__main__ import main
from service.engine.translation import Options
from service.pipeline import item_translator
from service.pipeline.assessing import Assessor
from service.pipeline.units import Outcome


class Unlooking(Assessor):
    """Assesses nothing."""

    def assessed(self, outcome: Outcome, source: str, target: str) -> Outcome:
        """The outcome as it is."""
        return outcome


def without_attention(options: Options, **_: Any) -> Options:
    """What the caller wanted, without the attention that our service always asks for."""
    return options


if __name__ == "__main__":
    item_translator.Assessor = Unlooking  # type: ignore[misc]
    item_translator.replace = without_attention  # type: ignore[assignment]
    sys.exit(main())
