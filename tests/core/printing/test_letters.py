"""A request on paper: what it says, and the code that leads to its link."""

from __future__ import annotations

import datetime as dt
import io

import pytest

pytest.importorskip("reportlab", reason="needs exempt[documents]")
pytest.importorskip("pypdfium2", reason="needs exempt[documents]")

import pypdfium2

from exempt.adapters.letters import print_letter
from exempt.services.letters import PaperLetter

LETTER = PaperLetter(
    company="Northwind",
    contact="tax@northwind.example",
    to=("Müller & Søn <Ltd>", "1 Main St", "Austin, TX 78701"),
    written=dt.date(2026, 11, 20),
    places=("Texas", "California"),
    endings=("New York: until March 31, 2027",),
    message="Before Friday, please.",
    link="https://exempt.example/r/" + "A" * 43,
    until=dt.date(2026, 12, 20),
)


def text_of(pdf: bytes) -> str:
    pages = pypdfium2.PdfDocument(pdf)
    return "\n".join(page.get_textpage().get_text_range() for page in pages)


def test_the_letter_says_whom_it_asks_for_what_and_where_to_answer() -> None:
    """F11."""
    said = text_of(print_letter(LETTER))
    for part in (*LETTER.to, *LETTER.places, *LETTER.endings, LETTER.message, LETTER.contact,
                 "November 20, 2026", "The link works until December 20, 2026."):  # fmt: skip
        assert part in said
    assert LETTER.link in "".join(said.split())


def test_the_same_letter_is_the_same_bytes_and_another_link_another_code() -> None:
    other = LETTER._replace(link="https://exempt.example/r/" + "B" * 43)
    assert print_letter(LETTER) == print_letter(LETTER)
    pictures = []
    for letter in (LETTER, other):
        page = pypdfium2.PdfDocument(print_letter(letter))[0]
        picture = page.render(scale=2).to_pil().convert("L")
        code = picture.crop((int(picture.width * 0.66), 0, picture.width, picture.height))
        kept = io.BytesIO()
        code.save(kept, "PNG")
        pictures.append(kept.getvalue())
    assert pictures[0] != pictures[1]


def test_a_letter_about_many_states_goes_on_on_the_next_page() -> None:
    many = LETTER._replace(places=tuple(f"State {number}" for number in range(60)))
    pdf = print_letter(many)
    first, *rest = (page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(pdf))
    assert "State 0" in first
    assert "State 59" in rest[0]
    assert "Thank you," in rest[-1]
