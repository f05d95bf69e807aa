"""Values beside, under or over their labels."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from exempt.model.formdata import Form, Label, Place
from exempt.model.paper import FieldName, Found
from exempt.model.rulesdata import RulesPack
from exempt.rules.page_lines import Hit, Line, Token, around, find
from exempt.rules.value_reading import Value, a_date, a_name, a_number, a_reason, a_state

_FAR = 18.0
"""How far right of its label a value may begin, in heights of the label."""

_APART = 2.5
"""A wider space between two words, in heights, parts two values."""

_NEAR = 1.6
"""A space that is less, in heights, is one between words."""

_ONE_WORD = 0.93
"""A label of one word, such as ``buyer``, may be something else."""

_ARTICLES = {"a", "an", "as", "at", "by", "if", "in", "is", "my", "of", "on", "or", "to"}

_SURE = {Place.RIGHT: 1.0, Place.UNDER: 0.98, Place.ABOVE: 0.9}


class Printed(NamedTuple):
    """A label that stands on the page; None = words that are no value of anything."""

    label: Label | None
    hit: Hit


def value_of(field: FieldName, text: str, pack: RulesPack) -> Value | None:
    """What *text* says, where it is to be a value of *field*."""
    match field:
        case FieldName.EFFECTIVE_DATE | FieldName.EXPIRATION_DATE | FieldName.SIGNED_DATE:
            return a_date(text)
        case FieldName.JURISDICTION:
            return a_state(text) or _small_letters(text)
        case FieldName.NUMBER:
            return a_number(text)
        case FieldName.EXEMPTION_REASON:
            return a_reason(text, pack)
        case FieldName.SINGLE_PURCHASE:
            return None
        case _:
            return a_name(text)


def _small_letters(text: str) -> Value | None:
    """A state's two letters in small ones, as a scan may show them where a state is asked for."""
    found = a_state(text.upper()) if len(text) == 2 else None
    return found._replace(seen=text, fit=0.6) if found else None


def by_labels(
    lines: Sequence[Line], form: Form, pack: RulesPack, *, exactly: bool
) -> Iterator[Found]:
    """What stands where the labels of *form* say that it stands."""
    printed = _printed(lines, form, exactly=exactly)
    boxes = [
        hit
        for tick in form.ticks
        for words in tick.words
        for hit in find(lines, words, exactly=exactly)
        if _begins(hit)  # or a buyer called Acme Manufacturing would be taken for a box
    ]
    labels = [each.hit for each in printed if each.label or _stands_alone(each.hit)]
    page = _Page(lines, labels, boxes)
    for label, hit in printed:
        if label is None or not _stands_alone(hit):
            continue
        for place in label.places:
            found = _at(page, label, hit, place, pack)
            if found is not None:
                yield found
                break


def _printed(lines: Sequence[Line], form: Form, *, exactly: bool) -> list[Printed]:
    """The labels on a page; where two overlap the longer counts."""
    words_of: list[tuple[Label | None, str]] = [
        *((label, words) for label in form.labels for words in label.words),
        *((None, words) for words in form.stops),
    ]
    everything = [
        Printed(label, hit)
        for label, words in words_of
        for hit in find(lines, words, exactly=exactly)
    ]
    everything.sort(key=lambda each: -sum(len(token.plain) for token in each.hit.tokens))
    kept: list[Printed] = []
    for each in everything:
        if not any(_overlap(each.hit, other.hit) for other in kept):
            kept.append(each)
    return kept


def _overlap(one: Hit, other: Hit) -> bool:
    return one.line is other.line and one.first <= other.last and other.first <= one.last


def _stands_alone(hit: Hit) -> bool:
    """Whether it is a label, and not some words of a sentence; of long ones that is clear."""
    if hit.last - hit.first >= 2:
        return True
    if not _begins(hit):
        return False
    tokens = hit.line.tokens
    if hit.last + 1 < len(tokens) and not tokens[hit.last].word.text.endswith(":"):
        after = tokens[hit.last + 1]
        return not after.plain or after.left - tokens[hit.last].right > 0.8 * after.height
    return True


def _begins(hit: Hit) -> bool:
    """Whether no word stands close before it, but a letter or number that counts."""
    if hit.first == 0:
        return True
    before = hit.line.tokens[hit.first - 1]
    near = hit.line.tokens[hit.first].left - before.right < 0.8 * before.height
    return not near or _only_counts(before)


