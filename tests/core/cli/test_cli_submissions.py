"""``exempt submissions``: what waits for review, on the command line."""

from __future__ import annotations

import pytest

from support.desk import Desk


@pytest.fixture
def waiting(desk: Desk) -> int:
    """A certificate of Acme that waits, and that Texas would take; its id."""
    added = desk.add("--pending", "--expires", "2028-01-31", "--state", "TX=32012345678")
    return int(added["id"])


def test_what_waits_is_listed_with_what_disagrees(desk: Desk, waiting: int) -> None:
    desk.add("--number", "accepted at once")
    listed = desk.json("submissions", "list")
    (row,) = listed["waiting"]
    assert listed["total"] == 1
    assert (row["certificate_id"], row["customer_name"], row["jurisdictions"]) == (
        waiting,
        "Acme",
        ["US-TX"],
    )
    assert (row["disagree"], row["read"]) == ([], False)
    shown = desk.run("submissions", "list", "acm", "--state", "TX")
    assert "Acme" in shown
    assert "1 certificate waits for review." in shown
    assert "Nothing waits" in desk.run("submissions", "list", "--state", "CA")
    assert "Page 1 of 1" not in shown
    assert "There is no page 2." in desk.run("submissions", "list", "--page", "2")


def test_one_is_shown_with_all_its_checks(desk: Desk, waiting: int) -> None:
    shown = desk.json("submissions", "show", str(waiting))
    verdicts = {check["code"]: check["verdict"] for check in shown["checks"]}
    assert verdicts["document"] == "fail"
    assert shown["open_orders"] == 1
    assert {each["field"] for each in shown["compared"]} >= {"number", "expiration_date"}
    text = desk.run("submissions", "show", str(waiting))
    assert "✗ The document can be read: There is no document." in text
    assert f"exempt submissions accept {waiting}" in text


def test_accepting_decides_open_orders_anew(desk: Desk, waiting: int) -> None:
    assert desk.explained()["decision"]["tax_applicable"] is True
    done = desk.json("submissions", "accept", str(waiting))
    assert (done["review_status"], done["orders_changed"]) == ("accepted", 1)
    assert desk.explained()["decision"]["tax_applicable"] is False
    assert "is accepted already: anna did so" in desk.refused("submissions", "accept", str(waiting))
    assert "is accepted already" in desk.run("submissions", "show", str(waiting))


def test_rejecting_says_what_the_customer_is_told(desk: Desk, waiting: int) -> None:
    text = desk.run("submissions", "reject", str(waiting), "--because", "not-signed")
    assert "No mail reaches the customer: call them." in text
    assert desk.shown(waiting)["rejections"] == [{"code": "not_signed", "text": ""}]


def test_nobody_is_written_to_when_somebody_says_so(desk: Desk, waiting: int) -> None:
    done = desk.json(
        "submissions", "reject", str(waiting), "--because", "other=It is torn.", "--no-mail"
    )
    assert (done["told"], done["told_by"]) == (["It is torn."], None)


def test_a_version_that_is_old_is_refused(desk: Desk, waiting: int) -> None:
    desk.json("certificates", "edit", str(waiting), "--notes", "called")
    words = desk.refused("submissions", "accept", str(waiting), "--version", "1")
    assert "is at version 2 by now" in words


def test_a_state_that_refuses_it_can_be_overruled(desk: Desk) -> None:
    added = desk.add("--pending", "--single-use")
    command = ("submissions", "accept", str(added["id"]))
    assert "names no order" in desk.refused(*command)
    assert desk.json(*command, "--anyway")["review_status"] == "accepted"


def test_what_does_not_wait_is_not_there(desk: Desk) -> None:
    assert "there is none" in desk.refused("submissions", "accept", "99")
    assert "there is none" in desk.refused("submissions", "show", "99")
