"""A history in parts of a like size, read side by side under the account's limits."""

from __future__ import annotations

import bisect
import datetime as dt
import itertools
import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from exempt import FetchRequest, RangesRequest, RateLimited, Stream
from exempt.testing import read_all, records
from exempt_billing_stripe import StripeSettings, history
from exempt_billing_stripe.api import Stripe
from exempt_billing_stripe.connector import StripeConnector
from exempt_billing_stripe.sandbox import API_KEY, Running, serve
from exempt_billing_stripe.sandbox.answers import Answers
from exempt_billing_stripe.sandbox.books import StripeError

Connect = Callable[..., StripeConnector]

NOW = int(dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC).timestamp())
YEAR = 365 * 86400


class Account:
    """When its objects were created, oldest first, and how often it was asked."""

    def __init__(self, created: list[int]) -> None:
        self.created = sorted(created)
        self.calls = 0
        self._lock = threading.Lock()

    def before(self, moment: int) -> list[dict[str, Any]]:
        """The newest page of what was created before *moment*."""
        with self._lock:
            self.calls += 1
        last = bisect.bisect_left(self.created, moment)
        return [{"created": each} for each in reversed(self.created[max(0, last - 100) : last])]

    def sizes(self, edges: list[int]) -> list[int]:
        """How many objects lie between the edges."""
        places = [bisect.bisect_left(self.created, edge) for edge in edges]
        return [right - left for left, right in itertools.pairwise([0, *places, len(self.created)])]


