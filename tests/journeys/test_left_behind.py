"""A customer that is exempt in some states only: Stripe's one flag, and who is told of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from support.workspace import Workspace

sandboxes = pytest.importorskip(
    "exempt_billing_stripe.sandbox", reason="exempt-billing-stripe is not installed"
)


@pytest.fixture
def account() -> Iterator[Any]:
    with sandboxes.serve() as running:
        yield running


def seller(account: Any, folder: Path, database_url: str, rule: str) -> Workspace:
    """Somebody at the command line, whose customers are in Stripe."""
    settings = {
        "api_key": "env:STRIPE_KEY",
        "base_url": account.base_url,
        "exempt_when": rule,
        "requests_per_second": 1000,
    }
    connection = {"connector": "billing_stripe", "write_back": True, "settings": settings}
    environment = {"STRIPE_KEY": sandboxes.API_KEY}
    return Workspace(folder, database_url, {"stripe": connection}, environment)


def left_behind(workspace: Workspace) -> dict[str, str]:
    """By customer, for which states the flag is wrong."""
    said = workspace.json("deliveries", "list", "--state", "sent", "--saying", "though")
    return {each["external_id"]: each["message"] for each in said["deliveries"]}


@pytest.mark.parametrize(
    ("rule", "flag", "said"),
    [
        ("all_ship_to", "none", "taxed in Stripe, though exempt in CA"),
        ("tax_location", "none", "taxed in Stripe, though exempt in CA"),
        ("any", "exempt", "not taxed in Stripe, though taxable in TX"),
        ("metadata_only", "exempt", "not taxed in Stripe, though taxable in TX"),
    ],
)
def test_whom_one_flag_leaves_behind_can_be_listed(
    rule: str, flag: str, said: str, account: Any, tmp_path: Path, database_url: str
) -> None:
    """C-1001 has its goods sent to Texas, and gets a certificate for California first."""
    desk = seller(account, tmp_path, database_url, rule)
    certify = ("certificates", "add", "--customer", "C-1001", "--reason", "resale")
    desk.run("sync")
    desk.run(*certify, "--state", "CA=SR-1", "--signed", "2024-02-01")
    desk.run("sync")
    assert account.books.get("customer", "cus_C1001")["tax_exempt"] == flag
    assert left_behind(desk)["cus_C1001"].endswith(said)
    desk.run(*certify, "--state", "TX=1-23-4567890-1", "--signed", "2024-02-01")
    desk.run("sync")
    shown = account.books.get("customer", "cus_C1001")
    assert (shown["tax_exempt"], shown["metadata"]["exempt_states"]) == ("exempt", "CA; TX")
    assert "cus_C1001" not in left_behind(desk)
