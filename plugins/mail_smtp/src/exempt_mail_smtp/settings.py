"""What the settings file says about a mail server."""

from __future__ import annotations

import ipaddress
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, SecretStr, model_validator

from exempt import Settings
from exempt_mail_smtp.addresses import mailbox

_PORTS = {"starttls": 587, "tls": 465, "none": 25}


def _mailbox(text: str) -> str:
    mailbox(text, "it")
    return text


Mailbox = Annotated[str, AfterValidator(_mailbox)]


class MailSmtpSettings(Settings):
    """A mail server that takes mail from us, and whom the mail is from."""

    host: Annotated[str, Field(min_length=1, description="The server; its certificate names it.")]
    port: Annotated[
        int | None,
        Field(ge=1, le=65535, description="587, 465 or 25 by `security`, unless given."),
    ] = None
    security: Annotated[
        Literal["starttls", "tls", "none"],
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
    sender: Annotated[
        Mailbox, Field(description="Whom mail is from: 'Tax desk <tax@example.com>'.")
    ]
    reply_to: Annotated[
        Mailbox | None, Field(description="Where answers go, if not to the sender.")
    ] = None
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

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if (self.user is None) != (self.password is None):
            msg = "user, password: give both, or neither"
            raise ValueError(msg)
        if self.password is not None and not self.password.get_secret_value().isascii():
            msg = "password: SMTP logins take ASCII characters only; choose another password"
            raise ValueError(msg)
        if self.security == "none" and not (self.allow_plain or _is_loopback(self.host)):
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
        return self.message_id_domain or mailbox(self.sender, "sender").domain


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
