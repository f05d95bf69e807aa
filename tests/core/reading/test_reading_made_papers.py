"""Papers made for the test are read as text, as fillable PDFs, and in pictures."""

from __future__ import annotations

import io

import pytest
from pydantic import TypeAdapter

from exempt.adapters.reading.extractor import extract
from exempt.adapters.reading.pdfs import look
from exempt.adapters.reading.pictures import available
from exempt.model.extract import Extract
from exempt.model.paper import FieldName, Reading
from exempt.rules.form_definitions import shipped_book
from exempt.rules.pack import shipped_pack
from exempt.rules.page_lines import plain
from exempt.rules.reading import Known, read
from support.made_papers import FORMS, Says, flattened, pages_of, scanned

KNOWN = Known(shipped_book(), shipped_pack())
PDF = "application/pdf"

SAYS = {
    "f0003": Says(numbers=(("OH", "12345678"),)),
    "mtc": Says(numbers=(("AL", "9988776"), ("TX", "12345678901"))),
    "tx_01_339": Says(numbers=(("TX", "12345678901"),)),
    "ca_cdtfa_230": Says(numbers=(("CA", "102334455"),)),
    "ny_st_120": Says(numbers=(("NY", "123456789"),)),
    "fl_dr_13": Says(numbers=(("FL", "61-8012076720-0"),), expires="December 31, 2026"),
}

needs_ocr = pytest.mark.skipif(
    not available(), reason="no scan is read here: install exempt[ocr] and the program tesseract"
)


def expected(form: str, says: Says) -> set[tuple[FieldName, str]]:
    """What a reading should find."""
    found = {
        (FieldName.BUYER_NAME, plain(says.buyer_name)),
        (FieldName.EXEMPTION_REASON, "resale"),
        *((FieldName.JURISDICTION, f"US-{state}") for state, _ in says.numbers),
        *((FieldName.NUMBER, number) for _, number in says.numbers),
    }
    if form == "fl_dr_13":
        return found | {(FieldName.EXPIRATION_DATE, "2026-12-31")}
    if form == "ny_st_120":
        found.add((FieldName.SINGLE_PURCHASE, "no"))
    return found | {
        (FieldName.SELLER_NAME, plain(says.seller_name)),
        (FieldName.SIGNED_BY, plain(says.signed_by)),
        (FieldName.SIGNED_DATE, "2026-03-02"),
    }


_NAMES = {FieldName.BUYER_NAME, FieldName.SELLER_NAME, FieldName.SIGNED_BY}


def found(reading: Reading) -> dict[tuple[FieldName, str], float]:
    """What was found, names as they are compared, and how sure it is."""
    return {
        (one.field, plain(one.value) if one.field in _NAMES else one.value): one.confidence
        for one in reading.found
    }


def read_pdf(paper: bytes) -> Reading:
    said = TypeAdapter(Extract).validate_python(look(paper, max_pages=10, max_words=12_000))
    return read(said, KNOWN)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("way", ["text", "fields", "flattened"])
def test_every_value_of_a_pdf_is_found(form: str, way: str) -> None:
    paper = FORMS[form](SAYS[form], fillable=way != "text")
    reading = read_pdf(flattened(paper) if way == "flattened" else paper)
    assert reading.form == form
    assert set(found(reading)) == expected(form, SAYS[form])
    fillable = way == "fields" and form != "fl_dr_13"
    assert reading.by == ("fields" if fillable else "text")


def test_where_a_value_stands_is_told() -> None:
    reading = read_pdf(FORMS["tx_01_339"](SAYS["tx_01_339"]))
    name = reading.best(FieldName.BUYER_NAME)
    assert name is not None
    assert name.box is not None
    # It was drawn 44 points from the left and 108 from the top of a letter.
    assert name.box.left == pytest.approx(44 / 612, abs=0.003)
    assert name.box.top < 108 / 792 < name.box.bottom


@needs_ocr
@pytest.mark.parametrize("form", ["f0003", "tx_01_339"])
@pytest.mark.parametrize(
    ("askew", "quality"),
    [pytest.param(0.0, 0, id="clean"), pytest.param(1.3, 55, id="askew, a bad JPEG")],
)
def test_every_value_of_a_scan_is_found_less_surely(form: str, askew: float, quality: int) -> None:
    paper = scanned(FORMS[form](SAYS[form]), askew=askew, quality=quality)
    said = extract(io.BytesIO(paper), "image/jpeg" if quality else "image/png")
    reading = read(said, KNOWN)
    assert (reading.form, reading.by) == (form, "ocr")
    sure = found(reading)
    assert expected(form, SAYS[form]) <= sure.keys()
    assert all(one.confidence < 0.9 for one in reading.found if one.box is not None)
    for what in sure.keys() - expected(form, SAYS[form]):
        assert sure[what] < 0.6


@needs_ocr
def test_a_pdf_of_pictures_is_read_as_a_scan() -> None:
    paper = pages_of([scanned(FORMS["fl_dr_13"](SAYS["fl_dr_13"]))])
    reading = read_pdf(paper)
    assert reading.by == "ocr"
    assert expected("fl_dr_13", SAYS["fl_dr_13"]) <= found(reading).keys()


def test_a_picture_says_nothing_where_pictures_cannot_be_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")  # where no tesseract is
    paper = scanned(FORMS["fl_dr_13"](SAYS["fl_dr_13"]), dots=60)
    said = extract(io.BytesIO(paper), "image/png")
    assert (said.by, said.words, said.pages) == ("none", (), 1)
