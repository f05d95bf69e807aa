"""Workbooks made by hand, part by part, as no library would write them."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

from exempt.adapters.spreadsheets import open_table
from exempt.model.tabular import Cell, Line

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_DOCUMENT = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
WORKBOOK_TYPE = f"{_TYPE}.sheet.main+xml"

SHEET = "xl/worksheets/sheet1.xml"
STRINGS = "xl/sharedStrings.xml"
STYLES = "xl/styles.xml"
BOOK = "xl/workbook.xml"
TYPES = "[Content_Types].xml"


def text(value: str) -> str:
    """A cell with a text of its own."""
    return f'<c t="inlineStr"><is><t xml:space="preserve">{escape(value)}</t></is></c>'


def number(value: object, style: int = 0) -> str:
    """A cell with a number; styles count from 1."""
    return f'<c s="{style}"><v>{value}</v></c>'


def shared(at: int) -> str:
    """A cell that refers to a text of all."""
    return f'<c t="s"><v>{at}</v></c>'


def row(*cells: str) -> str:
    """A row of such cells."""
    return f"<row>{''.join(cells)}</row>"


def workbook(
    path: Path,
    *rows: str,
    strings: Sequence[str] = (),
    formats: Sequence[str] = (),
    sheets: Sequence[str] = ("Certificates",),
    kind: str = WORKBOOK_TYPE,
    parts: Mapping[str, str | bytes] | None = None,
    compression: int = zipfile.ZIP_DEFLATED,
) -> Path:
    """Write a workbook; *strings* are of all cells, *formats* those of the styles 1, 2, ….

    *parts* take the place of the parts of their name.
    """
    listed = list(enumerate(sheets, 1))
    contents: dict[str, str | bytes] = {
        TYPES: _types(kind, len(listed)),
        "_rels/.rels": _relations([("officeDocument", BOOK)]),
        BOOK: f'<workbook xmlns="{MAIN}" xmlns:r="{_DOCUMENT}"><sheets>'
        + "".join(f'<sheet name={quoteattr(n)} sheetId="{i}" r:id="rId{i}"/>' for i, n in listed)
        + "</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": _relations(
            [("worksheet", f"worksheets/sheet{i}.xml") for i, _ in listed]
        ),
        STRINGS: f'<sst xmlns="{MAIN}">'
        + "".join(
            each if each.startswith("<si>") else f"<si><t>{each}</t></si>" for each in strings
        )
        + "</sst>",
        STYLES: _styles(formats),
        **{f"xl/worksheets/sheet{i}.xml": sheet(*rows) for i, _ in listed},
        **(parts or {}),
    }
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in contents.items():
            archive.writestr(name, content)
    return path


def sheet(*rows: str) -> str:
    """A worksheet with these rows."""
    return f'<worksheet xmlns="{MAIN}"><sheetData>{"".join(rows)}</sheetData></worksheet>'


def lines(path: Path) -> list[Line]:
    """The rows below the titles."""
    with open_table(path) as table:
        return list(table.lines())


def first(path: Path) -> Cell:
    """The first cell below the titles."""
    return lines(path)[0].cells[0]


def texts(path: Path) -> list[tuple[str | None, ...]]:
    """Just the texts of the rows, none of which may have a problem."""
    found = lines(path)
    assert not [cell.problem for line in found for cell in line.cells if cell.problem]
    return [tuple(cell.text for cell in line.cells) for line in found]


def _types(kind: str, sheets: int) -> str:
    parts = {BOOK: kind, STRINGS: f"{_TYPE}.sharedStrings+xml", STYLES: f"{_TYPE}.styles+xml"}
    for at in range(1, sheets + 1):
        parts[f"xl/worksheets/sheet{at}.xml"] = f"{_TYPE}.worksheet+xml"
    return (
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        + "".join(f'<Override PartName="/{n}" ContentType="{t}"/>' for n, t in parts.items())
        + "</Types>"
    )


def _relations(targets: Sequence[tuple[str, str]]) -> str:
    return (
        f'<Relationships xmlns="{_RELATIONS}">'
        + "".join(
            f'<Relationship Id="rId{i}" Type="{_DOCUMENT}/{kind}" Target="{target}"/>'
            for i, (kind, target) in enumerate(targets, 1)
        )
        + "</Relationships>"
    )


def _styles(formats: Sequence[str]) -> str:
    codes = "".join(
        f'<numFmt numFmtId="{200 + i}" formatCode={quoteattr(code)}/>'
        for i, code in enumerate(formats)
    )
    styles = "".join(f'<xf numFmtId="{200 + i}"/>' for i in range(len(formats)))
    return (
        f'<styleSheet xmlns="{MAIN}"><numFmts>{codes}</numFmts>'
        f'<cellStyleXfs><xf numFmtId="14"/></cellStyleXfs>'
        f'<cellXfs><xf numFmtId="0"/>{styles}</cellXfs></styleSheet>'
    )
