"""A connector to talk through, and something for it to talk to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import respx
from pydantic import SecretStr

from exempt import CloseRequest
from exempt.testing import StillContext
from exempt_billing_stripe import StripeSettings
from exempt_billing_stripe.connector import StripeConnector
from exempt_billing_stripe.sandbox import API_KEY, Running, serve

Connect = Callable[..., StripeConnector]


@pytest.fixture
def context() -> StillContext:
    """Noon of 2026-11-20, in UTC."""
    return StillContext()


@pytest.fixture
def connect(context: StillContext) -> Iterator[Connect]:
    """Makes connectors of settings; without any, to Stripe's own address."""
    opened: list[StripeConnector] = []

    def make(**settings: Any) -> StripeConnector:
        given = {"api_key": SecretStr("sk_test_canary"), "requests_per_second": 1000, **settings}
        opened.append(StripeConnector(StripeSettings(**given), context))
        return opened[-1]

    yield make
    for connector in opened:
        connector.close(CloseRequest())


@pytest.fixture
def remote() -> Iterator[respx.MockRouter]:
    """Stripe as respx plays it."""
    with respx.mock(base_url="https://api.stripe.com/v1", assert_all_called=False) as router:
        yield router


@pytest.fixture
def account() -> Iterator[Running]:
    """A running sandbox."""
    with serve() as running:
        yield running


@pytest.fixture
def connector(account: Running, connect: Connect) -> StripeConnector:
    """A connector to the sandbox."""
    return connect(api_key=SecretStr(API_KEY), base_url=account.base_url)
