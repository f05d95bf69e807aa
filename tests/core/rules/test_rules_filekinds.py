"""What a file is taken for, whatever it is called; and what is refused, with the reason."""

from __future__ import annotations

import mmap
import re
import tempfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exempt.errors import RefusedError
from exempt.rules import filekinds
from exempt.rules.containers import MAX_MEMBERS
from exempt.rules.filekinds import (
    CSV,
    DOCX,
    EMAIL,
    HEIC,
    JPEG,
    KEPT,
    ODP,
    ODS,
    ODT,
    OLE,
    PDF,
    PNG,
    PPTX,
    RTF,
    SCANS,
    TEXT,
    TIFF,
    XLSX,
    FileKind,
    judge,
)
from support import files
from support.files import office, ole, open_document, refusal, said_of, zipped

MEBIBYTE = 1024 * 1024
INSTALLER = bytes.fromhex("84100c0000000000c000000000000046")
PARTS = ("[Content_Types].xml", "word/document.xml")


# --- what is kept ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        pytest.param(files.PDF, PDF, id="a PDF"),
        pytest.param(files.PDF + zipped("a.txt"), PDF, id="a PDF, whatever follows it"),
        pytest.param(files.PNG, PNG, id="a PNG"),
        pytest.param(files.JPEG, JPEG, id="a JPEG"),
        pytest.param(b"II*\x00\x08\x00\x00\x00", TIFF, id="a TIFF, little end first"),
        pytest.param(b"MM\x00*\x00\x00\x00\x08", TIFF, id="a TIFF, big end first"),
        pytest.param(b"\x00\x00\x00\x18ftypheic\x00\x00", HEIC, id="a photo of a phone"),
        pytest.param(b"\x00\x00\x00\x18ftypmif1\x00\x00", HEIC, id="one of another phone"),
        pytest.param(office("word"), DOCX, id="a document of Word"),
        pytest.param(office("xl"), XLSX, id="a workbook of Excel"),
        pytest.param(office("ppt"), PPTX, id="slides of PowerPoint"),
        pytest.param(office("word", "word/embeddings/o.bin"), DOCX, id="one with another in it"),
        pytest.param(
            zipped(*("x",) * (MAX_MEMBERS - 2), "word/d.xml", "[Content_Types].xml"), DOCX,
            id="a document of as many parts as there may be",
        ),
        pytest.param(zipped("[content_types].xml", "Word/Document.xml"), DOCX,
                     id="small letters and capitals are alike in it"),
        pytest.param(zipped("[Content_Types].xml", "word/a.xml", comment=b"x" * 65535), DOCX,
                     id="a document with a long remark behind it"),
        pytest.param(zipped(*PARTS, content=zipped("a"), stored=True), DOCX,
                     id="a document with a ZIP in it as it is"),
        pytest.param(open_document("text"), ODT, id="a text of LibreOffice"),
        pytest.param(open_document("spreadsheet"), ODS, id="a spreadsheet of LibreOffice"),
        pytest.param(open_document("presentation"), ODP, id="slides of LibreOffice"),
        pytest.param(ole(), OLE, id="an older document of Office"),
        pytest.param(files.OLE, OLE, id="one that is cut off"),
        pytest.param(b"{\\rtf1\\ansi}", RTF, id="RTF"),
        pytest.param(b"They called.", TEXT, id="text"),
        pytest.param(b"\xef\xbb\xbfM\xc3\xbcller", TEXT, id="text with a mark of UTF-8"),
        pytest.param("株式会社".encode(), TEXT, id="text in any script"),
        pytest.param(b"M\xfcller \x80 5", TEXT, id="text as older Windows writes it"),
        pytest.param("Müller".encode("utf-16"), TEXT, id="text in UTF-16"),
        pytest.param(b"\xfe\xff" + "Müller".encode("utf-16-be"), TEXT,
                     id="text in UTF-16, big end first"),
        pytest.param(b"\t\x0c a\r\n b", TEXT, id="tabs, new lines and new pages"),
        pytest.param(b"<ana@example.com> wrote:", TEXT, id="an address between brackets"),
        pytest.param(b"< 5 orders", TEXT, id="a sign for less"),
        pytest.param(b"x" * (MEBIBYTE - 1) + "ü".encode() + b"x", TEXT,
                     id="a letter on the border of what is read at once"),
        pytest.param(b"Map\x31\x0aMZ", TEXT, id="what is a program only at the beginning"),
    ],
)  # fmt: skip
def test_what_a_file_is_taken_for(content: bytes, kind: FileKind) -> None:
    assert judge("form.pdf", content) == kind


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("customers.csv", CSV),
        ("CUSTOMERS.CSV", CSV),
        ("letter.eml", EMAIL),
        ("notes.txt", TEXT),
        ("notes", TEXT),
        ("notes.csv.txt", TEXT),
    ],
)
def test_of_texts_the_name_says_more(name: str, kind: FileKind) -> None:
    assert judge(name, b"From: Ana <ana@example.com>\n\nHello") is kind
    assert judge(name, files.PDF) is PDF, "and of no others"


