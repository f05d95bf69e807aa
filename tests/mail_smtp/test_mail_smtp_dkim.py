"""Signatures, judged by dkimpy, which nobody here wrote."""

from __future__ import annotations

import base64
import builtins
import datetime as dt
from collections.abc import Callable
from typing import Any

import dkim
import pytest
from cryptography.hazmat.primitives import serialization as pem
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from hypothesis import given, settings
from hypothesis import strategies as st

from exempt import (
    Attachment,
    CheckRequest,
    ConfigError,
    Outcome,
    Purpose,
    SendRequest,
)
from exempt_mail_smtp.connector import MailSmtp
from exempt_mail_smtp.dkim import Signer
from exempt_mail_smtp.message import Mail, compose
from exempt_mail_smtp.parts import Dkim
from peers.smtp_peer import Peer

Connect = Callable[..., MailSmtp]
PrivateKey = rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey

NOW = dt.datetime(2026, 11, 20, 12, 30, tzinfo=dt.UTC)
RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
ED25519 = ed25519.Ed25519PrivateKey.generate()
BOTH = [pytest.param(RSA, id="RSA"), pytest.param(ED25519, id="Ed25519")]


def as_pem(key: PrivateKey, form: pem.PrivateFormat = pem.PrivateFormat.PKCS8) -> str:
    return key.private_bytes(pem.Encoding.PEM, form, pem.NoEncryption()).decode()


def in_dns(key: PrivateKey) -> bytes:
    """The TXT record, by RFC 6376, section 3.6.1, and RFC 8463, section 4.2."""
    public = key.public_key()
    if isinstance(public, ed25519.Ed25519PublicKey):
        raw = public.public_bytes(pem.Encoding.Raw, pem.PublicFormat.Raw)
        return b"v=DKIM1; k=ed25519; p=" + base64.b64encode(raw)
    der = public.public_bytes(pem.Encoding.DER, pem.PublicFormat.SubjectPublicKeyInfo)
    return b"v=DKIM1; k=rsa; p=" + base64.b64encode(der)


def genuine(
    content: bytes, key: PrivateKey, name: bytes = b"s1._domainkey.northwind.example."
) -> bool:
    """What a receiver finds, with *key* in DNS at *name*."""
    records = {name: in_dns(key)}
    return bool(dkim.verify(content, dnsfunc=lambda asked, **_: records.get(asked)))


def signer(key: PrivateKey | str, **changes: Any) -> Signer:
    text = key if isinstance(key, str) else as_pem(key)
    chosen = Dkim.model_validate({"selector": "s1", "private_key": text, **changes})
    return Signer(chosen, "northwind.example")


def mail(**changes: Any) -> Mail:
    ordinary = {
        "key": "k",
        "purpose": Purpose.REQUEST,
        "to": ("ap@lonestar.example",),
        "subject": "Your exemption certificate",
        "text": "Please  send it.  \n\n.\n\n\n",
    }
    return compose(
        SendRequest.model_validate({**ordinary, **changes}),
        sender="Tax desk <tax@northwind.example>",
        reply_to=None,
        domain="northwind.example",
        now=NOW,
    )


@pytest.mark.parametrize("key", BOTH)
@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({}, id="text"),
        pytest.param({"html": "<p>Bitte</p>\n", "text": "Grüße\n"}, id="text and HTML"),
        pytest.param({"text": "\n\n\n"}, id="empty"),
        pytest.param(
            {"subject": "Größe " * 40, "to": ("Zoë <zoe@bücher.example>", "zoë@lonestar.example")},
            id="folded, and beyond ASCII",
        ),
        pytest.param(
            {
                "attachments": (
                    Attachment(name="a.pdf", media_type="application/pdf", content=b"%\r\n"),
                )
            },
            id="a file",
        ),
        pytest.param({"reply_to": "desk@northwind.example"}, id="an address for answers"),
    ],
)
def test_a_signature_is_found_genuine(key: PrivateKey, changes: dict[str, Any]) -> None:
    assert genuine(signer(key).sign(mail(**changes), NOW).lines, key)


