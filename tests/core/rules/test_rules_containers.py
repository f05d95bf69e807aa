"""Files that hold others: judged by the names in them, unpacked never."""

from __future__ import annotations

import io
import re
import struct
import zipfile
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exempt.rules.containers import MAX_MEMBERS, member_names, ole_class
from exempt.rules.filekinds import DOCX, judge
from support import files
from support.files import office, ole, open_document, refusal, said_of, zipped

MEBIBYTE = 1024 * 1024
INSTALLER = bytes.fromhex("84100c0000000000c000000000000046")
MACROS = "has macros: save it without them, such as in .docx or .xlsx, or as a PDF"
DAMAGED = "is damaged: open it, and save it again"


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(office("word", "word/vbaProject.bin"), id="Word"),
        pytest.param(office("xl", "xl/VBAPROJECT.BIN"), id="Excel, in capitals"),
        pytest.param(office("ppt", "vbaProject.bin"), id="PowerPoint, in another place"),
        pytest.param(office("xl", "xl/macrosheets/sheet1.xml"), id="Excel before it had Basic"),
        pytest.param(open_document("text", "Basic/Standard/Module1.xml"), id="LibreOffice"),
        pytest.param(open_document("spreadsheet", "Scripts/python/a.py"), id="in Python"),
    ],
)
def test_macros_are_refused_whatever_the_name(content: bytes) -> None:
    for name in ("form.docx", "form.xlsx", "form.pdf"):
        assert refusal(content, name) == MACROS


@pytest.mark.parametrize("name", ["word/vbaproject.bin.rels", "word/xvbaproject.bin", "xbasic/a"])
def test_what_only_looks_like_macros_is_kept(name: str) -> None:
    assert judge("form.docx", office("word", name)) is DOCX


def test_a_binary_workbook_is_refused() -> None:
    said = refusal(office("xl", "xl/workbook.bin"), "book.xlsx")
    assert said == "is a binary workbook, which may have macros: save it as .xlsx"


WHOLE = office("word")
END = WHOLE.rindex(b"PK\x05\x06")


def with_end(**changes: int) -> bytes:
    """A document whose last record says something else than what is there."""
    names = ("disk", "first", "here", "count", "size", "start", "remark")
    told = dict(zip(names, struct.unpack("<4H2LH", WHOLE[END + 4 :]), strict=True))
    return WHOLE[: END + 4] + struct.pack("<4H2LH", *{**told, **changes}.values())


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(WHOLE[: len(WHOLE) // 2], id="cut off in the middle"),
        pytest.param(WHOLE[:-1], id="cut off by a byte"),
        pytest.param(WHOLE[:END], id="without its end"),
        pytest.param(WHOLE[:4], id="four bytes"),
        pytest.param(WHOLE + b"x", id="with something behind it"),
        pytest.param(WHOLE + WHOLE, id="twice"),
        pytest.param(WHOLE.replace(b"PK\x01\x02", b"PK\x01\x03"), id="no directory"),
        pytest.param(WHOLE[: END - 10] + WHOLE[END:], id="a directory that lacks its end"),
        pytest.param(with_end(size=0xFFFFFFFF), id="a size that is none"),
        pytest.param(with_end(start=0), id="a directory in another place"),
        pytest.param(with_end(count=2), id="fewer members than there are"),
        pytest.param(with_end(count=4), id="more members than there are"),
        pytest.param(with_end(remark=1), id="a remark that is not there"),
        pytest.param(
            WHOLE[:END] + b"PK\x01\x02" + struct.pack("<4H2LH", 0, 0, 3, 3,
                                                      END + 4, 0, 0), id="no end but a member"),
    ],
)  # fmt: skip
def test_a_document_that_is_damaged_is_refused(content: bytes) -> None:
    assert refusal(content, "form.docx") == DAMAGED


