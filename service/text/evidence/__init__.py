"""What one translated sentence shows about itself: confidence and warnings; evidence, never proof.

`assess(Evidence(…), calibration)` is cheap enough for every sentence; words are looked at when asked for.
"""

from service.text.evidence.assessment import Assessment as Assessment
from service.text.evidence.assessment import WordConfidence as WordConfidence
from service.text.evidence.assessment import assess as assess
from service.text.evidence.calibration import Calibration as Calibration
from service.text.evidence.sentence import Evidence as Evidence
from service.text.evidence.sentence import Span as Span
from service.text.evidence.warning import Severity as Severity
from service.text.evidence.warning import TranslationWarning as TranslationWarning
from service.text.evidence.warning import WarningType as WarningType
