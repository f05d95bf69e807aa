"""The register as it is listed and shown: statuses, filters, three parts, what to do next."""

from __future__ import annotations

import re
from typing import get_args

import pytest

from exempt.cli import options, output
from exempt.model.forms import FormKind
from exempt.rules.status import HINTS, CertificateStatus
from exempt.services.rows import CertificateSort
from support.desk import Desk
from support.records import address, order


def said(desk: Desk, *arguments: str) -> str:
    return " ".join(desk.run("certificates", *arguments).split())


@pytest.fixture
def full(desk: Desk) -> Desk:
    """One certificate of each status, in the order of their ids."""
    desk.add("--effective", "2027-01-01", "--number", "N-future")
    desk.add("--number", "N-active")
    desk.add("--expires", "2026-12-20", "--number", "N-soon")
    desk.add("--expires", "2026-11-19", "--number", "N-expired", "--reason", "charitable")
    desk.add("--number", "N-archived")
    desk.run("certificates", "archive", "5")
    desk.add("--pending", "--number", "N-pending", "--state", "NY=NY-77")
    desk.add("--pending", "--number", "N-invalid", "-c", "C-2")
    desk.run("certificates", "reject", "7", "--because", "illegible")
    return desk


def listed(desk: Desk, *arguments: str) -> list[int]:
    found = desk.json("certificates", "list", *arguments)
    return [each["id"] for each in found["certificates"]]


# --- list --------------------------------------------------------------------------------


def test_counts_are_those_of_the_filtered_lists(full: Desk) -> None:
    counts = full.json("certificates", "list")["counts"]
    assert counts == {status.value: 1 for status in CertificateStatus}
    for status in CertificateStatus:
        found = full.json("certificates", "list", "--status", status)
        assert [each["status"] for each in found["certificates"]] == [status]
        assert found["total"] == counts[status]


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        pytest.param((), [1, 2, 3, 4, 5, 6, 7], id="all"),
        pytest.param(("acme",), [1, 2, 3, 4, 5, 6, 7], id="part of a customer's name"),
        pytest.param(("n-soon",), [3], id="part of its number"),
        pytest.param(("ny-77",), [6], id="part of a state's number"),
        pytest.param(("%",), [], id="a per cent sign is no wildcard"),
        pytest.param(("-c", "Bolt"), [7], id="of a customer"),
        pytest.param(("--state", "New York"), [6], id="of a state"),
        pytest.param(("--reason", "charitable"), [4], id="of a reason"),
        pytest.param(("--status", "expiring-soon", "--status", "expired"), [3, 4],
                     id="of two statuses"),
        pytest.param(("--expires-from", "2026-11-20"), [3], id="ending that day or later"),
        pytest.param(("--expires-to", "2026-11-19"), [4], id="ending that day or earlier"),
        pytest.param(("--descending", "--limit", "2"), [7, 6], id="the last ones"),
        pytest.param(("--limit", "3", "--page", "3"), [7], id="the last page"),
        pytest.param(("--sort", "expires", "--limit", "2"), [4, 3], id="the first to end first"),
        pytest.param(("--sort", "number", "--limit", "2"), [2, 5], id="by number"),
    ],
)  # fmt: skip
def test_what_is_listed(full: Desk, arguments: tuple[str, ...], found: list[int]) -> None:
    assert listed(full, *arguments) == found


def test_the_first_end_of_several_states_shows(desk: Desk) -> None:
    desk.add("--state", "TX", "--state", "CA", "--expires", "2029-01-01")
    desk.run("certificates", "edit", "1", "--in", "CA", "--expires", "2026-11-01")
    told = said(desk, "list")
    assert "CA, TX" in told
    assert "2026-11-01 active" in told, "it is expired only when all of them are"
    desk.run("certificates", "edit", "1", "--in", "TX", "--expires", "2026-11-02")
    assert "2026-11-01 expired" in said(desk, "list")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        pytest.param((), "7 certificates: 1 future, 1 active, 1 expiring soon,", id="all"),
        pytest.param(("--status", "expired", "--status", "active"),
                     "2 certificates: 1 active, 1 expired.", id="counts of what is listed"),
        pytest.param(("nobody",), "No certificate fits.", id="none fits"),
        pytest.param(("n-soon", "--status", "active"),
                     "No certificate fits; of other statuses there are 1.", id="of no such status"),
        pytest.param(("--limit", "3"), "Page 1 of 3", id="which page it is"),
        pytest.param(("--limit", "3", "--page", "4"), "There is no page 4: the list has 3.",
                     id="no such page"),
    ],
)  # fmt: skip
def test_what_is_told_of_a_list(full: Desk, arguments: tuple[str, ...], words: str) -> None:
    assert words in said(full, "list", *arguments)


def test_an_empty_register_says_how_to_begin(desk: Desk) -> None:
    assert "enter one with exempt certificates add" in said(desk, "list")
    assert desk.json("certificates", "list")["certificates"] == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        pytest.param(("--status", "good"), "--status: write one of future,", id="a status"),
        pytest.param(("--reason", "good"), "--reason: write one of federal", id="a reason"),
        pytest.param(("--state", "ZZ"), "--state ZZ: unknown state", id="a state"),
        pytest.param(("--expires-to", "2026"), "--expires-to: write a date", id="a date"),
        pytest.param(("--limit", "0"), "--limit", id="no rows"),
        pytest.param(("--page", "0"), "--page", id="no page"),
        pytest.param(("-c", "C-9"), "customer 'C-9': there is none", id="a customer"),
    ],
)
def test_a_filter_that_is_none(desk: Desk, arguments: tuple[str, ...], words: str) -> None:
    assert words in desk.refused("certificates", "list", *arguments)


