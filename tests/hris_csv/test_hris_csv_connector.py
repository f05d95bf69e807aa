from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from exempt import CheckRequest, ConfigError, FetchRequest, TransientError
from exempt.testing import StillContext, read_all, records
from exempt.testing.sample import WORKERS
from exempt_hris_csv import exempt_connectors
from exempt_hris_csv.columns import Column
from exempt_hris_csv.connector import HrisCsv
from exempt_hris_csv.dates import FORMATS
from exempt_hris_csv.sandbox import PERSONAL, serve
from exempt_hris_csv.settings import HrisCsvSettings

Connect = Callable[..., HrisCsv]

(INFO,) = exempt_connectors()


def test_check_says_which_columns_are_understood(connect: Connect) -> None:
    result = connect("Employee #,SSN,State\n1,2,TX\n").check(CheckRequest())
    assert result.account == "employees.csv: 1 employees; id = 'Employee #', home_state = 'State'"
    assert result.problems == ()


def test_check_counts_what_a_person_should_mend(connect: Connect) -> None:
    result = connect("ID,State\n1,TX\n2,??\n3,\n").check(CheckRequest())
    assert [(p.severity, p.code) for p in result.problems] == [
        ("warning", "rejected_rows"),
        ("warning", "no_place"),
    ]
    assert result.problems[0].message.startswith("rows set aside: 1; line 3: column 'State'")
    assert all(p.help for p in result.problems)


@pytest.mark.parametrize(
    ("content", "chosen", "message"),
    [
        pytest.param(None, {}, "employees.csv: no such file in", id="no file"),
        pytest.param("", {}, "employees.csv: the file is empty", id="an empty file"),
        pytest.param("\n\n", {}, "employees.csv: the file is empty", id="blank lines only"),
        pytest.param("State\nTX\n", {}, "employees.csv: id: no column", id="no number"),
        pytest.param(None, {"path": "."}, "no export in the folder", id="an empty folder"),
        pytest.param(None, {"path": "*.csv"}, "no file fits *.csv", id="a pattern of nothing"),
        pytest.param(
            "ID,State\n1,TX\n".encode("utf-16") + b"x",
            {},
            "employees.csv: not auto throughout: save it as UTF-8",
            id="half a character",
        ),
        pytest.param(
            '"ID,State\n', {}, "employees.csv: id: no column", id="a quote without an end"
        ),
    ],
)
def test_what_a_person_must_mend_is_told_by_check_and_stops_reading(
    connect: Connect, content: str | None, chosen: dict[str, Any], message: str
) -> None:
    hris = connect(content, **chosen)
    (problem,) = hris.check(CheckRequest()).problems
    assert message in problem.message
    with pytest.raises(ConfigError, match=r"mend|export|save|put it|name the column"):
        read_all(hris.fetch_employees)


def test_a_disk_that_fails_is_a_matter_of_time(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    hris = connect("ID,State\n1,TX\n")

    def fail(*_: object, **__: object) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(Path, "open", fail)
    with pytest.raises(
        TransientError, match=r"employees.csv: could not be read: Input/output error"
    ):
        hris.fetch_employees(FetchRequest())


@pytest.mark.parametrize(
    ("chosen", "place"),
    [
        ({"columns": {"salary": "Pay"}}, "columns.salary"),
        ({"encoding": "klingon"}, "encoding"),
        ({"delimiter": "::"}, "delimiter"),
        ({"date_formats": []}, "date_formats"),
        ({"date_formats": ["MM/DD/YYYY"]}, "date_formats.0"),
        ({"locations": {"HQ": {"country": "US", "state": "Lone Star"}}}, "locations.HQ.state"),
        ({"surprise": 1}, "surprise"),
    ],
)
def test_wrong_settings_are_named_by_their_place(chosen: dict[str, Any], place: str) -> None:
    with pytest.raises(ValidationError) as caught:
        HrisCsvSettings.model_validate({"path": "x.csv", **chosen})
    first = caught.value.errors()[0]
    assert ".".join(map(str, first["loc"])).removesuffix(".[key]") == place


def test_an_absolute_path_stands_for_itself(tmp_path: Path) -> None:
    (tmp_path / "elsewhere.csv").write_text("ID,State\n1,TX\n")
    settings = HrisCsvSettings(path=tmp_path / "elsewhere.csv")
    hris = INFO.open(settings, StillContext(tmp_path / "not here"))
    assert len(records(read_all(hris.fetch_employees))) == 1


def test_the_sandbox_shows_the_sample_company(tmp_path: Path) -> None:
    assert INFO.sandbox
    with INFO.sandbox(tmp_path) as sandbox:
        hris = INFO.open(INFO.settings.model_validate(sandbox.settings), StillContext())
        pages = read_all(hris.fetch_employees, page_size=2)
        assert hris.check(CheckRequest()).problems == ()
    assert [
        (
            e.external_id,
            e.work_location and e.work_location.state,
            e.home_location and (e.home_location.state, e.home_location.postal_code),
            e.start_date,
            e.end_date,
        )
        for e in records(pages)
    ] == [
        (w.number, w.work.state, (w.home.state, w.home.postal_code), w.hired, w.left)
        for w in WORKERS
    ]
    kept = "".join(page.model_dump_json() for page in pages)
    assert not [w.name for w in WORKERS if w.name in kept]
    assert not [text for text in PERSONAL.values() if text in kept]


def test_the_sandbox_multiplies_its_employees(tmp_path: Path) -> None:
    with serve(tmp_path, copies=50) as sandbox:
        hris = INFO.open(HrisCsvSettings.model_validate(sandbox.settings), StillContext())
        found = records(read_all(hris.fetch_employees))
    assert len({e.external_id for e in found}) == 50 * len(WORKERS)
    assert found[-1].end_date == dt.date(2025, 6, 30)


def test_the_connector_declares_itself() -> None:
    assert (INFO.name, INFO.settings, INFO.requires_spec) == (
        "hris_csv",
        HrisCsvSettings,
        ">=1.0,<2",
    )
    assert all(field.description for field in HrisCsvSettings.model_fields.values())


README = (Path(__file__).parents[2] / "plugins/hris_csv/README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("key", HrisCsvSettings.model_fields)
def test_the_guide_explains_every_setting_with_its_default(key: str) -> None:
    row = re.search(rf"^\| `{key}` \| ([^|]+) \| .{{20,}} \|$", README, re.MULTILINE)
    assert row
    default = HrisCsvSettings.model_fields[key].get_default(call_default_factory=True)
    if key == "path":
        assert row[1] == "–"
    elif key != "date_formats":
        assert json.loads(row[1].strip("`")) == default


def test_the_guide_names_the_forms_of_dates_in_their_order() -> None:
    assert ", ".join(f"`{form}`" for form in FORMATS) in README


@pytest.mark.parametrize("column", Column)
def test_the_guide_names_every_column(column: Column) -> None:
    assert f"`{column}`" in README or f"`_{column.partition('_')[2]}`" in README
