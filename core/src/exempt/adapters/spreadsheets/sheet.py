"""The rows of one worksheet."""

from __future__ import annotations

from collections.abc import Sequence

from exempt.adapters.spreadsheets.cells import BLANK
from exempt.adapters.spreadsheets.parsing import MAIN, DamagedError, Part
from exempt.adapters.spreadsheets.values import PLAIN, Style, Values, formula
from exempt.model.tabular import Cell

_ROW = MAIN + "row"
_CELL = MAIN + "c"
_VALUE = MAIN + "v"
_TEXT = MAIN + "t"
_FORMULA = MAIN + "f"
_PHONETIC = MAIN + "rPh"
_DATA = MAIN + "sheetData"
_LAST_COLUMN = 16_384


class Sheet(Part):
    """Reads a worksheet; `rows` are those that are not blank, until they are taken away."""

    def __init__(self, values: Values, styles: Sequence[Style]) -> None:
        super().__init__()
        self.rows: list[tuple[int, list[Cell]]] = []
        self._values = values
        self._styles = styles
        self._row = 0
        self._cells: list[Cell] = []
        self._filled = False
        self._column = 0
        self._cell: dict[str, str] = {}
        self._formula = False
        self._phonetic = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == _CELL:
            self._cell = attributes
            self._formula = False
        elif name == _VALUE:
            if not self._formula:
                self.listen()
        elif name == _TEXT:
            if not self._phonetic:
                self.listen()
        elif name == _ROW:
            number = attributes.get("r")
            self._row = int(number) if number else self._row + 1
            self._cells = []
            self._filled = False
            self._column = 0
        elif name == _FORMULA:
            self._formula = True
            self.listen()
        elif name == _PHONETIC:
            self._phonetic = True

    def end(self, name: str) -> None:
        if name == _CELL:
            self._end_cell()
        elif name in {_VALUE, _TEXT, _FORMULA}:
            self.pause()
        elif name == _ROW:
            if self._filled:
                self.rows.append((self._row, self._cells))
        elif name == _PHONETIC:
            self._phonetic = False
        elif name == _DATA:
            self.done = True

    def _end_cell(self) -> None:
        get = self._cell.get
        place = get("r")
        self._column = column = _column(place) if place else self._column + 1
        text = self.take()
        if self._formula:
            cell = formula(text)
        elif not text:
            return
        else:
            style = get("s")
            cell = self._values.cell(get("t", "n"), self._style(style) if style else PLAIN, text)
        if cell is BLANK:
            return
        missing = column - 1 - len(self._cells)
        if missing < 0:
            raise DamagedError
        if missing:
            self._cells += [BLANK] * missing
        self._cells.append(cell)
        self._filled = True

    def _style(self, number: str) -> Style:
        at = int(number)
        return self._styles[at] if at < len(self._styles) else PLAIN


def _column(place: str) -> int:
    """The column of ``AB12``, counted from 1."""
    column = 0
    for sign in place:
        if not sign.isalpha():
            break
        column = column * 26 + ord(sign) - 64
    if not 1 <= column <= _LAST_COLUMN:
        raise DamagedError
    return column
