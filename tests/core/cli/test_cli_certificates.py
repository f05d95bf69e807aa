"""A tax manager's day with the register: enter, edit, review, archive."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from exempt.cli.base import login_name, name_of_a_person
from support.desk import Desk
from support.files import PDF


def said(desk: Desk, *arguments: str) -> str:
    return " ".join(desk.run("certificates", *arguments).split())


def add(desk: Desk, *arguments: str) -> str:
    """What a person is told when Acme's certificate for *arguments* is entered."""
    usual = ("add", "-c", "C-1", "--reason", "resale", "--signed", "2024-02-01")
    return said(desk, *usual, *arguments)


def field(desk: Desk, name: str, certificate: int = 1) -> Any:
    """A field of a certificate, or of its first state."""
    shown = desk.shown(certificate)
    return shown[name] if name in shown else shown["jurisdictions"][0][name]


# --- add ---------------------------------------------------------------------------------


def test_what_is_entered_is_told_with_what_follows_from_it(desk: Desk) -> None:
    told = add(desk, "--state", "CT=12-3", "--state", "TX=1-23-4567890-1")
    assert "Certificate 1 of Acme entered; 1 open order decided anew." in told
    assert "Connecticut: it lasts 3 years from its effective date: expires 2027-02-01." in told
    assert "1 closed order would be decided otherwise today: exempt orders recheck --custom" in told


def test_what_the_states_rules_warn_of_is_a_hint(desk: Desk) -> None:
    told = add(desk, "--state", "TX")
    assert "! TX: No number is given: Texas asks for the Texas sales tax permit number." in told


@pytest.mark.parametrize(
    ("arguments", "name", "value"),
    [
        pytest.param(("--effective", "2024-03-01"), "effective_date", "2024-03-01",
                     id="its first day"),
        pytest.param((), "effective_date", "2024-02-01", id="else the day it was signed"),
        pytest.param(("--expires", "2028-01-31"), "expiration_date", "2028-01-31",
                     id="its last day"),
        pytest.param(("--expires", "never"), "expiration_date", None, id="no last day"),
        pytest.param(("--number", "N-7"), "number", "N-7", id="its number"),
        pytest.param(("--form", "mtc"), "form_kind", "mtc", id="whose form it is on"),
        pytest.param(("--single-use", "--order", "PO-1"), "kind", "single_use",
                     id="that it is for one sale"),
        pytest.param(("--order", "PO-1", "--order", "PO-2"), "order_numbers", ["PO-1", "PO-2"],
                     id="the orders that it is bound to"),
        pytest.param(("--percentage", "62.5"), "exempt_percentage", "62.50", id="how much"),
        pytest.param(("--apply-tax",), "apply_tax", True, id="that tax applies all the same"),
        pytest.param(("--state", "TX=12345678901"), "identification_type", "state_tax_id",
                     id="that a number is the state's, if nothing else is said"),
        pytest.param(("--state", "TX=12-3456789", "--id-type", "FEIN"), "identification_type",
                     "fein", id="what kind of number it is"),
        pytest.param(("--issued-by", "Oklahoma"), "issued_by", "US-OK", id="who gave the number"),
        pytest.param(("--notes", "by mail"), "notes", "by mail", id="notes"),
        pytest.param(("--pending",), "review_status", "pending", id="that it waits for review"),
        pytest.param(("--reason", "Federal-Government"), "exemption_reason", "federal_government",
                     id="a reason, however it is written"),
    ],
)  # fmt: skip
def test_what_can_be_entered(
    desk: Desk, arguments: tuple[str, ...], name: str, value: object
) -> None:
    desk.add(*arguments)
    assert field(desk, name) == value


def test_one_certificate_for_several_customers_with_several_files(desk: Desk) -> None:
    for name in ("a.pdf", "b.png"):
        (desk.folder / name).write_bytes(PDF + name.encode())
    files = [arg for name in ("a.pdf", "b.png") for arg in ("--file", str(desk.folder / name))]
    desk.add("-c", "Bolt", *files)
    shown = desk.shown()
    assert [each["name"] for each in shown["customers"]] == ["Acme", "Bolt"]
    assert [each["name"] for each in shown["files"]] == ["a.pdf", "b.png"]


