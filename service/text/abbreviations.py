"""Words whose full stop does not, or need not, end an English sentence; lower case, without the last stop."""

from __future__ import annotations

from typing import Final

NEVER_LAST: Final = frozenset(
    "mr mrs ms dr prof st mt gen rep sen gov capt lt col sgt rev hon messrs mme mlle "
    "vs e.g i.e cf viz approx ca resp incl excl est dept".split()
)
"""Always followed by more of the sentence: titles and Latin short forms."""

BEFORE_NUMBER: Final = frozenset("no nos nr fig figs vol vols p pp art sec ch eq tel ext ver".split())
"""Followed by more of the sentence where that begins with a digit."""

MAY_BE_LAST: Final = frozenset(
    "etc inc ltd co corp jr sr bros a.m p.m am pm ave blvd rd min max hr hrs".split()
)
"""End a sentence only where the next word does not begin with a small letter."""

SENTENCE_STARTERS: Final = frozenset(
    "a an the this that these those it its he she we they i you my your our their there here "
    "then in on at if when but and so what who where why how please thanks however".split()
)
"""After a dotted short form such as `U.S.`, only these, with a capital, begin a sentence."""
