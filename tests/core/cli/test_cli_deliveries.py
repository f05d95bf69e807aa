"""What is owed on the command line: what a person sees, and does about it."""

from __future__ import annotations

import pytest

from exempt import Outcome, Stream
from exempt.errors import TransientError
from exempt.services.mailing import mail_due
from exempt.services.requests import ask
from exempt.services.rows import Delivery, DeliveryState
from support.desk import Desk
from support.fake_connector import MAILS
from support.records import customer, order
from support.stores import MINUTE
from support.world import Source


@pytest.fixture
def settled(desk: Desk) -> Desk:
    """The ERP is in the settings, and may be written to."""
    desk.connections = {"erp": {"connector": "fake", "write_back": True}}
    desk.write_settings()
    return desk


@pytest.fixture
def dead(settled: Desk) -> Delivery:
    """The ERP refused the status of the order to Texas."""
    settled.add("--number", "N-1")
    settled.erp.remote.answers = {"TX-1": [Outcome.REJECTED]}
    settled.erp.push()
    return settled.erp.last("TX-1")


def line(said: str, word: str) -> str:
    """The one line of a table with that word."""
    (found,) = (each for each in said.splitlines() if word in each)
    return " ".join(found.split())


# --- list --------------------------------------------------------------------------------


def test_nothing_waits(settled: Desk) -> None:
    settled.erp.push()
    assert settled.run("deliveries", "list") == "Nothing is dead or pending.\n"
    assert settled.json("deliveries", "list") == {"deliveries": [], "total": 0}


def test_deliveries_are_listed_by_what_was_said_of_them(settled: Desk, dead: Delivery) -> None:
    assert "order TX-1" in settled.run("deliveries", "list", "--saying", "so it IS")
    found = settled.json("deliveries", "list", "--saying", "so it is: rejected")
    assert [each["id"] for each in found["deliveries"]] == [dead.id]
    assert settled.run("deliveries", "list", "--state", "sent", "--saying", "though exempt") == (
        "Nothing is sent, saying 'though exempt'.\n"
    )


def test_what_is_dead_comes_first_with_what_to_do(settled: Desk, dead: Delivery) -> None:
    settled.sell(order("TX-2"))
    said = settled.run("deliveries", "list")
    assert said.index("order TX-1") < said.index("order TX-2")
    assert line(said, "order TX-1") == (
        f"{dead.id} erp order TX-1 dead: rejected 1 2026-11-20 so it is: rejected"
    )
    assert line(said, "order TX-2").endswith("order TX-2 waits 0 2026-11-20")
    assert "exempt deliveries retry ID              once the cause is mended" in said
    found = settled.json("deliveries", "list")
    assert (found["total"], found["deliveries"][0]["id"]) == (2, dead.id)
    assert found["deliveries"][0]["outcome"] == "rejected"


def test_without_dead_ones_nothing_is_to_be_done(settled: Desk) -> None:
    settled.add("--number", "N-1")
    said = settled.run("deliveries", "list")
    assert "order TX-1" in said
    assert "exempt deliveries retry" not in said


@pytest.mark.parametrize(
    ("states", "number"),
    [
        pytest.param(["sent"], 0, id="none was done"),
        pytest.param(["dead"], 1, id="those that are dead"),
        pytest.param(["dead", "pending"], 2, id="of two states"),
    ],
)
def test_deliveries_of_some_states(
    settled: Desk, dead: Delivery, states: list[str], number: int
) -> None:
    settled.sell(order("TX-2"))
    options = [word for state in states for word in ("--state", state)]
    assert settled.json("deliveries", "list", *options)["total"] == number


def test_a_list_is_cut_and_of_one_connection(settled: Desk, dead: Delivery) -> None:
    settled.sell(order("TX-2"), order("TX-3"))
    said = settled.run("deliveries", "list", "--limit", "2", "--connection", "erp")
    assert "These are 2 of 3: --limit shows more." in said
    refused = settled.refused("deliveries", "list", "--connection", "shop")
    assert "shop: no such connection: one of erp" in refused
    refused = settled.refused("deliveries", "list", "--state", "lost")
    assert "--state: write one of pending, sent, superseded, dead, dropped" in refused


def test_why_something_waits(settled: Desk) -> None:
    settled.add("--number", "N-1")
    settled.erp.remote.answers = {"TX-1": [Outcome.RETRY]}
    settled.erp.push()

    def waits() -> str:
        return line(settled.run("deliveries", "list"), "order TX-1")

    assert "TX-1 waits until 2026-11-20 12:01 1" in waits()
    settled.write_settings(write_back=False)
    assert "TX-1 waits: write_back is off 1" in waits()
    settled.run("connections", "pause", "erp", "--reason", "closed")
    assert "TX-1 waits: paused 1" in waits()
    settled.connections = {}
    settled.write_settings()
    assert "TX-1 waits: not in the settings 1" in waits()


# --- show --------------------------------------------------------------------------------


def test_one_with_all_that_is_known_of_it(settled: Desk, dead: Delivery) -> None:
    said = settled.run("deliveries", "show", str(dead.id))
    for fact in (
        f"Delivery {dead.id} to erp: order TX-1",
        "State       dead: rejected",
        "Why         so it is: rejected",
        "Owed        exempt, N-1",
        "Since       2026-11-20 12:00 UTC",
        "Tried       1 time",
        "Ended       2026-11-20 12:00 UTC",
        "Id there    TX-1",
        f"exempt deliveries retry {dead.id}    once the cause is mended",
    ):
        assert fact in said
    found = settled.json("deliveries", "show", str(dead.id))
    assert found["wanted"]["certificate_number"] == "N-1"
    assert (found["state"], found["history"]) == ("dead", [])
    assert [each["id"] for each in found["versions"]] == [dead.id]


