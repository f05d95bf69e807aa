"""Whether two names mean one business, as a person would say who knows how firms write them."""

from __future__ import annotations

import re
import unicodedata
from difflib import SequenceMatcher
from enum import StrEnum

_LEGAL = frozenset(
    {
        *("inc", "incorporated", "corp", "corporation", "co", "company", "cos", "companies"),
        *("llc", "lc", "llp", "lp", "ltd", "limited", "plc", "pllc", "pc", "pa", "na"),
        *("gmbh", "ag", "sa", "bv", "nv", "the", "and", "of", "dba"),
    }
)
"""Words that one writes and another leaves out."""

_SHORT = {"intl": "international", "mfg": "manufacturing", "assn": "association", "st": "saint"}

_CLOSE = 0.85
"""From this likeness on a name may be a misprint, or misread."""


class Alike(StrEnum):
    """How two names compare.

    =========  =====================================================================
    same       but for capitals, accents, points and words such as Inc.
    similar    one contains the other's words, or a few letters differ
    different  anything else
    =========  =====================================================================
    """

    SAME = "same"
    SIMILAR = "similar"
    DIFFERENT = "different"


def name_words(name: str) -> tuple[str, ...]:
    """The words by which *name* is compared; all of them where there are no others."""
    plain = unicodedata.normalize("NFKD", name.casefold())
    plain = "".join(each for each in plain if not unicodedata.combining(each))
    plain = re.sub(r"(?<=\b\w)\.(?=\w\b)", "", plain)  # L.L.C. is one word
    words = tuple(_SHORT.get(word, word) for word in re.findall(r"\w+", plain.replace("'", "")))
    return tuple(word for word in words if word not in _LEGAL) or words


def alike(one: str, other: str) -> Alike:
    """How two names compare; a name without any letter is like none."""
    first, second = name_words(one), name_words(other)
    if not first or not second:
        return Alike.DIFFERENT
    if first == second or "".join(first) == "".join(second):
        return Alike.SAME
    if set(first) <= set(second) or set(second) <= set(first):
        return Alike.SIMILAR
    likeness = SequenceMatcher(None, " ".join(first), " ".join(second), autojunk=False).ratio()
    return Alike.SIMILAR if likeness >= _CLOSE else Alike.DIFFERENT
