"""Forms come with Exempt, and from a folder of one's own; documents are read by them."""

from __future__ import annotations

import importlib.util
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from exempt.errors import SettingsError
from exempt.model.paper import FieldName
from exempt.model.requesting import Answers
from exempt.rules.reading import Known, read
from exempt.services.form_ports import Parties, Party
from exempt.services.running import Ended
from exempt.wiring import Exempt
from exempt.wiring.forms import form_printer, read_documents, reader_of
from support.made_papers import FORMS, Says

OURS = """
key = "ours"
title = "Our form"
number = "OF-1"
jurisdictions = ["US-OH"]
signs = [["our form"], ["of-1"]]
source = "ourselves"
retrieved = "2026-11-01"
confidence = "high"
"""


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    path = tmp_path / "exempt.toml"
    path.write_text('[exempt]\nforms_folder = "forms"\n', encoding="utf-8")
    return path


@pytest.fixture
def exempt(settings: Path) -> Iterator[Exempt]:
    (settings.parent / "forms").mkdir()
    (settings.parent / "forms" / "ours.toml").write_text(OURS, encoding="utf-8")
    made = Exempt(settings)
    yield made
    made.close()


def test_a_folder_adds_forms_to_the_shipped_ones(exempt: Exempt) -> None:
    ours, shipped = exempt.forms.get("ours"), exempt.forms.get("f0003")
    assert ours is not None
    assert shipped is not None
    assert ours.name == "OF-1, Our form"


def test_without_a_folder_there_are_the_shipped_ones(tmp_path: Path) -> None:
    path = tmp_path / "exempt.toml"
    path.write_text("[exempt]\n", encoding="utf-8")
    assert Exempt(path).forms.get("ny_st_120") is not None


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param(None, "there is no such folder", id="no folder"),
        pytest.param(b"key =", "ours.toml: is no TOML", id="no TOML"),
        pytest.param(b"\xff", "no UTF-8", id="no text"),
        pytest.param(b"bread = 1", "ours.toml, bread: ", id="an unknown field"),
    ],
)
def test_a_mistake_names_the_setting(settings: Path, content: bytes | None, message: str) -> None:
    if content is not None:
        (settings.parent / "forms").mkdir()
        (settings.parent / "forms" / "ours.toml").write_bytes(content)
    with pytest.raises(SettingsError) as caught:
        _ = Exempt(settings).forms
    assert "exempt.toml, line 2: exempt.forms_folder: " in str(caught.value)
    assert message in str(caught.value)


def test_a_document_is_read_by_a_process_of_its_own(exempt: Exempt) -> None:
    reader = reader_of(exempt)
    assert reader is not None
    paper = FORMS["tx_01_339"](Says(numbers=(("TX", "12345678901"),)))
    said = reader.extract(io.BytesIO(paper), "application/pdf")
    found = read(said, Known(reader.book, reader.pack)).best(FieldName.NUMBER)
    assert found is not None
    assert found.value == "12345678901"


def test_what_is_filled_in_is_printed(exempt: Exempt) -> None:
    print_form = form_printer()
    form = exempt.forms.get("ours")
    assert print_form is not None
    assert form is not None
    paper = print_form(form, Answers(), Parties(Party("Acme"), Party("Northwind")), None)
    assert paper.startswith(b"%PDF")


def test_the_job_ends_when_nothing_waits(exempt: Exempt) -> None:
    assert read_documents(exempt) == Ended()


def test_without_the_extra_nothing_is_read_or_printed(
    exempt: Exempt, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nothing(_name: str) -> Any:
        return None

    monkeypatch.setattr(importlib.util, "find_spec", nothing)
    assert reader_of(exempt) is None
    assert form_printer() is None
    assert read_documents(exempt) == Ended(idle=True)
