"""Which boxes are ticked: by a mark that was read, or by the ink where a box would be."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from exempt.model.formdata import Form, Tick
from exempt.model.paper import FieldName, Found
from exempt.rules.page_lines import Hit, Line, around, find

DARK = 0.12
"""So much ink a ticked box has at least; an empty one has its outline only."""

DARKER = 0.06
"""And so much more than the next darkest of its group, whose outlines count as ink too."""

OTHERWISE = 0.5
"""How sure it is that a box means what it may mean as well."""

NONSENSE = 0.75
"""One or two letters read with less confidence may be no letters."""

TIMES = 1.25
"""And so many times as much."""

ALONE = 0.17
"""For a box that is the only one on its paper, what an empty one may have."""

_MARKS = frozenset("xX✓✔✗✘☒☑■●⊠⌧☓\u00d7")


class _Box(NamedTuple):
    tick: Tick
    hit: Hit
    ink: float
    marked: bool


def ticked(lines: Sequence[Line], form: Form, *, exactly: bool) -> Iterator[Found]:
    """What the ticked boxes say; of a group in which several are ticked nothing."""
    boxes = _boxes(lines, form, exactly=exactly)
    for field in dict.fromkeys(tick.field for tick in form.ticks):
        group = [box for box in boxes if box.tick.field is field]
        yield from _of_group(field, group, [box for box in boxes if box.tick.field is not field])


def _boxes(lines: Sequence[Line], form: Form, *, exactly: bool) -> list[_Box]:
    """The boxes on the page; where labels overlap the longer counts."""
    found = [
        (tick, hit)
        for tick in form.ticks
        for words in tick.words
        for hit in find(lines, words, exactly=exactly)
    ]
    found.sort(key=lambda each: -sum(len(token.plain) for token in each[1].tokens))
    boxes: list[_Box] = []
    for tick, hit in found:
        taken = any(_overlap(box.hit, hit) for box in boxes)
        box = None if taken else _box(tick, hit)
        if box is not None:
            boxes.append(box)
    return boxes


def _overlap(one: Hit, other: Hit) -> bool:
    return one.line is other.line and one.first <= other.last and other.first <= one.last


def _box(tick: Tick, hit: Hit) -> _Box | None:
    """The box before these words; None where words of a sentence stand before them."""
    tokens = hit.line.tokens
    first = tokens[hit.first]
    if hit.first == 0:
        return _Box(tick, hit, first.word.ink_before, marked=False)
    before = tokens[hit.first - 1]
    text = before.word.text.strip("[]()|")
    gap = first.left - before.right
    if text and set(text) <= _MARKS and gap < 3 * first.height:
        return _Box(tick, hit, 1.0, marked=True)
    if gap > 2.5 * first.height:
        return _Box(tick, hit, first.word.ink_before, marked=False)
    # A box is often read as some letters that mean nothing.
    nonsense = len(before.plain) <= 2 and before.word.confidence < NONSENSE
    if nonsense or not any(letter.isalnum() for letter in before.plain):
        ink = max(first.word.ink_before, before.word.ink_before)
        return _Box(tick, hit, ink, marked=False)
    return None


def _of_group(
    field: FieldName, group: Sequence[_Box], elsewhere: Sequence[_Box]
) -> Iterator[Found]:
    darkest = sorted(group, key=lambda box: -box.ink)
    if not darkest:
        return
    best = darkest[0]
    others = [box.ink for box in darkest[1:] if box.tick.value != best.tick.value]
    # A box that is alone is held against what is usual for the others on the paper.
    usual = statistics.median(box.ink for box in elsewhere) if elsewhere else ALONE
    next_ink = max(others, default=usual)
    more = best.ink - next_ink
    if best.ink < DARK or more < DARKER or best.ink < TIMES * next_ink:
        return
    words = min(token.word.confidence for token in best.hit.tokens)
    clear = 0.95 if best.marked else min(0.9, 0.4 + 4 * more)
    for value, sure in ((best.tick.value, clear), *((each, OTHERWISE) for each in best.tick.also)):
        yield Found(
            field=field,
            value=value,
            seen=" ".join(token.word.text for token in best.hit.tokens),
            confidence=round(sure * words * best.hit.likeness, 3),
            box=around(best.hit.tokens),
        )