def test_the_choices_of_options_are_those_of_the_records() -> None:
    def spelled(codes: type) -> set[str]:
        return {str(code).replace("_", "-") for code in codes}  # type: ignore[attr-defined]

    assert set(get_args(options.Form)) == spelled(FormKind)
    assert set(get_args(options.Sort)) == spelled(CertificateSort)


# --- show --------------------------------------------------------------------------------


@pytest.mark.parametrize("status", CertificateStatus)
def test_the_status_shows_with_its_hint(full: Desk, status: CertificateStatus) -> None:
    certificate = str(list(CertificateStatus).index(status) + 1)
    told = said(full, "show", certificate)
    assert told.startswith(f"Certificate {certificate}: {status.replace('_', ' ')} {HINTS[status]}")
    assert full.shown(int(certificate))["hint"] == HINTS[status]


def test_three_parts_and_all_that_is_known(desk: Desk) -> None:
    desk.add(
        *("--number", "N-1", "--state", "TX=12-3456789", "--id-type", "fein", "--issued-by", "OK"),
        *("--order", "PO-1", "--percentage", "50", "--notes", "Came by mail.", "--form", "mtc"),
    )
    desk.run("certificates", "edit", "1", "--in", "TX", "--validated", "manufacturing",
             "--verified", "2026-11-19", "--state-notes", "By phone.")  # fmt: skip
    told = said(desk, "show", "1")
    parts = re.split("Certificate details|Jurisdiction details|Notes|Files", told)
    details, states, notes, files = (each.strip() for each in parts[1:])
    for words in (
        "Customers Acme (C-1)", "Number N-1", "Expires no end", "Signed 2024-02-01",
        "Form MTC form", "bound to PO-1", "Exempt 50 % of each sale", "Review accepted",
        "Entered 2026-11-20 12:00 UTC by anna, source: staff", "Version 2",
    ):  # fmt: skip
        assert words in details
    for words in (
        "TX active 12-3456789 resale 2024-02-01 no end", "fein of OK", "validated: manufacturing",
        "checked 2026-11-19", "No end in Texas: it holds until it is revoked.", "TX: By phone.",
    ):  # fmt: skip
        assert words in states
    assert notes == "Came by mail."
    assert files.startswith("None.")


def test_a_certificate_that_goes_by_sales_says_when_it_lapses(desk: Desk) -> None:
    desk.sell(order("OH-1", ship_to=address("OH")))
    desk.add("--state", "OH", "--form", "sst")
    told = said(desk, "show", "1")
    assert "by sales 2027-11-20" in told
    assert "OH: it lapses after 2027-11-20 unless another sale follows." in told


def test_what_the_rules_have_against_it_shows(desk: Desk) -> None:
    desk.add("--state", "WA", "--anyway")
    told = said(desk, "show", "1")
    assert "have against it ✗ WA: It ends on the date printed on it" in told
    (first, *_) = desk.shown()["objections"]
    assert (first["jurisdiction"], first["severity"]) == ("US-WA", "refuse")


def test_the_history_says_who_changed_what(desk: Desk) -> None:
    desk.add()
    desk.run("--by", "bea", "certificates", "edit", "1", "--in", "TX", "--expires", "2028-01-01")
    assert "2026-11-20 12:00 bea expires in TX – 2028-01-01" in said(desk, "show", "1", "--history")
    assert "History" not in said(desk, "show", "1")
    assert "history" not in desk.json("certificates", "show", "1")


@pytest.mark.parametrize(
    ("status", "commands"),
    [
        ("active", ["edit", "archive"]),
        ("pending", ["accept", "reject", "edit", "archive"]),
        ("invalid", ["accept", "edit", "archive"]),
        ("archived", ["edit", "unarchive"]),
    ],
)
def test_what_can_be_done_next(full: Desk, status: str, commands: list[str]) -> None:
    certificate = list(CertificateStatus).index(CertificateStatus(status)) + 1
    told = full.run("certificates", "show", str(certificate))
    offered = re.findall(rf"exempt certificates (\w+) {certificate}\b", told)
    assert offered == commands
    assert full.shown(certificate)["request_offered"] == (status in {"invalid", "archived"})


def test_a_new_one_is_asked_for_where_an_order_lacks_it(desk: Desk) -> None:
    desk.add("--expires", "2026-11-01", "-c", "C-2")
    told = said(desk, "show", "1")
    assert "exempt requests send C-1 ask Acme for a new one" in told
    assert "call Bolt there is no e-mail address" in told


# --- hostile names -----------------------------------------------------------------------

HOSTILE = "[bold]Evil[/bold] \x1b[2J\x1b]0;owned\x07 \u202egnp.exe"


def test_what_is_typed_moves_no_cursor_and_is_no_markup(desk: Desk) -> None:
    desk.add("--notes", HOSTILE, "--number", HOSTILE)
    for command in (
        ("show", "1", "--history"),
        ("list",),
        ("edit", "1", "--number", f"{HOSTILE}2"),
    ):
        told = desk.run("certificates", *command)
        assert "[bold]Evil[/bold]" in told
        assert not re.search(r"[\x00-\x09\x0b-\x1f\u202e]", told)
    assert desk.shown()["notes"] == HOSTILE, "what is kept is what was typed"


@pytest.mark.parametrize("width", [80, 120])
def test_a_list_fits_on_the_screen(full: Desk, width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(output.console, "_width", width)
    told = full.run("certificates", "list")
    assert max(map(len, told.splitlines())) <= width
    assert "expiring soon" in told, "a status is not broken"
    assert ("charitable" in told) is (width == 120), "the reason where there is room"
