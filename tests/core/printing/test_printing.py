"""What comes out of the printer: letters, long texts, and images as the camera was held."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Sequence
from typing import Any

import pytest

from exempt.rules.status import CertificateStatus
from exempt.services.sheet import Part, Scan, Sheet

pdfium = pytest.importorskip("pypdfium2", reason="needs pypdfium2, the judge of what is printed")
pictures = pytest.importorskip("PIL.Image", reason="needs the extra exempt[documents]")
printing: Any = pytest.importorskip(
    "exempt.adapters.printing", reason="needs the extra exempt[documents]"
)


def sheet(*parts: Part) -> Sheet:
    return Sheet("Certificate 1", dt.date(2026, 11, 20), CertificateStatus.ACTIVE, "Fine.", parts)


def printed(*parts: Part, scans: Sequence[Scan] = ()) -> Any:
    return pdfium.PdfDocument(printing.print_sheet(sheet(*parts), scans))


def text(document: Any) -> str:
    pages = [page.get_textpage().get_text_range() for page in document]
    return " ".join(" ".join(pages).split())


def notes(words: str) -> Part:
    return Part("Notes", sentences=[words])


@pytest.mark.parametrize(
    ("words", "shown", "lossy"),
    [
        pytest.param("Señor Łukasz Žižka", "Señor Łukasz Žižka", False, id="western letters"),
        pytest.param("Ő", "O", True, id="an accent the font lacks"),
        pytest.param("株式会社 テスト", "株式会社 テスト", True, id="Japanese"),
        pytest.param("Ελλάδα Россия", "Ελλάδα Россия", True, id="Greek, Cyrillic"),
        pytest.param("\U0001f600", "?", True, id="a face"),
        pytest.param("a\u202eb\x1bc", "abc", False, id="what does not print"),
        pytest.param("<font size=99>&amp;", "<font size=99>&amp;", False, id="no markup"),
        pytest.param("two\nlines", "two lines", False, id="lines"),
    ],
)  # fmt: skip
def test_letters(words: str, shown: str, lossy: bool) -> None:
    found = text(printed(notes(words)))
    assert shown in found
    assert ("The font of this page lacks some" in found) is lossy


def test_no_markup_reaches_outside() -> None:
    tag = '<img src="http://127.0.0.1:1/x.png"/>'
    assert tag in text(printed(notes(tag), Part("T", heads=("A",), rows=[(tag,)])))


@pytest.mark.parametrize("characters", [10_000, 1])
def test_a_long_text_goes_over_pages(characters: int) -> None:
    long = "x" * characters
    part = Part("T", facts=[("Name", long)], heads=("A", "B"), rows=[(long, "b")] * 3)
    document = printed(part, notes(long))
    assert text(document).replace(" ", "").count("x") >= 5 * characters
    assert (len(document) > 1) is (characters > 1)


def camera(turned: int) -> bytes:
    """A photo, 60 by 40, whose left half is red, by a camera that was held so."""
    image = pictures.new("RGB", (60, 40), "blue")
    image.paste("red", (0, 0, 30, 40))
    exif = pictures.Exif()
    exif[0x0112] = turned
    kept = io.BytesIO()
    image.save(kept, "JPEG", exif=exif, quality=95)
    return kept.getvalue()


@pytest.mark.parametrize(
    ("turned", "red"),
    [(1, "left"), (3, "right"), (6, "top"), (8, "bottom")],
    ids=["upright", "upside down", "turned left", "turned right"],
)
def test_a_photo_stands_as_the_camera_was_held(turned: int, red: str) -> None:
    document = printed(scans=[Scan("photo.jpg", camera(turned))])
    assert len(document) == 2
    page = document[1].render().to_pil().convert("RGB")
    width = page.size[0]
    places = {"left": (0.2, 0.3), "right": (0.8, 0.3), "top": (0.5, 0.15), "bottom": (0.5, 0.8)}
    across, down = places[red]
    found = page.getpixel((int(width * across), int(page.size[1] * down)))
    assert found[0] > 200, f"{red} is red"
    assert found[2] < 100


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16", "CMYK"])
@pytest.mark.parametrize("size", [(1, 1), (3000, 10), (10, 3000)], ids=["dot", "wide", "tall"])
def test_every_kind_of_image_is_printed(mode: str, size: tuple[int, int]) -> None:
    kept = io.BytesIO()
    pictures.new(mode, size).save(kept, "JPEG" if mode == "CMYK" else "PNG")
    document = printed(scans=[Scan("scan", kept.getvalue())])
    assert len(document) == 2
    assert "cannot be printed" not in text(document)


def bomb() -> bytes:
    kept = io.BytesIO()
    pictures.new("1", (30_000, 30_000)).save(kept, "PNG")
    return kept.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"%PDF-1.4", id="no image"),
        pytest.param(camera(1)[:200], id="the beginning of one"),
        pytest.param(camera(6)[:-200], id="one without its end"),
        pytest.param(bomb(), id="one that would fill the memory"),
    ],
)
def test_an_image_that_cannot_be_printed_costs_no_page(content: bytes) -> None:
    document = printed(scans=[Scan("bad.png", content), Scan("good.jpg", camera(1))])
    assert len(document) == 3
    assert "bad.png This image cannot be printed: open the file itself." in text(document)
