"""Finch's answers and the CSV of the same people give the same records."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from exempt import Address, CheckRequest, ConfigError, Employee, FetchRequest
from exempt.testing import StillContext, read_all
from exempt_hris_csv import finch
from exempt_hris_csv.connector import HrisCsv
from exempt_hris_csv.settings import HrisCsvSettings

HERE = Path(__file__).parent / "finch"
ANSWERS: dict[str, Any] = json.loads((HERE / "staff.json").read_text(encoding="utf-8"))
BODIES = {
    part: [each["body"] for each in ANSWERS[part]["responses"]]
    for part in ("individual", "employment")
}
Write = Callable[..., HrisCsv]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write(name: str, content: object, **settings: Any) -> HrisCsv:
        text = content if isinstance(content, str) else json.dumps(content)
        (tmp_path / name).write_text(text, encoding="utf-8")
        return hr(tmp_path / name, **settings)

    return write


def hr(path: Path, **settings: Any) -> HrisCsv:
    return HrisCsv(HrisCsvSettings(path=path, **settings), StillContext())


def read(hris: HrisCsv, page_size: int = 2) -> tuple[list[Employee], list[str]]:
    pages = read_all(hris.fetch_employees, page_size=page_size)
    assert not [r for page in pages for r in page.rejected]
    return (
        [e for page in pages for e in page.records],
        [gone for page in pages for gone in page.deleted],
    )


@pytest.mark.parametrize("settings", [{}, {"keep_labels": True}, {"contractors": "leave out"}])
def test_finchs_answers_and_the_csv_of_the_same_people_give_the_same(
    settings: dict[str, Any],
) -> None:
    by_csv = read(hr(HERE / "staff.csv", **settings))
    assert read(hr(HERE / "staff.json", **settings)) == by_csv
    assert len(by_csv[0]) == (5 if "contractors" in settings else 6)


def test_a_remote_workers_residence_is_kept_beside_the_location() -> None:
    employees, gone = read(hr(HERE / "staff.json"))
    remote = employees[1]
    assert remote.work_location == Address(
        country="US", state="TX", city="Austin", postal_code="78701"
    )
    assert remote.home_location == Address(
        country="US", state="CO", city="Denver", postal_code="80264"
    )
    assert gone == [ANSWERS["directory"]["individuals"][-1]["id"]], "terminated, without a last day"


def merged() -> list[dict[str, Any]]:
    by_id = {body["id"]: body for body in BODIES["individual"]}
    return [by_id[body["id"]] | body for body in BODIES["employment"]]


def test_one_individual_a_line_gives_the_same(write: Write) -> None:
    whole = read(hr(HERE / "staff.json"))
    flat = "\n".join(map(json.dumps, merged()))
    assert read(write("flat.jsonl", flat)) == whole
    parts = [
        {"individual": one, "employment": other}
        for one, other in zip(BODIES["individual"], BODIES["employment"], strict=True)
    ]
    assert read(write("parts.ndjson", "\n\n".join(map(json.dumps, parts)))) == whole


def test_lists_pages_and_batches_give_the_same(write: Write) -> None:
    whole = read(hr(HERE / "staff.json"))
    assert read(write("list.json", merged())) == whole
    batches = {
        part: [{"responses": ANSWERS[part]["responses"][at : at + 2]} for at in (0, 2, 4, 6)]
        for part in BODIES
    }
    assert read(write("batches.json", batches)) == whole


def test_the_number_of_the_hr_system_may_be_taken() -> None:
    employees, _ = read(hr(HERE / "staff.json", columns={"id": "source_id"}))
    assert [e.external_id for e in employees] == ["S-0", "S-1", "S-2", "S-3", "S-4", "S-5"]


def test_reading_goes_on_from_each_cursor(write: Write) -> None:
    for hris in (hr(HERE / "staff.json"), write("x.jsonl", "\n".join(map(json.dumps, merged())))):
        pages = read_all(hris.fetch_employees, page_size=1)
        for number, page in enumerate(pages[:-1], start=1):
            assert read_all(hris.fetch_employees, page.next_cursor, page_size=1) == pages[number:]


def test_who_has_no_answer_is_set_aside_by_name_of_the_endpoint(write: Write) -> None:
    answers = json.loads(json.dumps(ANSWERS))
    failed = answers["employment"]["responses"][0]
    failed |= {"code": 404, "body": {"code": 404, "name": "not_found", "message": "canary"}}
    del answers["individual"]["responses"][1]
    page = write("x.json", answers, complete_exports=True).fetch_employees(FetchRequest())
    ids = [each["id"] for each in ANSWERS["directory"]["individuals"]]
    assert [(r.row, r.external_id) for r in page.rejected] == [
        ("individual 1", ids[0]),
        ("individual 2", ids[1]),
    ]
    assert [r.reason for r in page.rejected] == [
        "Finch gave no answer for it in 'employment': ask again",
        "Finch gave no answer for it in 'individual': ask again",
    ]
    assert page.snapshot, "both are named"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "x.json: no JSON: "),
        ("[1]", "x.json: another shape: put Finch's answers under"),
        ('{"people": []}', "x.json: another shape: put Finch's answers under"),
        ('{"individual": {"people": []}}', "x.json: no list 'responses' in 'individual'"),
        ("[" * 100_000, "x.json: "),
        ("9" * 5000, "x.json: nested too deep, or a number is too long"),
        (b"\xff\xfe", "x.json: not UTF-8 throughout"),
    ],
)
def test_another_document_is_refused(
    write: Write, tmp_path: Path, content: str | bytes, message: str
) -> None:
    hris = write("x.json", "" if isinstance(content, bytes) else content)
    if isinstance(content, bytes):
        (tmp_path / "x.json").write_bytes(content)
    with pytest.raises(ConfigError) as caught:
        read(hris)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('{"id": "1", "residence": "TX"}', "residence.city: not a text"),
        ('{"id": "1", "start_date": ["2024-01-31"]}', "start_date: not a text"),
        ("{", "no JSON: write one individual a line"),
        pytest.param("9" * 5000, "no JSON: write one individual a line", id="5,000 digits"),
        ("[]", "no JSON: write one individual a line"),
        ('{"residence": {"state": "TX"}}', "column 'id': it is empty: give every"),
    ],
)
def test_a_bad_line_costs_only_itself(write: Write, line: str, reason: str) -> None:
    good = '{"id": "2", "residence": {"state": "TX"}}'
    page = write("x.jsonl", f"{line}\n{good}\n").fetch_employees(FetchRequest())
    assert [e.external_id for e in page.records] == ["2"]
    (rejected,) = page.rejected
    assert rejected.row == "line 1"
    assert rejected.reason.startswith(reason)


def test_a_large_document_asks_for_json_lines(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finch, "DOCUMENT_MAX", 10)
    with pytest.raises(ConfigError, match=r"write one individual a line, as \.jsonl"):
        read(write("x.json", merged()))


def test_what_is_not_needed_is_dropped_at_the_door() -> None:
    hris = hr(HERE / "staff.json")
    seen = "".join(page.model_dump_json() for page in read_all(hris.fetch_employees))
    seen += hris.check(CheckRequest()).model_dump_json()
    for canary in ("900-55-", "1977-03-11", "canary", "Ruiz", "Congress Ave", "98765"):
        assert canary in json.dumps(ANSWERS)
        assert canary not in seen
