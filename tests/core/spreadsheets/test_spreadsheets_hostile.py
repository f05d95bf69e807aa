"""Files that are not what they say, or would fill memory or disk."""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from exempt.errors import RefusedError
from support.workbooks import (
    BOOK,
    MAIN,
    SHEET,
    STRINGS,
    STYLES,
    TYPES,
    lines,
    number,
    row,
    sheet,
    text,
    workbook,
)

openpyxl: Any = pytest.importorskip("openpyxl", reason="needs the extra exempt[spreadsheets]")

A = row(text("A"))
DAMAGED = r"is damaged, or was not saved by a spreadsheet program: open it in one and save it as"
LAUGHS = (
    '<!DOCTYPE x [<!ENTITY a "ha">'
    + "".join(
        f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True)
    )
    + "]>"
)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        pytest.param(
            "t.xls",
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504),
            r"is an old workbook \(.xls\), or one with a password: .* save it as",
            id="an old workbook",
        ),
        pytest.param(
            "t.xlsx", b"\xef\xbb\xbf\r\n<html>", "is a web page or other XML", id="a web page"
        ),
        pytest.param(
            "t.xls", "\ufeff<table>".encode("utf-16"), "is a web page", id="one in UTF-16"
        ),
        pytest.param("t.xlsx", b"PK\x03\x04" + bytes(100), DAMAGED, id="an archive, cut off"),
        pytest.param(
            "t.xlsx", b"PK\x05\x06" + bytes(18), "is an archive, but no", id="an empty one"
        ),
        pytest.param("t.csv", b"\x89PNG\r\n\x1a\n", "is no table", id="an image"),
    ],
)
def test_what_it_is_stands_in_the_content(
    tmp_path: Path, name: str, content: bytes, message: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(RefusedError, match=f"^{name}: {message}"):
        lines(path)


@pytest.mark.parametrize("name", ["t.csv", "t.XLS", "upload"])
def test_a_workbook_is_one_by_any_name(tmp_path: Path, name: str) -> None:
    assert lines(workbook(tmp_path / name, A, row(number(1))))[0].cells[0].text == "1"


@pytest.mark.parametrize("member", ["content.xml", "xl/workbook.bin"])
def test_other_archives(tmp_path: Path, member: str) -> None:
    with zipfile.ZipFile(tmp_path / "t.ods", "w") as archive:
        archive.writestr(member, "x")
    with pytest.raises(RefusedError, match="is an archive, but no Excel workbook"):
        lines(tmp_path / "t.ods")


# --- what would fill memory or disk ------------------------------------------------------


def test_a_bomb(tmp_path: Path) -> None:
    path = workbook(tmp_path / "t.xlsx", A, parts={"xl/media/x": bytes(70 * 1024**2)})
    with pytest.raises(RefusedError, match=r"unpack to 73,\d+,\d+ bytes, 300 times its size"):
        lines(path)


def test_sizes_beyond_any_table(tmp_path: Path) -> None:
    path = workbook(tmp_path / "t.xlsx", A, parts={"1": "x", "2": "x"})
    content = bytearray(path.read_bytes())
    at = -1
    while (at := content.find(b"PK\x01\x02", at + 1)) >= 0:
        content[at + 24 : at + 28] = b"\0\0\0\xf0"
    path.write_bytes(content)
    with pytest.raises(RefusedError, match=r"would unpack to \d\d,\d+,\d+,\d+ bytes: copy the"):
        lines(path)


def test_a_part_is_no_larger_than_it_says(tmp_path: Path) -> None:
    path = workbook(tmp_path / "t.xlsx", A, *[row(text(f"x{n}")) for n in range(5_000)])
    content = bytearray(path.read_bytes())
    name = content.rfind(SHEET.encode())
    content[name - 46 + 24 : name - 46 + 28] = (1_000).to_bytes(4, "little")
    path.write_bytes(content)
    with pytest.raises(RefusedError, match=DAMAGED):
        lines(path)


def test_a_crowd_of_parts(tmp_path: Path) -> None:
    path = workbook(tmp_path / "t.xlsx", A, parts={f"{n}": "" for n in range(10_000)})
    with pytest.raises(RefusedError, match="has more than 10,000 parts: copy the table into a new"):
        lines(path)


@pytest.mark.parametrize("part", [BOOK, SHEET, STRINGS, STYLES, TYPES])
def test_entities_are_not_read(tmp_path: Path, part: str) -> None:
    contents = {
        BOOK: f'<workbook xmlns="{MAIN}">&i;</workbook>',
        SHEET: sheet(A, row(text("x"))).replace("x", "&i;"),
        STRINGS: f'<sst xmlns="{MAIN}"><si><t>&i;</t></si></sst>',
        STYLES: f'<styleSheet xmlns="{MAIN}">&i;</styleSheet>',
        TYPES: "<Types>&i;</Types>",
    }
    path = workbook(tmp_path / "t.xlsx", A, parts={part: LAUGHS + contents[part]})
    with pytest.raises(RefusedError, match=DAMAGED):
        lines(path)


@pytest.mark.parametrize("part", [BOOK, TYPES, SHEET])
def test_no_tag_is_held_that_is_too_large(tmp_path: Path, part: str) -> None:
    huge = f'<x a="{"y" * 3 * 1024**2}"/>'
    with pytest.raises(RefusedError, match=DAMAGED):
        lines(workbook(tmp_path / "t.xlsx", A, parts={part: huge}))


@pytest.mark.parametrize(
    ("part", "tags"),
    [
        pytest.param(STYLES, f"<cellXfs>{'<xf/>' * 250_000}</cellXfs>", id="styles"),
        pytest.param(
            STYLES, f'<numFmt numFmtId="1" formatCode="{"0" * 9_000}"/>' * 2_000, id="formats"
        ),
        pytest.param(BOOK, f'<sheet name="{"x" * 9_000}"/>' * 2_000, id="sheets"),
    ],
)
def test_no_more_of_a_kind_than_a_program_makes(tmp_path: Path, part: str, tags: str) -> None:
    content = f'<x xmlns="{MAIN}">{tags}</x>'
    with pytest.raises(RefusedError, match=DAMAGED):
        lines(workbook(tmp_path / "t.xlsx", A, parts={part: content}))


def test_without_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = workbook(tmp_path / "t.xlsx", A)
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    with pytest.raises(RefusedError, match=r"needs exempt\[spreadsheets\]: .*, or save .* as CSV"):
        lines(path)


def test_a_way_of_packing_that_no_program_uses(tmp_path: Path) -> None:
    path = workbook(tmp_path / "t.xlsx", A, compression=zipfile.ZIP_LZMA)
    with pytest.raises(RefusedError, match="is packed as no spreadsheet program does: copy the"):
        lines(path)
