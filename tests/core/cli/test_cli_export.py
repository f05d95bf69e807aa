"""A folder for an auditor: the table, the files byte for byte, and pages to print."""

from __future__ import annotations

import csv
import hashlib
import io
from pathlib import Path

import pytest

from exempt.services import packing
from exempt.wiring import Exempt
from support.desk import Desk
from support.files import PDF

pdfium = pytest.importorskip("pypdfium2", reason="needs pypdfium2, the judge of what is printed")
pictures = pytest.importorskip("PIL.Image", reason="needs the extra exempt[documents]")

FORMULA = '=HYPERLINK("http://evil.example","x")'


def export(desk: Desk, *arguments: str, code: int = 0) -> Path:
    desk.run("certificates", "export", str(desk.folder / "out"), *arguments, code=code)
    return desk.folder / "out"


def rows(folder: Path) -> list[dict[str, str]]:
    with (folder / "certificates.csv").open(encoding="utf-8-sig", newline="") as table:
        return list(csv.DictReader(table))


def scan(kind: str, size: tuple[int, int] = (60, 40)) -> bytes:
    """An image that is red on its left half, and blue on its right."""
    image = pictures.new("RGB", size, "red")
    image.paste("blue", (size[0] // 2, 0, *size))
    kept = io.BytesIO()
    image.save(kept, kind)
    return kept.getvalue()


def kept(desk: Desk, **files: bytes) -> None:
    """Enter a certificate with these files: ``scan_png=…`` is ``scan.png``."""
    arguments = []
    for name, content in files.items():
        path = desk.folder / name.replace("_", ".")
        path.write_bytes(content)
        arguments += ["--file", str(path)]
    desk.add(*arguments)


def text(path: Path) -> str:
    """What stands on the pages of a PDF."""
    with pdfium.PdfDocument(path) as document:
        pages = [page.get_textpage().get_text_range() for page in document]
    return " ".join(" ".join(pages).split())


# --- the table ---------------------------------------------------------------------------


def test_the_table_has_a_row_for_each_state_with_all_fields(desk: Desk) -> None:
    desk.add("--state", "CA", "--state", "TX=12-3456789", "--id-type", "fein", "--number", "N-1")
    desk.run("certificates", "edit", "1", "--in", "TX", "--expires", "2026-12-01",
             "--state-notes", "By phone.")  # fmt: skip
    desk.run("certificates", "reject", "1", "--because", "other=Torn.")
    california, texas = rows(export(desk))
    assert (california["jurisdiction"], texas["jurisdiction"]) == ("US-CA", "US-TX")
    assert {name: texas[name] for name in texas if texas[name]} == {
        "certificate_id": "1",
        "version": "3",
        "status": "invalid",
        "customers": "Acme (C-1)",
        "number": "N-1",
        "kind": "blanket",
        "form_kind": "single_state",
        "signed_date": "2024-02-01",
        "apply_tax": "no",
        "exempt_percentage": "100",
        "review_status": "rejected",
        "rejections": "Torn.",
        "entered_at": "2026-11-20T12:00:00Z",
        "entered_by": "anna",
        "source": "staff",
        "printed": "certificate-1.pdf",
        "jurisdiction": "US-TX",
        "jurisdiction_status": "invalid",
        "exemption_number": "12-3456789",
        "identification_type": "fein",
        "exemption_reason": "resale",
        "effective_date": "2024-02-01",
        "expiration_date": "2026-12-01",
        "jurisdiction_notes": "By phone.",
    }


@pytest.mark.parametrize("begins", ["=", "+", "-", "@", " =", "\t", "\r", "\uff1d"])
def test_no_cell_is_a_formula(begins: str) -> None:
    assert packing.cell(f"{begins}1+1") == f"'{begins}1+1"


def test_what_was_typed_as_a_formula_is_none_in_the_table(desk: Desk) -> None:
    desk.add("--notes", FORMULA, "--state", f"TX={FORMULA}")
    (row,) = rows(export(desk))
    assert (row["notes"], row["exemption_number"]) == (f"'{FORMULA}", f"'{FORMULA}")


def test_an_empty_register_is_an_empty_table(desk: Desk) -> None:
    folder = export(desk)
    assert rows(folder) == []
    assert [path.name for path in folder.iterdir()] == ["certificates.csv"]


# --- which ones --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        pytest.param(("2",), ["2"], id="one by its id"),
        pytest.param(("3", "1"), ["3", "1"], id="several by their ids"),
        pytest.param(("--status", "expired"), ["2"], id="of a status"),
        pytest.param(("--words", "n-3"), ["3"], id="by words"),
        pytest.param(("-c", "C-2"), [], id="of a customer"),
        pytest.param(("--state", "TX", "--reason", "resale"), ["1", "2", "3"], id="of a state"),
    ],
)
def test_what_is_exported(desk: Desk, arguments: tuple[str, ...], found: list[str]) -> None:
    for number in ("N-1", "N-2", "N-3"):
        desk.add("--number", number, *(("--expires", "2025-01-01") if number == "N-2" else ()))
    assert [row["certificate_id"] for row in rows(export(desk, *arguments))] == found


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        pytest.param(("9",), "certificate 9: there is none", id="no such certificate"),
        pytest.param(("1", "--status", "active"), "not both", id="ids and a filter"),
        pytest.param(("x",), "Invalid value", id="no id"),
    ],
)
def test_what_cannot_be_exported_leaves_no_folder(
    desk: Desk, arguments: tuple[str, ...], words: str
) -> None:
    desk.add()
    before = {path.name for path in desk.folder.iterdir()}
    assert words in desk.refused("certificates", "export", str(desk.folder / "out"), *arguments)
    assert {path.name for path in desk.folder.iterdir()} == before