def test_no_two_kinds_share_an_ending_and_each_has_its_media_type() -> None:
    suffixes = [suffix for kind in KEPT for suffix in kind.suffixes]
    assert len(set(suffixes)) == len(suffixes)
    assert {kind.media_type for kind in KEPT} == {
        "application/pdf", "image/png", "image/jpeg", "image/tiff", "image/heic",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        "application/vnd.oasis.opendocument.text",
        "application/vnd.oasis.opendocument.spreadsheet",
        "application/vnd.oasis.opendocument.presentation",
        "application/x-ole-storage", "application/rtf", "message/rfc822", "text/csv", "text/plain",
    }  # fmt: skip


@pytest.mark.parametrize("content", [files.PDF, files.PNG, files.JPEG, b"II*\x00", b"MM\x00*"])
def test_a_scan_may_be_a_certificates_own_document(content: bytes) -> None:
    assert judge("form.pdf", content, SCANS) in SCANS


@pytest.mark.parametrize(
    ("content", "title"),
    [
        (office("word"), "Word"),
        (b"\x00\x00\x00\x18ftypheic", "HEIC"),
        (ole(), "older Office"),
        (b"A certificate.", "text"),
    ],
)
def test_anything_else_may_not(content: bytes, title: str) -> None:
    with pytest.raises(RefusedError) as caught:
        judge("form.pdf", content, SCANS)
    assert str(caught.value) == (
        f"is of the kind {title}, and only PDF, PNG, JPEG, TIFF are kept here: save it as a PDF"
    )


# --- what is refused ---------------------------------------------------------------------

