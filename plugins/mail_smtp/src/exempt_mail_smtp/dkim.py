"""Signs mails: DKIM by RFC 6376, with RSA or Ed25519 (RFC 8463), relaxed in headers and body.

The signature is ours, some sixty lines on ``cryptography``, which the Python
Cryptographic Authority keeps. dkimpy would need two more packages and signs
with an RSA in Python; it is the judge of our signatures in the tests.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import replace

from exempt import ConfigError
from exempt_mail_smtp.message import Mail
from exempt_mail_smtp.parts import Dkim

# RFC 6376, section 5.4.1.
_SIGNED = (
    *("date", "message-id", "auto-submitted"),
    *("mime-version", "content-type", "content-transfer-encoding"),
)
# These are named once more than they are there, so that nobody can add one which
# a mail program would show instead (section 8.15).
_SEALED = ("from", "to", "subject", "reply-to")
_RSA_BITS_MIN = 1024  # RFC 8301, section 3.2; what is shorter is not believed


class Signer:
    """Signs mails with one key; the key is read when the first mail needs it.

    Args:
        settings: Selector, key and domain.
        domain: The sender's, where the settings name none.
    """

    def __init__(self, settings: Dkim, domain: str) -> None:
        self._settings = settings
        self._domain = settings.domain or domain
        self._key: tuple[str, Callable[[bytes], bytes]] | None = None

    def ready(self) -> str:
        """What verifiers will look for, ``rsa-sha256 by s1._domainkey.example.com``.

        Raises:
            ConfigError: The key cannot be used, or the extra ``dkim`` is not installed.
        """
        self._key = self._key or _signing(self._settings)
        return f"{self._key[0]} by {self._settings.selector}._domainkey.{self._domain}"

    def sign(self, mail: Mail, now: dt.datetime) -> Mail:
        """*mail* with a signature before its headers.

        Raises:
            ConfigError: As for `ready`.
        """
        self._key = algorithm, signature = self._key or _signing(self._settings)
        head, _, body = mail.lines.partition(b"\r\n\r\n")
        headers = list(_headers(head))
        names = [name for name, _ in headers]
        sealed = [name for name in _SEALED for _ in range(names.count(name) + 1)]
        signed = [name for name in _SIGNED if name in names]
        tags = (
            f"v=1; a={algorithm}; c=relaxed/relaxed; d={self._domain};",
            f" s={self._settings.selector}; t={int(now.timestamp())};",
            f" h={_folded([*sealed, *signed])};",
            f" bh={_encoded(hashlib.sha256(_relaxed_body(body)).digest())};",
            " b=",
        )
        field = "\r\n".join(tags)
        chosen = _chosen(headers, [*sealed, *signed])
        over = b"".join(chosen) + _relaxed("dkim-signature", field.encode()).rstrip(b"\r\n")
        made = _encoded(signature(over))
        folded = "\r\n  ".join(made[at : at + 70] for at in range(0, len(made), 70))
        return replace(mail, lines=f"DKIM-Signature: {field}{folded}\r\n".encode() + mail.lines)


def _folded(names: list[str]) -> str:
    return "\r\n  :".join(":".join(names[at : at + 4]) for at in range(0, len(names), 4))


def _headers(head: bytes) -> Iterator[tuple[str, bytes]]:
    """Each header's name in small letters and its raw value, folds and all."""
    for line in re.split(rb"\r\n(?![ \t])", head):
        name, _, value = line.partition(b":")
        yield name.decode("ascii").strip().lower(), value


def _chosen(headers: list[tuple[str, bytes]], signed: list[str]) -> Iterator[bytes]:
    """The headers to hash, by name from the last upwards (RFC 6376, section 5.4.2)."""
    left = list(reversed(headers))
    for name in signed:
        for at, (found, value) in enumerate(left):
            if found == name:
                del left[at]
                yield _relaxed(name, value)
                break


def _relaxed(name: str, value: bytes) -> bytes:
    """One header in its relaxed form (RFC 6376, section 3.4.2)."""
    unfolded = re.sub(rb"\r\n(?=[ \t])", b"", value)
    return name.encode() + b":" + re.sub(rb"[ \t]+", b" ", unfolded).strip(b" ") + b"\r\n"


def _relaxed_body(body: bytes) -> bytes:
    """A body in its relaxed form (RFC 6376, section 3.4.4)."""
    lines = re.sub(rb"[ \t]+(?=\r\n)", b"", re.sub(rb"[ \t]+", b" ", body))
    stripped = re.sub(rb"(\r\n)+\Z", b"", lines)
    return stripped + b"\r\n" if stripped else b""


def _encoded(content: bytes) -> str:
    return base64.b64encode(content).decode()


def _signing(settings: Dkim) -> tuple[str, Callable[[bytes], bytes]]:
    """The algorithm's name, and what signs with it."""
    try:
        from cryptography.hazmat.primitives import hashes, serialization  # noqa: PLC0415 - an extra
        from cryptography.hazmat.primitives.asymmetric import ed25519, padding, rsa  # noqa: PLC0415
    except ImportError:
        msg = "dkim: signing needs a package more: pip install 'exempt-mail-smtp[dkim]'"
        raise ConfigError(msg) from None
    pem = settings.private_key.get_secret_value()  # in a variable, often with \n for line ends
    try:
        key = serialization.load_pem_private_key(pem.replace("\\n", "\n").encode(), password=None)
    except (ValueError, TypeError, UnicodeError):  # their words could quote the key
        msg = "dkim.private_key: it cannot be read: give a PEM without a password as file:PATH"
        raise ConfigError(msg) from None
    if isinstance(key, ed25519.Ed25519PrivateKey):
        signs = key.sign
        return "ed25519-sha256", lambda over: signs(hashlib.sha256(over).digest())
    if isinstance(key, rsa.RSAPrivateKey) and key.key_size >= _RSA_BITS_MIN:
        seals = key.sign
        return "rsa-sha256", lambda over: seals(over, padding.PKCS1v15(), hashes.SHA256())
    msg = "dkim.private_key: give an RSA key of 2048 bits or more, or an Ed25519 key"
    raise ConfigError(msg)