def evenly(count: int, over: int = 6 * YEAR) -> list[int]:
    return [NOW - over + over * n // count for n in range(count)]


def growing(count: int) -> list[int]:
    return [NOW - 6 * YEAR + int(6 * YEAR * (n / count) ** 0.25) for n in range(count)]


def imported(count: int) -> list[int]:
    """Four of five in the night in which the account was opened."""
    night = [NOW - 5 * YEAR + 3600 * 8 * n // count for n in range(count * 4 // 5)]
    return night + evenly(count // 5, 5 * YEAR)


@pytest.mark.parametrize(
    ("created", "largest"),
    [
        pytest.param(evenly(100_000), 1.2, id="as many every day"),
        pytest.param(growing(100_000), 1.2, id="ever more"),
        pytest.param(imported(100_000), 3, id="most of them in the first night"),
        pytest.param(evenly(100_000, YEAR // 12), 1.2, id="all in one month"),
        pytest.param(evenly(3_000), 1.5, id="few"),
    ],
)
def test_parts_are_of_a_like_size(created: list[int], largest: float) -> None:
    account = Account(created)
    edges = history.edges(account.before, None, NOW, 16)
    sizes = account.sizes(edges)
    parts = min(16, len(created) // 200 + 1)
    assert abs(len(sizes) - parts) <= 1
    assert max(sizes) <= largest * len(created) / parts
    assert account.calls <= 100


@pytest.mark.parametrize(
    ("count", "calls"),
    [pytest.param(0, 1, id="nothing"), pytest.param(99, 1, id="a page")],
)
def test_what_fits_on_a_page_is_not_divided(count: int, calls: int) -> None:
    account = Account(evenly(count))
    assert history.edges(account.before, None, NOW, 16) == []
    assert account.calls == calls


def test_a_history_that_is_yet_to_come_is_not_asked_for() -> None:
    account = Account(evenly(1000))
    assert history.edges(account.before, NOW + 1, NOW, 16) == []
    assert account.calls == 0


def test_thousands_in_one_second_are_one_part() -> None:
    account = Account([NOW - YEAR] * 5000)
    assert max(account.sizes(history.edges(account.before, None, NOW, 16))) == 5000


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(NOW - 6 * YEAR, NOW), max_size=40),
    st.integers(1, 60),
    st.integers(1, 32),
    st.one_of(st.none(), st.integers(NOW - 6 * YEAR, NOW)),
)
def test_edges_lie_in_the_history_and_grow(
    moments: list[int], copies: int, parts: int, start: int | None
) -> None:
    account = Account([each for each in moments if each >= (start or 0)] * copies)
    edges = history.edges(account.before, start, NOW, parts)
    assert edges == sorted(set(edges))
    assert len(edges) < parts
    assert all((start or 0) < edge <= NOW for edge in edges)
    assert sum(account.sizes(edges)) == len(account.created)


@pytest.fixture
def large() -> Iterator[Running]:
    """An account of 4,000 customers and 2,000 invoices."""
    with serve(copies=400) as running:
        yield running


def spans_of(cursors: tuple[str, ...]) -> list[list[Any]]:
    """Start and end of each range."""
    padded = [[*json.loads(cursor), *[None] * 8] for cursor in cursors]
    return [cursor[2:4] for cursor in padded]


def test_ranges_meet_and_leave_nothing_out(large: Running, connect: Connect) -> None:
    connector = connect(
        api_key=SecretStr(API_KEY),
        base_url=large.base_url,
        backfill_ranges=4,
        include_credit_notes=False,
    )
    request = RangesRequest(stream=Stream.ORDERS, since=dt.date(2026, 1, 1))
    spans = spans_of(connector.ranges(request).cursors)
    assert len(spans) > 1
    assert spans[0][0] == int(dt.datetime(2025, 12, 1, tzinfo=dt.UTC).timestamp())
    assert [span[1] for span in spans[:-1]] == [span[0] for span in spans[1:]]
    assert spans[-1][1] is None, "the last has no end"


@pytest.mark.parametrize("stream", [Stream.CUSTOMERS, Stream.ORDERS])
def test_ranges_read_side_by_side_give_everything_once(
    stream: Stream, large: Running, connect: Connect
) -> None:
    settings = {"api_key": SecretStr(API_KEY), "base_url": large.base_url}
    ranges = connect(**settings).ranges(RangesRequest(stream=stream)).cursors
    assert len(ranges) > 4
    readers = [getattr(connect(**settings), f"fetch_{stream}") for _ in ranges]
    with ThreadPoolExecutor(8) as pool:
        parts = list(pool.map(read_all, readers, ranges))
    found = [each.external_id for pages in parts for each in records(pages)]
    assert len(found) == len(set(found)) == (4000 if stream is Stream.CUSTOMERS else 2000)
    assert len({pages[-1].checkpoint for pages in parts}) == 1


def limited(message: str = "endpoint-rate") -> StripeError:
    headers = {"Stripe-Rate-Limited-Reason": message}
    return StripeError(429, "Request rate limit exceeded", code="rate_limit", headers=headers)


def test_a_limit_that_is_reached_at_first_loses_nothing(
    large: Running, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused: set[str] = set()
    get = Answers.get

    def at_second(self: Answers, *asked: Any) -> Any:
        if repr(asked) not in refused:
            refused.add(repr(asked))
            raise limited()
        return get(self, *asked)

    monkeypatch.setattr(Answers, "get", at_second)
    connector = connect(api_key=SecretStr(API_KEY), base_url=large.base_url)
    ranges = connector.ranges(RangesRequest(stream=Stream.CUSTOMERS)).cursors
    found = {
        each.external_id
        for cursor in ranges
        for each in records(read_all(connector.fetch_customers, cursor))
    }
    assert len(found) == 4000
    assert len(refused) > 40


def test_a_limit_that_stays_is_named(
    account: Running, connector: StripeConnector, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(self: Answers, *_asked: Any) -> Any:
        raise limited("global-concurrency")

    monkeypatch.setattr(Answers, "get", never)
    with pytest.raises(RateLimited, match=r"answered 429 \(global-concurrency\)"):
        connector.fetch_customers(FetchRequest())


def test_a_made_up_reason_is_not_repeated(
    account: Running, connector: StripeConnector, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(self: Answers, *_asked: Any) -> Any:
        raise limited("acme@customer.example")

    monkeypatch.setattr(Answers, "get", never)
    with pytest.raises(RateLimited) as told:
        connector.fetch_customers(FetchRequest())
    assert "acme" not in str(told.value)


def test_readers_of_a_connection_share_one_rate_and_those_of_another_do_not() -> None:
    settings = StripeSettings(api_key=SecretStr("sk_test_x"))
    paces = [Stripe(settings, name)._http._pace for name in ("us", "us", "eu")]
    assert paces[0] is paces[1]
    assert paces[0] is not paces[2]
