"""Tables of states, each with a number beside it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from exempt.model.formdata import Form, StateTable
from exempt.model.paper import FieldName, Found
from exempt.rules.page_lines import Hit, Line, Token, around, find
from exempt.rules.value_reading import Value, a_number, a_state

_CELL = 1.2
"""A wider space than this, in heights, parts two cells of a row."""

_LETTERS = 4
"""More letters are not two of a state, misread."""


def in_tables(lines: Sequence[Line], form: Form, *, exactly: bool) -> Iterator[Found]:
    """The states and numbers under the heads of the form's table of states."""
    table = form.table
    heads = [hit for hit in _named(lines, table.heads, exactly=exactly) if _ends_a_cell(hit)]
    numbers = _named(lines, table.number_heads, exactly=exactly)
    for head in heads:
        beside = [other.left for other in heads if other.line is head.line]
        end = min((left for left in beside if left > head.left), default=float("inf"))
        if any(each.line is head.line and head.left < each.left < end for each in numbers):
            yield from _column(lines, head, end, table)


def _named(lines: Sequence[Line], heads: Sequence[str], *, exactly: bool) -> list[Hit]:
    """Where heads of columns stand, each by itself on the left."""
    hits = (hit for words in heads for hit in find(lines, words, exactly=exactly))
    return [hit for hit in hits if _begins_a_cell(hit)]


def _begins_a_cell(hit: Hit) -> bool:
    if hit.first == 0:
        return True
    return hit.left - hit.line.tokens[hit.first - 1].right > _CELL * hit.line.height


def _ends_a_cell(hit: Hit) -> bool:
    after = hit.line.tokens[hit.last + 1 : hit.last + 2]
    return not after or after[0].left - hit.right > _CELL * hit.line.height


def _column(lines: Sequence[Line], head: Hit, end: float, table: StateTable) -> Iterator[Found]:
    """The rows under one head, up to a wide space or a row that is none."""
    below = [
        line
        for line in lines
        if line.page == head.line.page and line.middle > head.line.middle + 0.2 * head.line.height
    ]
    last = head.line
    for line in below:
        if line.middle - last.middle > 6 * max(last.height, head.line.height):
            return
        cells = _cells([token for token in line.tokens if _under(head, token, end)], table)
        if not cells or cells[0][0].left - head.left > 2 * head.line.height:
            continue
        state = _state(cells[0])
        if state is None:
            yield from _number_of_no_state(cells, table)
            continue
        last = line
        yield from _row(state, cells, table)


def _under(head: Hit, token: Token, end: float) -> bool:
    height = head.line.height
    return head.left - 1.5 * height <= token.left < end - 0.5 * height and bool(token.plain)


def _cells(tokens: Sequence[Token], table: StateTable) -> list[list[Token]]:
    cells: list[list[Token]] = []
    for token in tokens:
        footnote = table.only_with_number and cells and _is_footnote(token)
        if footnote:
            continue
        if cells and token.left - cells[-1][-1].right < _CELL * token.height:
            cells[-1].append(token)
        else:
            cells.append([token])
    return cells


def _is_footnote(token: Token) -> bool:
    return len(token.plain) <= 3 and token.plain.isdigit()


def _state(cell: Sequence[Token]) -> Value | None:
    text = " ".join(token.word.text for token in cell)
    return a_state(text.partition("/")[0])


def _number_of_no_state(cells: Sequence[Sequence[Token]], table: StateTable) -> Iterator[Found]:
    """A number in a row whose state could not be read: a person will see which it is."""
    misread = table.only_with_number and sum(len(token.plain) for token in cells[0]) <= _LETTERS
    number = _number(cells) if misread else None
    if number is not None:
        yield _found_number(number, cells[1], None, 0.4)


def _row(state: Value, cells: Sequence[Sequence[Token]], table: StateTable) -> Iterator[Found]:
    number = _number(cells)
    if number is None and table.only_with_number:
        return
    sure = min(token.word.confidence for token in cells[0])
    yield Found(
        field=FieldName.JURISDICTION,
        value=state.value,
        seen=state.seen,
        confidence=round(0.97 * sure * state.fit, 3),
        box=around(cells[0]),
    )
    if number is not None:
        yield _found_number(number, cells[1], state.value, 0.97)


def _number(cells: Sequence[Sequence[Token]]) -> Value | None:
    if len(cells) < 2:
        return None
    return a_number(" ".join(token.word.text for token in cells[1]))


def _found_number(number: Value, cell: Sequence[Token], state: str | None, sure: float) -> Found:
    return Found(
        field=FieldName.NUMBER,
        value=number.value,
        jurisdiction=state,
        seen=number.seen,
        confidence=round(sure * min(token.word.confidence for token in cell), 3),
        box=around(cell),
    )
