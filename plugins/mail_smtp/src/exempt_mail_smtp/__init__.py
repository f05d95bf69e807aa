"""Connects Exempt to mail by SMTP."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path

from exempt import ConnectorInfo, Sandbox, hookimpl
from exempt_mail_smtp.connector import MailSmtp
from exempt_mail_smtp.settings import MailSmtpSettings


def _sandbox(folder: Path) -> AbstractContextManager[Sandbox]:
    from exempt_mail_smtp.sandbox import serve  # noqa: PLC0415 - only demonstrations need it

    return serve(folder)


@hookimpl
def exempt_connectors() -> list[ConnectorInfo[MailSmtpSettings]]:
    """The one connector of this plugin."""
    return [
        ConnectorInfo(
            name="mail_smtp",
            title="Mail (SMTP)",
            settings=MailSmtpSettings,
            open=MailSmtp,
            sandbox=_sandbox,
        )
    ]
