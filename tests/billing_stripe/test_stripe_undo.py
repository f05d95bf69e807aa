"""The guide's recipe to take back what was written, run as it stands there."""

from __future__ import annotations

import functools
import re
from pathlib import Path
from typing import Any

import pytest

from exempt import JurisdictionStatus, PushItem, PushRequest, Target
from exempt_billing_stripe.connector import StripeConnector
from exempt_billing_stripe.sandbox import API_KEY, Running

stripe = pytest.importorskip("stripe", reason="needs the package stripe, which the recipe uses")

GUIDE = Path(__file__).parents[2] / "plugins" / "billing_stripe" / "README.md"


def recipe() -> str:
    (found,) = re.findall(
        r"^```python\n(.+?)^```", GUIDE.read_text("utf-8"), re.MULTILINE | re.DOTALL
    )
    return str(found)


def test_the_recipe_takes_back_what_was_written(
    account: Running,
    connector: StripeConnector,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    before = {row["id"]: dict(row) for row in account.books.all("customer")}
    status = JurisdictionStatus(jurisdiction="US-TX", exempt=True, exemption_number="1-23")
    item = PushItem(
        key="key-1",
        target=Target.CUSTOMER,
        external_id="cus_C1007",
        version=1,
        jurisdictions=(status,),
    )
    connector.push_exemption_status(PushRequest(items=(item,)))
    assert account.books.get("customer", "cus_C1007")["metadata"]["exempt_numbers"] == "TX=1-23"
    client: Any = functools.partial(
        stripe.StripeClient, base_addresses={"api": account.base_url}, max_network_retries=0
    )
    monkeypatch.setattr(stripe, "StripeClient", client)
    monkeypatch.setenv("STRIPE_KEY", API_KEY)
    exec(recipe(), {})  # noqa: S102 - our own guide
    assert {row["id"]: row for row in account.books.all("customer")} == before
    assert capsys.readouterr().out == "cus_C1007\n"
