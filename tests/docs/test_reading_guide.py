"""The guide of reading documents: its example is a form that is read, and what it says is so."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from exempt.adapters.papers import limits
from exempt.adapters.reading import extractor, pictures, worker
from exempt.model.formdata import Form
from exempt.model.paper import FieldName
from exempt.rules.form_definitions import form_book
from exempt.rules.form_recognition import ENOUGH
from exempt.rules.pack import shipped_pack
from exempt.rules.reading import Known, read
from exempt.wiring import Exempt
from support.words import extract, values

TEXT = (Path(__file__).parents[2] / "docs/how-to/reading-documents.md").read_text(encoding="utf-8")
SETTINGS, EXAMPLE = re.findall(r"^```toml\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize(
    "told",
    [
        f"{limits.MEMORY // 1024**2} MB and {limits.CPU_SECONDS} seconds of processor time",
        f"ended after {extractor.DEADLINE:.0f} seconds",
        f"of a PDF the first {worker.MAX_PAGES} pages",
        f"of a scan the first {pictures.OCR_PAGES}",
    ],
)
def test_what_it_says_of_limits_is_so(told: str) -> None:
    assert told in " ".join(TEXT.split())


def test_so_many_signs_are_enough() -> None:
    assert ENOUGH == 0.6
    assert "six groups of ten" in TEXT


def test_its_example_is_read(tmp_path: Path) -> None:
    (tmp_path / "exempt.toml").write_text(SETTINGS, encoding="utf-8")
    (tmp_path / "forms").mkdir()
    (tmp_path / "forms/county.toml").write_text(EXAMPLE, encoding="utf-8")
    assert Exempt(tmp_path / "exempt.toml").forms.get("cook_county") is not None
    book = form_book(shipped_pack(), {"county.toml": EXAMPLE})
    paper = "Cook County    Exemption Letter   CC-12\n\nCounty account   1234567\n"
    paper += "\n[x] Office of the county"
    reading = read(extract(paper), Known(book, shipped_pack()))
    assert reading.form == "cook_county"
    assert values(reading, FieldName.NUMBER) == ["1234567"]
    assert values(reading, FieldName.EXEMPTION_REASON) == ["local_government"]


def test_it_names_every_key_that_says_how_a_form_is_read() -> None:
    for key in ("signs", "labels", "ticks", "table", "stops", "reasons", "questions"):
        assert key in Form.model_fields
        assert f"`{key}`" in TEXT


def test_it_names_every_field() -> None:
    for field in FieldName:
        assert f"`{field}`" in TEXT
