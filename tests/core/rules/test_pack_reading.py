"""Packs of rules: the shipped one, one in a folder, and what is refused."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exempt.data.pack import FILES, shipped_texts, texts_in
from exempt.errors import SettingsError
from exempt.model.certificate import ExemptionReason
from exempt.rules.pack import read_pack, shipped_pack, stale

TEXTS = shipped_texts()
TEXAS = next(line for line in TEXTS["states.csv"].splitlines() if line.startswith("US-TX,"))
TEXAS_LINE = 1 + TEXTS["states.csv"].splitlines().index(TEXAS)


def pack_with(states: str | None = None, reasons: str | None = None) -> dict[str, str]:
    return {
        "states.csv": TEXTS["states.csv"] if states is None else states,
        "reasons.csv": TEXTS["reasons.csv"] if reasons is None else reasons,
    }


def refused(texts: dict[str, str]) -> str:
    with pytest.raises(SettingsError) as caught:
        read_pack(texts, "rules")
    return str(caught.value)


def texas(*changes: tuple[str, str]) -> dict[str, str]:
    """The shipped pack, with the row of Texas changed."""
    row = TEXAS
    for old, new in changes:
        assert old in row
        row = row.replace(old, new)
    return pack_with(TEXTS["states.csv"].replace(TEXAS, row))


SOURCE = TEXAS[TEXAS.index('"state revenue') :]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        pytest.param((SOURCE, ""), "column source: is empty: name the publication",
                     id="a row without a source"),
        pytest.param((SOURCE, "   "), "column source: is empty: name the publication",
                     id="a source of spaces"),
        pytest.param((",2026-10-01,", ",,"),
                     "column as_of: is empty: write the day of the source as YYYY-MM-DD",
                     id="a row without a date"),
        pytest.param((",2027-10-01,", ",,"),
                     "column review_by: is empty: write the day by which to look again as"
                     " YYYY-MM-DD", id="a row without a date of review"),
        pytest.param((",medium,", ",,"),
                     "column confidence: is empty: write high, medium or low",
                     id="a row that does not say how certain it is"),
        pytest.param((",medium,", ",sure,"),
                     "column confidence: 'sure' is not known: write 'high', 'medium' or 'low'",
                     id="an unknown certainty"),
        pytest.param((",2027-10-01,", ",2026-10-01,"),
                     "column review_by: must lie after as_of, 2026-10-01: a year later is usual",
                     id="a review on the day of the source"),
        pytest.param((",2026-10-01,", ",10/01/2026,"),
                     "column as_of: write a date as YYYY-MM-DD", id="a date in another form"),
        pytest.param((",until_revoked,,", ",,,"), "column validity_kind: is empty: fill it in",
                     id="no kind"),
        pytest.param((",until_revoked,,", ",forever,,"),
                     "column validity_kind: 'forever' is not known: write 'no_expiration', ",
                     id="an unknown kind"),
        pytest.param((",until_revoked,,", ",fixed_years,,"),
                     "column validity_value: the kind fixed_years takes a span such as 3y or 12m"
                     " here", id="a kind without its span"),
        pytest.param((",until_revoked,,", ",until_revoked,12-31,"),
                     "column validity_value: the kind until_revoked takes nothing or a span such as"
                     " 3y or 12m here", id="a kind with what it cannot have"),
        pytest.param((",until_revoked,,", ",fixed_years,3 years,"),
                     "column validity_value: write a span as 3y, 12m or 12m/48m, a year's end as"
                     " 12-31 or 12-31/odd", id="a span in other words"),
        pytest.param((r"\d{11}", r"(\d{11}"),
                     "column id_pattern: does not compile as a regular expression: missing ),"
                     " unterminated subpattern at position 0", id="a broken pattern"),
        pytest.param(("https://", "http://"),
                     "column verify_url: write the whole address, beginning with https://",
                     id="an address without encryption"),
        pytest.param(("US-TX", "US-ZZ"),
                     "column jurisdiction: unknown state in country 'US': use a two-letter code"
                     " such as 'TX'", id="an unknown state"),
        pytest.param((",purchaser,none,", ",buyer,none,"),
                     "column issuer: 'buyer' is not known: write 'state' or 'purchaser'",
                     id="an unknown issuer"),
        pytest.param((",,,4,", ",,,4.3,"), "column retention_years: ", id="a third of a year"),
        pytest.param((",,,4,", ",,-1,4,"), "column audit_cure_days: ", id="days below nothing"),
        pytest.param((SOURCE, SOURCE + ",x"), ": more cells than titles: quote a text with commas",
                     id="a cell too many"),
    ],
)  # fmt: skip
def test_a_row_is_refused(change: tuple[str, str], said: str) -> None:
    found = refused(texas(change))
    assert found.startswith(f"rules/states.csv, line {TEXAS_LINE}")
    assert said in found
    assert len(found.splitlines()) == 1


def test_a_file_that_is_no_csv_is_refused_where_its_row_begins() -> None:
    found = refused(pack_with(TEXTS["states.csv"].replace(TEXAS, f'{TEXAS[:-1]}"x')))
    assert found == (
        f"rules/states.csv, line {TEXAS_LINE}: is no CSV: ',' expected after '\"': look for a"
        " quote too many"
    )


def test_a_row_that_comes_twice_is_refused_with_both_lines() -> None:
    states = TEXTS["states.csv"] + TEXAS.replace("US-TX", "texas") + "\n"
    assert refused(pack_with(states)) == (
        f"rules/states.csv, line 54, column jurisdiction: US-TX has line {TEXAS_LINE} already:"
        " keep one"
    )


def test_every_mistake_is_named_at_once() -> None:
    texts = texas((SOURCE, ""), (",medium,", ",,"))
    texts["reasons.csv"] = texts["reasons.csv"].replace(",wholesale,", ",retail,")
    assert refused(texts).splitlines() == [
        f"rules/states.csv, line {TEXAS_LINE}, column source: is empty: name the publication",
        (
            f"rules/states.csv, line {TEXAS_LINE}, column confidence: is empty:"
            " write high, medium or low"
        ),
        (
            "rules/reasons.csv, line 10, column taxjar_exemption_type: 'retail' is not known: write"
            " 'wholesale', 'government', 'other' or 'non_exempt'"
        ),
    ]


def retitled(old: str, new: str) -> Callable[[str], str]:
    return lambda text: text.replace(old, new, 1)


@pytest.mark.parametrize(
    ("name", "change", "said"),
    [
        pytest.param("states.csv", retitled("validity_kind", "validity_kinds"),
                     [("rules/states.csv, line 1, column 'validity_kinds': there is no such column:"
                      " did you mean validity_kind?"),
                      "rules/states.csv, line 1: the column validity_kind is missing: add it"],
                     id="a misspelt title"),
        pytest.param("states.csv", retitled(",note,", ",colour,"),
                     [("rules/states.csv, line 1, column 'colour': there is no such column:"
                      " remove it")],
                     id="a title that resembles none"),
        pytest.param("states.csv", retitled(",note,", ",form_number,"),
                     ["rules/states.csv, line 1, column form_number: stands there twice: keep one"],
                     id="a title that stands there twice"),
        pytest.param("reasons.csv", lambda _: "",
                     [f"rules/reasons.csv, line 1: the column {name} is missing: add it"
                      for name in ("as_of", "avatax_entity_use", "confidence", "exemption_reason",
                                   "review_by", "source", "sst_letter", "sst_revision",
                                   "sst_scheme", "stripe_tax_exempt", "taxjar_exemption_type",
                                   "title")],
                     id="an empty file"),
        pytest.param("reasons.csv", lambda text: "".join(
                         line for line in text.splitlines(keepends=True)
                         if not line.startswith(("tribal,", "other,"))),
                     ["rules/reasons.csv: no row for other: add one",
                      "rules/reasons.csv: no row for tribal: add one"],
                     id="reasons that are left out"),
        pytest.param("reasons.csv", retitled("resale,Resale,", "resell,Resale,"),
                     [("rules/reasons.csv, line 10, column exemption_reason: 'resell' is not known:"
                      " write 'federal_government', 'state_government', 'local_government',"
                      " 'tribal', 'foreign_diplomat', 'charitable', 'religious', 'educational',"
                      " 'resale', 'agriculture', 'manufacturing', 'direct_pay', 'direct_mail',"
                      " 'aquaculture', 'fishery', 'nonresident' or 'other'")],
                     id="an unknown reason is one mistake, not one more that is left out"),
    ],
)  # fmt: skip
def test_a_table_is_refused(name: str, change: Callable[[str], str], said: list[str]) -> None:
    texts = {**TEXTS, name: change(TEXTS[name])}
    assert refused(texts).splitlines() == said


def test_the_shipped_pack_is_read_once_and_whole() -> None:
    pack = shipped_pack()
    assert pack is shipped_pack()
    assert len(pack.states) == 52
    assert [row.exemption_reason for row in pack.reasons] == list(ExemptionReason)
    assert pack == read_pack(TEXTS, "anywhere")


def test_a_pack_finds_its_rows() -> None:
    pack = shipped_pack()
    texas_rule = pack.state("US-TX")
    assert texas_rule is not None
    assert texas_rule.form_number == "01-339"
    assert pack.state("US-GU") is None
    assert pack.reason(ExemptionReason.RESALE).title == "Resale"


def test_optional_columns_may_be_left_out() -> None:
    [head, *rows] = TEXTS["states.csv"].splitlines()
    titles = [title for title in head.split(",") if title != "expired_is_bad_faith"]
    at = head.split(",").index("mtc_condition")
    assert titles[at] == "mtc_condition"
    delaware = next(row for row in rows if row.startswith("US-DE,"))
    cells = delaware.replace('"There is no sales tax, so no certificate is needed."', "None.")
    dropped = cells.split(",")
    del dropped[head.split(",").index("expired_is_bad_faith")]
    pack = read_pack(pack_with(",".join(titles) + "\n" + ",".join(dropped) + "\n"), "rules")
    assert [rule.jurisdiction for rule in pack.states] == ["US-DE"]
    assert pack.states[0].expired_is_bad_faith is False


def test_the_version_begins_with_the_newest_row_and_changes_with_every_letter() -> None:
    version = shipped_pack().version
    assert version.startswith("2026-11-22+")
    assert len(version) == len("2026-11-22+01234567")
    changed = read_pack(texas(("Texas Sales", "Texas sales")), "rules").version
    assert changed.startswith("2026-11-22+")
    assert changed != version
    turned = dict(reversed(TEXTS.items()))
    assert read_pack(turned, "rules").version == version
    newer = TEXTS["states.csv"].replace("2026-10-01,2027-10-01", "2026-12-01,2027-12-01", 1)
    assert read_pack(pack_with(newer), "rules").version.startswith("2026-12-01+")


@pytest.mark.parametrize(
    ("on", "keys"),
    [
        pytest.param("2027-08-01", [], id="the day of review itself is not past"),
        pytest.param("2027-08-02", ["US-DE", "US-MT", "US-NH"], id="the day after it is"),
    ],
)
def test_rows_past_their_review_are_listed(on: str, keys: list[str]) -> None:
    assert [row.key for row in stale(shipped_pack(), dt.date.fromisoformat(on))] == keys


def test_the_longest_overdue_comes_first_and_reasons_are_among_them() -> None:
    found = stale(shipped_pack(), dt.date(2027, 11, 23))
    assert len(found) == 52 + 17
    assert [row.key for row in found[:4]] == ["US-DE", "US-MT", "US-NH", "US-AK"]
    assert found[-1].key == "tribal"


@given(st.dates(dt.date(2026, 1, 1), dt.date(2030, 1, 1)))
def test_nothing_overdue_is_ever_fresh_again(on: dt.date) -> None:
    today = {row.key for row in stale(shipped_pack(), on)}
    assert today <= {row.key for row in stale(shipped_pack(), on + dt.timedelta(days=30))}


def test_a_folder_of_the_same_files_is_a_pack(tmp_path: Path) -> None:
    for name in FILES:
        (tmp_path / name).write_text(TEXTS[name], encoding="utf-8-sig")
    assert texts_in(tmp_path) == TEXTS
    assert read_pack(texts_in(tmp_path), str(tmp_path)) == shipped_pack()


def test_line_ends_of_windows_do_not_matter(tmp_path: Path) -> None:
    for name in FILES:
        (tmp_path / name).write_bytes(TEXTS[name].replace("\n", "\r\n").encode())
    assert read_pack(texts_in(tmp_path), str(tmp_path)).version == shipped_pack().version


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "states.csv").write_text(TEXTS["states.csv"], encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        texts_in(tmp_path)
    path = tmp_path / "reasons.csv"
    assert str(caught.value) == (
        f"{path}: there is no such file: a pack of rules has states.csv and reasons.csv"
    )


def test_a_spreadsheet_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "states.csv").write_bytes(b"PK\x03\x04\xff\xfe")
    with pytest.raises(SettingsError) as caught:
        texts_in(tmp_path)
    path = tmp_path / "states.csv"
    assert str(caught.value) == f"{path}: is no UTF-8 text: save it as CSV UTF-8"


def test_a_folder_in_the_place_of_a_file_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "states.csv").mkdir()
    with pytest.raises(SettingsError, match=r"states\.csv: cannot be read: Is a directory"):
        texts_in(tmp_path)
