from __future__ import annotations

import datetime as dt
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exempt import Attachment, Purpose, SendRequest
from exempt_mail_smtp.keys import message_id
from exempt_mail_smtp.message import Mail, compose

NOW = dt.datetime(2026, 11, 20, 12, 30, tzinfo=dt.UTC)


def request(**changes: Any) -> SendRequest:
    ordinary = {
        "key": "request-1",
        "purpose": Purpose.REQUEST,
        "to": ("ap@lonestar.example",),
        "subject": "Your exemption certificate",
        "text": "Please send it.\n",
    }
    return SendRequest.model_validate({**ordinary, **changes})


def composed(**changes: Any) -> Mail:
    return compose(
        request(**changes),
        sender="Tax desk <tax@northwind.example>",
        reply_to=None,
        domain="northwind.example",
        now=NOW,
    )


def received(mail: Mail) -> EmailMessage:
    """As a server takes it off the wire."""
    lines = (line.removeprefix(b".") for line in mail.content.split(b"\r\n"))
    return message_from_bytes(b"\r\n".join(lines), policy=default)


def body(mail: Mail, kind: str) -> str:
    part = received(mail).get_body((kind,))
    assert part
    text: str = part.get_content()
    return text.replace("\r\n", "\n")


def test_headers() -> None:
    message = received(composed(to=("Ana Ruiz <ana@lonestar.example>", "ap@lonestar.example")))
    assert {name: str(value) for name, value in message.items() if name[:4] != "Cont"} == {
        "Message-ID": message_id("request-1", "northwind.example"),
        "Date": "Fri, 20 Nov 2026 12:30:00 +0000",
        "From": "Tax desk <tax@northwind.example>",
        "To": "Ana Ruiz <ana@lonestar.example>, ap@lonestar.example",
        "Subject": "Your exemption certificate",
        "Auto-Submitted": "auto-generated",
        "MIME-Version": "1.0",
    }


def test_the_same_key_gives_the_same_message_id_and_another_key_another() -> None:
    assert composed(key="a").message_id == composed(key="a", subject="Other").message_id
    assert composed(key="a").message_id != composed(key="b").message_id


KEY = "exempt-4af2c09e11d87b6a53f0e8d94c17a2b0e95d3f68"


@pytest.mark.parametrize(
    ("return_path", "verp", "expected"),
    [
        (None, False, "tax@northwind.example"),
        ("bounces@northwind.example", False, "bounces@northwind.example"),
        ("bounces@northwind.example", True, f"bounces+{KEY}@northwind.example"),
        (None, True, f"tax+{KEY}@northwind.example"),
    ],
)
def test_where_bounces_go(return_path: str | None, verp: bool, expected: str) -> None:
    mail = compose(
        request(key=KEY),
        sender="Tax desk <tax@northwind.example>",
        reply_to=None,
        domain="northwind.example",
        now=NOW,
        return_path=return_path,
        verp=verp,
    )
    assert mail.sender == expected
    assert received(mail)["From"] == "Tax desk <tax@northwind.example>"


@pytest.mark.parametrize("key", [KEY, "x" * 200, "X" * 255], ids=["ours", "long", "too long"])
def test_a_message_id_stands_in_one_line_of_any_length(key: str) -> None:
    expected = f"Message-ID: {message_id(key, 'northwind.example')}"
    assert composed(key=key).lines.split(b"\r\n")[0] == expected.encode()


@pytest.mark.parametrize(
    ("asked", "configured", "expected"),
    [
        (None, None, None),
        (None, "desk@northwind.example", "desk@northwind.example"),
        ("staff@northwind.example", "desk@northwind.example", "staff@northwind.example"),
    ],
)
def test_reply_to(asked: str | None, configured: str | None, expected: str | None) -> None:
    mail = compose(
        request(reply_to=asked),
        sender="tax@northwind.example",
        reply_to=configured,
        domain="northwind.example",
        now=NOW,
    )
    assert received(mail)["Reply-To"] == expected