@pytest.mark.parametrize(
    ("content", "name"), [(b"", "empty.pdf"), (b"x", "letter.docx"), (None, "gone.pdf")]
)
def test_a_file_that_cannot_be_kept_leaves_nothing_behind(
    desk: Desk, content: bytes | None, name: str
) -> None:
    if content is not None:
        (desk.folder / name).write_bytes(content)
    usual = ("-c", "C-1", "--state", "TX", "--reason", "resale", "--signed", "2024-02-01")
    file = str(desk.folder / name)
    assert name in desk.refused("certificates", "add", *usual, "--file", file)
    assert desk.json("certificates", "list")["total"] == 0


def test_what_a_states_rule_refuses_is_refused_and_taken_anyway(desk: Desk) -> None:
    usual = ("-c", "C-1", "--state", "WA", "--reason", "resale", "--signed", "2024-02-01")
    refusal = desk.refused("certificates", "add", *usual)
    assert "Enter the date that stands on it" in refusal
    assert "Correct it, or say --anyway" in refusal
    assert desk.json("certificates", "list")["total"] == 0
    told = said(desk, "add", *usual, "--anyway")
    assert "✗ WA: It ends on the date printed on it" in told


def test_never_is_no_end_even_where_the_law_sets_one(desk: Desk) -> None:
    never = ("--state", "CT=1", "--expires", "never")
    usual = ("-c", "C-1", *never, "--reason", "resale", "--signed", "2024-02-01")
    assert "Enter its end, 2027-02-01" in desk.refused("certificates", "add", *usual)
    desk.add(*never, "--anyway")
    assert field(desk, "expiration_date") is None


# --- edit --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "changes"),
    [
        pytest.param(("--number", "N-2"), ["number: N-1 → N-2"], id="its number"),
        pytest.param(("--number", ""), ["number: N-1 → –"], id="an empty text empties it"),
        pytest.param(("--notes", "seen"), ["notes: – → seen"], id="its notes"),
        pytest.param(("--order", "PO-1"), ["orders it is bound to: – → PO-1"], id="its orders"),
        pytest.param(("--single-use", "--anyway"), ["kind: blanket → single use"], id="its kind"),
        pytest.param(("--apply-tax",), ["apply tax: no → yes"], id="that tax applies"),
        pytest.param(("--percentage", "50"), ["exempt percentage: 100 → 50"], id="how much"),
        pytest.param(("--form", "sst", "--anyway"), ["form: single state → sst"], id="its form"),
        pytest.param(("--signed", "2024-05-01"),
                     ["signed: 2024-02-01 → 2024-05-01", "effective in CA: 2024-02-01 → 2024-05-01",
                      "effective in TX: 2024-02-01 → 2024-05-01"],
                     id="the day it was signed, and with it took effect"),
        pytest.param(("--expires", "2028-01-01"),
                     ["expires in CA: – → 2028-01-01", "expires in TX: – → 2028-01-01"],
                     id="the end in all states"),
        pytest.param(("--in", "TX", "--expires", "2028-01-01"), ["expires in TX: – → 2028-01-01"],
                     id="the end in one state"),
        pytest.param(("--in", "tx", "--validated", "manufacturing", "--verified", "2026-11-19"),
                     ["validated reason in TX: – → manufacturing",
                      "checked with the state in TX: – → 2026-11-19"],
                     id="what the review found"),
        pytest.param(("--in", "TX", "--state-notes", "by phone"), ["notes in TX: – → by phone"],
                     id="notes on one state"),
        pytest.param(("--state", "TX=12345678901"),
                     ["number there in TX: – → 12345678901",
                      "kind of number in TX: – → state tax id"],
                     id="the number of a state"),
        pytest.param(("--drop-state", "CA"),
                     ["CA dropped", "claimed reason in CA: resale → –",
                      "effective in CA: 2024-02-01 → –"], id="one state less"),
        pytest.param(("--add-customer", "C-2"), ["customers: Acme → Acme, Bolt"],
                     id="a customer more"),
        pytest.param(("--add-customer", "C-2", "--drop-customer", "C-1"),
                     ["customers: Acme → Bolt"], id="another customer"),
    ],
)  # fmt: skip
def test_what_is_changed_is_told_field_by_field_and_nothing_else_is(
    desk: Desk, arguments: tuple[str, ...], changes: list[str]
) -> None:
    desk.add("--number", "N-1", "--state", "CA", "--state", "TX")
    lines = desk.run("certificates", "edit", "1", *arguments).splitlines()
    told = [line.strip() for line in lines[1:] if "→" in line or "dropped" in line]
    assert lines[0].startswith("Certificate 1 is at version 2; ")
    assert told == changes


