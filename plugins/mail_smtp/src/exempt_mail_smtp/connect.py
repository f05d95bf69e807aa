"""Opens an SMTP connection: greeting, encryption, login; and says what is wrong with them."""

from __future__ import annotations

import base64
import smtplib
import socket
import ssl
from pathlib import Path

from exempt import AuthError, ConfigError, ConnectorError, TransientError
from exempt_mail_smtp.oauth import Tokens, xoauth2
from exempt_mail_smtp.replies import without_login, words
from exempt_mail_smtp.settings import MailSmtpSettings


def connect(settings: MailSmtpSettings, folder: Path, tokens: Tokens | None = None) -> smtplib.SMTP:
    """A connection that is ready for mail.

    A token that was had before and is refused now is had anew, once.

    Args:
        settings: Where the server is, and how to log in.
        folder: Where a relative path of certificates starts.
        tokens: What to log in with in place of a password.

    Raises:
        AuthError: User, password or token were refused.
        ConfigError: Certificate, encryption or greeting are not as the settings say.
        TransientError: The server cannot be reached, or asks to come later.
    """
    context = trust(settings.security, folder, settings.ca_file)
    doubtful = tokens is not None and tokens.kept
    try:
        return _connected(settings, context, tokens)
    except AuthError:
        if tokens is None or not doubtful:
            raise
        tokens.forget()
        return _connected(settings, context, tokens)


def _connected(
    settings: MailSmtpSettings, context: ssl.SSLContext | None, tokens: Tokens | None
) -> smtplib.SMTP:
    try:
        return _ready(settings, context, tokens)
    except OSError as error:  # smtplib's and ssl's errors, too
        if isinstance(error, smtplib.SMTPResponseException):
            error.smtp_error = _without_login(error.smtp_error, settings, tokens)
        raise _explained(error, f"{settings.host}:{settings.server_port}") from None


def _ready(
    settings: MailSmtpSettings, context: ssl.SSLContext | None, tokens: Tokens | None
) -> smtplib.SMTP:
    host, port = settings.host, settings.server_port
    # Without a name for the greeting, smtplib would ask DNS for one.
    greeting, timeout = settings.domain, settings.timeout
    if settings.security == "tls":
        smtp: smtplib.SMTP = smtplib.SMTP_SSL(
            host, port, greeting, timeout=timeout, context=context
        )
    else:
        smtp = smtplib.SMTP(host, port, greeting, timeout=timeout)
    try:
        # Or else a mail's last line waits, some 40 ms, until what is before it is confirmed.
        if smtp.sock:
            smtp.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if settings.security == "starttls":
            smtp.starttls(context=context)
        smtp.ehlo_or_helo_if_needed()
        _log_in(smtp, settings, tokens)
    except BaseException:
        smtp.close()
        raise
    return smtp


def _log_in(smtp: smtplib.SMTP, settings: MailSmtpSettings, tokens: Tokens | None) -> None:
    if settings.user is None:
        return
    if settings.password is not None:
        smtp.login(settings.user, settings.password.get_secret_value())
        smtp.password = ""  # smtplib keeps it otherwise
    elif tokens is not None:
        if "XOAUTH2" not in smtp.esmtp_features.get("auth", "").split():
            msg = "The server does not take tokens (AUTH XOAUTH2)."
            raise smtplib.SMTPNotSupportedError(msg)
        shown = base64.b64encode(xoauth2(settings.user, tokens.get())).decode()
        code, text = smtp.docmd("AUTH", f"XOAUTH2 {shown}")
        if code == 334:  # its reasons, as JSON; the reply comes after an empty line
            code, text = smtp.docmd("")
        if code != 235:
            raise smtplib.SMTPAuthenticationError(code, text)


def _without_login(said: bytes | str, settings: MailSmtpSettings, tokens: Tokens | None) -> bytes:
    text = said.decode(errors="replace") if isinstance(said, bytes) else said
    secret = settings.password or (tokens.get() if tokens and tokens.kept else None)
    if secret is not None:
        text = without_login(text, settings.user or "", secret.get_secret_value())
    return text.encode()


def trust(
    security: str, folder: Path, ca_file: Path | None, part: str = ""
) -> ssl.SSLContext | None:
    """Whose certificates count; None without encryption.

    Args:
        security: ``starttls``, ``tls`` or ``none``.
        folder: Where a relative path starts.
        ca_file: Certificates to trust in place of the system's.
        part: Of the settings, such as ``imap.``, for the error.

    Raises:
        ConfigError: The file of certificates cannot be read.
    """
    if security == "none":
        return None
    if ca_file is None:
        return ssl.create_default_context()
    try:
        return ssl.create_default_context(cafile=folder / ca_file)
    except OSError:
        msg = f"{part}ca_file: {ca_file} holds no certificates that can be read: give a PEM file"
        raise ConfigError(msg) from None


def _explained(error: OSError, where: str) -> ConnectorError:
    """What to do about *error*: whether to wait, or which setting to mend."""
    if isinstance(error, smtplib.SMTPResponseException):
        return _refused(error, where)
    if isinstance(error, smtplib.SMTPServerDisconnected | ssl.SSLEOFError | ssl.SSLZeroReturnError):
        return TransientError(f"{where}: the server closed the connection while it was being made")
    if isinstance(error, ssl.SSLError):
        return not_encrypted(error, where)
    if isinstance(error, smtplib.SMTPException):  # "… not supported by server."
        return ConfigError(f"{where}: {error} Mend `security`, or the login.")
    return TransientError(f"{where}: cannot be reached: {error.strerror or error}")


def _refused(error: smtplib.SMTPResponseException, where: str) -> ConnectorError:
    text = error.smtp_error
    said = words((error.smtp_code, text if isinstance(text, bytes) else text.encode()))
    if error.smtp_code < 500:
        return TransientError(f"{where} asks to come later: {said}")
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return AuthError(f"user, password: {where} refuses the login: {said}")
    return ConfigError(f"host: {where} does not serve us: {said}")


def not_encrypted(error: ssl.SSLError, where: str, part: str = "") -> ConfigError:
    """What to mend when no encryption that we trust came about with *where*.

    Args:
        error: What went wrong.
        where: Host and port.
        part: Of the settings, such as ``imap.``.
    """
    if isinstance(error, ssl.SSLCertVerificationError):
        return ConfigError(
            f"{part}host: the certificate of {where} is not trusted: {error.verify_message}; use"
            f" the name that it is for, or give its authority as `{part}ca_file`"
        )
    return ConfigError(
        f"{part}security: {where} does not speak our TLS ({error.reason}): mend"
        f" `{part}security` or `{part}port`"
    )
