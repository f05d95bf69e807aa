"""Looks for mails where the server keeps what it sent."""

from __future__ import annotations

from exempt import ConnectorError, Outcome
from exempt_mail_smtp.imap import Mailboxes


class Sent:
    """The mailbox of sent mails.

    Found means sent. Not found means nothing: the server may keep its copy
    later, or under a Message-ID of its own.
    """

    def __init__(self, mailboxes: Mailboxes, name: str) -> None:
        self._mailboxes = mailboxes
        self._name = name

    def has(self, message_id: str) -> bool:
        """Whether a mail with that Message-ID was kept.

        Raises:
            ConnectorError: It cannot be looked up.
        """
        with self._mailboxes.open(self._name, setting="sent_mailbox") as box:
            return box.has(message_id)

    def settle(self, message_id: str, said: str) -> tuple[Outcome, str]:
        """What became of a mail of which it is not known: applied if found, else still unknown."""
        try:
            found = self.has(message_id)
        except ConnectorError as error:
            return Outcome.UNKNOWN, f"{said}; and {error}"
        if found:
            return Outcome.APPLIED, f"it is in {self._name}, though the server did not confirm it"
        return Outcome.UNKNOWN, f"{said}; it is not in {self._name} so far"
