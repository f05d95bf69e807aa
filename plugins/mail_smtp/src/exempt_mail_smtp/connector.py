"""Delivers messages by SMTP, one mail a call."""

from __future__ import annotations

from exempt import (
    AuthError,
    CheckRequest,
    CheckResult,
    CloseRequest,
    ConfigError,
    Connector,
    Context,
    ItemResult,
    Outcome,
    Problem,
    SendRequest,
    TransientError,
    hookimpl,
)
from exempt_mail_smtp.addresses import mailbox
from exempt_mail_smtp.message import compose
from exempt_mail_smtp.replies import SendFailure
from exempt_mail_smtp.session import Session
from exempt_mail_smtp.settings import MailSmtpSettings


class MailSmtp(Connector):
    """A mail server that takes mail from us."""

    def __init__(self, settings: MailSmtpSettings, context: Context) -> None:
        self._settings = settings
        self._now = context.now
        self._session = Session(settings, context.folder)

    @hookimpl
    def check(self, request: CheckRequest) -> CheckResult:  # noqa: ARG002 - it asks nothing
        """Connect, log in and name the sender; no mail is sent."""
        settings = self._settings
        account = f"{settings.sender} by {settings.host}:{settings.server_port}"
        try:
            server = self._session.greet(mailbox(settings.sender, "sender").addr_spec)
        except (ConfigError, TransientError, SendFailure) as error:
            return CheckResult(account=account, problems=(_problem(error),))
        limit = f"{server.size_limit:,} bytes a mail" if server.size_limit else "no limit stated"
        return CheckResult(account=f"{account}, {server.encryption or 'not encrypted'}, {limit}")

    @hookimpl
    def send_request(self, request: SendRequest) -> ItemResult:
        """Send one mail; its Message-ID comes from the request's key."""
        settings = self._settings
        try:
            mail = compose(
                request,
                sender=settings.sender,
                reply_to=settings.reply_to,
                domain=settings.domain,
                now=self._now(),
            )
        except ValueError as error:
            return ItemResult(key=request.key, outcome=Outcome.REJECTED, message=str(error))
        outcome = Outcome.APPLIED
        try:
            message = self._session.send(mail)
        except SendFailure as failure:
            outcome, message = failure.outcome, str(failure)
        return ItemResult(
            key=request.key, outcome=outcome, message=message, remote_id=mail.message_id
        )

    @hookimpl
    def close(self, request: CloseRequest) -> None:  # noqa: ARG002 - it asks nothing
        """End the connection, if there is one."""
        self._session.close()


def _problem(error: Exception) -> Problem:
    """What a person should do about *error*."""
    if isinstance(error, AuthError):
        code, remedy = "login_refused", "Check `user` and `password`; some want an app password."
    elif isinstance(error, ConfigError):
        code, remedy = "not_accepted", "Check `host`, `port`, `security` and `sender`."
    else:
        code, remedy = "not_reached", "Check `host` and `port`, or try again later."
    return Problem(code=code, message=str(error), help=remedy)
