"""A customer that is exempt in some states only: Stripe's one flag, and who is told of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from exempt.cli import app

sandboxes = pytest.importorskip(
    "exempt_billing_stripe.sandbox", reason="exempt-billing-stripe is not installed"
)

SETTINGS = """
[exempt]
database = "sqlite:///exempt.db"

[companies.main]
name = "Northwind"

[connections.stripe]
connector = "billing_stripe"
company = "main"
write_back = true

[connections.stripe.settings]
api_key = "env:EXEMPT_SANDBOX_STRIPE_KEY"
base_url = "{url}"
exempt_when = "{rule}"
requests_per_second = 1000
"""


class Seller:
    """Somebody at the command line, and the Stripe account."""

    def __init__(self, folder: Path, account: Any, rule: str) -> None:
        self.books = account.books
        self._settings = folder / "exempt.toml"
        self._settings.write_text(SETTINGS.format(url=account.base_url, rule=rule), "utf-8")

    def run(self, *command: str) -> str:
        """What a command prints."""
        result = CliRunner().invoke(app, ["-s", str(self._settings), *command])
        assert result.exit_code == 0, result.output
        return result.output

    def left_behind(self) -> dict[str, str]:
        """By customer, for which states the flag is wrong."""
        said = self.run("deliveries", "list", "--state", "sent", "--saying", "though", "--json")
        return {each["external_id"]: each["message"] for each in json.loads(said)["deliveries"]}


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("EXEMPT_SANDBOX_STRIPE_KEY", sandboxes.API_KEY)
    with sandboxes.serve() as running:
        yield running


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
    rule: str, flag: str, said: str, account: Any, tmp_path: Path
) -> None:
    """C-1001 has its goods sent to Texas, and holds a certificate for California first."""
    seller = Seller(tmp_path, account, rule)
    seller.run("sync")
    assert "cus_C1001" not in seller.left_behind() or rule == "metadata_only"
    certify = ("certificates", "add", "--customer", "C-1001", "--reason", "resale")
    seller.run(*certify, "--state", "CA=SR-1", "--signed", "2024-02-01")
    seller.run("sync")
    assert seller.books.get("customer", "cus_C1001")["tax_exempt"] == flag
    assert seller.left_behind()["cus_C1001"].endswith(said)
    seller.run(*certify, "--state", "TX=1-23-4567890-1", "--signed", "2024-02-01")
    seller.run("sync")
    shown = seller.books.get("customer", "cus_C1001")
    assert (shown["tax_exempt"], shown["metadata"]["exempt_states"]) == ("exempt", "CA; TX")
    assert "cus_C1001" not in seller.left_behind()