def test_text_html_and_files_go_together() -> None:
    mail = composed(
        text="Grüße\n",
        html="<p>Grüße</p>\n",
        attachments=(
            Attachment(
                name="Förmular.pdf", media_type="application/pdf", content=b"%PDF\r\n.\r\n\x00"
            ),
            Attachment(name="list.csv", media_type="text/csv; charset=utf-8", content=b"a,b\n"),
            Attachment(name="odd", media_type="nonsense", content=b"?"),
            Attachment(name="old.eml", media_type="message/rfc822", content=b"Subject: x\n\n"),
        ),
    )
    assert (body(mail, "plain"), body(mail, "html")) == ("Grüße\n", "<p>Grüße</p>\n")
    files = received(mail).iter_attachments()
    assert [
        (f.get_filename(), f.get_content_type(), f.get_payload(decode=True)) for f in files
    ] == [
        ("Förmular.pdf", "application/pdf", b"%PDF\r\n.\r\n\x00"),
        ("list.csv", "text/csv", b"a,b\n"),
        ("odd", "application/octet-stream", b"?"),
        ("old.eml", "application/octet-stream", b"Subject: x\n\n"),
    ]


@given(
    subject=st.text(min_size=1, max_size=200).filter(lambda s: not set(s) & set("\r\n\0")),
    text=st.text(st.one_of(st.sampled_from(".\r\nF "), st.characters(codec="utf-8"))),
    html=st.none() | st.text(st.one_of(st.sampled_from(".\r\n<"), st.characters(codec="utf-8"))),
    content=st.binary(),
)
def test_whatever_is_said_arrives_and_nothing_beside_it(
    subject: str, text: str, html: str | None, content: bytes
) -> None:
    file = Attachment(name="a.bin", media_type="application/octet-stream", content=content)
    mail = composed(subject=subject, text=text, html=html, attachments=(file,))
    assert mail.content.endswith(b"\r\n")
    assert mail.content.isascii()
    assert b"\r\n.\r\n" not in b"\r\n" + mail.content
    assert b"\n" not in mail.content.replace(b"\r\n", b"")
    assert b"\r" not in mail.content.replace(b"\r\n", b"")
    assert max(map(len, mail.content.split(b"\r\n"))) <= 998
    message = received(mail)
    assert str(message["Subject"]).split() == subject.split()
    (attached,) = message.iter_attachments()
    assert attached.get_payload(decode=True) == content
    assert body(mail, "plain").split() == text.split()


@pytest.mark.parametrize(
    ("address", "header", "envelope"),
    [
        ("ana@example.com", "ana@example.com", "ana@example.com"),
        (" Ana <ana@example.com> ", "Ana <ana@example.com>", "ana@example.com"),
        ('"Ruiz, Ana" <ana@example.com>', '"Ruiz, Ana" <ana@example.com>', "ana@example.com"),
        ("Zoë <zoe@example.com>", "Zoë <zoe@example.com>", "zoe@example.com"),
        ("zoe@bücher.example", "zoe@xn--bcher-kva.example", "zoe@xn--bcher-kva.example"),
    ],
)
def test_addresses(address: str, header: str, envelope: str) -> None:
    mail = composed(to=(address,))
    assert received(mail)["To"] == header
    assert mail.recipients == (envelope,)
    assert not mail.utf8


def test_an_address_beyond_ascii_wants_smtputf8() -> None:
    mail = composed(to=("zoë@example.com",))
    assert mail.utf8
    assert "zoë@example.com".encode() in mail.content


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        pytest.param({"to": ("a@x.example", "nobody")}, "address 2 of `to` is no", id="no address"),
        pytest.param(
            {"to": ("a@x.example, b@x.example",)}, "address 1 of `to` is no", id="two in one"
        ),
        pytest.param(
            {"to": ("a@x.example>\r\nRCPT TO:<b@x.example",)}, "address 1", id="SMTP injected"
        ),
        pytest.param(
            {"to": ("Ana\r\nBcc: b@x.example <a@x.example>",)}, "address 1", id="header injected"
        ),
        pytest.param(
            {"to": ("Ana\u2028 <a@x.example>",)}, "address 1", id="a line break of Unicode"
        ),
        pytest.param(
            {"to": ("a@" + "x" * 70 + ".example",)},
            "address 1 of `to` has no valid",
            id="a domain too long",
        ),
        pytest.param(
            {"reply_to": "me"}, "reply_to is no e-mail address", id="no address to reply to"
        ),
        pytest.param(
            {"attachments": (Attachment(name="a\r\nb", media_type="a/b", content=b""),)},
            "an attachment's name has a line break",
            id="a file's name with a line break",
        ),
    ],
)
def test_what_is_not_fit_for_a_header_is_refused_without_showing_it(
    changes: dict[str, Any], reason: str
) -> None:
    with pytest.raises(ValueError, match=reason) as caught:
        composed(**changes)
    assert "x.example" not in str(caught.value)