def test_a_state_that_is_added_has_the_reason_of_the_others(desk: Desk) -> None:
    desk.add("--reason", "educational")
    told = said(desk, "edit", "1", "--state", "OH=99")
    assert "OH added number there in OH: – → 99" in told
    assert "claimed reason in OH: – → educational" in told


def test_of_two_editors_the_second_is_told_what_the_first_one_did(desk: Desk) -> None:
    desk.add()
    desk.run("--by", "bea", "certificates", "edit", "1", "--notes", "called them")
    refusal = desk.refused("certificates", "edit", "1", "--notes", "x", "--version", "1")
    assert "at version 2 by now, not 1: bea changed notes" in refusal
    assert field(desk, "notes") == "called them"


def test_what_was_taken_anyway_is_not_refused_again(desk: Desk) -> None:
    desk.add("--state", "WA", "--anyway")
    assert "notes: – → by mail" in said(desk, "edit", "1", "--notes", "by mail")
    more = ("--form", "mtc", "--state", "MA")
    assert "Massachusetts does not take" in desk.refused("certificates", "edit", "1", *more)


def test_saying_what_it_says_already_changes_nothing(desk: Desk) -> None:
    desk.add("--number", "N-1")
    assert "nothing changed" in said(desk, "edit", "1", "--number", "N-1")
    assert field(desk, "version") == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        pytest.param((), "say what to change", id="nothing to change"),
        pytest.param(("--drop-state", "TX"), "covers at least one state", id="no state left"),
        pytest.param(("--drop-customer", "C-1"), "at least one customer", id="no customer left"),
        pytest.param(("--drop-customer", "C-2"), "not a certificate of theirs", id="not theirs"),
        pytest.param(("--in", "GA", "--expires", "never"), "does not cover it", id="not covered"),
        pytest.param(("--expires", "2020-01-01"), "before it takes effect", id="an end too early"),
        pytest.param(("--expires", "1.1.2028"), "--expires: write a date", id="a wrong date"),
        pytest.param(("--signed", ""), "--signed: cannot be empty", id="a date that must be"),
        pytest.param(("--reason", ""), "--reason: write federal_government,", id="no reason"),
        pytest.param(("--id-type", "passport"), "--id-type: write fein,", id="a kind of number"),
        pytest.param(("--percentage", "0"), "--percentage: Input should be greater than 0",
                     id="nothing is exempt"),
        pytest.param(("--percentage", "half"), "--percentage: ", id="no number"),
        pytest.param(("--state", "TX-1"), "--state TX-1: unknown state", id="a slip"),
        pytest.param(("--state", "TX=078-05-1120"), "looks like a Social Security number",
                     id="a Social Security number"),
        pytest.param(("--state-notes", "x" * 10_001), "--state-notes: ", id="notes too long"),
    ],
)  # fmt: skip
def test_what_cannot_be_changed_is_told_by_its_option(
    desk: Desk, arguments: tuple[str, ...], words: str
) -> None:
    desk.add()
    assert words in desk.refused("certificates", "edit", "1", *arguments)
    assert field(desk, "version") == 1


# --- review, archive, files --------------------------------------------------------------


def test_what_waits_for_review_covers_nothing_until_it_is_accepted(desk: Desk) -> None:
    assert "entered and waits for review" in add(desk, "--state", "TX", "--pending")
    assert "accepted; 1 open order decided anew" in said(desk, "accept", "1")
    assert "is accepted already" in desk.refused("certificates", "accept", "1")


