from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from exempt_mail_smtp import exempt_connectors
from exempt_mail_smtp.parts import ClientCredentials, Dkim, Imap, RefreshToken
from exempt_mail_smtp.settings import MailSmtpSettings

KEY = "-----BEGIN secret canary-----"
TOKENS = {
    "grant": "client_credentials",
    "token_url": "https://login.microsoftonline.com/tenant/oauth2/v2.0/token",
    "client_id": "app",
    "client_secret": "s3cret",
}
IMAP = {"host": "imap.example.com", "user": "me", "password": "s3cret"}
ORDINARY = {"host": "smtp.example.com", "sender": "Tax desk <tax@northwind.example>"}


def settings(**changes: Any) -> MailSmtpSettings:
    return MailSmtpSettings.model_validate({**ORDINARY, **changes})


@pytest.mark.parametrize(
    ("changes", "port"),
    [
        ({}, 587),
        ({"security": "tls"}, 465),
        ({"security": "none", "host": "localhost"}, 25),
        ({"port": 2525}, 2525),
    ],
)
def test_the_port_follows_the_security_unless_given(changes: dict[str, Any], port: int) -> None:
    assert settings(**changes).server_port == port


def test_message_ids_are_of_the_senders_domain_unless_given() -> None:
    assert settings().domain == "northwind.example"
    assert settings(message_id_domain="mail.northwind.example").domain == "mail.northwind.example"


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.1.2.3", "::1"])
def test_mail_may_be_plain_on_this_machine(host: str) -> None:
    assert settings(security="none", host=host).security == "none"


def test_mail_may_be_plain_elsewhere_only_if_said_twice() -> None:
    with pytest.raises(
        ValidationError, match="security: 'none' is for a server on this machine only"
    ):
        settings(security="none")
    settings(security="none", allow_plain=True)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        pytest.param({"user": "me"}, "give both, or neither", id="user without password"),
        pytest.param({"password": "s3cret"}, "give both, or neither", id="password without user"),
        pytest.param({"user": "me", "password": "sécret"}, "ASCII", id="password beyond ASCII"),
        pytest.param({"sender": "Tax desk"}, "it is no e-mail address", id="no address"),
        pytest.param({"reply_to": "a@b\r\nBcc: c@d"}, "it is no e-mail address", id="injection"),
        pytest.param({"security": "ssl"}, "'starttls', 'tls' or 'none'", id="unknown security"),
        pytest.param({"message_id_domain": "a b"}, "message_id_domain", id="no domain"),
        pytest.param({"timeout": 0}, "greater than 0", id="no time at all"),
        pytest.param(
            {"user": "me", "password": "s3cret", "oauth2": TOKENS},
            "password, oauth2: give one of them",
            id="password and tokens",
        ),
        pytest.param({"oauth2": TOKENS}, "with oauth2, a user", id="tokens of nobody"),
        pytest.param(
            {"user": "me", "oauth2": {**TOKENS, "grant": "password"}},
            "'client_credentials', 'refresh_token'",
            id="another grant",
        ),
        pytest.param(
            {"user": "me", "oauth2": {**TOKENS, "token_url": "http://example.com/token"}},
            "token_url: write https://",
            id="a secret in clear",
        ),
        pytest.param(
            {"user": "me", "oauth2": {**TOKENS, "token_url": "https:///token"}},
            "token_url: write https://",
            id="tokens from nowhere",
        ),
        pytest.param(
            {"user": "me", "oauth2": {**TOKENS, "refresh_token": "s3cret"}},
            "refresh_token",
            id="a refresh token of an application",
        ),
        pytest.param({"imap": {"host": "x"}}, "imap: it needs a login", id="a mailbox of nobody"),
        pytest.param(
            {"imap": {**IMAP, "user": None}}, "imap: it needs a login", id="a password of nobody"
        ),
        pytest.param(
            {"imap": {**IMAP, "password": None}}, "imap: it needs a login", id="nobody's password"
        ),
        pytest.param(
            {"imap": {**IMAP, "oauth2": TOKENS}},
            "imap: give `password` or `oauth2`",
            id="a mailbox with password and tokens",
        ),
        pytest.param(
            {"imap": {**IMAP, "security": "none"}},
            "imap.security: 'none' is for",
            id="a mailbox in clear",
        ),
        pytest.param(
            {"imap": {**IMAP, "look_first": True}},
            "imap.look_first: say where",
            id="to look nowhere",
        ),
        pytest.param(
            {"imap": {**IMAP, "mailbox": "a\r\nb"}}, "imap.mailbox", id="a mailbox injected"
        ),
        pytest.param(
            {"dkim": {"selector": "a b", "private_key": KEY}}, "dkim.selector", id="no selector"
        ),
        pytest.param({"per_domain_per_minute": 0}, "per_domain_per_minute", id="no mail at all"),
        pytest.param(
            {"mails_per_connection": 0}, "mails_per_connection", id="no mail a connection"
        ),
        pytest.param({"envelope_sender": "me"}, "it is no e-mail address", id="no return address"),
    ],
)
def test_wrong_settings_are_refused_without_showing_a_secret(
    changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValidationError) as caught:
        settings(**changes)
    assert message in str(caught.value)
    assert "cret" not in str(caught.value)


def test_a_mailbox_is_encrypted_from_the_start_and_read_as_the_sender() -> None:
    chosen = settings(user="me", password="s3cret", imap={"host": "imap.example.com"})
    assert chosen.imap
    assert (chosen.imap.security, chosen.imap.server_port) == ("tls", 993)
    later = settings(imap={**IMAP, "security": "starttls"})
    assert later.imap
    assert later.imap.server_port == 143


def test_bounces_go_to_the_sender_unless_given() -> None:
    assert settings().return_path == "tax@northwind.example"
    assert settings(envelope_sender="b@x.example").return_path == "b@x.example"


def test_no_secret_shows() -> None:
    chosen = settings(
        user="me",
        oauth2=TOKENS,
        imap=IMAP,
        dkim={"selector": "s1", "private_key": KEY},
    )
    for shown in (repr(chosen), str(chosen), chosen.model_dump_json()):
        assert "s3cret" not in shown
        assert "canary" not in shown


def test_the_connector_declares_itself() -> None:
    (info,) = exempt_connectors()
    assert (info.name, info.settings, info.requires_spec) == (
        "mail_smtp",
        MailSmtpSettings,
        ">=1.1,<2",
    )
    for model in (MailSmtpSettings, Imap, Dkim, ClientCredentials, RefreshToken):
        fields = {name: field.description for name, field in model.model_fields.items()}
        assert [name for name, said in fields.items() if not said and name != "grant"] == []
