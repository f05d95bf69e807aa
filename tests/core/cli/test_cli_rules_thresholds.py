"""What a tax manager is shown of thresholds, and how their own replace the shipped ones."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest

from exempt.cli import output, rules_check, rules_thresholds
from exempt.cli.toml import to_toml
from exempt.data.pack import FILES, THRESHOLDS, shipped_texts, shipped_thresholds_text
from exempt.errors import NotFoundError, RefusedError, SettingsError
from exempt.rules.pack import shipped_pack
from exempt.rules.thresholds import shipped_thresholds
from exempt.wiring import Exempt

TEXT = shipped_thresholds_text()


@pytest.fixture(autouse=True)
def _wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(output.console, "_width", 200)


def installed(folder: Path, on: str = "2026-11-20", **settings: str) -> Exempt:
    """Exempt in *folder*, where it is the day *on*."""
    path = folder / "exempt.toml"
    path.write_text(to_toml({"exempt": settings}), encoding="utf-8")
    moment = dt.datetime.fromisoformat(f"{on}T12:00:00+00:00")
    return Exempt(path, clock=lambda: moment)


def own(folder: Path, old: str, new: str) -> Path:
    """A folder with thresholds in which one thing is another."""
    assert old in TEXT
    folder.mkdir()
    (folder / THRESHOLDS).write_text(TEXT.replace(old, new), encoding="utf-8")
    return folder


def printed(capsys: pytest.CaptureFixture[str]) -> str:
    return " ".join(capsys.readouterr().out.split())


def answer(capsys: pytest.CaptureFixture[str]) -> Any:
    return json.loads(capsys.readouterr().out)


# --- thresholds --------------------------------------------------------------------------


def test_all_states_as_they_are_today(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rules_thresholds.show_thresholds(installed(tmp_path), None, as_json=False)
    said = printed(capsys)
    assert said.startswith(f"52 jurisdictions, version {shipped_thresholds().version} ")
    assert "TX $500,000 12 whole months, this one included or not gross high 2026-12-31" in said
    assert "AL more than $250,000 last calendar year retail, direct high" in said
    assert "NY more than $500,000 and more than 100 sales the last 4 quarters" in said
    assert "DE no sales tax – high" in said


def test_a_day_counts_by_the_version_of_that_day(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rules_thresholds.show_thresholds(installed(tmp_path, "2026-07-31"), None, as_json=False)
    assert "KY $100,000 or 200 sales" in printed(capsys)
    rules_thresholds.show_thresholds(installed(tmp_path, "2026-08-01"), None, as_json=False)
    assert "KY $100,000 this or last calendar year" in printed(capsys)


def test_one_state_shows_each_version_with_its_source_the_newest_first(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rules_thresholds.show_thresholds(installed(tmp_path), "arizona", as_json=False)
    said = printed(capsys)
    first, second, third = (
        said.index(f"Arizona {period}")
        for period in (
            "from 2021-01-01 on",
            "2020-01-01 to 2020-12-31",
            "2019-10-01 to 2019-12-31",
        )
    )
    assert first < second < third
    assert "Line more than $200,000" in said[third:]
    assert "Related companies added up Collect with the month at least 30 days later;" in said
    assert "Source state revenue department, guidance for remote sellers (A.R.S. 42-5044)" in said


def test_whoever_is_shown_when_to_collect_is_told_to_check_with_the_state(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rules_thresholds.show_thresholds(installed(tmp_path), None, as_json=True)
    rows = answer(capsys)["thresholds"]
    taxed = [row for row in rows if row["amount"]]
    assert len(taxed) == 48
    assert all(row["collecting"].endswith("; check with the state") for row in taxed)
    confirmed = {row["jurisdiction"] for row in taxed if "not confirmed" not in row["collecting"]}
    assert confirmed == {
        f"US-{state}" for state in ("AK", "AL", "AZ", "CA", "CO", "CT", "FL", "PA", "TX")
    }


def test_a_state_without_sales_tax_shows_no_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rules_thresholds.show_thresholds(installed(tmp_path), "OR", as_json=False)
    said = printed(capsys)
    assert "Line no sales tax Note There is no sales tax" in said
    assert "Collect" not in said


@pytest.mark.parametrize(
    ("state", "said"),
    [
        pytest.param("XX", "XX: there is no such state", id="no state"),
        pytest.param("GU", "Guam: no threshold is known", id="a state of which nothing is known"),
    ],
)
def test_an_unknown_state_is_refused(tmp_path: Path, state: str, said: str) -> None:
    with pytest.raises(NotFoundError, match=said):
        rules_thresholds.show_thresholds(installed(tmp_path), state, as_json=False)


def test_what_is_past_its_review_is_marked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rules_thresholds.show_thresholds(installed(tmp_path, "2027-01-01"), "TX", as_json=False)
    assert "Review by 2026-12-31 overdue" in printed(capsys)


# --- check -------------------------------------------------------------------------------


def test_the_shipped_thresholds_are_to_be_looked_at_again_each_december(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert rules_check.check(installed(tmp_path, "2026-12-31"), None, as_json=False) == 0
    said = printed(capsys)
    assert f"Thresholds of nexus: 72 rows, version {shipped_thresholds().version}" in said
    assert "WA threshold from 2018-10-01 2026-10-01 not found in any publication" in said
    assert rules_check.check(installed(tmp_path, "2027-01-01"), None, as_json=False) == 1
    said = printed(capsys)
    assert "TX threshold from 2019-10-01 2026-12-31 1 high state revenue department" in said
    assert said.endswith("72 rows past review: hold each against its source.")


def test_states_that_a_table_leaves_out_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    texas = next(line for line in TEXT.splitlines() if line.startswith("US-TX"))
    folder = own(tmp_path / "own", f"{texas}\n", "")
    assert rules_check.check(installed(tmp_path), folder, as_json=False) == 0
    assert "No threshold for Texas" in printed(capsys)


def test_mistakes_of_the_pack_and_of_thresholds_are_named_together(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = own(tmp_path / "own", ",2019-10-01,2019-12-31,200000,", ",2019-10-01,,200000,")
    for name in FILES:
        text = shipped_texts()[name].replace(",high,", ",sure,", 1)
        (folder / name).write_text(text, encoding="utf-8")
    assert rules_check.check(installed(tmp_path), folder, as_json=True) == 1
    assert [each.split(",")[0] for each in answer(capsys)["refused"]] == [
        f"{folder}/{name}" for name in (*FILES, THRESHOLDS)
    ]


# --- a folder of one's own ---------------------------------------------------------------


def test_the_thresholds_of_the_folder_count_in_place_of_the_shipped_ones(tmp_path: Path) -> None:
    own(tmp_path / "own", "US-FL,2021-07-01,,100000,", "US-FL,2021-07-01,,75000,")
    exempt = installed(tmp_path, rules_folder="own")
    florida = exempt.policy.nexus.thresholds.on("US-FL", dt.date(2026, 11, 20))
    assert florida is not None
    assert florida.amount == 75000
    assert exempt.rules is shipped_pack()


def test_a_folder_with_a_pack_alone_leaves_the_shipped_thresholds(tmp_path: Path) -> None:
    rules_check.copy_shipped(tmp_path / "own")
    assert installed(tmp_path, rules_folder="own").thresholds is shipped_thresholds()


def test_thresholds_that_are_wrong_are_an_error_of_the_settings(tmp_path: Path) -> None:
    own(tmp_path / "own", "US-FL,2021-07-01,,100000,", "US-FL,2021-07-01,,much,")
    line = 1 + next(n for n, row in enumerate(TEXT.splitlines()) if row.startswith("US-FL"))
    with pytest.raises(SettingsError) as caught:
        installed(tmp_path, rules_folder="own").policy  # noqa: B018
    assert (
        str(caught.value)
        .splitlines()[1]
        .startswith(f"{tmp_path}/own/{THRESHOLDS}, line {line}, column amount: ")
    )


def test_the_shipped_thresholds_can_be_copied_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "own"
    rules_check.copy_shipped(folder, thresholds=True)
    assert printed(capsys).startswith(f"Made {THRESHOLDS} in ")
    assert [path.name for path in folder.iterdir()] == [THRESHOLDS]
    assert (folder / THRESHOLDS).read_text(encoding="utf-8") == TEXT
    with pytest.raises(RefusedError, match="is there already"):
        rules_check.copy_shipped(folder, thresholds=True)