@settings(max_examples=60)
@given(
    subject=st.text(min_size=1, max_size=80).filter(lambda s: not set(s) & set("\r\n\0")),
    text=st.text(st.one_of(st.sampled_from(" \t.\r\nF"), st.characters(codec="utf-8"))),
)
def test_whatever_a_mail_says_its_signature_is_genuine(subject: str, text: str) -> None:
    assert genuine(signer(ED25519).sign(mail(subject=subject, text=text), NOW).lines, ED25519)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param((b"send it", b"send us"), id="another body"),
        pytest.param((b"Your exemption", b"Your new bank"), id="another subject"),
        pytest.param((b"From: Tax desk", b"From: Somebody"), id="another sender"),
        pytest.param(
            (b"Subject: ", b"Reply-To: x@evil.example\r\nSubject: "), id="answers led away"
        ),
        pytest.param((b"Subject: ", b"Subject: Pay now\r\nSubject: "), id="a second subject"),
        pytest.param((b"From: ", b"From: x@evil.example\r\nFrom: "), id="a second sender"),
    ],
)
def test_a_changed_mail_is_found_out(change: tuple[bytes, bytes]) -> None:
    signed = signer(RSA).sign(mail(), NOW).lines
    head, found, rest = signed.partition(b"Message-ID")  # what is before is the signature
    assert genuine(head + found + rest, RSA)
    assert not genuine(head + found + rest.replace(*change, 1), RSA)


def test_a_mail_on_its_way_may_be_folded_otherwise() -> None:
    signed = signer(RSA).sign(mail(), NOW).lines
    assert genuine(signed.replace(b"Subject: Your ", b"subject:  Your\r\n\t"), RSA)


def test_another_domain_may_sign() -> None:
    signed = signer(RSA, domain="mail.northwind.example").sign(mail(), NOW).lines
    assert genuine(signed, RSA, b"s1._domainkey.mail.northwind.example.")
    assert not genuine(signed, RSA)


def test_a_key_in_the_older_form_is_read() -> None:
    older = signer(as_pem(RSA, pem.PrivateFormat.TraditionalOpenSSL))
    assert genuine(older.sign(mail(), NOW).lines, RSA)


def test_a_key_in_a_variable_may_have_its_line_ends_written_out() -> None:
    written = signer(as_pem(RSA).replace("\n", "\\n"))
    assert genuine(written.sign(mail(), NOW).lines, RSA)


def test_no_line_of_a_signature_is_long() -> None:
    signed = signer(RSA).sign(mail(), NOW).lines
    assert max(len(line) for line in signed.partition(b"Message-ID")[0].split(b"\r\n")) <= 78


@pytest.mark.parametrize(
    ("key", "message"),
    [
        pytest.param("canary", "cannot be read", id="no key"),
        pytest.param(as_pem(RSA).replace("PRIVATE", "PUBLIC"), "cannot be read", id="a public key"),
        pytest.param(
            RSA.private_bytes(
                pem.Encoding.PEM, pem.PrivateFormat.PKCS8, pem.BestAvailableEncryption(b"canary")
            ).decode(),
            "cannot be read",
            id="a key with a password",
        ),
        pytest.param(
            as_pem(ec.generate_private_key(ec.SECP256R1())), "give an RSA key", id="another kind"
        ),
    ],
)
def test_a_key_that_is_none_is_told_without_showing_it(key: str, message: str) -> None:
    bad = signer(key)
    with pytest.raises(ConfigError, match=message) as caught:
        bad.sign(mail(), NOW)
    for shown in (str(caught.value), repr(vars(bad))):
        assert "canary" not in shown
        assert key[40:60] not in shown or not key[40:60]


def test_without_the_package_it_is_said_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def missing(name: str, *args: Any, **options: Any) -> Any:
        if name.startswith("cryptography"):
            raise ImportError(name)
        return real(name, *args, **options)

    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(ConfigError, match=r"pip install 'exempt-mail-smtp\[dkim\]'"):
        signer(RSA).sign(mail(), NOW)


@pytest.mark.peer
def test_a_mail_arrives_with_a_genuine_signature(peer: Peer, connect: Connect) -> None:
    chosen = {"selector": "s1", "private_key": as_pem(RSA)}
    sender = connect(peer.port, dkim=chosen)
    assert "signed with rsa-sha256 by s1._domainkey.northwind.example" in (
        sender.check(CheckRequest()).account
    )
    result = sender.send_request(
        SendRequest(
            key="dkim-1",
            purpose=Purpose.REQUEST,
            to=("ana@customer.example",),
            subject="Größe",
            text=".\n..\nGrüße\n",
        )
    )
    assert result.outcome == Outcome.APPLIED
    (arrived,) = [raw for raw in peer.raw_mails() if (result.remote_id or "-").encode() in raw]
    assert genuine(arrived, RSA)


def test_check_names_a_key_that_cannot_be_used(peer: Peer, connect: Connect) -> None:
    bad = connect(peer.port, dkim={"selector": "s1", "private_key": "canary"})
    (problem,) = bad.check(CheckRequest()).problems
    assert (problem.code, "canary" in problem.message) == ("not_signed", False)