def test_a_last_member_that_is_cut_off_is_damage() -> None:
    start = WHOLE.index(b"PK\x01\x02")
    for kept in range(1, 46):
        cut = WHOLE[: start + kept]
        whole = cut + b"PK\x05\x06" + struct.pack("<4H2LH", 0, 0, 1, 1, kept, start, 0)
        assert refusal(whole, "form.docx") == DAMAGED


def test_a_name_longer_than_the_directory_is_damage() -> None:
    start = WHOLE.index(b"PK\x01\x02")
    member = bytearray(WHOLE[start : start + 46])
    for at in (28, 30, 32):
        longer = member.copy()
        longer[at : at + 2] = b"\xff\xff"
        whole = WHOLE[:start] + longer + b"PK\x05\x06"
        whole += struct.pack("<4H2LH", 0, 0, 1, 1, 46, start, 0)
        assert refusal(bytes(whole), "form.docx") == DAMAGED


class Watched(bytes):
    """Bytes that know how often somebody looked."""

    looks = 0

    def __getitem__(self, key: Any) -> Any:
        self.looks += 1
        return super().__getitem__(key)


def test_too_many_parts_are_refused_and_not_counted_to_the_end() -> None:
    said = "is an archive of more than 10,000 files: save it as a PDF"
    assert refusal(office("word", *("x",) * (MAX_MEMBERS - 2)), "form.docx") == said
    members = b"PK\x01\x02".ljust(46, b"\x00") * 100_000
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 1, 1, len(members), 4, 0)
    bomb = Watched(b"PK\x03\x04" + members + end)
    assert refusal(bomb, "form.docx") == said
    assert bomb.looks < 3 * MAX_MEMBERS


def test_nothing_is_unpacked() -> None:
    bomb = zipped("[Content_Types].xml", "word/document.xml", content=bytes(64 * MEBIBYTE))
    assert len(bomb) < MEBIBYTE
    assert judge("form.docx", bomb) is DOCX


def test_the_names_of_members() -> None:
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w") as archive:
        archive.comment = b"PK"
        for name, extra, remark in (("A/b.XML", 8, 3), ("ü.txt", 4, 9), ("c", 0, 0)):
            member = zipfile.ZipInfo(name)
            member.extra, member.comment = bytes(extra), b"x" * remark
            archive.writestr(member, b"")
    assert member_names(kept.getvalue()) == ["a/b.xml", "ü.txt", "c"]


@pytest.mark.parametrize(
    ("content", "found"),
    [
        pytest.param(ole(INSTALLER), INSTALLER, id="in the second sector"),
        pytest.param(ole(INSTALLER, sector=0), INSTALLER, id="in the first"),
        pytest.param(ole(INSTALLER, sector=7, shift=12), INSTALLER, id="in a larger one"),
        pytest.param(ole(INSTALLER, sector=0, shift=16), INSTALLER, id="in the largest"),
        pytest.param(struct.pack("<8s22xH16xL", files.OLE, 17, 0) + bytes(2**18), b"",
                     id="in one that is too large"),
        pytest.param(struct.pack("<8s22xH16xL", files.OLE, 9, 2**32 - 1), b"", id="nowhere"),
        pytest.param(files.OLE.ljust(51, b"\x00"), b"", id="not even a head"),
        pytest.param(ole(INSTALLER)[:1024], b"", id="cut off"),
    ],
)  # fmt: skip
def test_the_class_of_an_older_document(content: bytes, found: bytes) -> None:
    assert ole_class(content) == found


@given(st.integers(0, len(WHOLE) - 1), st.integers(0, 255))
def test_a_document_with_a_byte_changed_is_kept_or_refused(at: int, byte: int) -> None:
    content = WHOLE[:at] + bytes([byte]) + WHOLE[at + 1 :]
    assert re.fullmatch(r"Word|text|(?:is|has) [^:]+: [^:]+", said_of(content))


def test_what_is_made_for_tests_is_what_programs_write() -> None:
    with zipfile.ZipFile(io.BytesIO(WHOLE)) as archive:
        assert archive.testzip() is None
