"""A workbook's file: whether it may be unpacked, and where its parts are.

The parts are those of ECMA-376; openpyxl's own list of them holds each in
memory, and gives up at attributes that do not matter here.
"""

from __future__ import annotations

import datetime as dt
import posixpath
from pathlib import Path
from typing import NamedTuple
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

from openpyxl.styles.numbers import BUILTIN_FORMATS
from openpyxl.utils.datetime import MAC_EPOCH, WINDOWS_EPOCH
from openpyxl.xml.constants import (
    CONTYPES_NS,
    PKG_REL_NS,
    REL_NS,
    SHARED_STRINGS,
    STYLES_TYPE,
    XLSX,
    XLTX,
)

from exempt.adapters.spreadsheets.parsing import MAIN, Part
from exempt.adapters.spreadsheets.values import Style, style_of
from exempt.errors import RefusedError

_TYPES = "[Content_Types].xml"
_MEMBERS = 10_000
_UNPACKED = 4 * 1024**3
_SMALL = 64 * 1024**2
_RATIO = 300
_NAMED = 10
_MEMBER = b"PK\x01\x02"
_CHUNK = 1024 * 1024
_SAVE = "open it in the spreadsheet program and save it as Excel workbook (.xlsx)"


class Parts(NamedTuple):
    """Where in the archive the parts are that matter, empty where there is none.

    Attributes:
        epoch: From when on days are counted.
    """

    sheet: str
    strings: str
    styles: str
    epoch: dt.datetime


class _Tags(Part):
    """Gathers the attributes of the tags of some names."""

    def __init__(self, *names: str) -> None:
        super().__init__()
        self.found: dict[str, list[dict[str, str]]] = {name: [] for name in names}

    def start(self, name: str, attributes: dict[str, str], /) -> None:
        if name in self.found:
            self.found[name].append({key: self.keep(value) for key, value in attributes.items()})


def parts_of(archive: ZipFile, name: str) -> Parts:
    """Find the one worksheet of the workbook *name*, and what belongs to it.

    Raises:
        RefusedError: It is another kind of file, or has more sheets.
    """
    if _TYPES not in archive.namelist():
        msg = f"{name}: is an archive, but no Excel workbook: {_SAVE}"
        raise RefusedError(msg)
    override, default = _read(archive, _TYPES, f"{CONTYPES_NS} Override", f"{CONTYPES_NS} Default")
    listed = {each["ContentType"]: each["PartName"].removeprefix("/") for each in override}
    kinds = listed.keys() | {each["ContentType"] for each in default}
    if kinds.isdisjoint((XLSX, XLTX)):
        msg = f"{name}: has macros, or is of another kind than an Excel workbook: {_SAVE}"
        raise RefusedError(msg)
    book = listed.get(XLSX) or listed.get(XLTX) or "xl/workbook.xml"
    sheets, properties = _read(archive, book, f"{MAIN}sheet", f"{MAIN}workbookPr")
    from_1904 = any(each.get("date1904") in {"1", "true"} for each in properties)
    return Parts(
        _sheet(archive, name, book, sheets),
        listed.get(SHARED_STRINGS, ""),
        listed.get(STYLES_TYPE, ""),
        MAC_EPOCH if from_1904 else WINDOWS_EPOCH,
    )


def _sheet(archive: ZipFile, name: str, book: str, sheets: list[dict[str, str]]) -> str:
    if len(sheets) > 1:
        names = ", ".join(
            f"{each['name']} (hidden)" if "idden" in each.get("state", "") else each["name"]
            for each in sheets[:_NAMED]
        )
        if len(sheets) > _NAMED:
            names += ", …"
        msg = (
            f"{name}: has {len(sheets)} sheets ({names}):"
            " leave only the sheet with the table, hidden ones too must go"
        )
        raise RefusedError(msg)
    folder, file = posixpath.split(book)
    (relations,) = _read(archive, f"{folder}/_rels/{file}.rels", f"{PKG_REL_NS} Relationship")
    wanted = {each[f"{REL_NS} id"] for each in sheets}
    for each in relations:
        if each["Id"] in wanted and each["Type"] == f"{REL_NS}/worksheet":
            # Absolute in some programs, else seen from the workbook.
            return posixpath.normpath(posixpath.join("/", folder, each["Target"])).lstrip("/")
    msg = f"{name}: has no worksheet that can be read: {_SAVE}"
    raise RefusedError(msg)


def _read(archive: ZipFile, part: str, *names: str) -> list[list[dict[str, str]]]:
    tags = _Tags(*names)
    with archive.open(part) as source:
        tags.read_all(source)
    return list(tags.found.values())


def may_be_unpacked(path: Path) -> None:
    """Look at an archive before it is unpacked.

    Raises:
        RefusedError: It would fill memory or disk.
    """
    if _members(path) > _MEMBERS:
        _refuse(path, f"has more than {_MEMBERS:,} parts")
    with ZipFile(path) as archive:
        parts = archive.infolist()
    if any(part.compress_type not in {ZIP_STORED, ZIP_DEFLATED} for part in parts):
        _refuse(path, "is packed as no spreadsheet program does")
    unpacked = sum(part.file_size for part in parts)
    if unpacked > _UNPACKED:
        _refuse(path, f"would unpack to {unpacked:,} bytes")
    if unpacked > _SMALL and unpacked > _RATIO * path.stat().st_size:
        _refuse(path, f"would unpack to {unpacked:,} bytes, {_RATIO} times its size and more")


def _members(path: Path) -> int:
    """How many parts the archive lists; nothing of that is held, however long the list is."""
    count, tail = 0, b""
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            held = tail + chunk
            count += held.count(_MEMBER)
            tail = held[-len(_MEMBER) + 1 :]
    return count


def _refuse(path: Path, what: str) -> None:
    msg = f"{path.name}: {what}: copy the table into a new workbook"
    raise RefusedError(msg)


class Styles(Part):
    """Reads the styles that cells refer to by their number."""

    def __init__(self) -> None:
        super().__init__()
        self._formats = dict(BUILTIN_FORMATS)
        self._of_cells = False
        self.styles: list[Style] = []

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == MAIN + "numFmt":
            self._formats[int(attributes["numFmtId"])] = self.keep(attributes["formatCode"])
        elif name == MAIN + "cellXfs":
            self._of_cells = True
        elif name == MAIN + "xf" and self._of_cells:
            number = int(self.keep(attributes.get("numFmtId", "0")))
            self.styles.append(style_of(self._formats.get(number, "General")))

    def end(self, name: str) -> None:
        if name == MAIN + "cellXfs":
            self.done = True
