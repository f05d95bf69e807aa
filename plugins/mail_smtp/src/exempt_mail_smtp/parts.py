"""The parts of the settings: tokens in place of passwords, the signature, the mailbox."""

from __future__ import annotations

import ipaddress
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, model_validator

from exempt import Settings
from exempt_mail_smtp.addresses import mailbox


def _mailbox(text: str) -> str:
    mailbox(text, "it")
    return text


Mailbox = Annotated[str, AfterValidator(_mailbox)]
Security = Literal["starttls", "tls", "none"]


def is_loopback(host: str) -> bool:
    """Whether *host* is this machine by its very name."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class TokenServer(Settings):
    """Where access tokens are had, as who."""

    token_url: Annotated[
        str, Field(description="Where tokens are had, such as https://oauth2.googleapis.com/token.")
    ]
    client_id: Annotated[str, Field(min_length=1, description="The registered application.")]
    scope: Annotated[
        str | None, Field(description="What to ask for; some servers know it by themselves.")
    ] = None

    @model_validator(mode="after")
    def _private(self) -> Self:
        parts = urlsplit(self.token_url)
        private = parts.scheme == "https" or is_loopback(parts.hostname or "")
        if not (private and parts.hostname):
            msg = "token_url: write https://host/path: credentials go there"
            raise ValueError(msg)
        return self


class ClientCredentials(TokenServer):
    """OAuth2 as an application by itself."""

    grant: Literal["client_credentials"]
    client_secret: Annotated[SecretStr, Field(description="The application's secret.")]


class RefreshToken(TokenServer):
    """OAuth2 as a user who once agreed to it."""

    grant: Literal["refresh_token"]
    client_secret: Annotated[
        SecretStr | None, Field(description="The application's secret, if it has one.")
    ] = None
    refresh_token: Annotated[
        SecretStr,
        Field(description="The refresh token; as file:PATH, where the server gives new ones."),
    ]


OAuth2 = Annotated[ClientCredentials | RefreshToken, Field(discriminator="grant")]


class Dkim(Settings):
    """How mails are signed."""

    selector: Annotated[
        str,
        Field(
            pattern=r"^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$",
            description="The public key is in DNS at SELECTOR._domainkey.DOMAIN.",
        ),
    ]
    private_key: Annotated[SecretStr, Field(description="The key, RSA or Ed25519, as PEM.")]
    domain: Annotated[
        str | None,
        Field(pattern=r"^[A-Za-z0-9.-]+$", description="Who signs; else the sender's domain."),
    ] = None


class Imap(Settings):
    """A mailbox that gets what bounces, read by IMAP."""

    host: Annotated[str, Field(min_length=1, description="The server; its certificate names it.")]
    port: Annotated[
        int | None,
        Field(ge=1, le=65535, description="993 for `tls`, 143 otherwise, unless given."),
    ] = None
    security: Annotated[
        Security, Field(description="As above, but encrypted from the start unless said.")
    ] = "tls"
    allow_plain: Annotated[
        bool, Field(description="Permit `security` none to another machine, as above.")
    ] = False
    user: Annotated[
        str | None, Field(pattern=r"^[\x20-\x7e]+$", description="The user, if another than above.")
    ] = None
    password: Annotated[
        SecretStr | None, Field(description="The user's password, if another than above.")
    ] = None
    oauth2: Annotated[OAuth2 | None, Field(description="Tokens, if others than above.")] = None
    mailbox: Annotated[
        str, Field(pattern=r"^[^\x00-\x1f\x7f]+$", description="Where bounces arrive.")
    ] = "INBOX"
    mark_seen: Annotated[
        bool, Field(description="Mark our bounces as read; nothing else is changed, ever.")
    ] = False
    sent_mailbox: Annotated[
        str | None,
        Field(
            pattern=r"^[^\x00-\x1f\x7f]+$",
            description="Where the server keeps what it sent; a mail of which it is not known"
            " whether it went out is looked for there.",
        ),
    ] = None
    look_first: Annotated[
        bool, Field(description="Look into `sent_mailbox` before each mail is sent, too.")
    ] = False
    timeout: Annotated[
        float, Field(gt=0, le=600, description="Seconds to wait for each answer of the server.")
    ] = 60
    ca_file: Annotated[
        Path | None, Field(description="Certificates to trust, as above, for this server.")
    ] = None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.password is not None and self.oauth2 is not None:
            msg = "imap: give `password` or `oauth2`, not both"
            raise ValueError(msg)
        if self.security == "none" and not (self.allow_plain or is_loopback(self.host)):
            msg = (
                "imap.security: 'none' is for a server on this machine only; use 'tls' or"
                " 'starttls', or set allow_plain = true if the way to the server is safe"
            )
            raise ValueError(msg)
        if self.look_first and self.sent_mailbox is None:
            msg = "imap.look_first: say where to look: give `sent_mailbox`"
            raise ValueError(msg)
        return self

    @property
    def server_port(self) -> int:
        """The port in effect."""
        return self.port or (993 if self.security == "tls" else 143)