def test_one_that_another_took_the_place_of(settled: Desk, dead: Delivery) -> None:
    settled.run("certificates", "archive", "1")
    settled.add("--number", "N-2")
    newest = settled.erp.last("TX-1")
    said = settled.run("deliveries", "show", str(dead.id))
    assert "Before and after it" in said
    assert line(said, "exempt, N-2") == (
        f"{newest.id} {newest.version} exempt, N-2 pending 2026-11-20"
    )
    assert "exempt deliveries retry" not in said


def test_one_that_is_not_there(desk: Desk) -> None:
    assert "delivery 7: there is none: see exempt deliveries list" in desk.refused(
        "deliveries", "show", "7"
    )


# --- retry -------------------------------------------------------------------------------


def test_what_is_mended_is_tried_again(settled: Desk, dead: Delivery) -> None:
    said = settled.run("deliveries", "retry", str(dead.id))
    assert "1 delivery is owed again." in said
    assert "No daemon runs: start exempt run, or let exempt sync run by a timer." in said
    assert settled.erp.push() == {"applied": 1}
    said = settled.run("deliveries", "show", str(dead.id))
    assert "anna: delivery 1 to erp: dead → to be tried again" in said
    history = settled.json("orders", "explain", "TX-1")[0]["history"]
    assert [(each["changed_by"], each["new"]) for each in history] == [
        ("anna", "to be tried again")
    ]


def test_all_are_tried_again(settled: Desk, dead: Delivery) -> None:
    assert settled.json("deliveries", "retry", "--all", "--connection", "erp") == {
        "again": 1, "left": [],
    }  # fmt: skip
    assert "0 deliveries are owed again." in settled.run("deliveries", "retry", "--all")
    assert settled.erp.last("TX-1").state is DeliveryState.PENDING


@pytest.mark.parametrize("words", [[], ["--connection", "erp"], ["1", "--all"]])
def test_it_must_be_said_what_is_to_be_tried_again(
    settled: Desk, dead: Delivery, words: list[str]
) -> None:
    assert "deliveries retry: name ids, or say --all" in settled.refused(
        "deliveries", "retry", *words
    )
    assert "shop: no such connection" in settled.refused(
        "deliveries", "retry", "--all", "--connection", "shop"
    )
    assert settled.erp.last("TX-1") == dead


# --- drop --------------------------------------------------------------------------------


def test_what_shall_not_be_done_is_dropped(settled: Desk, dead: Delivery) -> None:
    said = settled.run("deliveries", "drop", str(dead.id), "--reason", "done by phone")
    assert f"Delivery {dead.id} to erp is dropped: order TX-1." in said
    assert settled.run("deliveries", "list") == "Nothing is dead or pending.\n"
    dropped = settled.run("deliveries", "list", "--state", "dropped")
    assert "dropped by anna: done by phone; before: so it is: rejected" in dropped
    assert "dead → dropped: done by phone" in settled.run("deliveries", "show", str(dead.id))
    refused = settled.refused("deliveries", "drop", str(dead.id), "--reason", "again")
    assert "is dropped, and owed no more: there is nothing to drop" in refused


def test_dropped_ones_as_json(settled: Desk, dead: Delivery) -> None:
    found = settled.json("deliveries", "drop", str(dead.id), "--reason", "done by phone")
    assert found == {"dropped": [dead.id]}
    assert settled.invoke("deliveries", "drop", str(dead.id)).exit_code == 2, "a reason is needed"


# --- mails -------------------------------------------------------------------------------


@pytest.fixture
def mail(desk: Desk) -> Source:
    """Connections that the settings name; nobody knows whether Cog's mail went out."""
    source = desk.erp.world.connect("mail", MAILS)
    desk.connections = {name: {"connector": "fake", "write_back": True} for name in ("erp", "mail")}
    desk.write_settings()
    desk.erp.remote.put(customer("C-3", number="C-3", name="Cog", email="ap@cog.example"))
    desk.erp.pull(Stream.CUSTOMERS)
    desk.sell(order("TX-9", customer_external_id="C-3", tax_applicable=False))
    store, now = desk.erp.world.store, desk.erp.world.now
    only = [desk.erp.world.customer_id("Cog")]
    assert len(ask(store, {source.row.company_id: source.row}, now, only=only).sent) == 1
    source.remote.faults["send_request"] = [TransientError("cut off", maybe_applied=True)]
    assert mail_due(source.reading()) == {"unknown": 1}
    return source


def test_a_mail_that_may_have_gone_out(desk: Desk, mail: Source) -> None:
    said = desk.run("deliveries", "list", "--state", "dead")
    assert "mail to Cog" in said
    (found,) = desk.json("deliveries", "list", "--state", "dead")["deliveries"]
    number = str(found["id"])
    shown = desk.run("deliveries", "show", number)
    assert "Northwind: we need your exemption certificate (to ap@cog.example)" in shown
    refused = desk.refused("deliveries", "retry", number)
    assert "may have gone out: --even-if-sent sends it again" in refused
    said = desk.run("deliveries", "retry", "--all", "--connection", "mail")
    assert "Left, since they may have gone out: 1 mail." in said
    assert f"exempt deliveries retry {number} --even-if-sent    sends one again" in said
    desk.run("deliveries", "retry", number, "--even-if-sent")
    mail.world.now += MINUTE
    assert mail_due(mail.reading()) == {"applied": 1}
    history = desk.json("customers", "show", "C-3", "--history")["history"]
    assert [each["new"] for each in history if each["field"].startswith("delivery")] == [
        "to be tried again"
    ]
