"""What the settings file says about a mail server."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, SecretStr, model_validator

from exempt import Settings
from exempt_mail_smtp.addresses import mailbox
from exempt_mail_smtp.parts import Dkim, Imap, Mailbox, OAuth2, Security, is_loopback

_PORTS = {"starttls": 587, "tls": 465, "none": 25}


class MailSmtpSettings(Settings):
    """A mail server that takes mail from us, and whom the mail is from."""

    host: Annotated[str, Field(min_length=1, description="The server; its certificate names it.")]
    port: Annotated[
        int | None,
        Field(ge=1, le=65535, description="587, 465 or 25 by `security`, unless given."),
    ] = None
    security: Annotated[
        Security,
        Field(
            description="starttls: encrypted after a greeting; tls: from the start;"
            " none: only on this machine."
        ),
    ] = "starttls"
    allow_plain: Annotated[
        bool,
        Field(
            description="Permit `security` none to another machine: mail, user and password"
            " can then be read on the way."
        ),
    ] = False
    user: Annotated[
        str | None, Field(pattern=r"^[\x20-\x7e]+$", description="The user; none = no login.")
    ] = None
    password: Annotated[SecretStr | None, Field(description="The user's password.")] = None
    oauth2: Annotated[
        OAuth2 | None, Field(description="Log in with tokens (XOAUTH2), in place of a password.")
    ] = None
    sender: Annotated[
        Mailbox, Field(description="Whom mail is from: 'Tax desk <tax@example.com>'.")
    ]
    reply_to: Annotated[
        Mailbox | None, Field(description="Where answers go, if not to the sender.")
    ] = None
    envelope_sender: Annotated[
        Mailbox | None, Field(description="Where bounces go, if not to the sender.")
    ] = None
    verp: Annotated[
        bool,
        Field(
            description="Send from envelope addresses with the message's key in them,"
            " tax+KEY@example.com, so that any bounce can be told."
        ),
    ] = False
    timeout: Annotated[
        float, Field(gt=0, le=600, description="Seconds to wait for each answer of the server.")
    ] = 60
    message_id_domain: Annotated[
        str | None,
        Field(
            pattern=r"^[A-Za-z0-9.-]+$",
            description="The domain in Message-IDs and the greeting; else the sender's.",
        ),
    ] = None
    ca_file: Annotated[
        Path | None,
        Field(
            description="Certificates to trust in place of the system's, as PEM;"
            " from the settings file's folder."
        ),
    ] = None

    per_domain_per_minute: Annotated[
        int | None,
        Field(ge=1, description="The most mails a minute to one domain of recipients."),
    ] = None
    mails_per_connection: Annotated[
        int, Field(ge=1, description="After so many mails the server is called anew.")
    ] = 100
    dkim: Annotated[Dkim | None, Field(description="Sign mails; else the server may.")] = None
    imap: Annotated[Imap | None, Field(description="A mailbox to read bounces from.")] = None
    preview_folder: Annotated[
        Path | None,
        Field(
            description="Write mails into this folder as .eml, and send none;"
            " from the settings file's folder."
        ),
    ] = None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.password is not None and self.oauth2 is not None:
            msg = "password, oauth2: give one of them, not both"
            raise ValueError(msg)
        if (self.user is None) != (self.password is None and self.oauth2 is None):
            msg = "user, password: give both, or neither; with oauth2, a user and no password"
            raise ValueError(msg)
        if self.password is not None and not self.password.get_secret_value().isascii():
            msg = "password: SMTP logins take ASCII characters only; choose another password"
            raise ValueError(msg)
        if self.imap is not None:
            secrets = (self.imap.password, self.imap.oauth2, self.password, self.oauth2)
            if not (self.imap.user or self.user) or not any(secrets):
                msg = "imap: it needs a login: give `imap.user` and `imap.password`, or a `user`"
                raise ValueError(msg)
        if self.security == "none" and not (self.allow_plain or is_loopback(self.host)):
            msg = (
                "security: 'none' is for a server on this machine only; use 'starttls' or 'tls',"
                " or set allow_plain = true if the way to the server is safe"
            )
            raise ValueError(msg)
        return self

    @property
    def server_port(self) -> int:
        """The port in effect."""
        return self.port or _PORTS[self.security]

    @property
    def domain(self) -> str:
        """The domain in effect for Message-IDs and the greeting."""
        return self.message_id_domain or self.sender_domain

    @property
    def sender_domain(self) -> str:
        """The domain of the From header."""
        return mailbox(self.sender, "sender").domain

    @property
    def return_path(self) -> str:
        """The bare address that bounces go to."""
        return mailbox(self.envelope_sender or self.sender, "envelope_sender").addr_spec
