"""How orders are shown: their words, colours and amounts."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from exempt.data import currency_exponent, jurisdictions
from exempt.model.decision import Decision
from exempt.services.order_ports import OrderRow, OrderState
from exempt.services.rows import DeliveryState

STATES = {OrderState.OPEN: "Open", OrderState.CLOSED: "Closed", OrderState.CANCELLED: "Cancelled"}

DELIVERED: Mapping[DeliveryState, tuple[str, str]] = {
    DeliveryState.PENDING: ("On its way", "blue"),
    DeliveryState.SENT: ("Written", "green"),
    DeliveryState.SUPERSEDED: ("Not needed any more", "grey"),
    DeliveryState.DEAD: ("Failed", "red"),
    DeliveryState.DROPPED: ("Given up", "grey"),
}
"""What became of what the source was told: in words, and the colour of the dot."""


def decided(of: OrderRow | Decision) -> tuple[str, str]:
    """What was decided, and the colour of the dot beside it."""
    if isinstance(of, OrderRow) and of.state is OrderState.CANCELLED:
        return "Cancelled", "grey"
    if of.tax_applicable is None:
        return "Not decided", "grey"
    if not of.tax_applicable:
        return "Exempt", "green"
    if of.exempt_percentage:
        return f"{of.exempt_percentage.normalize():f} % exempt", "green"
    claimed = of.ground == "no_certificate"
    return "Taxable", "yellow" if claimed else "grey"


def amount(value: Decimal, currency: str) -> str:
    """``1,250.00``: with as many decimals as the currency has."""
    return f"{value:,.{currency_exponent(currency)}f}"


def places() -> list[tuple[str, str]]:
    """The states to choose from, by name."""
    return sorted(
        ((code, fact.name) for code, fact in jurisdictions().items()), key=lambda pair: pair[1]
    )


def known() -> dict[str, Any]:
    """What every page of orders knows."""
    return {"states": STATES, "decided": decided, "amount": amount, "delivered": DELIVERED}
