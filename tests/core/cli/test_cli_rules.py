"""What a tax manager is shown of the states' rules, and which of them need a second look."""

from __future__ import annotations

import datetime as dt
import functools
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from exempt.cli import output, rules, rules_check
from exempt.cli.toml import to_toml
from exempt.data.pack import FILES, THRESHOLDS, shipped_texts, shipped_thresholds_text
from exempt.errors import NotFoundError, RefusedError, SettingsError
from exempt.model.rulesdata import RulesPack
from exempt.model.terms import ValidityKind
from exempt.rules.pack import read_pack, shipped_pack
from exempt.rules.thresholds import Thresholds, read_thresholds
from exempt.wiring import Exempt
from exempt.wiring.rules import open_pack
from support.rules_records import state_rule

TEXTS = shipped_texts()


LATER = shipped_thresholds_text().replace(",2026-12-31,", ",2029-12-31,")
"""The shipped thresholds, as they may be used for long."""


class Installed(Exempt):
    """An installation that has its rules from the settings, and thresholds that are reviewed."""

    @functools.cached_property
    def rules(self) -> RulesPack:
        return open_pack(self.settings, lambda: self.catalogue)

    @functools.cached_property
    def thresholds(self) -> Thresholds:
        return read_thresholds(LATER, "reviewed")


@pytest.fixture(autouse=True)
def _wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(output.console, "_width", 200)


def installed(folder: Path, on: str = "2026-11-20", **settings: str) -> Exempt:
    """Exempt in *folder*, where it is the day *on*."""
    path = folder / "exempt.toml"
    path.write_text(to_toml({"exempt": settings}), encoding="utf-8")
    moment = dt.datetime.fromisoformat(f"{on}T12:00:00+00:00")
    return Installed(path, clock=lambda: moment)


def written(folder: Path, **texts: str) -> Path:
    """The shipped pack in *folder*, but for *texts*: ``states="…"``."""
    folder.mkdir(exist_ok=True)
    for name in FILES:
        text = texts.get(name.removesuffix(".csv"), TEXTS[name])
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def printed(capsys: pytest.CaptureFixture[str]) -> str:
    return " ".join(capsys.readouterr().out.split())


def answer(capsys: pytest.CaptureFixture[str]) -> Any:
    return json.loads(capsys.readouterr().out)


# --- list --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "value", "words"),
    [
        ("no_expiration", "", "no end"),
        ("no_expiration", "5y", "no end; a new one is advised after 5 years"),
        ("until_revoked", "", "until revoked"),
        ("until_change", "3y",
         "until the buyer's business changes; a new one is advised after 3 years"),
        ("until_cancelled", "", "until the buyer cancels it"),
        ("until_account_closed", "", "until the buyer's account is closed"),
        ("recurring_12m", "", "while sales are at most 12 months apart"),
        ("fixed_years", "1y", "1 year"),
        ("fixed_years", "18m", "18 months"),
        ("fixed_years", "1y/3y", "1 year as a rule, at most 3 years"),
        ("fixed_years_unless_recurring", "4y", "4 years, longer while sales recur"),
        ("review_years", "2y", "no end; a new one is advised after 2 years"),
        ("annual_dec31", "12-31", "until 31 December of its year"),
        ("license_linked", "", "as long as the buyer's licence"),
        ("license_linked", "3y", "as long as the buyer's licence, usually 3 years"),
        ("license_linked", "12-31",
         "as long as the buyer's licence, usually until 31 December"),
        ("license_linked", "12-31/odd",
         "as long as the buyer's licence, usually until 31 December of an odd year"),
        ("printed", "48m", "until the date printed on it, at most 4 years"),
        ("printed_dec31", "3y/5y",
         "until the 31 December printed on it, 3 years as a rule, at most 5 years"),
        ("period_on_form", "12m/48m",
         "the period written on it, 1 year as a rule, at most 4 years"),
        ("permit_copy", "", "one sale: each needs a copy of the permit"),
        ("no_sales_tax", "", "no sales tax"),
        ("unknown", "", "not known"),
    ],
)  # fmt: skip
def test_how_long_a_certificate_lasts_in_words(kind: str, value: str, words: str) -> None:
    assert rules.lasts(state_rule(kind, value)) == words


def test_there_are_words_for_every_kind() -> None:
    assert set(rules._LASTS) == set(ValidityKind)
    for rule in shipped_pack().states:
        assert "0 y" not in rules.lasts(rule)


