"""Certificates printed with the pages of their files, and kept files checked."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

import pypdfium2 as pdfium
import pytest
from PIL import Image

from support import hostile_papers as made
from support.desk import Desk


def keep(desk: Desk, **files: bytes) -> None:
    """Enter a certificate with these files: ``scan_png=…`` is ``scan.png``."""
    arguments = []
    for name, content in files.items():
        path = desk.folder / name.replace("_", ".")
        path.write_bytes(content)
        arguments += ["--file", str(path)]
    desk.add(*arguments)


def words(path: Path) -> list[str]:
    """What stands on each page of a PDF."""
    with pdfium.PdfDocument(path) as document:
        return [page.get_textpage().get_text_range() for page in document]


def kept(desk: Desk, content: bytes) -> Path:
    """Where the bytes of a file are."""
    sha256 = hashlib.sha256(content).hexdigest()
    return desk.folder / "documents" / sha256[:2] / sha256


def test_a_certificate_is_printed_with_every_page_of_its_files(desk: Desk) -> None:
    keep(desk, form_pdf=made.pdf(2), photo_jpg=made.photo(), fax_tif=made.scans((1700, 2200)))
    to = desk.folder / "paper.pdf"
    assert f"Certificate 1 is in {to}" in desk.run("certificates", "print", "1", "--to", str(to))
    pages = words(to)
    assert "Certificate 1" in pages[0]
    names = ("form.pdf, page 1 of 2", "form.pdf, page 2 of 2", "photo.jpg", "fax.tif")
    for name, page in zip(names, pages[-4:], strict=True):
        assert name in page
    with pdfium.PdfDocument(to) as document:
        second = document[len(pages) - 4].render(scale=1).to_pil().convert("L")
    assert min(second.tobytes()) < 60  # there is ink on it
    again = desk.folder / "again.pdf"
    desk.run("certificates", "print", "1", "--to", str(again))
    assert again.read_bytes() == to.read_bytes()


def test_it_is_printed_beside_without_a_name(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.add()
    monkeypatch.chdir(desk.folder)
    desk.run("certificates", "print", "1")
    printed = desk.folder / "certificate-1.pdf"
    assert printed.read_bytes().startswith(b"%PDF-")
    printed.write_bytes(b"mine")
    assert "is there already: name another" in desk.refused("certificates", "print", "1")
    assert printed.read_bytes() == b"mine"


def test_what_is_not_there_is_not_printed(desk: Desk) -> None:
    assert "certificate 9: there is none" in desk.refused("certificates", "print", "9")
    desk.add()
    where = str(desk.folder / "no" / "such" / "folder.pdf")
    assert "name another with --to" in desk.refused("certificates", "print", "1", "--to", where)


def test_files_are_checked_and_looked_into_once(desk: Desk) -> None:
    form = made.changed(made.script)
    keep(desk, form_pdf=form, photo_jpg=made.photo())
    assert desk.json("documents", "check", "--no-look") == {
        "files": 2, "looked_into": 0, "problems": [], "unfit": [],
    }  # fmt: skip
    assert "2 files checked, 2 as they were kept; 2 files looked into." in desk.run(
        "documents", "check"
    )
    assert desk.json("documents", "check")["looked_into"] == 0


def test_a_file_that_is_changed_or_gone_is_named(desk: Desk) -> None:
    form, photo = made.pdf(), made.picture("JPEG")
    keep(desk, form_pdf=form, photo_jpg=photo)
    kept(desk, form).write_bytes(b"%PDF-forged")
    kept(desk, photo).unlink()
    said = desk.run("documents", "check", code=1)
    assert "form.pdf, sha256" in said
    assert "was changed since it was kept: restore it from a backup" in said
    assert "2 files checked, 0 as they were kept." in said
    assert len(desk.json("documents", "check", code=1)["problems"]) == 2


def test_what_cannot_be_shown_is_told_and_is_no_fault(desk: Desk) -> None:
    keep(desk, form_pdf=made.locked("secret"))
    found = desk.json("documents", "check")
    assert (found["problems"], found["files"]) == ([], 1)
    assert "protected by a password" in found["unfit"][0]


def test_a_copy_that_is_changed_is_made_anew(desk: Desk) -> None:
    photo = made.photo()
    keep(desk, photo_jpg=photo)
    desk.run("documents", "check")
    (copy,) = [
        path
        for path in (desk.folder / "documents").rglob("*")
        if path.is_file() and path != kept(desk, photo)
    ]
    whole = copy.read_bytes()
    copy.write_bytes(b"forged")
    assert desk.json("documents", "check")["looked_into"] == 1
    assert copy.read_bytes() == whole
    assert Image.open(io.BytesIO(whole)).size == (80, 120)
