"""The conformance kit, against the sandbox."""

from __future__ import annotations

from exempt.testing import Contract


class TestMailSmtp(Contract):
    connector = "mail_smtp"
    level = "gold"
