"""Which form a page is written on, from the words at its head and foot."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from exempt.model.formdata import Form, FormBook
from exempt.rules.page_lines import Line, find

ENOUGH = 0.6
"""How much of a form's signs must be on a page."""


class Recognized(NamedTuple):
    """A form, and how surely a page is written on it, 0 to 1."""

    form: Form
    sureness: float


def recognize(lines: Sequence[Line], book: FormBook, *, exactly: bool) -> Recognized | None:
    """The form whose signs the page has, the longest of several; None = none that is known."""
    looked_at = _head_and_foot(lines)
    best: tuple[float, int, Recognized] | None = None
    for form in book.forms:
        sureness, weight = _signs_on(looked_at, form, exactly=exactly)
        if sureness >= ENOUGH and (best is None or (sureness, weight) > best[:2]):
            best = (sureness, weight, Recognized(form, sureness))
    return best[2] if best else None


def _head_and_foot(lines: Sequence[Line]) -> list[Line]:
    """The first two fifths of a page and its last lines: there titles and form numbers stand."""
    head = max(10, 2 * len(lines) // 5)
    foot = max(4, len(lines) // 10)
    return [*lines[:head], *lines[max(head, len(lines) - foot) :]]


def _signs_on(lines: Sequence[Line], form: Form, *, exactly: bool) -> tuple[float, int]:
    """How many of its groups of signs are there, as a part of 1, and how long those are."""
    likeness, weight = 0.0, 0
    for group in form.signs:
        found = [
            (hit.likeness, len(sign))
            for sign in group
            for hit in find(lines, sign, exactly=exactly)[:1]
        ]
        if found:
            best = max(found, key=lambda each: each[1])
            likeness += best[0]
            weight += best[1]
    return (likeness / len(form.signs) if form.signs else 0.0), weight
