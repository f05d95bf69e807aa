from __future__ import annotations

import datetime as dt
import itertools
from collections import Counter
from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from exempt import Outcome, Purpose, SendRequest
from exempt.testing import StillContext
from exempt_mail_smtp.connector import MailSmtp
from exempt_mail_smtp.pace import Pace

Connect = Callable[..., MailSmtp]

NOW = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)
MINUTE = dt.timedelta(minutes=1)


def seconds(number: float) -> dt.datetime:
    return NOW + dt.timedelta(seconds=number)


def test_a_mail_too_many_waits_until_the_first_is_a_minute_old() -> None:
    pace = Pace(2)
    assert pace.wait("a", ["x.example"], seconds(0)) is None
    assert pace.wait("b", ["x.example"], seconds(10)) is None
    assert pace.wait("c", ["x.example"], seconds(20)) == dt.timedelta(seconds=40)
    assert pace.wait("c", ["x.example"], seconds(60)) is None


def test_other_domains_do_not_wait() -> None:
    pace = Pace(1)
    assert pace.wait("a", ["x.example"], NOW) is None
    assert pace.wait("b", ["y.example"], NOW) is None
    assert pace.wait("c", ["y.example", "z.example"], NOW) == MINUTE
    assert pace.wait("d", ["z.example"], NOW) is None, "who waits takes no place"


def test_a_clock_that_was_set_back_holds_nothing_up() -> None:
    pace = Pace(1)
    assert pace.wait("a", ["x.example"], seconds(3600)) is None
    assert pace.wait("b", ["x.example"], NOW) is None


@given(st.integers(1, 5), st.integers(1, 60), st.integers(0, 30))
def test_each_of_many_waits_once_and_no_minute_has_too_many(
    per_minute: int, mails: int, spread: int
) -> None:
    """As the core does it: who must wait is asked again at the moment that was told."""
    pace, due, sent = Pace(per_minute), [(seconds(i * spread), f"{i}") for i in range(mails)], []
    asked: Counter[str] = Counter()
    while due:
        due.sort()
        now, key = due.pop(0)
        asked[key] += 1
        wait = pace.wait(key, ["x.example"], now)
        if wait is None:
            sent.append(now)
        else:
            due.append((now + wait, key))
    assert all(
        later - early >= MINUTE for early, later in zip(sent, sent[per_minute:], strict=False)
    )
    if not spread:
        assert max(asked.values()) <= 2
        assert sent[-1] <= NOW + MINUTE * mails / per_minute


def request(key: str, to: str) -> SendRequest:
    return SendRequest(key=key, purpose=Purpose.NOTICE, to=(to,), subject="s", text="t\n")


def test_a_mail_that_waits_was_not_sent(scripted: Callable[..., int], connect: Connect) -> None:
    taken = ("250 ok", "250 ok", "354 go", "250 ok")
    port = scripted("220 hello", "250 hello", *taken, "250 reset", *taken)
    mail = connect(port, per_domain_per_minute=1, sender="pace@northwind.example")
    first, second = itertools.starmap(
        request, [("a", "ana@customer.example"), ("b", "bob@CUSTOMER.example")]
    )
    assert mail.send_request(first).outcome == Outcome.APPLIED
    result = mail.send_request(second)
    assert (result.outcome, result.retry_after, result.remote_id) == (Outcome.RETRY, MINUTE, None)
    assert result.message == "at most 1 mails a minute to one domain"
    assert isinstance(mail._context, StillContext)
    mail._context.moment += MINUTE
    assert mail.send_request(second).outcome == Outcome.APPLIED


def test_the_pace_outlives_a_connector(scripted: Callable[..., int], connect: Connect) -> None:
    taken = ("250 ok", "250 ok", "354 go", "250 ok")
    port = scripted("220 hello", "250 hello", *taken)
    chosen = {"per_domain_per_minute": 1, "sender": "outlives@northwind.example"}
    assert connect(port, **chosen).send_request(request("a", "a@x.example")).outcome == "applied"
    assert connect(port, **chosen).send_request(request("b", "b@x.example")).outcome == "retry"