def test_a_rejection_says_what_the_customer_is_told(desk: Desk) -> None:
    desk.add("--pending")
    told = said(desk, "reject", "1", "--because", "not-signed", "--because", "other=It is torn.")
    assert "is told: It is not signed, or not dated. It is torn." in told
    shown = desk.shown()
    assert (shown["status"], shown["request_offered"]) == ("invalid", True)
    assert said(desk, "show", "1").count("It is not signed, or not dated.") == 1


@pytest.mark.parametrize(
    ("because", "words"),
    [
        pytest.param("torn", "write one of incomplete, not_signed,", id="no such code"),
        pytest.param("other", "say what it is", id="other, and no word more"),
        pytest.param(f"other={'x' * 501}", "at most 500 characters", id="a novel"),
    ],
)
def test_a_reason_for_rejection_that_is_none(desk: Desk, because: str, words: str) -> None:
    desk.add("--pending")
    assert words in desk.refused("certificates", "reject", "1", "--because", because)


def test_archived_and_taken_back(desk: Desk) -> None:
    desk.add()
    assert "archived: it covers no order from today on; 1 open order" in said(desk, "archive", "1")
    assert desk.explained()["decision"]["ground"] == "no_certificate"
    assert "out of the archive again; 1 open order decided anew" in said(desk, "unarchive", "1")
    assert desk.explained()["decision"]["ground"] == "certificate"
    changed = [c for c in desk.shown()["history"] if c["field"] == "archived_date"]
    assert [(c["old"], c["new"], c["changed_by"]) for c in changed] == [
        (None, "2026-11-20", "anna"),
        ("2026-11-20", None, "anna"),
    ]


def test_files_are_attached_later_too(desk: Desk, tmp_path: Path) -> None:
    desk.add()
    names = ["scan.pdf", "page 2.JPG"]
    for name in names:
        (tmp_path / name).write_bytes(PDF + name.encode())
    told = said(desk, "attach", "1", *(str(tmp_path / name) for name in names))
    assert "page 2.JPG is kept with certificate 1: sha256 " in told
    assert [each["name"] for each in desk.shown()["files"]] == names


@pytest.mark.parametrize(
    "command",
    [
        ("archive", "1"),
        ("accept", "1"),
        ("reject", "1", "--because", "expired"),
        ("attach", "1", "exempt.toml"),
        ("edit", "1", "--number", "N"),
    ],
)
def test_every_change_may_name_the_version_that_was_looked_at(
    desk: Desk, command: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(desk.folder)
    desk.add("--pending")
    desk.run("certificates", "edit", "1", "--notes", "x")
    refusal = desk.refused("certificates", *command, "--version", "1")
    assert "at version 2 by now, not 1" in refusal


@pytest.mark.parametrize("number", ["0", "-1", "x", "99999999999", "77"])
@pytest.mark.parametrize("command", ["show", "edit", "archive", "unarchive", "accept"])
def test_an_id_that_is_none(desk: Desk, command: str, number: str) -> None:
    more = ("--notes", "x") if command == "edit" else ()
    said = desk.refused("certificates", command, *more, "--", number)
    assert "there is none" in said or "Invalid value for 'ID'" in said


# --- who ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "who"),
    [(("--by", "Bea Ruiz"), "Bea Ruiz"), ((), "anna")],
    ids=["who is named", "else who the environment names"],
)
def test_who_did_it_stands_in_the_history(desk: Desk, arguments: tuple[str, ...], who: str) -> None:
    desk.run(*arguments, "certificates", "add", "-c", "C-1", "--state", "TX", "--reason",
             "resale", "--signed", "2024-02-01")  # fmt: skip
    assert {change["changed_by"] for change in desk.shown()["history"]} == {who}


@pytest.mark.parametrize("name", ["", "   ", "\x1b[31mred", "two\nlines", "x" * 101])
def test_a_name_that_cannot_stand_in_a_history(desk: Desk, name: str) -> None:
    assert "--by: write a name" in desk.refused("--by", name, "status")


def test_nobody_is_staff(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody() -> str:
        raise OSError

    monkeypatch.setattr("getpass.getuser", nobody)
    assert login_name() == "staff"
    assert name_of_a_person(" anna ") == "anna"