PROGRAM = "is a program: leave it out"
ARCHIVE = "is an archive: unpack it, and add the files in it one by one"
PAGE = "is a web page, XML or an SVG picture, which may have scripts: save it as a PDF"
UNKNOWN = "is of a kind that is not kept: save it as a PDF"
PICTURE = "is a picture of a kind that is not kept: save it as a PNG"


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        pytest.param(files.PROGRAM, PROGRAM, id="a program for Windows called form.pdf"),
        pytest.param(files.PROGRAM + files.PDF, PROGRAM, id="one that goes on as a PDF"),
        pytest.param(b"\x7fELF\x02\x01", PROGRAM, id="a program for Linux"),
        pytest.param(b"#!/bin/sh\necho", PROGRAM, id="a script"),
        *(
            pytest.param(bytes.fromhex(magic), PROGRAM, id=f"a program for macOS, {magic}")
            for magic in ("feedface", "feedfacf", "cefaedfe", "cffaedfe", "cafebabf", "bebafeca",
                          "bfbafeca")
        ),
        pytest.param(b"\xca\xfe\xba\xbe\x00\x00\x004", PROGRAM, id="a class of Java"),
        pytest.param(b"\x00asm\x01\x00\x00\x00", PROGRAM, id="a program for browsers"),
        *(
            pytest.param(ole(bytes([first]) + INSTALLER[1:]), PROGRAM,
                         id=f"an installer, {first:x}, called form.pdf")
            for first in (0x82, 0x84, 0x86)
        ),
        pytest.param(ole(INSTALLER, shift=12), PROGRAM, id="an installer in larger sectors"),
        pytest.param(b"L\x00\x00\x00\x01\x14\x02\x00",
                     "is a shortcut: add the file that it leads to", id="a shortcut"),
        pytest.param(zipped("form.pdf"), ARCHIVE, id="a ZIP"),
        pytest.param(zipped(), ARCHIVE, id="an empty ZIP"),
        pytest.param(zipped("META-INF/MANIFEST.MF", "A.class"), ARCHIVE, id="a program in a ZIP"),
        pytest.param(zipped("[Content_Types].xml", "visio/x.xml"), ARCHIVE, id="a drawing"),
        pytest.param(zipped("word/document.xml"), ARCHIVE, id="a folder of Word in a ZIP"),
        pytest.param(open_document("graphics"), ARCHIVE, id="a drawing of LibreOffice"),
        pytest.param(open_document("text-template"), ARCHIVE, id="a template of LibreOffice"),
        pytest.param(open_document("text", first="Mimetype"), ARCHIVE,
                     id="a ZIP that begins almost as LibreOffice's do"),
        pytest.param(b"7z\xbc\xaf\x27\x1c", ARCHIVE, id="a 7z"),
        pytest.param(b"Rar!\x1a\x07\x01\x00", ARCHIVE, id="a RAR"),
        pytest.param(b"\x1f\x8b\x08", ARCHIVE, id="a gzip"),
        pytest.param(b"MSCF\x00\x00\x00\x00", ARCHIVE, id="a cabinet"),
        pytest.param(b"BZh91AY&SY", ARCHIVE, id="a bzip2"),
        pytest.param(b"\xfd7zXZ\x00", ARCHIVE, id="an xz"),
        pytest.param(b"\x28\xb5\x2f\xfd", ARCHIVE, id="a zstd"),
        pytest.param(b"a.txt".ljust(257, b"\x00") + b"ustar\x0000", ARCHIVE, id="a tar"),
        pytest.param(b"a.txt".ljust(257, b"\x00") + b"ustar  \x00", ARCHIVE, id="a tar of GNU"),
        pytest.param(bytes(32768) + b"\x01CD001\x01",
                     "is the image of a disk: add the files on it one by one", id="a disk"),
        pytest.param(b"GIF89a", PICTURE, id="a GIF"),
        pytest.param(b"RIFF\x00\x00\x00\x00WEBPVP8 ", PICTURE, id="a WebP"),
        pytest.param(b"\x00\x01\x02 anything", UNKNOWN, id="what nobody knows"),
        pytest.param(b"\x00\x00\x00\x18ftypavif", UNKNOWN, id="a picture of a new kind"),
        pytest.param(b"caf\x81", UNKNOWN, id="letters that no encoding has"),
        pytest.param(b"\xff\xfe\x00\xd8", UNKNOWN, id="UTF-16 that is broken"),
        pytest.param(b"\xff\xfea\x00b", UNKNOWN, id="UTF-16 that is cut off"),
        pytest.param(b"\xff\xfe".ljust(MEBIBYTE - 2, b"x") + b"\x00\xd8", UNKNOWN,
                     id="UTF-16 that is cut off where reading pauses"),
        *(
            pytest.param(b"text" + bytes([code]), UNKNOWN, id=f"a control character, {code:02x}")
            for code in (*range(9), 11, *range(14, 32), 127)
        ),
        pytest.param(b"x" * 3 * MEBIBYTE + b"\x00", UNKNOWN, id="one far behind"),
        pytest.param(b"\x00" + files.PDF,
                     "has something before the PDF in it: open it, and print it to a PDF",
                     id="something before a PDF"),
        pytest.param(b"<html>\x00" + files.PDF,
                     "has something before the PDF in it: open it, and print it to a PDF",
                     id="a page before a PDF"),
    ],
)  # fmt: skip
def test_what_is_refused(content: bytes, complaint: str) -> None:
    assert refusal(content) == complaint


