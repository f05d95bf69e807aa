"""Which files are taken as papers, the names they get, and what is said of all others."""

from __future__ import annotations

import pytest

from exempt.model.paper import Refusal
from exempt.rules.filekinds import JPEG, PDF, PNG, TIFF, FileKind
from exempt.rules.papers import TAKEN, kind_of, name_for, sentence

HEIC = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"


@pytest.mark.parametrize(
    ("beginning", "kind"),
    [
        (b"%PDF-1.7\n", PDF),
        (b"\xff\xd8\xff\xe0", JPEG),
        (b"\x89PNG\r\n\x1a\n", PNG),
        (b"II*\0", TIFF),
        (b"MM\0*", TIFF),
        (b" %PDF-1.7", None),
        (b"%PD", None),
        (b"GIF89a", None),
        (HEIC, None),
        (b"", None),
    ],
)
def test_a_file_is_what_it_begins_with(beginning: bytes, kind: FileKind | None) -> None:
    assert kind_of(beginning) is kind


def test_customers_send_pdf_jpeg_and_png() -> None:
    assert TAKEN == (PDF, JPEG, PNG)


@pytest.mark.parametrize(
    ("given", "kind", "name"),
    [
        pytest.param("Form ST-120.PDF", PDF, "Form ST-120.PDF", id="as given"),
        pytest.param("photo.jpeg", JPEG, "photo.jpeg", id="either ending of a JPEG"),
        pytest.param("scan", PNG, "scan.png", id="without an ending"),
        pytest.param("invoice.exe", PDF, "invoice.exe.pdf", id="with that of a program"),
        pytest.param("photo.png", JPEG, "photo.png.jpg", id="with that of another kind"),
        pytest.param("../../etc/passwd", PDF, "passwd.pdf", id="with folders"),
        pytest.param("C:\\Scans\\form.pdf", PDF, "form.pdf", id="with folders of Windows"),
        pytest.param("a\0b\r\nc.pdf", PDF, "abc.pdf", id="with NUL and line ends"),
        pytest.param("fdp.\u202efdp.exe", PDF, "fdp.fdp.exe.pdf", id="with letters turned around"),
        pytest.param("x" * 4096, PDF, "certificate.pdf", id="far too long"),
        pytest.param("", PDF, "certificate.pdf", id="empty"),
        pytest.param("con", PDF, "certificate.pdf", id="a device"),
        pytest.param('a"b<c>.pdf', PDF, "certificate.pdf", id="with signs no system takes"),
    ],
)
def test_the_name_that_a_file_is_kept_under(given: str, kind: FileKind, name: str) -> None:
    assert name_for(given, kind) == name


@pytest.mark.parametrize(
    ("beginning", "words"),
    [
        pytest.param(HEIC, ("HEIC photo", "Most Compatible"), id="HEIC"),
        pytest.param(b"\0\0\0\x1cftypmif1", ("HEIC photo",), id="HEIF"),
        pytest.param(b"II*\0", ("TIFF", "save or print it as a PDF"), id="TIFF"),
        pytest.param(b"MM\0*", ("TIFF",), id="TIFF, the other way round"),
        pytest.param(b"GIF89a", ("GIF",), id="GIF"),
        pytest.param(b"RIFF\0\0\0\0WEBPVP8 ", ("WebP",), id="WebP"),
        pytest.param(b"PK\x03\x04", ("Office document or an archive",), id="ZIP"),
        pytest.param(b"\xd0\xcf\x11\xe0\xa1\xb1", ("Office document",), id="older Office"),
        pytest.param(b"MZ\x90", ("program", "send the certificate itself"), id="a program"),
        pytest.param(b"\xef\xbb\xbf\n <html>", ("web page or a drawing",), id="HTML"),
        pytest.param(b"<svg/>", ("web page or a drawing",), id="SVG"),
        pytest.param(
            b"HTTP/1.1 200 OK\r\n%PDF-1.7", ("something before the PDF",), id="PDF behind"
        ),
        pytest.param(b"hello", ("Only PDF, JPEG and PNG",), id="something else"),
    ],
)
def test_what_is_said_of_other_kinds(beginning: bytes, words: tuple[str, ...]) -> None:
    said = sentence(Refusal.TYPE, beginning)
    assert [each for each in (*words, "PDF, JPEG and PNG") if each not in said] == []


@pytest.mark.parametrize("refusal", Refusal)
def test_each_refusal_is_said_in_a_sentence_with_its_mend(refusal: Refusal) -> None:
    said = sentence(refusal)
    assert "lease" in said
    assert said.endswith(".")
