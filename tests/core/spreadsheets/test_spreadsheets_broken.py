"""Workbooks that are cut off, or were changed by accident or on purpose."""

from __future__ import annotations

import contextlib
import random
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exempt.adapters.spreadsheets import open_table
from exempt.errors import RefusedError
from support.workbooks import (
    BOOK,
    SHEET,
    STRINGS,
    STYLES,
    lines,
    number,
    row,
    shared,
    sheet,
    text,
    workbook,
)

openpyxl: Any = pytest.importorskip("openpyxl", reason="needs the extra exempt[spreadsheets]")

A = row(text("A"))
DAMAGED = r"is damaged, or was not saved by a spreadsheet program: open it in one and save it as"


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param(A + "<row>", id="not well-formed"),
        pytest.param(A + row(shared(7)), id="a text that is not there"),
        pytest.param(A + row(shared(-1)), id="nor this one"),
        pytest.param(A + row(number("x")), id="no number"),
        pytest.param(A + row(number(1), '<c r="A2"><v>2</v></c>'), id="a cell twice"),
        pytest.param(A + row('<c r="7"><v>2</v></c>'), id="a cell in no column"),
        pytest.param(A + row('<c r="XFE2"><v>2</v></c>'), id="a column that no program has"),
        pytest.param(A + row('<c t="z"><v>2</v></c>'), id="a type that is none"),
        pytest.param(A + f'<row r="x">{text("x")}</row>', id="a row without number"),
    ],
)
def test_broken_rows(tmp_path: Path, rows: str) -> None:
    with pytest.raises(RefusedError, match=rf"^t.xlsx(, after row 1)?: {DAMAGED}"):
        lines(workbook(tmp_path / "t.xlsx", rows))


def test_it_breaks_where_it_is_broken(tmp_path: Path) -> None:
    rows = [row(text(f"x{n}" * 20)) for n in range(5_000)]
    path = workbook(tmp_path / "t.xlsx", A, *rows, row(number("x")))
    with open_table(path) as table:
        reading = table.lines()
        assert next(reading).row == 2
        with pytest.raises(RefusedError, match=r"^t.xlsx, after row \d{4}: is damaged"):
            list(reading)


@pytest.mark.parametrize("part", [SHEET, STRINGS, STYLES, BOOK, "xl/_rels/workbook.xml.rels"])
def test_parts_that_are_none(tmp_path: Path, part: str) -> None:
    path = workbook(tmp_path / "t.xlsx", A, strings=["x"], parts={part: "\0"})
    with pytest.raises(RefusedError, match=DAMAGED):
        lines(path)


@pytest.mark.parametrize("share", [0.2, 0.5, 0.9, 0.999])
def test_cut_off(tmp_path: Path, share: float) -> None:
    path = workbook(tmp_path / "t.xlsx", A, *[row(text(f"x{n}")) for n in range(1_000)])
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(RefusedError, match=DAMAGED):
        lines(path)


def test_a_part_with_a_password(tmp_path: Path) -> None:
    path = workbook(tmp_path / "t.xlsx", A)
    content = bytearray(path.read_bytes())
    for sign, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.find(sign) + flags] |= 1
    path.write_bytes(content)
    with pytest.raises(RefusedError, match=DAMAGED):
        lines(path)


def test_the_checksum_counts_though_the_rows_are_read_before(tmp_path: Path) -> None:
    content = sheet(A, row(text("500"))).replace("</sheetData>", "</sheetData>" + "<x/>" * 50_000)
    stored = zipfile.ZIP_STORED
    path = workbook(tmp_path / "t.xlsx", parts={SHEET: content}, compression=stored)
    path.write_bytes(path.read_bytes().replace(b">500<", b">501<"))
    with pytest.raises(RefusedError, match=f"^t.xlsx, after row 2: {DAMAGED}"):
        lines(path)


@pytest.fixture(scope="module")
def ordinary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("hostile") / "ordinary.xlsx"
    rows = [row(shared(n), number(n, n % 3), text(f"x{n}")) for n in range(50)]
    titles = row(text("A"), text("B"), text("C"))
    strings = [f"text {n}" for n in range(50)]
    return workbook(path, titles, *rows, strings=strings, formats=["00000", "yyyy"])


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32), inside=st.booleans())
def test_whatever_is_broken_is_refused_or_read(
    ordinary: Path, tmp_path_factory: pytest.TempPathFactory, seed: int, inside: bool
) -> None:
    chance = random.Random(seed)  # noqa: S311
    broken = tmp_path_factory.mktemp("broken") / "t.xlsx"
    if inside:
        with zipfile.ZipFile(ordinary) as archive, zipfile.ZipFile(broken, "w") as other:
            victim = chance.choice(archive.namelist())
            for name in archive.namelist():
                part = archive.read(name)
                other.writestr(name, _broken(part, chance) if name == victim else part)
    else:
        broken.write_bytes(_broken(ordinary.read_bytes(), chance))
    with contextlib.suppress(RefusedError):
        lines(broken)


def _broken(content: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(content))
    new = bytes(chance.choice(b"\0<>&\"'/=x019AZ \xff") for _ in range(chance.randint(0, 4)))
    return content[:at] + new + content[at + chance.randint(0, 8) :]
