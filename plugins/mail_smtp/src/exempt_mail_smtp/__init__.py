"""Connects Exempt to mail: requests go out by SMTP, bounces come in by IMAP."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path

from exempt import Capability, Connector, ConnectorInfo, Context, Sandbox, hookimpl
from exempt_mail_smtp.settings import MailSmtpSettings


def _open(settings: MailSmtpSettings, context: Context) -> Connector:
    from exempt_mail_smtp.connector import MailSmtp  # noqa: PLC0415 - not each command connects

    return MailSmtp(settings, context)


def _sandbox(folder: Path) -> AbstractContextManager[Sandbox]:
    from exempt_mail_smtp.sandbox import serve  # noqa: PLC0415 - only demonstrations need it

    return serve(folder)


def _capabilities(settings: MailSmtpSettings) -> set[Capability]:
    """Bounces only where there is a mailbox to read."""
    return {Capability.REQUESTS} | ({Capability.BOUNCES} if settings.imap else set())


@hookimpl
def exempt_connectors() -> list[ConnectorInfo[MailSmtpSettings]]:
    """The one connector of this plugin."""
    return [
        ConnectorInfo(
            name="mail_smtp",
            title="Mail (SMTP)",
            settings=MailSmtpSettings,
            open=_open,
            requires_spec=">=1.1,<2",
            capabilities=_capabilities,
            sandbox=_sandbox,
        )
    ]
