"""What a customer filled in is printed, and can be read back."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import string
from typing import Any

import pypdfium2 as pdfium
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from exempt.adapters.form_printing import print_form
from exempt.adapters.lettering import Lettering
from exempt.adapters.reading.pdfs import look
from exempt.model.address import Address
from exempt.model.certificate import ExemptionReason
from exempt.model.extract import Extract
from exempt.model.formdata import Form
from exempt.model.paper import FieldName
from exempt.model.requesting import Answers, Signature
from exempt.rules.form_definitions import shipped_book
from exempt.rules.form_sheet import canonical
from exempt.rules.pack import shipped_pack
from exempt.rules.reading import Known, read
from exempt.services.form_ports import Parties, Party, address_lines

KNOWN = Known(shipped_book(), shipped_pack())
PARTIES = Parties(
    Party("Acme Lighting Inc.", ("1 Factory Road", "Dover, DE 19901")),
    Party("Northwind Traders LLC", ("12 Main Street", "Columbus, OH 43215")),
)
STATES = {"f0003": ("US-OH", "US-WI"), "mtc": ("US-AL", "US-TX")}
TO_FILL_IN = [form for form in KNOWN.book.forms if form.can_be_filled]


def answers_for(form: Form, **changes: Any) -> Answers:
    states = STATES.get(form.key, form.jurisdictions)
    reason = changes.pop("exemption_reason", form.reasons[0] if form.reasons else "resale")
    asked = form.asks(ExemptionReason(reason))
    given = {
        "jurisdictions": states,
        "numbers": {state: f"1234567{at}" for at, state in enumerate(states)},
        "exemption_reason": reason,
        "form_kind": form.kind,
        "effective_date": "2026-03-01",
        "fields": {each.key: each.choices[0].value if each.choices else "Lamps"
                   for each in asked if not each.key.startswith("buyer_")},
    }  # fmt: skip
    return Answers.model_validate(given | changes)


def signed(answers: Answers, **changes: Any) -> Signature:
    return Signature.model_validate({
        "name": "Mary Neill", "title": "Controller", "consent": "2026-11",
        "data_sha256": hashlib.sha256(canonical(answers).encode()).hexdigest(),
        "signed_at": dt.datetime(2026, 3, 2, 14, tzinfo=dt.UTC),
        "address": "203.0.113.7", "agent": "Firefox", **changes,
    })  # fmt: skip


def printed(form: Form, answers: Answers, parties: Parties = PARTIES, **changes: Any) -> bytes:
    return print_form(form, answers, parties, signed(answers, **changes))


def text_of(paper: bytes) -> list[str]:
    pdf = pdfium.PdfDocument(paper)
    return [page.get_textpage().get_text_range() for page in pdf]


def read_back(paper: bytes) -> tuple[str | None, dict[FieldName, list[str]]]:
    said = TypeAdapter(Extract).validate_python(look(paper, max_pages=10, max_words=12_000))
    reading = read(said, KNOWN)
    found: dict[FieldName, list[str]] = {}
    for one in reading.found:
        found.setdefault(one.field, []).append(one.value)
    return reading.form, found


@pytest.mark.parametrize("form", TO_FILL_IN, ids=lambda form: form.key)
def test_every_form_is_read_back(form: Form) -> None:
    answers = answers_for(form, expiration_date="2027-03-01")
    key, found = read_back(printed(form, answers))
    assert key == form.key
    assert {field: sorted(values) for field, values in found.items()} == {
        FieldName.JURISDICTION: sorted(answers.jurisdictions),
        FieldName.BUYER_NAME: ["Northwind Traders LLC"],
        FieldName.SELLER_NAME: ["Acme Lighting Inc."],
        FieldName.NUMBER: sorted(answers.numbers.values()),
        FieldName.EXEMPTION_REASON: [answers.exemption_reason],
        FieldName.EFFECTIVE_DATE: ["2026-03-01"],
        FieldName.EXPIRATION_DATE: ["2027-03-01"],
        FieldName.SIGNED_DATE: ["2026-03-02"],
        FieldName.SIGNED_BY: ["Mary Neill"],
        FieldName.SINGLE_PURCHASE: ["no"],
    }


LETTERS = string.ascii_letters + "äéîõüßÆçñ"
words = st.text(LETTERS, min_size=2, max_size=12).map(str.capitalize)
names = st.lists(words, min_size=1, max_size=5).map(" ".join)
numbers = st.from_regex(r"[0-9]{2,4}-?[0-9]{4,8}", fullmatch=True)
days = st.dates(dt.date(2000, 1, 1), dt.date(2060, 12, 31))


@settings(max_examples=12, deadline=None)
@given(st.sampled_from(["f0003", "us_ga"]), names, numbers, days, st.booleans(),
       st.sampled_from(list(ExemptionReason)))  # fmt: skip
def test_whatever_is_filled_in_is_read_back(
    key: str, name: str, number: str, day: dt.date, single: bool, reason: ExemptionReason
) -> None:
    form = KNOWN.book.get(key)
    assert form is not None
    answers = answers_for(
        form, exemption_reason=reason, effective_date=day.isoformat(), single_use=single,
        purchase_order_number="PO-7" if single else None,
    )  # fmt: skip
    state = answers.jurisdictions[0]
    answers = answers.model_copy(update={
        "jurisdictions": (state,), "numbers": {state: number},
        "fields": {**answers.fields, "buyer_name": name},
    })  # fmt: skip
    _, found = read_back(printed(form, answers))
    assert found[FieldName.BUYER_NAME] == [" ".join(name.split())]
    assert found[FieldName.NUMBER] == [number]
    assert found[FieldName.EFFECTIVE_DATE] == [day.isoformat()]
    assert found[FieldName.EXEMPTION_REASON][0] == reason
    assert found[FieldName.SINGLE_PURCHASE] == ["yes" if single else "no"]


FORM = next(form for form in TO_FILL_IN if form.key == "f0003")


def test_the_same_input_gives_the_same_bytes() -> None:
    answers = answers_for(FORM)
    assert printed(FORM, answers) == printed(FORM, answers)
    assert printed(FORM, answers) != printed(FORM, answers, name="Anne Neill")


def test_a_page_of_evidence_follows() -> None:
    answers = answers_for(FORM)
    form, evidence = text_of(printed(FORM, answers))
    assert "page 1 of 2" in form
    assert "PREVIEW" not in form
    for fact in ("203.0.113.7", "Firefox", "2026-03-02 14:00:00 UTC", "version 2026-11"):
        assert fact in evidence
    bare = "".join(evidence.split()).replace("\ufffe", "-")  # a hyphen at a line's end
    assert hashlib.sha256(canonical(answers).encode()).hexdigest() in bare
    assert "".join(canonical(answers).split()) in bare


def test_a_preview_says_so_and_is_not_signed() -> None:
    [page] = text_of(print_form(FORM, answers_for(FORM), PARTIES, None))
    assert "PREVIEW" in page
    assert "Mary" not in page


def test_a_draft_in_which_nothing_is_filled_in_can_be_looked_at() -> None:
    [page] = text_of(print_form(FORM, Answers(), PARTIES, None))
    assert "Northwind Traders LLC" in page
    assert "under which number" not in page


def test_long_answers_go_on_to_further_pages() -> None:
    form = next(form for form in TO_FILL_IN if form.key == "mtc")
    states = tuple(sorted(rule.jurisdiction for rule in KNOWN.pack.states))[:50]
    answers = answers_for(form, jurisdictions=states, numbers={"": "1" * 60},
                          fields={"purchases": "Lamps " * 80, "buyer_name": "Long Name " * 20,
                                  "buyer_address": "Long Street\n" * 8})  # fmt: skip
    pages = text_of(printed(form, answers))
    assert len(pages) >= 3
    assert sum("Wyoming" in page for page in pages) <= 1
    assert all(f"page {number} of {len(pages)}" in page for number, page in enumerate(pages, 1))


@pytest.mark.parametrize(
    ("name", "lossy"),
    [
        pytest.param("Käthe & Søn <b>Möbel</b>", False, id="what looks like markup is none"),
        pytest.param("北京贸易", True, id="Chinese is left to fonts of the reader"),
    ],
)
def test_a_name_is_printed_as_it_is_or_it_is_said_that_it_is_not(name: str, lossy: bool) -> None:
    answers = answers_for(FORM, fields={"buyer_name": name})
    pages = text_of(printed(FORM, answers))
    assert name in pages[0]
    assert any("lacks some of its letters" in page for page in pages) == lossy


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        ("a\u0301", "á"),
        ("zero\u200bwidth", "zerowidth"),
        ("line\nbreak", "line<br/>break"),
        ("\U0001f600", "?"),
        ("Ω", '<font name="HeiseiKakuGo-W5">Ω</font>'),
        ("", ""),
    ],
)
def test_letters_that_a_font_may_lack(
    text: str, bare: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("exempt.adapters.lettering.letters", lambda: frozenset(range(32, 256)))
    assert Lettering().markup(text) == bare


def test_an_accent_that_a_font_lacks_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("exempt.adapters.lettering.letters", lambda: frozenset(range(32, 256)))
    lettering = Lettering()
    assert lettering.markup("Škoda") == "Skoda"
    assert lettering.lossy


@pytest.mark.parametrize(
    ("address", "lines"),
    [
        (None, ()),
        (Address(country="US", line1="1 A St", city="Troy", state="NY", postal_code="12180"),
         ("1 A St", "Troy, NY 12180")),
        (Address(country="CA", line1="1 A St", line2="Suite 2", city="Ottawa"),
         ("1 A St", "Suite 2", "Ottawa", "CA")),
        (Address(country="US", state="NY"), ("NY",)),
    ],
)  # fmt: skip
def test_the_lines_of_an_address(address: Address | None, lines: tuple[str, ...]) -> None:
    assert address_lines(address) == lines


def test_its_pictures_look_like_paper() -> None:
    paper = printed(FORM, answers_for(FORM))
    page = pdfium.PdfDocument(io.BytesIO(paper))[0]
    picture = page.render(scale=0.5, grayscale=True).to_pil()
    white = picture.histogram()[255] / (picture.width * picture.height)
    assert 0.6 < white < 0.97
