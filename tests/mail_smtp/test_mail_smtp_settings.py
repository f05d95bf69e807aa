from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from exempt_mail_smtp import exempt_connectors
from exempt_mail_smtp.settings import MailSmtpSettings

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
    ],
)
def test_wrong_settings_are_refused_without_showing_a_secret(
    changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValidationError) as caught:
        settings(**changes)
    assert message in str(caught.value)
    assert "cret" not in str(caught.value)


def test_the_connector_declares_itself() -> None:
    (info,) = exempt_connectors()
    assert (info.name, info.settings, info.requires_spec) == (
        "mail_smtp",
        MailSmtpSettings,
        ">=1.0,<2",
    )
    assert all(field.description for field in MailSmtpSettings.model_fields.values())