def test_a_folder_with_something_in_it_is_left_alone(desk: Desk) -> None:
    assert "is there already" in desk.refused("certificates", "export", str(desk.folder))
    (desk.folder / "out").mkdir()
    assert export(desk).exists(), "an empty one will do"


# --- files -------------------------------------------------------------------------------


def test_files_are_exported_byte_for_byte(desk: Desk) -> None:
    content = {"form_pdf": b"%PDF-1.4 a form", "scan_png": scan("PNG")}
    kept(desk, **content)
    folder = export(desk)
    for name, expected in content.items():
        assert (folder / f"certificate-1-{name.replace('_', '.')}").read_bytes() == expected
    sha256 = hashlib.sha256(content["form_pdf"]).hexdigest()
    assert f"certificate-1-form.pdf, sha256 {sha256}" in rows(folder)[0]["files"]


@pytest.mark.parametrize(
    ("name", "exported"),
    [
        pytest.param("a b.pdf", "certificate-1-a b.pdf", id="a blank stays"),
        pytest.param("=cmd|' x'!A1.pdf", "certificate-1-_cmd_ x_A1.pdf", id="a formula"),
        pytest.param("..pdf", "certificate-1-file.pdf", id="a hidden file"),
        pytest.param("a\\b\x1b[2J\n.pdf", "certificate-1-a_b_2J_.pdf", id="a path, a terminal's"),
        pytest.param("Zertifikat für 株式会社.pdf", "certificate-1-Zertifikat für 株式会社.pdf",
                     id="letters of other languages"),
        pytest.param(f"{'x' * 240}.pdf", f"certificate-1-{'x' * 120}.pdf", id="a long one"),
    ],
)  # fmt: skip
def test_a_name_is_made_safe(desk: Desk, name: str, exported: str) -> None:
    (desk.folder / name).write_bytes(PDF)
    desk.add("--file", str(desk.folder / name))
    folder = export(desk)
    assert sorted(path.name for path in folder.iterdir()) == sorted(
        [exported, "certificate-1.pdf", "certificates.csv"]
    )


def test_files_of_the_same_name_do_not_hide_each_other(desk: Desk) -> None:
    desk.add()
    for number in range(3):
        path = desk.folder / f"{number}" / ("scan.pdf" if number else "SCAN.pdf")
        path.parent.mkdir()
        path.write_bytes(PDF + str(number).encode())
        desk.run("certificates", "attach", "1", str(path))
    folder = export(desk)
    names = ["certificate-1-SCAN.pdf", "certificate-1-scan-2.pdf", "certificate-1-scan-3.pdf"]
    assert [(folder / name).read_bytes() for name in names] == [
        PDF + b"0",
        PDF + b"1",
        PDF + b"2",
    ]


@pytest.mark.parametrize("harm", ["changed", "lost"])
def test_a_file_that_is_not_what_was_kept_is_told_and_left_out(desk: Desk, harm: str) -> None:
    kept(desk, scan_pdf=PDF)
    (document,) = (path for path in (desk.folder / "documents").rglob("*") if path.is_file())
    document.write_bytes(b"forged") if harm == "changed" else document.unlink()
    folder = export(desk, code=1)
    assert "scan.pdf, missing, sha256 " in rows(folder)[0]["files"]
    assert not (folder / "certificate-1-scan.pdf").exists()
    again = desk.json("certificates", "export", str(desk.folder / "again"), code=1)
    assert "restore it from a backup" in again["problems"][0]
    assert (again["certificates"], again["files"], again["printed"]) == (1, 0, 1)


# --- pages to print ----------------------------------------------------------------------


def test_the_page_has_what_is_known_and_the_history(desk: Desk) -> None:
    desk.add("--number", "N-1", "--notes", "<b>Señor</b> & Łódź")
    desk.run("--by", "bea", "certificates", "edit", "1", "--in", "TX", "--expires", "2026-12-01")
    page = text(export(desk) / "certificate-1.pdf")
    for words in (
        "Certificate 1 Expiring soon on 2026-11-20",
        "Customers Acme (C-1)",
        "TX expiring soon – resale 2024-02-01 2026-12-01",
        "<b>Señor</b> & ",
        "bea expires in TX – 2026-12-01",
    ):
        assert words in page


def test_the_same_certificate_is_printed_in_the_same_bytes(desk: Desk) -> None:
    kept(desk, photo_jpg=scan("JPEG"), scan_png=scan("PNG"))
    first = (export(desk) / "certificate-1.pdf").read_bytes()
    desk.run("certificates", "export", str(desk.folder / "again"))
    assert (desk.folder / "again" / "certificate-1.pdf").read_bytes() == first


def test_without_the_extra_the_rest_is_exported(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Exempt, "printer", None)
    desk.add()
    told = desk.run("certificates", "export", str(desk.folder / "out"))
    assert "No pages to print: these need the extra documents" in told
    assert sorted(path.name for path in (desk.folder / "out").iterdir()) == ["certificates.csv"]
