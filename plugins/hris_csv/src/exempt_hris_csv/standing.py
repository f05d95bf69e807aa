"""Whether somebody still works there, and as what, read from the words of HR systems.

The words are those of BambooHR, Rippling, ADP and Gusto, and of Finch's
``employment_status``, ``is_active``, ``employment.type`` and ``.subtype``
(https://developer.tryfinch.com/api-reference/organization/employment).
"""

from __future__ import annotations

import functools
import re

_NO = frozenset({"no", "n", "false", "0", "inactive"})
_GONE = frozenset({
    "terminated", "termination", "inactive", "separated", "resigned", "retired", "deceased",
    "dismissed", "departed", "former", "fired", "quit",
})  # fmt: skip
_THERE = frozenset({"active"})
_CONTRACTOR = frozenset({
    "contractor", "contractors", "subcontractor", "freelance", "freelancer", "consultant",
    "contingent", "1099",
})  # fmt: skip
_WORD = re.compile(r"[a-z0-9]+")


@functools.lru_cache(maxsize=1024)
def _words(text: str) -> tuple[str, ...]:
    return tuple(_WORD.findall(text.casefold()))


def says_gone(status: str, active: str) -> bool:
    """Whether either of a status ("Terminated - voluntary") and a flag ("false") says so.

    The first word of a status counts: "Active (former intern)" is active.
    """
    first = _words(status)[:2]
    return active.casefold() in _NO or first[:1] == ("not",) or bool(_GONE.intersection(first[:1]))


def says_there(status: str) -> bool:
    """Whether a status says in so many words that somebody is there."""
    return bool(_THERE.intersection(_words(status)[:1]))


def says_contractor(*texts: str) -> bool:
    """Whether one of *texts*, a type of employment or a status, names a contractor."""
    return any(not _CONTRACTOR.isdisjoint(_words(text)) for text in texts)
