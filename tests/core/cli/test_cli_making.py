"""Requests by hand on the command line: made, shown, sent again, taken back; and their words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from exempt.errors import RefusedError
from exempt.services.requesting import UnfitError
from support.cards import make_cards, on_card
from support.post import PostRoom, a_post_room
from support.records import DAY, TODAY
from support.stores import everything

LINK = re.compile(r"https://exempt\.example/r/[\w-]{43}")


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PostRoom]:
    """Acme (C-1) lacks Texas and California; Bolt's (C-2) certificate for Texas ends soon."""
    with a_post_room(tmp_path, monkeypatch) as found:
        path = found.settings()
        text = path.read_text(encoding="utf-8")
        path.write_text(f'{text}\n[web]\nurl = "https://exempt.example"\n', encoding="utf-8")
        acme = on_card("Acme", number="C-1", email="ap@acme.example", exempt=True,
                       ship_to_zones=["TX", "CA"])  # fmt: skip
        make_cards(found.world.store, acme, on_card("Bolt", number="C-2", email="ap@bolt.example"))
        found.world.certify("Bolt", "TX", expiration_date=TODAY + 9 * DAY)
        yield found


def test_one_customer_is_asked_for_all_that_it_lacks(room: PostRoom) -> None:
    said = room.run("requests", "make", "C-1", "--message", "Before Friday.")
    assert "Request 1 to Acme for CA, TX goes to ap@acme.example; mails: 1 applied." in said
    (message,) = room.remote.sent
    assert "Before Friday." in message.text
    assert len(LINK.findall(message.text)) == 1


def test_elsewhere_and_for_one_state(room: PostRoom) -> None:
    made = room.json("requests", "make", "C-1", "--state", "TX", "--to", "cfo@acme.example",
                     "--reason", "resale")  # fmt: skip
    assert (made["recipient"], made["jurisdictions"]) == ("cfo@acme.example", ["US-TX"])
    assert (made["reasons"], made["mails"], made["link"]) == (["resale"], {"applied": 1}, None)
    assert [message.to for message in room.remote.sent] == [("cfo@acme.example",)]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--state", "ZZ"], "--state: unknown state"),
        (["--state", "OR"], "jurisdictions: Oregon: Oregon levies no sales tax"),
        (["--to", "nobody"], "recipient: is no e-mail address"),
        (["--by", "letter"], "--output: name the file"),
        (["--reason", "luck"], "--reason: write one of"),
    ],
)
def test_what_does_not_fit_is_refused(room: PostRoom, arguments: list[str], said: str) -> None:
    room.json("requests", "list")
    before = everything(room.world.store)
    result = room.invoke("requests", "make", "C-1", *arguments)
    assert isinstance(result.exception, RefusedError)
    assert said in str(result.exception)
    after = everything(room.world.store)
    assert [before[t] for t in ("request", "delivery")] == [
        after[t] for t in ("request", "delivery")
    ]


def test_a_link_to_pass_on(room: PostRoom) -> None:
    """F12."""
    said = room.run("requests", "make", "C-1", "--by", "link")
    assert "it is not shown again" in said
    assert len(LINK.findall(said)) == 1
    assert LINK.findall(room.json("requests", "resend", "1", "--by", "link")["link"])
    assert room.remote.sent == []


def test_a_letter(room: PostRoom, tmp_path: Path) -> None:
    """F11."""
    pytest.importorskip("reportlab", reason="needs exempt[documents]")
    path = tmp_path / "letter.pdf"
    assert str(path) in room.run("requests", "make", "C-1", "--by", "letter", "-o", str(path))
    assert path.read_bytes().startswith(b"%PDF-")


def test_all_at_once_after_a_look(room: PostRoom) -> None:
    """A35."""
    looked = room.json("requests", "bulk", "--dry-run")
    assert [(c["name"], c["kinds"], c["left_out"]) for c in looked["customers"]] == [
        ("Acme", ["missing"], None), ("Bolt", ["expiring"], None)
    ]  # fmt: skip
    assert room.remote.sent == []
    said = room.run("requests", "bulk", "--missing")
    assert "1 customer asked." in said
    assert "2 customers asked." not in said
    done = room.json("requests", "bulk")
    assert [c["left_out"] for c in done["customers"]] == ["asked already", None]
    assert len(room.remote.sent) == 2


def test_shown_cancelled_and_listed_by_where_it_stands(room: PostRoom) -> None:
    """F22 and A34."""
    room.run("requests", "make", "C-1")
    shown = room.run("requests", "show", "1")
    for part in ("Request 1 to Acme", "not opened", "CA, TX", "ap@acme.example", "sent"):
        assert part in shown
    assert room.json("requests", "show", "1")["mails"][0]["purpose"] == "request"
    assert [r["id"] for r in room.json("requests", "list", "--state", "not_opened")["asked"]] == [1]
    assert "Request 1 to Acme is cancelled." in room.run("requests", "cancel", "1")
    listed = room.json("requests", "list", "--state", "cancelled")
    assert ([r["state"] for r in listed["asked"]], listed["to_ask"]) == (["cancelled"], [])
    assert isinstance(room.invoke("requests", "cancel", "1").exception, RefusedError)
    assert isinstance(room.invoke("requests", "resend", "1").exception, RefusedError)


def test_sent_again_to_another_address(room: PostRoom) -> None:
    room.run("requests", "make", "C-1")
    room.run("requests", "resend", "1", "--to", "cfo@acme.example")
    assert [message.to[0] for message in room.remote.sent] == [
        "ap@acme.example", "cfo@acme.example"
    ]  # fmt: skip
    refused = room.invoke("requests", "resend", "1", "--to", "nobody").exception
    assert isinstance(refused, UnfitError)


def test_words_are_tried_and_then_count(room: PostRoom, tmp_path: Path) -> None:
    """F13."""
    file = tmp_path / "request.txt"
    file.write_text("{{ company }} asks\n\nDear {{ customer }},\n{{ link }}\n", encoding="utf-8")
    seen = room.run("requests", "templates", "preview", "request", "--file", str(file),
                    "--customer", "C-1")  # fmt: skip
    assert "Subject: Northwind Fasteners Inc. asks" in seen
    assert "Dear Acme," in seen
    assert "Version 1" in room.run("requests", "templates", "set", "request", str(file))
    room.run("requests", "make", "C-1")
    assert [message.subject for message in room.remote.sent] == ["Northwind Fasteners Inc. asks"]
    assert room.run("requests", "templates", "show", "request").startswith("{{ company }} asks\n\n")
    assert "of all" in room.run("requests", "templates", "list")
    shown = room.json("requests", "templates", "show", "request")
    assert [each["version"] for each in shown["versions"]] == [1]
    file.write_text("{{ compny }}\nx", encoding="utf-8")
    refused = room.invoke("requests", "templates", "set", "request", str(file)).exception
    assert "subject, line 1: compny is not known: did you mean company?" in str(refused)
    refused = room.invoke("requests", "templates", "show", "notice").exception
    assert "has no words to replace" in str(refused)
    file.write_bytes(b"\xff")
    refused = room.invoke("requests", "templates", "set", "request", str(file)).exception
    assert "cannot be read" in str(refused)


def test_switched_off(room: PostRoom) -> None:
    """A04."""
    path = room.folder / "exempt.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(f"{text}\n[requests]\nenabled = false\n", encoding="utf-8")
    for command in (["make", "C-1"], ["send", "--all"], ["bulk"], ["remind"]):
        refused = room.invoke("requests", *command).exception
        assert isinstance(refused, RefusedError), command
        assert "requests are switched off" in str(refused)
    assert room.remote.sent == []