@pytest.mark.parametrize(
    "row",
    [
        pytest.param("AK until 31 December of its year – MTC, blanket high 2027-10-01 2026-10-01",
                     id="no form of the state's own"),
        pytest.param("GA no end ST-5 MTC, SST, home state (limited), blanket high 2027-10-01",
                     id="in narrow cases"),
        pytest.param("MT no sales tax – – high 2027-08-01 2026-08-01", id="never asked"),
        pytest.param("PR not known SC 2916 MTC?, SST?, home state?, blanket? low 2027-10-01",
                     id="not known"),
    ],
)  # fmt: skip
def test_the_list_has_a_row_for_each_state(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], row: str
) -> None:
    rules.show_list(installed(tmp_path), None, as_json=False)
    said = printed(capsys)
    assert said.startswith(f"52 jurisdictions, version {shipped_pack().version}")
    assert row in said


def test_the_list_marks_what_is_overdue(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rules.show_list(installed(tmp_path, "2027-08-02"), None, as_json=False)
    assert printed(capsys).count("(overdue)") == 3


@pytest.mark.parametrize("state", ["TX", "us-tx", "Texas"])
def test_one_state_is_shown_in_full(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], state: str
) -> None:
    rules.show_list(installed(tmp_path, "2027-10-02"), state, as_json=False)
    said = printed(capsys)
    for part in (
        "Texas US-TX",
        "A certificate lasts until revoked",
        "Form 01-339, Texas Sales and Use Tax Resale Certificate",
        "Who makes it the buyer fills it in",
        "Streamlined Sales Tax not a member",
        "MTC form taken yes: see footnote 29 of the form",
        "Home-state number taken yes: Mexican buyers give their RFC",
        r"Number Texas sales tax permit number: 11 digits Pattern of the number \d{11}",
        "Look it up at https://comptroller.texas.gov/taxes/permit/search",
        "Cure after a sale not found",
        "Keep it for 4 years",
        "Note Ends only by a revocation in writing.",
        "Confidence medium As of 2026-10-01 Review by 2027-10-01 (overdue)",
        "Source state revenue department, form 01-339",
    ):
        assert part in said
    assert "If it has expired" not in said


@pytest.mark.parametrize(
    ("state", "part"),
    [
        ("DC", "If it has expired no protection, not even for sales before its end"),
        ("AR", "Cure after a sale 90 days Cure when audited 120 days"),
        ("AL", "Form Alabama Sales Tax License Who makes it the state issues it"),
        ("MT", "Form none prescribed Who makes it not found"),
        ("MT", "MTC form taken not needed"),
        ("VA", "MTC form taken in narrow cases: by rulings of the tax commissioner"),
        ("TN", "Streamlined Sales Tax associate member"),
        ("PR", "SST form taken not known"),
        ("AK", "Keep it for 3 years Note The reseller certificate"),
    ],
)
def test_what_is_particular_to_a_state(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], state: str, part: str
) -> None:
    rules.show_list(installed(tmp_path), state, as_json=False)
    assert part in printed(capsys)


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("Guam", "Guam: the pack has no rule for it: see exempt rules list"),
        ("ZZ", "ZZ: there is no such state: write its two letters or its name"),
    ],
)
def test_a_state_that_is_not_there(tmp_path: Path, state: str, said: str) -> None:
    with pytest.raises(NotFoundError) as caught:
        rules.show_list(installed(tmp_path), state, as_json=False)
    assert str(caught.value) == said


