"""Whether messages are sent, once, and told truly."""

from __future__ import annotations

import pytest

from exempt.model.checking import Capability
from exempt.model.messages import Attachment
from exempt.model.pushing import Outcome
from exempt.testing.contract.base import Group
from exempt.testing.levels import bronze, gold, silver
from exempt.testing.telling import must
from exempt.testing.trial import Trial, message

_HOOK = "Connector.send_request"


class Mail(Group):
    """The same key is the same message."""

    @bronze
    def test_a_message_is_sent(self, alone: Trial) -> None:
        """It arrives, and the result bears its key."""
        alone.needs(Capability.REQUESTS)
        before = alone.writes()
        result = alone.open().send(message("contract-mail"))
        must(
            result.outcome is Outcome.APPLIED and result.key == "contract-mail",
            did="sent a message",
            came=f"{result.outcome} of the key {result.key}: {result.message}",
            asks="applied, with the key of the request",
            read=_HOOK,
        )
        must(
            len(alone.writes()) == len(before) + 1,
            did="sent a message",
            came=f"the sandbox knows of {len(alone.writes()) - len(before)} more",
            asks="one message at the remote",
            read=_HOOK,
        )

    @gold
    def test_the_same_key_is_one_message(self, alone: Trial) -> None:
        """A retry after a crash does not write to the customer twice."""
        alone.needs(Capability.REQUESTS)
        connection = alone.open()
        connection.send(message("contract-mail"))
        once = alone.writes()
        for sender in (connection, alone.open()):
            sender.send(message("contract-mail"))
        must(
            set(alone.writes()) == set(once),
            did="sent the same request three times, the last time in a new connector",
            came=f"messages {', '.join(sorted(alone.writes()))}",
            asks="one message, or copies with the same Message-ID, made from the key",
            read="SendRequest.key",
        )

    @gold
    def test_two_keys_are_two_messages(self, alone: Trial) -> None:
        """A reminder is no repetition, even in the same words."""
        alone.needs(Capability.REQUESTS)
        before = len(alone.writes())
        connection = alone.open()
        for key in ("contract-mail", "contract-mail-2"):
            connection.send(message(key))
        must(
            len(alone.writes()) == before + 2,
            did="sent the same words with two keys",
            came=f"{len(alone.writes()) - before} messages",
            asks="two: the key is what makes a message",
            read="SendRequest.key",
        )

    @silver
    @pytest.mark.parametrize(
        "address", ["nobody", "a@b.example\nBcc: all@b.example"], ids=["no at", "line break"]
    )
    def test_an_address_that_is_none_is_rejected(self, alone: Trial, address: str) -> None:
        """It is the one message's fault, and no way into a header."""
        alone.needs(Capability.REQUESTS)
        before = alone.writes()
        result = alone.open().send(message("contract-mail", to=(address,)))
        must(
            result.outcome is Outcome.REJECTED and alone.writes() == before,
            did=f"sent a message to {address!r}",
            came=f"{result.outcome}: {result.message}",
            asks="rejected, with what to mend, and nothing sent",
            read=_HOOK,
        )

    @silver
    def test_all_that_a_message_may_have_is_sent(self, alone: Trial) -> None:
        """HTML, an attachment, letters beyond ASCII."""
        alone.needs(Capability.REQUESTS)
        full = message(
            "contract-mail",
            subject="Ihre Bescheinigung läuft ab 🧾",
            text="Grüße\n.\nEnde",
            html="<p>Grüße</p>",
            reply_to="tax@northwind.example",
            attachments=(
                Attachment(name="Übersicht.pdf", media_type="application/pdf", content=b"%PDF-"),
            ),
        )
        result = alone.open().send(full)
        must(
            result.outcome is Outcome.APPLIED,
            did="sent a message with HTML, an attachment and letters beyond ASCII",
            came=f"{result.outcome}: {result.message}",
            asks="applied",
            read="SendRequest",
        )