def _only_counts(token: Token) -> bool:
    """Whether it is a letter or number that counts labels, as ``B.`` or ``2)``."""
    text = token.word.text
    return text.endswith((".", ":", ")")) or (len(token.plain) <= 2 and text not in _ARTICLES)


@dataclass(frozen=True)
class _Page:
    """The lines, what is printed on them as labels, and what stands beside boxes to tick."""

    lines: Sequence[Line]
    hits: Sequence[Hit]
    boxes: Sequence[Hit]

    def right_of(self, hit: Hit) -> list[Token]:
        """The words after a label, up to the next label or a wide space."""
        tokens = hit.line.tokens[hit.last + 1 : self._next_on(hit.line, hit.last)]
        return _together(tokens, hit.right, _FAR * hit.line.height)

    def under(self, hit: Hit, within: float, *, above: bool = False) -> list[Token]:
        """The words below a label (or above it), in its column."""
        height = hit.line.height
        end = self._column_end(hit)
        for line in self._ordered(hit, above=above):
            away = abs(line.middle - hit.line.middle)
            if away > 2.2 * within * max(height, 0.007):
                return []
            column = [
                (index, token)
                for index, token in enumerate(line.tokens)
                if hit.left - 1.5 * height <= token.left < end and token.plain
            ]
            if not column:
                continue
            first = column[0][0]
            last = self._next_on(line, first - 1)
            if last == first or any(
                _within(self.boxes, line, index) for index, _ in column if index < last
            ):
                return []
            tokens = [token for index, token in column if index < last]
            found = _together(tokens, hit.right, 4 * height)
            return [*self._before(line, first), *found] if found else []
        return []

    def _ordered(self, hit: Hit, *, above: bool) -> Iterator[Line]:
        """The other lines of its page, the nearest first."""
        mine = [line for line in self.lines if line.page == hit.line.page]
        at = next(index for index, line in enumerate(mine) if line is hit.line)
        yield from reversed(mine[:at]) if above else mine[at + 1 :]

    def _next_on(self, line: Line, after: int) -> int:
        """Where the next label on a line begins."""
        starts = [hit.first for hit in self.hits if hit.line is line and hit.first > after]
        return min(starts, default=len(line.tokens))

    def _column_end(self, hit: Hit) -> float:
        """Where the next label on the same line begins, which has a column of its own."""
        starts = [
            other.left for other in self.hits if other.line is hit.line and other.first > hit.last
        ]
        return min(starts, default=float("inf")) - 0.3 * hit.line.height

    def _before(self, line: Line, first: int) -> list[Token]:
        """The words close before *first*: a value may begin left of its label."""
        start = first
        while start > 0 and not _within(self.hits, line, start - 1):
            token = line.tokens[start - 1]
            space = line.tokens[start].left - token.right
            if not token.plain or space > _NEAR * max(token.height, line.height):
                break
            start -= 1
        return list(line.tokens[start:first])


def _within(hits: Sequence[Hit], line: Line, index: int) -> bool:
    """Whether a word belongs to one of *hits*."""
    return any(hit.line is line and hit.first <= index <= hit.last for hit in hits)


def _together(tokens: Sequence[Token], begins: float, far: float) -> list[Token]:
    """The first of *tokens* and those that follow without a wide space; none if it is far."""
    taken: list[Token] = []
    end, allowed = begins, far
    for token in tokens:
        if token.left - end > allowed:
            break
        end = token.right
        if token.plain or token.word.text in {"&", "+"}:
            taken.append(token)
            allowed = _APART * token.height
    return taken


def _at(page: _Page, label: Label, hit: Hit, place: Place, pack: RulesPack) -> Found | None:
    """The value at one place of a label."""
    if place is Place.RIGHT:
        tokens = page.right_of(hit)
    else:
        tokens = page.under(hit, label.within, above=place is Place.ABOVE)
    if not tokens:
        return None
    value = value_of(label.field, " ".join(token.word.text for token in tokens), pack)
    if value is None:
        return None
    confidence = min(token.word.confidence for token in tokens)
    if hit.first == hit.last:
        confidence *= _ONE_WORD
    return Found(
        field=label.field,
        value=value.value,
        seen=value.seen[:500],
        confidence=round(0.97 * confidence * value.fit * hit.likeness * _SURE[place], 3),
        box=around(tokens),
    )
