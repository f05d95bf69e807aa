"""Opens an SMTP connection: greeting, encryption, login; and says what is wrong with them."""

from __future__ import annotations

import smtplib
import socket
import ssl
from pathlib import Path

from exempt import AuthError, ConfigError, ConnectorError, TransientError
from exempt_mail_smtp.replies import words
from exempt_mail_smtp.settings import MailSmtpSettings


def connect(settings: MailSmtpSettings, folder: Path) -> smtplib.SMTP:
    """A connection that is ready for mail.

    Args:
        settings: Where the server is, and how to log in.
        folder: Where a relative path of certificates starts.

    Raises:
        AuthError: User or password were refused.
        ConfigError: Certificate, encryption or greeting are not as the settings say.
        TransientError: The server cannot be reached, or asks to come later.
    """
    try:
        return _ready(settings, _trust(settings, folder))
    except OSError as error:  # smtplib's and ssl's errors, too
        raise _explained(error, f"{settings.host}:{settings.server_port}") from None


def _ready(settings: MailSmtpSettings, trust: ssl.SSLContext | None) -> smtplib.SMTP:
    host, port = settings.host, settings.server_port
    # Without a name for the greeting, smtplib would ask DNS for one.
    greeting, timeout = settings.domain, settings.timeout
    if settings.security == "tls":
        smtp: smtplib.SMTP = smtplib.SMTP_SSL(host, port, greeting, timeout=timeout, context=trust)
    else:
        smtp = smtplib.SMTP(host, port, greeting, timeout=timeout)
    try:
        # Or else a mail's last line waits, some 40 ms, until what is before it is confirmed.
        if smtp.sock:
            smtp.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if settings.security == "starttls":
            smtp.starttls(context=trust)
        smtp.ehlo_or_helo_if_needed()
        if settings.user is not None and settings.password is not None:
            smtp.login(settings.user, settings.password.get_secret_value())
            smtp.password = ""  # smtplib keeps it otherwise
    except BaseException:
        smtp.close()
        raise
    return smtp


def _trust(settings: MailSmtpSettings, folder: Path) -> ssl.SSLContext | None:
    if settings.security == "none":
        return None
    if settings.ca_file is None:
        return ssl.create_default_context()
    try:
        return ssl.create_default_context(cafile=folder / settings.ca_file)
    except OSError:
        msg = f"ca_file: {settings.ca_file} holds no certificates that can be read: give a PEM file"
        raise ConfigError(msg) from None


def _explained(error: OSError, where: str) -> ConnectorError:
    """What to do about *error*: whether to wait, or which setting to mend."""
    if isinstance(error, smtplib.SMTPResponseException):
        return _refused(error, where)
    if isinstance(error, smtplib.SMTPServerDisconnected | ssl.SSLEOFError | ssl.SSLZeroReturnError):
        return TransientError(f"{where}: the server closed the connection while it was being made")
    if isinstance(error, ssl.SSLError):
        return _not_encrypted(error, where)
    if isinstance(error, smtplib.SMTPException):  # "… not supported by server."
        return ConfigError(f"{where}: {error} Mend `security`, or `user` and `password`.")
    return TransientError(f"{where}: cannot be reached: {error.strerror or error}")


def _refused(error: smtplib.SMTPResponseException, where: str) -> ConnectorError:
    text = error.smtp_error
    said = words((error.smtp_code, text if isinstance(text, bytes) else text.encode()))
    if error.smtp_code < 500:
        return TransientError(f"{where} asks to come later: {said}")
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return AuthError(f"user, password: {where} refuses the login: {said}")
    return ConfigError(f"host: {where} does not serve us: {said}")


def _not_encrypted(error: ssl.SSLError, where: str) -> ConfigError:
    if isinstance(error, ssl.SSLCertVerificationError):
        return ConfigError(
            f"host: the certificate of {where} is not trusted: {error.verify_message}; use the"
            " name that it is for, or give its authority as `ca_file`"
        )
    return ConfigError(
        f"security: {where} does not speak our TLS ({error.reason}): mend `security` or `port`"
    )
