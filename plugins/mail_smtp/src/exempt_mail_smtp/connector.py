"""Delivers messages by SMTP, one mail a call, and reads by IMAP what came back of them."""

from __future__ import annotations

from exempt import (
    Bounce,
    CheckRequest,
    CheckResult,
    CloseRequest,
    Connector,
    Context,
    FetchRequest,
    ItemResult,
    Outcome,
    Page,
    SendRequest,
    hookimpl,
)
from exempt_mail_smtp import pace, preview
from exempt_mail_smtp.bounces import Bounces
from exempt_mail_smtp.checking import check
from exempt_mail_smtp.dkim import Signer
from exempt_mail_smtp.imap import Login, Mailboxes
from exempt_mail_smtp.message import Mail, compose
from exempt_mail_smtp.notices import Ours
from exempt_mail_smtp.oauth import Tokens
from exempt_mail_smtp.replies import SendFailure
from exempt_mail_smtp.sent import Sent
from exempt_mail_smtp.session import Session
from exempt_mail_smtp.settings import MailSmtpSettings


class MailSmtp(Connector):
    """A mail server that takes mail from us, and the mailbox that gets what bounces."""

    def __init__(self, settings: MailSmtpSettings, context: Context) -> None:
        self._settings = settings
        self._context = context
        tokens = None
        if settings.oauth2 is not None:
            tokens = Tokens(settings.oauth2, context, "oauth2", settings.timeout)
        self._session = Session(settings, context.folder, tokens)
        self._signer = None
        if settings.dkim is not None:
            self._signer = Signer(settings.dkim, settings.sender_domain)
        self._mailboxes = _mailboxes(settings, context, tokens)
        self._sent = None
        if self._mailboxes and settings.imap and settings.imap.sent_mailbox:
            self._sent = Sent(self._mailboxes, settings.imap.sent_mailbox)

    @hookimpl
    def check(self, request: CheckRequest) -> CheckResult:  # noqa: ARG002 - it asks nothing
        """Connect, log in, name the sender and open the mailboxes; no mail is sent."""
        return check(
            self._settings, self._context.folder, self._session, self._mailboxes, self._signer
        )

    @hookimpl
    def send_request(self, request: SendRequest) -> ItemResult:
        """Send one mail; its Message-ID comes from the request's key."""
        try:
            mail = self._mail(request)
        except ValueError as error:
            return ItemResult(key=request.key, outcome=Outcome.REJECTED, message=str(error))
        if self._settings.preview_folder is not None:
            path = preview.write(
                self._context.folder / self._settings.preview_folder, request.key, mail
            )
            said = f"not sent, but written to {path.name}: preview_folder is set"
            return _result(request, mail, Outcome.APPLIED, said)
        look_first = self._settings.imap is not None and self._settings.imap.look_first
        if look_first and self._sent and self._sent.has(mail.message_id):
            return _result(request, mail, Outcome.UNCHANGED, "it was sent before")
        return self._paced(request, mail)

    @hookimpl
    def fetch_bounces(self, request: FetchRequest) -> Page[Bounce]:
        """Reports on our mails in the order in which they came."""
        settings = self._settings
        if self._mailboxes is None or settings.imap is None:
            return Page()
        ours = Ours(settings.domain, settings.return_path)
        return Bounces(self._mailboxes, settings.imap, ours).fetch(request)

    @hookimpl
    def close(self, request: CloseRequest) -> None:  # noqa: ARG002 - it asks nothing
        """End the connections, if there are any."""
        self._session.close()
        if self._mailboxes is not None:
            self._mailboxes.close()

    def _mail(self, request: SendRequest) -> Mail:
        settings = self._settings
        mail = compose(
            request,
            sender=settings.sender,
            reply_to=settings.reply_to,
            domain=settings.domain,
            now=self._context.now(),
            return_path=settings.return_path,
            verp=settings.verp,
        )
        return self._signer.sign(mail, self._context.now()) if self._signer else mail

    def _paced(self, request: SendRequest, mail: Mail) -> ItemResult:
        """Send *mail* unless its recipients' domains have had enough for this minute."""
        settings, context = self._settings, self._context
        if settings.per_domain_per_minute is not None:
            shared = pace.shared(
                context.connection_id, settings.sender, settings.per_domain_per_minute
            )
            wait = shared.wait(request.key, mail.domains, context.now())
            if wait is not None:
                said = f"at most {settings.per_domain_per_minute} mails a minute to one domain"
                return ItemResult(
                    key=request.key, outcome=Outcome.RETRY, message=said, retry_after=wait
                )
        return self._handed_over(request, mail)

    def _handed_over(self, request: SendRequest, mail: Mail) -> ItemResult:
        try:
            said = self._session.send(mail)
        except SendFailure as failure:
            outcome, said = failure.outcome, str(failure)
            if outcome is Outcome.UNKNOWN and self._sent:
                outcome, said = self._sent.settle(mail.message_id, said)
            result = _result(request, mail, outcome, said)
            return result.model_copy(update={"retry_after": failure.retry_after})
        return _result(request, mail, Outcome.APPLIED, said)


def _result(request: SendRequest, mail: Mail, outcome: Outcome, said: str) -> ItemResult:
    return ItemResult(key=request.key, outcome=outcome, message=said, remote_id=mail.message_id)


def _mailboxes(
    settings: MailSmtpSettings, context: Context, tokens: Tokens | None
) -> Mailboxes | None:
    """The account to read; what its login lacks is that of the mail server."""
    imap = settings.imap
    if imap is None:
        return None
    password = settings.password
    if imap.oauth2 is not None:
        password, tokens = None, Tokens(imap.oauth2, context, "imap.oauth2", imap.timeout)
    elif imap.password is not None:
        password, tokens = imap.password, None
    login = Login(imap.user or settings.user or "", password, tokens)
    return Mailboxes(imap, login, context.folder)
