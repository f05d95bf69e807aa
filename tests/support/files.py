"""The beginnings of files, and whole small ones, as programs write them; what is said of them."""

from __future__ import annotations

import io
import struct
import warnings
import zipfile

import pytest

from exempt.errors import RefusedError
from exempt.rules.filekinds import judge

PDF = b"%PDF-1.7 a form"
PNG = b"\x89PNG\r\n\x1a\n and its pixels"
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
PROGRAM = b"MZ\x90\x00\x03\x00\x00\x00\x04\x00\x00\x00\xff\xff"
OPEN_DOCUMENT = "application/vnd.oasis.opendocument."


def zipped(
    *names: str, content: bytes = b"<x/>", comment: bytes = b"", stored: bool = False
) -> bytes:
    """A ZIP of members with these names; a name may come twice."""
    kept = io.BytesIO()
    how = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
    with warnings.catch_warnings(), zipfile.ZipFile(kept, "w", how) as archive:
        warnings.simplefilter("ignore")  # of names that come twice
        archive.comment = comment
        for name in names:
            archive.writestr(name, content)
    return kept.getvalue()


def office(folder: str, *more: str) -> bytes:
    """A document of Word (``word``), Excel (``xl``) or PowerPoint (``ppt``)."""
    return zipped("[Content_Types].xml", "_rels/.rels", f"{folder}/document.xml", *more)


def open_document(kind: str, *more: str, first: str = "mimetype") -> bytes:
    """A document of LibreOffice: ``text``, ``spreadsheet`` or ``presentation``."""
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w") as archive:
        archive.writestr(first, OPEN_DOCUMENT + kind)
        for name in ("content.xml", *more):
            archive.writestr(name, b"<x/>")
    return kept.getvalue()


def ole(made_for: bytes = bytes(16), *, sector: int = 1, shift: int = 9) -> bytes:
    """An OLE file whose root entry names the class of a program."""
    head = struct.pack("<8s22xH16xL", OLE, shift, sector)
    root = "Root Entry".encode("utf-16-le").ljust(80, b"\x00") + made_for
    return head.ljust((sector + 1) << shift, b"\xff") + root.ljust(512, b"\x00")


def refusal(content: bytes, name: str = "form.pdf") -> str:
    """Why a file is refused, as it is."""
    with pytest.raises(RefusedError) as caught:
        judge(name, content)
    return str(caught.value)


def said_of(content: bytes) -> str:
    """Of what kind a file is, or why it is refused."""
    try:
        return judge("form.docx", content).title
    except RefusedError as error:
        return str(error)
