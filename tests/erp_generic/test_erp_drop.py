"""Statuses as CSV files in a folder: whole, once a batch, and the same batch the same file."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest

from exempt import ConfigError, Connector, ItemResult, Outcome, PushItem, PushRequest
from exempt.testing import StillContext
from exempt_erp_generic import exempt_connectors
from exempt_erp_generic.settings import ErpSettings
from peers.erp_build import item

(INFO,) = exempt_connectors()
COLUMNS = {"No": "{external_id}", "Exempt": "{exempt}", "State": "{state}", "Code": "{reason_code}"}
TEXAS = item().jurisdictions[0].model_dump()


def opened(at: Path, **changes: Any) -> Connector:
    """A connector that writes customers into ``out``."""
    drop = {"folder": "out", "columns": COLUMNS} | changes
    table = {"reasons": {"resale": "G"}, "push": {"customers": {"drop": drop}}}
    return INFO.open(ErpSettings.model_validate(table), StillContext(at))


def customer(number: int, **changes: Any) -> PushItem:
    """A customer that is exempt in Texas."""
    ordinary = {"target": "customer", "key": f"k{number}", "external_id": f"C-{number}"}
    return item(**ordinary, tax_applicable=None, certificate_number=None, **changes)


def push(at: Path, *items: PushItem, dry_run: bool = False, **changes: Any) -> list[ItemResult]:
    """The results of writing *items*."""
    request = PushRequest(items=items, dry_run=dry_run)
    return list(opened(at, **changes).push_exemption_status(request).results)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """The folder, which the ERP's people made."""
    folder = tmp_path / "out"
    folder.mkdir()
    return folder


def rows(out: Path) -> list[dict[str, str]]:
    """The rows of the only file."""
    (path,) = out.iterdir()
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_a_batch_is_a_file(out: Path) -> None:
    results = push(out.parent, customer(1), customer(2, jurisdictions=[]))
    assert [result.outcome for result in results] == [Outcome.APPLIED] * 2
    assert rows(out) == [
        {"No": "C-1", "Exempt": "true", "State": "TX", "Code": "G"},
        {"No": "C-2", "Exempt": "false", "State": "", "Code": ""},
    ]


def test_the_same_batch_again_is_the_same_file(out: Path) -> None:
    push(out.parent, customer(1), customer(2))
    results = push(out.parent, customer(1), customer(2))
    assert [result.outcome for result in results] == [Outcome.UNCHANGED] * 2
    assert len(list(out.iterdir())) == 1


def test_another_batch_is_another_file(out: Path) -> None:
    push(out.parent, customer(1))
    push(out.parent, customer(2))
    assert len(list(out.iterdir())) == 2


def test_a_row_for_each_jurisdiction_and_one_for_none(out: Path) -> None:
    both = [TEXAS, {"jurisdiction": "CA", "exempt": False}]
    wanted = (customer(1, jurisdictions=both), customer(2, jurisdictions=[]))
    push(out.parent, *wanted, rows="jurisdiction")
    assert [(row["No"], row["State"], row["Exempt"]) for row in rows(out)] == [
        ("C-1", "TX", "true"),
        ("C-1", "CA", "false"),
        ("C-2", "", "false"),
    ]


def test_a_dry_run_writes_nothing(out: Path) -> None:
    (result,) = push(out.parent, customer(1), dry_run=True)
    assert result.outcome is Outcome.APPLIED
    assert result.message.startswith("would write exempt-")
    assert list(out.iterdir()) == []


def test_one_that_cannot_be_written_costs_itself_only(out: Path) -> None:
    other = TEXAS | {"exemption_reason": "charitable"}
    results = push(out.parent, customer(1, jurisdictions=[other]), customer(2))
    assert [result.outcome for result in results] == [Outcome.REJECTED, Outcome.APPLIED]
    assert "no code for 'charitable'" in results[0].message
    assert [row["No"] for row in rows(out)] == ["C-2"]


def test_a_file_has_its_name_only_when_it_is_whole(
    out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(Exception, match="No space left") as caught:
        push(out.parent, customer(1))
    assert type(caught.value).__name__ == "TransientError"
    assert [path.suffix for path in out.iterdir()] == [".part"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        pytest.param({"folder": "elsewhere"}, "there is no folder 'elsewhere'", id="no folder"),
        pytest.param(
            {"encoding": "cp1252", "columns": COLUMNS | {"東京": "{external_id}"}},
            "cp1252 lacks a letter",
            id="letters",
        ),
    ],
)
def test_what_a_person_must_mend(out: Path, changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        push(out.parent, customer(1), **changes)


def test_a_letter_that_the_file_cannot_have_costs_its_customer_only(out: Path) -> None:
    abroad = TEXAS | {"exemption_number": "東京"}
    results = push(
        out.parent,
        customer(1, jurisdictions=[abroad]),
        customer(2),
        encoding="cp1252",
        columns=COLUMNS | {"Number": "{exemption_number}"},
    )
    assert [result.outcome for result in results] == [Outcome.REJECTED, Outcome.APPLIED]
    assert "cp1252 lacks a letter" in results[0].message
    assert [row["No"] for row in rows(out)] == ["C-2"]


def test_how_the_file_is_written(out: Path) -> None:
    columns = {"No": "{external_id}", "Note": 'a "b"; c'}
    changes: dict[str, Any] = {
        "delimiter": ";",
        "encoding": "utf-8-sig",
        "name": "{day}-{batch}.csv",
    }
    push(out.parent, customer(1), columns=columns, **changes)
    (path,) = out.iterdir()
    assert path.name.startswith("2026-11-20-")
    assert path.read_bytes() == b'\xef\xbb\xbfNo;Note\r\nC-1;"a ""b""; c"\r\n'


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        pytest.param({"name": "exempt.csv"}, "must name {batch}", id="a name for all batches"),
        pytest.param({"name": "../{batch}.csv"}, "and no folder", id="another folder"),
        pytest.param({"columns": {"State": "{state}"}}, "no column names", id="nobody"),
    ],
)
def test_what_is_no_drop(tmp_path: Path, changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        opened(tmp_path, **changes)