def test_scripts_get_every_column(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rules.show_list(installed(tmp_path), None, as_json=True)
    everything = answer(capsys)
    assert everything["version"] == shipped_pack().version
    assert len(everything["states"]) == 52
    rules.show_list(installed(tmp_path), "TX", as_json=True)
    (texas,) = answer(capsys)["states"]
    assert texas in everything["states"]
    assert (texas["lasts"], texas["review_by"], texas["retention_years"]) == (
        "until revoked",
        "2027-10-01",
        "4",
    )


# --- check -------------------------------------------------------------------------------


def test_nothing_is_overdue(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert rules_check.check(installed(tmp_path, "2027-08-01"), None, as_json=False) == 0
    said = printed(capsys)
    assert said.startswith(f"Pack exempt (the shipped one), version {shipped_pack().version} ")
    assert "Rows: 52 jurisdictions, 17 reasons" in said
    assert "No rule for Armed Forces Americas, " in said
    assert "Guam" in said
    assert "Of low confidence Row As of Source" in said
    assert "PR 2026-10-01 general knowledge" in said
    assert said.endswith("No row is past its review date.")


def test_what_is_overdue_comes_the_longest_first(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert rules_check.check(installed(tmp_path, "2027-10-02"), None, as_json=False) == 1
    said = printed(capsys)
    assert "DE 2027-08-01 62 high Sales Tax Institute state chart, as of 2026-08-01 MT" in said
    assert said.index("DE 2027-08-01") < said.index("AK 2027-10-01 1 high")
    assert said.endswith("52 rows past review: hold each against its source.")


def test_a_check_for_scripts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert rules_check.check(installed(tmp_path, "2027-08-02"), None, as_json=True) == 1
    found = answer(capsys)
    assert found["rows"] == {"states": 52, "reasons": 17, "thresholds": 72}
    assert [row["row"] for row in found["overdue"]] == ["US-DE", "US-MT", "US-NH"]
    assert found["overdue"][0] == {
        "row": "US-DE",
        "source": "Sales Tax Institute state chart, as of 2026-08-01",
        "as_of": "2026-08-01",
        "review_by": "2027-08-01",
        "confidence": "high",
    }
    assert [row["row"] for row in found["low_confidence"]] == [
        "US-PR",
        "US-OK from 2018-07-01",
        "US-WA from 2018-10-01",
    ]
    assert found["without_threshold"] == []
    assert "US-GU" in found["without_rule"]


@pytest.mark.parametrize(
    ("settings", "name"),
    [
        pytest.param({}, "exempt (the shipped one)", id="shipped"),
        pytest.param({"rules_folder": "own"}, "own", id="in a folder"),
    ],
)
def test_the_check_names_the_pack_in_use(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    settings: Mapping[str, str],
    name: str,
) -> None:
    written(tmp_path / "own")
    rules_check.check(installed(tmp_path, **settings), None, as_json=True)
    assert answer(capsys)["pack"] == name


def test_a_pack_in_a_folder_is_checked_before_it_is_used(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    later = TEXTS["states.csv"].replace("2027-08-01", "2028-08-01")
    folder = written(tmp_path / "next", states=later)
    (folder / THRESHOLDS).write_text(LATER, encoding="utf-8")
    exempt = installed(tmp_path, "2027-08-02")
    assert rules_check.check(exempt, folder, as_json=False) == 0
    version = read_pack({**TEXTS, "states.csv": later}, "").version
    assert f"Pack {folder}, version {version}" in printed(capsys)
    assert rules_check.check(exempt, None, as_json=False) == 1


def test_every_mistake_in_a_folder_is_a_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    states = TEXTS["states.csv"].replace(",high,", ",sure,", 2)
    folder = written(tmp_path / "next", states=states)
    exempt = installed(tmp_path)
    assert rules_check.check(exempt, folder, as_json=False) == 1
    first, second, last = capsys.readouterr().out.splitlines()
    assert first.startswith(f"{folder}/states.csv, line 2, column confidence: 'sure' is not known")
    assert second.startswith(f"{folder}/states.csv, line 3, column confidence: ")
    assert last == f"{folder} is refused: 2 mistakes."
    assert rules_check.check(exempt, folder, as_json=True) == 1
    assert answer(capsys) == {"pack": str(folder), "refused": [first, second]}


def test_a_folder_without_a_pack_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert rules_check.check(installed(tmp_path), tmp_path, as_json=False) == 1
    assert "states.csv: there is no such file" in capsys.readouterr().out


def test_the_pack_in_use_that_is_refused_is_an_error_of_the_settings(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"line 3: exempt\.rules_folder: the pack of"):
        rules_check.check(installed(tmp_path, rules_folder="nowhere"), None, as_json=False)


# --- copy --------------------------------------------------------------------------------


def test_the_shipped_pack_can_be_copied_to_be_changed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "deep" / "rules"
    rules_check.copy_shipped(folder)
    assert printed(capsys).startswith("Made states.csv and reasons.csv in ")
    assert {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()} == TEXTS


def test_a_copy_never_replaces_work_of_others(tmp_path: Path) -> None:
    (tmp_path / "reasons.csv").write_text("mine")
    with pytest.raises(RefusedError, match=r"reasons\.csv: is there already: name another folder"):
        rules_check.copy_shipped(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["reasons.csv"]
