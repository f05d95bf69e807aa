"""Reports as mail servers write them: each file in notices/ has the shape of one kind."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exempt_mail_smtp.notices import Notice, Ours, may_be, read
from exempt_mail_smtp.replies import without_addresses

FOLDER = Path(__file__).parent / "notices"
KEY = "exempt-4af2c09e11d87b6a53f0e8d94c17a2b0e95d3f68"
OURS = Ours("northwind.example", "tax@northwind.example")


def notice(name: str) -> bytes:
    """As it lies in the mailbox, lines ending in CRLF."""
    text = (FOLDER / f"{name}.eml").read_text(encoding="utf-8")
    return text.replace("\n", "\r\n").encode()


def headers(content: bytes) -> bytes:
    return content.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"


@pytest.mark.parametrize(
    ("name", "permanent", "status", "reason"),
    [
        pytest.param(
            "postfix",
            True,
            "5.1.1",
            "550 5.1.1 (address): Recipient address rejected: User (address) unknown",
            id="Postfix",
        ),
        pytest.param(
            "postfix_delayed",
            False,
            "4.4.1",
            "connect to mx.lonestar.example[192.0.2.17]:25: Connection timed out",
            id="Postfix goes on trying",
        ),
        pytest.param(
            "exchange",
            True,
            "5.1.10",
            "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient (address) not found by SMTP"
            " address lookup",
            id="Exchange",
        ),
        pytest.param(
            "gmail",
            True,
            "5.1.1",
            "550-5.1.1 The email account that you tried to reach does not exist. Please try"
            " 550-5.1.1 double-checking the recipient's email address for typos or"
            " 550 5.1.1 unnecessary spaces.",
            id="Gmail",
        ),
        pytest.param(
            "qmail",
            True,
            "5.1.1",
            "Remote host said: 550 5.1.1 (address): user unknown",
            id="qmail",
        ),
        pytest.param(
            "exim", True, None, "550 No such person at this address", id="Exim, as it was"
        ),
        pytest.param(
            "international",
            True,
            "5.2.2",
            "552 5.2.2 (address) mailbox full",
            id="an address beyond ASCII",
        ),
        pytest.param("verp", True, "5.0.0", "", id="the key in the address alone"),
        pytest.param(
            "two_recipients",
            True,
            "5.1.1",
            "550 5.1.1 (address): Recipient address rejected: User (address) unknown",
            id="two recipients, one late, one lost",
        ),
    ],
)
def test_what_a_report_says(name: str, permanent: bool, status: str | None, reason: str) -> None:
    content = notice(name)
    assert may_be(headers(content), OURS)
    assert read(content, OURS) == Notice(KEY, permanent, status, reason)


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("holiday", id="a holiday notice"),
        pytest.param("receipt", id="a receipt of reading"),
        pytest.param("answer", id="a person's answer that quotes an error"),
        pytest.param("delivered", id="a report of success"),
        pytest.param("another_mail", id="a report on a mail of somebody else"),
        pytest.param("colleagues_answer", id="a report on a colleague's answer to a mail of ours"),
        pytest.param("colleagues_prose", id="the same in plain text"),
    ],
)
def test_what_is_no_report_on_a_mail_of_ours(name: str) -> None:
    assert read(notice(name), OURS) is None


def test_a_persons_answer_is_not_even_read_whole() -> None:
    assert not may_be(headers(notice("answer")), OURS)


def test_a_report_that_does_not_say_what_became_of_the_mail_is_set_aside() -> None:
    with pytest.raises(ValueError, match="without Action"):
        read(notice("illegible"), OURS)


@pytest.mark.parametrize("name", ["postfix", "exchange", "gmail", "qmail", "exim", "international"])
def test_no_report_shows_an_address_or_the_name_in_it(name: str) -> None:
    found = read(notice(name), OURS)
    assert found
    for told in ("@", "ana.ruiz", "zoë"):
        assert told not in found.reason


@pytest.mark.parametrize("name", ["postfix", "exchange", "gmail", "international"])
def test_a_report_cut_in_the_returned_mail_is_still_read(name: str) -> None:
    content = notice(name)
    cut = content[: content.rindex(b"Message-ID: <k.") + 100]
    found = read(cut, OURS)
    assert found
    assert (found.key, found.permanent) == (KEY, True)


def nested(depth: int) -> bytes:
    """A report whose parts lie *depth* deep in one another."""
    opened = "".join(
        f'Content-Type: multipart/mixed; boundary="b{number}"\r\n\r\n--b{number}\r\n'
        for number in range(depth)
    )
    return f"From: MAILER-DAEMON@x.example\r\n{opened}\r\n550 no".encode()


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(nested(3000), id="nested"),
        pytest.param(nested(300) + b"x\r\n" * 80_000, id="nested, and long"),
        pytest.param(
            notice("postfix").replace(b"smtp; 550", b"smtp; 550 " + b"a" * 250_000),
            id="a long word",
        ),
        pytest.param(
            notice("postfix").replace(b"Action: failed", b"Action: failed\r\n\r\na: b" * 12_000),
            id="many groups",
        ),
    ],
)
def test_a_hostile_mail_costs_little(content: bytes) -> None:
    began = time.process_time()
    with contextlib.suppress(ValueError):
        read(content, OURS)
    assert time.process_time() - began < 2


@given(st.integers(10, 120), st.integers(20, 200))
def test_no_half_of_an_address_is_shown_where_a_text_is_cut(length: int, times: int) -> None:
    shown = without_addresses(f"{'a' * length}@lonestar.example " * times)
    assert set(shown.split()) == {"(address)"}


def test_a_report_without_the_returned_mail_is_told_by_what_it_answers() -> None:
    content = notice("exchange")
    bare = content[
        : content.index(b"--9b92d5e7-3f0e-4c61-a7f8-d6b1d1d0a7f1\r\nContent-Type: message/rfc")
    ]
    found = read(bare, OURS)
    assert found
    assert found.key == KEY


def test_a_status_that_is_none_is_left_out() -> None:
    content = notice("postfix").replace(b"Status: 5.1.1\r\n", b"Status: 9.9.9\r\n")
    found = read(content, OURS)
    assert found
    assert found.status is None


@given(st.binary(max_size=300), st.sampled_from(["postfix", "gmail", "qmail", "international"]))
def test_whatever_a_mail_holds_it_is_read_or_set_aside(noise: bytes, name: str) -> None:
    content = notice(name)
    middle = len(content) // 2
    for mail in (noise, content[:middle] + noise + content[middle:], noise + content):
        may_be(headers(mail), OURS)
        try:
            found = read(mail, OURS)
        except ValueError:
            continue
        assert found is None or (found.key == KEY and "@" not in found.reason)
