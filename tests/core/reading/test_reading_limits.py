"""What is wrong with a paper is no harm: it says nothing."""

from __future__ import annotations

import io
import logging
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from reportlab.pdfgen.canvas import Canvas

from exempt.adapters.reading import extractor, pdfs
from exempt.adapters.reading.extractor import extract
from exempt.adapters.reading.pdfs import look
from exempt.model.extract import Extract
from support.made_papers import FORMS, Says

PDF = "application/pdf"


def pages(number: int, *, words: int = 1) -> bytes:
    paper = io.BytesIO()
    canvas = Canvas(paper)
    for page in range(number):
        for at in range(words):
            canvas.drawString(50 + 60 * (at % 8), 800 - 14 * (at // 8), f"w{page}-{at}")
        canvas.showPage()
    canvas.save()
    return paper.getvalue()


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        pytest.param(b"", PDF, id="nothing"),
        pytest.param(b"%PDF-1.7 and no more", PDF, id="a PDF that is none"),
        pytest.param(b"\x89PNG\r\n\x1a\n broken", "image/png", id="a broken picture"),
        pytest.param(b"hello", "text/plain", id="of another type"),
    ],
)
def test_what_cannot_be_read_says_nothing(
    content: bytes, media_type: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "exempt.reading"):
        assert extract(io.BytesIO(content), media_type) == Extract()
    assert "could not be read" in caplog.text


def test_a_paper_that_takes_too_long_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    # A program that never ends, in place of ours.
    monkeypatch.setattr(extractor, "_WORKER", "http.server")
    assert extract(io.BytesIO(b""), "0", deadline=0.3) == Extract()


def test_a_process_that_says_too_much_is_not_listened_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extractor, "ANSWER_MAX", 100)
    paper = FORMS["fl_dr_13"](Says(expires="December 31, 2026"))
    assert extract(io.BytesIO(paper), PDF) == Extract()


def test_no_process_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.executable", "/nowhere/python")
    assert extract(io.BytesIO(b"%PDF"), PDF) == Extract()


def test_a_file_on_disk_is_read_from_its_beginning(tmp_path: Path) -> None:
    path = tmp_path / "paper"
    path.write_bytes(pages(1, words=15))
    with path.open("rb") as file:
        file.read(100)
        assert len(extract(file, PDF).words) == 15


def test_of_many_pages_the_first_are_read() -> None:
    said = look(pages(50, words=15), max_pages=3, max_words=10_000)
    assert said["pages"] == 50
    assert {word["box"]["page"] for word in said["words"]} == {1, 2, 3}


def test_of_many_words_the_first_are_read() -> None:
    said = look(pages(2, words=200), max_pages=3, max_words=250)
    assert len(said["words"]) == 250


def widget(**more: Any) -> pikepdf.Dictionary:
    return pikepdf.Dictionary(
        Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Widget, Rect=[10, 10, 100, 30], **more
    )


def with_fields(*fields: pikepdf.Dictionary, rotate: int = 0) -> bytes:
    pdf = pikepdf.new()
    page = pdf.add_blank_page()
    if rotate:
        page.obj.Rotate = rotate
    made = [pdf.make_indirect(field) for field in fields]
    page.obj.Annots = pikepdf.Array(
        [*made, pikepdf.Dictionary(Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Link,
                                   Rect=[0, 0, 1, 1])]
    )  # fmt: skip
    pdf.Root.AcroForm = pikepdf.Dictionary(Fields=pikepdf.Array(made))
    out = io.BytesIO()
    pdf.save(out)
    return out.getvalue()


def fields_of(paper: bytes) -> list[tuple[str, str, bool]]:
    said = look(paper, max_pages=5, max_words=100)["fields"]
    return [(one["name"], one["value"], one["is_box"]) for one in said]


NAME = pikepdf.Name


@pytest.mark.parametrize(
    ("field", "found"),
    [
        pytest.param(widget(T="a", FT=NAME.Tx, V="Acme"), [("a", "Acme", False)], id="text"),
        pytest.param(widget(T="a", TU="The buyer", FT=NAME.Tx, V="Acme"),
                     [("a The buyer", "Acme", False)], id="with a hint"),
        pytest.param(widget(T="a", FT=NAME.Tx, V=" "), [], id="blank"),
        pytest.param(widget(T="a", FT=NAME.Tx), [], id="empty"),
        pytest.param(widget(T="a", FT=NAME.Btn, V=NAME.Yes, AS=NAME.Yes), [("a Yes", "yes", True)],
                     id="a ticked box"),
        pytest.param(widget(T="a", FT=NAME.Btn, V=NAME.Off, AS=NAME.Off), [], id="an empty box"),
        pytest.param(widget(T="a", FT=NAME.Btn, Ff=1 << 16, AS=NAME.On), [], id="a button"),
        pytest.param(widget(T="b", Parent=pikepdf.Dictionary(T="a", FT=NAME.Tx, V="Acme")),
                     [("a.b", "Acme", False)], id="within another"),
    ],
)  # fmt: skip
def test_a_field_of_a_pdf(field: pikepdf.Dictionary, found: list[tuple[str, str, bool]]) -> None:
    assert fields_of(with_fields(field)) == found


def test_where_a_field_is_is_not_told_of_a_page_that_is_turned() -> None:
    papers = [with_fields(widget(T="a", FT=NAME.Tx, V="Acme"), rotate=turn) for turn in (0, 90)]
    upright, turned = (look(each, max_pages=1, max_words=9)["fields"][0] for each in papers)
    assert 0 < upright["box"]["left"] < upright["box"]["right"] < 1
    assert "box" not in turned


def test_a_page_that_is_turned_is_read_as_it_is_seen() -> None:
    pdf = pikepdf.open(io.BytesIO(pages(1, words=15)))
    pdf.pages[0].obj.Rotate = 90
    out = io.BytesIO()
    pdf.save(out)
    boxes = [word["box"] for word in look(out.getvalue(), max_pages=1, max_words=99)["words"]]
    # What stood beside each other stands below each other now.
    assert boxes[0]["top"] < boxes[1]["top"] < boxes[2]["top"]


def test_text_under_a_picture_of_the_page_counts_as_read_off_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plain = look(pages(1, words=15), max_pages=1, max_words=99)
    monkeypatch.setattr(pdfs, "_is_a_picture", lambda _page: True)
    scan = look(pages(1, words=15), max_pages=1, max_words=99)
    assert (plain["by"], scan["by"]) == ("text", "ocr")
    assert {word["confidence"] for word in scan["words"]} == {0.75}
