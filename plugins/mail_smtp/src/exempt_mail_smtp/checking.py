"""Finds out whether mails can be sent and bounces read, part by part."""

from __future__ import annotations

from pathlib import Path

from exempt import (
    AuthError,
    Capability,
    CheckResult,
    ConfigError,
    ConnectorError,
    Problem,
    Severity,
    TransientError,
)
from exempt_mail_smtp import preview
from exempt_mail_smtp.dkim import Signer
from exempt_mail_smtp.imap import Mailboxes
from exempt_mail_smtp.keys import return_address
from exempt_mail_smtp.parts import Imap
from exempt_mail_smtp.replies import SendFailure
from exempt_mail_smtp.session import Session
from exempt_mail_smtp.settings import MailSmtpSettings


def check(
    settings: MailSmtpSettings,
    folder: Path,
    session: Session,
    mailboxes: Mailboxes | None,
    signer: Signer | None,
) -> CheckResult:
    """See `Connector.check`; no mail is sent, and nothing is marked."""
    problems: list[Problem] = []
    account = f"{settings.sender} by {settings.host}:{settings.server_port}"
    if settings.preview_folder is not None:
        problems += _preview(folder / settings.preview_folder)
    else:
        try:
            server = session.greet(_envelope(settings))
        except (ConfigError, TransientError, SendFailure) as error:
            problems.append(_sending(error))
        else:
            limit = (
                f"{server.size_limit:,} bytes a mail" if server.size_limit else "no limit stated"
            )
            account += f", {server.encryption or 'not encrypted'}, {limit}"
    if signer is not None:
        try:
            account += f", signed with {signer.ready()}"
        except ConfigError as error:
            problems.append(_signing(error))
    if mailboxes is not None and settings.imap is not None:
        problems += _mailboxes(settings.imap, mailboxes)
        account += f", bounces from {settings.imap.mailbox} at {settings.imap.host}"
    return CheckResult(account=account, problems=tuple(problems))


def _envelope(settings: MailSmtpSettings) -> str:
    """An address like those that mails will be sent from."""
    address = settings.return_path
    return return_address(address, "check") if settings.verp else address


def _preview(folder: Path) -> list[Problem]:
    try:
        preview.ready(folder)
    except ConfigError as error:
        return [_problem("not_writable", error, "Name a folder that Exempt may write to.")]
    return [
        Problem(
            severity=Severity.WARNING,
            code="preview",
            message=f"preview_folder: mails are written to {folder}, and none is sent",
            help="Take `preview_folder` out of the settings to send.",
        )
    ]


def _sending(error: Exception) -> Problem:
    """What a person should do about *error*."""
    if isinstance(error, AuthError):
        code, remedy = "login_refused", "Check `user` and `password`; some want an app password."
    elif isinstance(error, ConfigError):
        code, remedy = "not_accepted", "Check `host`, `port`, `security` and `sender`."
    else:
        code, remedy = "not_reached", "Check `host` and `port`, or try again later."
    return _problem(code, error, remedy)


def _signing(error: Exception) -> Problem:
    return _problem("not_signed", error, "Check `dkim`: the key's file, and that it is PEM.")


def _mailboxes(imap: Imap, mailboxes: Mailboxes) -> list[Problem]:
    names = {"mailbox": imap.mailbox, "sent_mailbox": imap.sent_mailbox}
    problems = []
    for setting, name in names.items():
        if name is None:
            continue
        try:
            with mailboxes.open(name, setting=setting):
                pass
        except ConnectorError as error:
            problem = _reading(error)
            if setting == "sent_mailbox" and not imap.look_first:
                problem = problem.model_copy(
                    update={"severity": Severity.WARNING, "capability": None}
                )
            problems.append(problem)
    return problems


def _reading(error: Exception) -> Problem:
    if isinstance(error, AuthError):
        code, remedy = "mailbox_login_refused", "Check `imap`: user, password or oauth2."
    elif isinstance(error, ConfigError):
        code, remedy = "mailbox_not_opened", "Check `imap`: host, port, security and mailbox."
    else:
        code, remedy = "mailbox_not_reached", "Check `imap.host` and its port, or try again later."
    return _problem(code, error, remedy, Capability.BOUNCES)


def _problem(
    code: str, error: Exception, remedy: str, capability: Capability | None = None
) -> Problem:
    return Problem(code=code, message=str(error), help=remedy, capability=capability)