def test_a_pdf_is_looked_for_in_the_first_kibibyte() -> None:
    assert "before the PDF" in refusal(bytes(1019) + files.PDF)
    assert refusal(bytes(1020) + files.PDF) == UNKNOWN


@pytest.mark.parametrize("blanks", ["", " \n\t\r\f", "\ufeff", "\ufeff \u00a0\u2028", " " * 300])
@pytest.mark.parametrize(
    "page",
    [
        "<!doctype html><p>", "<!DOCTYPE html>", "<html>", "<HTML lang=de>", "<script>alert(1)",
        "<script", "<svg xmlns='http://www.w3.org/2000/svg'>", "<svg/onload=alert(1)>",
        "<?xml version='1.0'?>", "<?php", "<!-- a remark -->", "<%", "</p>", "<x:html\n>", "<b>",
        "<a-b.c>",
    ],
)  # fmt: skip
def test_a_page_is_refused_whatever_blanks_stand_before_it(page: str, blanks: str) -> None:
    for encoding in ("utf-8", "utf-16"):
        assert refusal((blanks + page).encode(encoding)) == PAGE


def test_a_page_is_found_across_the_border_of_what_is_read_at_once() -> None:
    assert refusal(b" " * (MEBIBYTE - 3) + b"<script>") == PAGE
    assert judge("a.txt", b"x" + b" " * MEBIBYTE + b"<script>") is TEXT, "further on it is text"


# --- by name -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        "form.exe", "FORM.EXE", "form.pdf.exe", "form.exe.", "form.exe ", "form.exe . ", ".bat",
        "a.cmd", "a.ps1", "a.js", "a.vbs", "a.sh", "a.htm", "a.html", "a.hta", "a.reg", "a.url",
        "a.scr", "a.com", "a.msi", "a.lnk", "a.svg", "a.docm", "a.xlsm", "a.pptm", "a.xlsb",
        "a.jar", "a.iso", "a.vhd", "a.vhdx", "a.command", "a.desktop",
    ],
)  # fmt: skip
def test_a_name_that_a_system_would_run_is_refused(name: str) -> None:
    for content in (b"echo", files.PDF):
        suffix = name.rstrip(". ").rpartition(".")[2].lower()
        assert refusal(content, name) == (
            f"has a name in .{suffix}, which a system may run or open as a page: save it as a PDF"
        )


@pytest.mark.parametrize(
    "name", ["form", "form.", "form.exe.pdf", "form.text", "exe", "form.doc", "a.json", "a.xml"]
)
def test_others_are_not(name: str) -> None:
    assert judge(name, files.PDF) is PDF


TITLES = "|".join(kind.title for kind in KEPT)


@given(
    st.sampled_from([b"", *filekinds._BEGINNINGS, b"PK\x03\x04", files.OLE, b"\xff\xfe", b"<"]),
    st.binary(max_size=300),
)
def test_any_file_is_of_a_kind_or_refused_in_a_sentence(beginning: bytes, rest: bytes) -> None:
    assert re.fullmatch(rf"{TITLES}|(?:is|has) [^:]+: [^:]+", said_of(beginning + rest))


@pytest.mark.parametrize("content", [files.PDF, office("word"), ole(), b"text", "ü".encode("u16")])
def test_a_file_on_disk_is_judged_as_one_in_memory(content: bytes) -> None:
    with tempfile.TemporaryFile() as kept:
        kept.write(content)
        kept.flush()
        with mmap.mmap(kept.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
            assert judge("form", mapped) is judge("form", content)
