"""Opens an SMTP connection: greeting, encryption, login; and says what is wrong with them."""

from __future__ import annotations

import smtplib
import ssl
from pathlib import Path

from exempt import AuthError, ConfigError, TransientError
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
    where = f"{settings.host}:{settings.server_port}"
    try:
        return _ready(settings, folder)
    except smtplib.SMTPAuthenticationError as error:
        kind = AuthError if error.smtp_code >= 500 else TransientError
        msg = f"user, password: {where} refused the login: {_said(error)}"
    except smtplib.SMTPResponseException as error:
        kind = ConfigError if error.smtp_code >= 500 else TransientError
        msg = f"host: {where} does not serve us: {_said(error)}"
    except smtplib.SMTPNotSupportedError as error:
        kind, msg = ConfigError, f"{where}: {error}: mend `security`, or `user` and `password`"
    except ssl.SSLCertVerificationError as error:
        kind = ConfigError
        msg = (
            f"host: the certificate of {where} is not trusted: {error.verify_message}; use the"
            " name that it is for, or give its authority as `ca_file`"
        )
    except (ssl.SSLEOFError, smtplib.SMTPServerDisconnected):
        kind, msg = TransientError, f"{where}: the connection was closed while it was made"
    except ssl.SSLError as error:
        kind = ConfigError
        msg = f"security: {where} speaks no TLS there ({error.reason}): mend `security` or `port`"
    except (smtplib.SMTPException, OSError) as error:
        kind = TransientError
        msg = f"{where}: cannot be reached: {error.__class__.__name__}: mend `host`, or wait"
    raise kind(msg) from None


def _ready(settings: MailSmtpSettings, folder: Path) -> smtplib.SMTP:
    host, port = settings.host, settings.server_port
    greeting, timeout = settings.domain, settings.timeout
    if settings.security == "tls":
        smtp: smtplib.SMTP = smtplib.SMTP_SSL(
            host, port, greeting, timeout=timeout, context=_trust(settings, folder)
        )
    else:
        smtp = smtplib.SMTP(host, port, greeting, timeout=timeout)
    try:
        if settings.security == "starttls":
            smtp.starttls(context=_trust(settings, folder))
        smtp.ehlo_or_helo_if_needed()
        if settings.user is not None and settings.password is not None:
            smtp.login(settings.user, settings.password.get_secret_value())
    except BaseException:
        smtp.close()
        raise
    return smtp


def _trust(settings: MailSmtpSettings, folder: Path) -> ssl.SSLContext:
    if settings.ca_file is None:
        return ssl.create_default_context()
    try:
        return ssl.create_default_context(cafile=folder / settings.ca_file)
    except OSError:
        msg = f"ca_file: {settings.ca_file} holds no certificates that can be read: give a PEM file"
        raise ConfigError(msg) from None


def _said(error: smtplib.SMTPResponseException) -> str:
    text = error.smtp_error
    return words((error.smtp_code, text if isinstance(text, bytes) else text.encode()))
