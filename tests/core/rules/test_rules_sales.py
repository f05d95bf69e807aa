"""How orders count towards thresholds."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exempt.model.certificate import ExemptionReason
from exempt.model.decision import ByHand, Decision, Ground
from exempt.model.nexus import Base, Counts, Sale, Treatment
from exempt.model.sources import NotTaxedReason, OrderKind, OrderLine
from exempt.rules.decision import decide
from exempt.rules.sales import Counting, jurisdiction_of, sale_of
from support.records import TODAY, YEAR, address, card, coverage, decision_of, facts, line, order

INVOICE, CREDIT = OrderKind.INVOICE, OrderKind.CREDIT
NOT_TAXED = NotTaxedReason.PRODUCT_NOT_TAXED


class NoFood:
    """Nobody taxes food."""

    def taxed(self, category: str | None, jurisdiction: str, day: dt.date) -> bool:
        """See `Taxed`."""
        return category != "food"


FOOD = Counting(categories={"BREAD": "food", "BOLT": "hardware"}, taxability=NoFood())


def covered(
    reason: ExemptionReason = ExemptionReason.RESALE, percent: str = "100", **changes: Any
) -> Decision:
    """The decision of an order that a certificate covers."""
    held = coverage(exemption_reason=reason, exempt_percentage=Decimal(percent), **changes)
    return decision_of(order(), card(), [held])


EDUCATIONAL = covered(ExemptionReason.EDUCATIONAL)
FREE_FORM = decision_of(order(), card(resale_certificate_number="R-1"))
OVERRIDDEN = decide(facts(by_hand=ByHand(tax_applicable=False)), [])
CHOSEN = decide(facts(by_hand=ByHand(certificate_id=1)), [coverage(expiration_date=TODAY - YEAR)])
TAXED = decision_of(order(), card())


def parts(sale: Sale | None) -> tuple[int, int, int, int]:
    """The four amounts in the order of `Treatment`."""
    assert sale is not None
    return sale.taxable, sale.not_taxed, sale.exempt, sale.resale


# --- what is counted at all ------------------------------------------------------------


@pytest.mark.parametrize(
    ("counts", "kinds"),
    [
        pytest.param(Counts.ALL, set(OrderKind), id="all"),
        pytest.param(Counts.ORDERS, {OrderKind.ORDER, CREDIT}, id="orders, and credits"),
        pytest.param(Counts.INVOICES, {INVOICE, CREDIT}, id="invoices, and credits"),
        pytest.param(Counts.NONE, set(), id="nothing"),
    ],
)
def test_a_connection_says_which_documents_are_sales(counts: Counts, kinds: set[OrderKind]) -> None:
    counted = {k for k in OrderKind if sale_of(order(kind=k), None, Counting(counts)) is not None}
    assert counted == kinds


def test_a_cancelled_order_does_not_count() -> None:
    assert sale_of(order(voided=True), TAXED, Counting()) is None


@pytest.mark.parametrize(
    ("ship_to", "place"),
    [
        pytest.param(address("TX"), "US-TX", id="a state"),
        pytest.param(address(None), "", id="in the United States, nobody knows where"),
        pytest.param(None, "", id="nobody knows where"),
        pytest.param(address("BY", "DE"), "DE", id="abroad"),
        pytest.param(address(None, "PR"), "US-PR", id="a territory as a country of its own"),
        pytest.param(address("PR"), "US-PR", id="a territory as a state"),
    ],
)
def test_where_it_counts(ship_to: Any, place: str) -> None:
    assert jurisdiction_of(ship_to) == place
    sale = sale_of(order(ship_to=ship_to), None, Counting())
    assert sale is not None
    assert (sale.jurisdiction, sale.day) == (place, TODAY)


@pytest.mark.parametrize(
    ("of_connection", "of_order", "marketplace"),
    [(False, None, False), (False, "Amazon", True), (True, None, True)],
    ids=["nobody's", "the order's", "the connection's"],
)
def test_a_marketplace_is_one(of_connection: bool, of_order: str | None, marketplace: bool) -> None:
    sale = sale_of(order(marketplace=of_order), None, Counting(marketplace=of_connection))
    assert sale is not None
    assert sale.marketplace is marketplace


# --- what it counts as -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("decision", "amounts", "counts_as"),
    [
        pytest.param(None, (100_00, 0, 0, 0), "taxable", id="nothing is decided"),
        pytest.param(TAXED, (100_00, 0, 0, 0), "taxable", id="an ordinary customer"),
        pytest.param(covered(), (0, 0, 0, 100_00), "resale", id="for resale"),
        pytest.param(EDUCATIONAL, (0, 0, 100_00, 0), "exempt", id="for another reason"),
        pytest.param(FREE_FORM, (0, 0, 0, 100_00), "resale", id="by a resale number"),
        pytest.param(OVERRIDDEN, (0, 0, 100_00, 0), "exempt", id="by hand, and nobody says why"),
        pytest.param(CHOSEN, (0, 0, 0, 100_00), "resale", id="a certificate chosen by hand"),
        pytest.param(covered(apply_tax=True), (100_00, 0, 0, 0), "taxable", id="taxed even so"),
        pytest.param(covered(percent="33.33"), (66_67, 0, 0, 33_33), "taxable", id="in part"),
    ],
)
def test_what_a_certificate_makes_of_it(
    decision: Decision | None, amounts: tuple[int, ...], counts_as: str
) -> None:
    sale = sale_of(order(), decision, Counting())
    assert parts(sale) == amounts
    assert sale is not None
    assert sale.counts_as == counts_as


def test_a_source_that_does_not_tax_is_no_certificate() -> None:
    claimed = order(
        tax_applicable=False, lines=[line(not_taxed_reason=NotTaxedReason.CUSTOMER_EXEMPT)]
    )
    assert parts(sale_of(claimed, decision_of(claimed, card()), FOOD)) == (100_00, 0, 0, 0)


@pytest.mark.parametrize(
    ("lines", "total", "amounts"),
    [
        pytest.param([("BOLT", 100)], 100, (100_00, 0), id="all taxed"),
        pytest.param([("BREAD", 100)], 100, (0, 100_00), id="none taxed"),
        pytest.param([("BREAD", 60), ("BOLT", 40)], 100, (40_00, 60_00), id="both"),
        pytest.param([("BREAD", 60), ("?", 40)], 100, (40_00, 60_00), id="one is not known"),
        pytest.param([("BREAD", 60), (None, 40)], 100, (40_00, 60_00), id="a line without product"),
        pytest.param([("BREAD", 60), ("BOLT", 30)], 100, (33_33, 66_67), id="delivery is shared"),
        pytest.param([("BREAD", 60), ("BOLT", 40)], 50, (20_00, 30_00), id="a discount is shared"),
        pytest.param([("BREAD", 90)], 100, (0, 100_00), id="delivery of food"),
        pytest.param([("BREAD", 120), ("BOLT", -20)], 100, (-20_00, 120_00), id="one taken back"),
        pytest.param([("BREAD", 120), ("BOLT", -20)], 90, (0, 90_00), id="no more than all"),
        pytest.param([("BREAD", -20), ("BOLT", 120)], 90, (90_00, 0), id="no less than nothing"),
        pytest.param([("BREAD", 20), ("BOLT", -20)], 90, (90_00, 0), id="lines over nothing"),
    ],
)
def test_lines_of_what_is_not_taxed(
    lines: Sequence[tuple[str | None, int]], total: int, amounts: tuple[int, int]
) -> None:
    sold = order(
        total=Decimal(total),
        lines=[
            line(str(n), str(amount), product_external_id=product)
            for n, (product, amount) in enumerate(lines)
        ],
    )
    assert parts(sale_of(sold, TAXED, FOOD))[:2] == amounts


def test_the_source_may_say_that_a_product_is_not_taxed() -> None:
    sold = order(lines=[line("1", "30", not_taxed_reason=NOT_TAXED), line("2", "70")])
    assert parts(sale_of(sold, TAXED, Counting())) == (70_00, 30_00, 0, 0)


def test_where_nobody_says_what_is_taxed_all_is() -> None:
    sold = order(lines=[line(product_external_id="BREAD")])
    counting = Counting(categories={"BREAD": "food"})
    assert parts(sale_of(sold, TAXED, counting)) == (100_00, 0, 0, 0)


def test_the_exempt_part_comes_first() -> None:
    sold = order(lines=[line("1", "50", not_taxed_reason=NOT_TAXED), line("2", "50")])
    assert parts(sale_of(sold, covered(), FOOD)) == (0, 0, 0, 100_00)
    half = sale_of(sold, covered(ExemptionReason.OTHER, "50"), FOOD)
    assert parts(half) == (25_00, 25_00, 50_00, 0)


# --- credits, and orders over nothing --------------------------------------------------


@pytest.mark.parametrize("kind", OrderKind)
def test_a_credit_counts_negative_and_is_no_transaction(kind: OrderKind) -> None:
    sale = sale_of(order(kind=kind, total=Decimal("-12.34")), None, Counting())
    assert parts(sale) == (-12_34, 0, 0, 0)
    assert sale is not None
    assert sale.counts_as is None


def test_a_credit_over_nothing_is_no_transaction() -> None:
    sale = sale_of(order(kind=CREDIT, total=Decimal(0)), covered(), Counting())
    assert sale is not None
    assert sale.counts_as is None


@pytest.mark.parametrize(
    ("lines", "decision", "counts_as"),
    [
        pytest.param([], TAXED, "taxable", id="it would be taxed"),
        pytest.param([line(amount="0", not_taxed_reason=NOT_TAXED)], TAXED, "not_taxed", id="food"),
        pytest.param(
            [line(amount="0", not_taxed_reason=NOT_TAXED), line("2", "0")],
            TAXED,
            "taxable",
            id="food, and something else",
        ),
        pytest.param([], covered(), "resale", id="for resale"),
        pytest.param([], OVERRIDDEN, "exempt", id="exempt"),
        pytest.param([], covered(percent="50"), "taxable", id="half of it for resale"),
    ],
)
def test_an_order_over_nothing_counts_as_what_it_would_be(
    lines: Sequence[OrderLine], decision: Decision, counts_as: str
) -> None:
    sale = sale_of(order(total=Decimal(0), lines=tuple(lines)), decision, FOOD)
    assert parts(sale) == (0, 0, 0, 0)
    assert sale is not None
    assert sale.counts_as == counts_as


# --- currencies ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("currency", "total", "rate", "cents"),
    [
        pytest.param("EUR", "100.00", "1.0823", 108_23, id="euros"),
        pytest.param("JPY", "15000", "0.00665", 99_75, id="yen have no decimals"),
        pytest.param("KWD", "10.005", "3.25", 32_52, id="dinars have three, half to even"),
    ],
)
def test_a_known_rate_converts(currency: str, total: str, rate: str, cents: int) -> None:
    counting = Counting(rate=lambda _currency, _day: Decimal(rate))
    sale = sale_of(order(currency=currency, total=Decimal(total)), None, counting)
    assert sale is not None
    assert (sale.currency, sale.taxable) == ("USD", cents)


def test_without_a_rate_it_keeps_its_currency() -> None:
    sale = sale_of(order(currency="JPY", total=Decimal(15_000)), None, Counting())
    assert sale is not None
    assert (sale.currency, sale.taxable) == ("JPY", 15_000)


def test_lines_are_shared_in_the_order_s_currency() -> None:
    counting = Counting(rate=lambda _currency, _day: Decimal("1.5"))
    sold = order(
        currency="EUR", lines=[line("1", "60", not_taxed_reason=NOT_TAXED), line("2", "40")]
    )
    assert parts(sale_of(sold, None, counting)) == (60_00, 90_00, 0, 0)


# --- whatever it is --------------------------------------------------------------------

amounts = st.decimals(-10_000, 10_000, places=2)
lines = st.builds(
    OrderLine,
    line_id=st.just("1"),
    product_external_id=st.sampled_from([None, "BREAD", "BOLT", "?"]),
    amount=amounts,
    not_taxed_reason=st.sampled_from([None, *NotTaxedReason]),
)
decisions = st.one_of(
    st.sampled_from([None, TAXED, FREE_FORM, OVERRIDDEN]),
    st.builds(
        covered,
        st.sampled_from(ExemptionReason),
        st.decimals("0.01", "100", places=2).map(str),
    ),
)
orders = st.builds(
    order,
    kind=st.sampled_from(OrderKind),
    total=amounts,
    currency=st.sampled_from(["USD", "EUR", "JPY"]),
    lines=st.lists(lines, max_size=4).map(tuple),
)


@given(orders, decisions, st.decimals("0.0001", "200", places=4) | st.none())
def test_the_four_amounts_come_to_the_total(
    sold: Any, decision: Decision | None, rate: Decimal | None
) -> None:
    sale = sale_of(sold, decision, replace(FOOD, rate=lambda _c, _d: rate))
    whole = sale_of(sold.model_copy(update={"lines": ()}), None, Counting(rate=lambda _c, _d: rate))
    assert sum(parts(sale)) == sum(parts(whole))
    if sold.currency == "USD":
        assert sum(parts(sale)) == sold.total * 100


@given(orders, decisions)
def test_each_base_counts_a_part_of_the_one_before(sold: Any, decision: Decision | None) -> None:
    """Unless lines are taken back: then a part may be more than the whole."""
    positive = [each.model_copy(update={"amount": abs(each.amount)}) for each in sold.lines]
    plain = sold.model_copy(update={"total": abs(sold.total), "lines": tuple(positive)})
    sale = sale_of(plain, decision, FOOD)
    gross, retail, taxable = (
        sum(getattr(sale, each.value) for each in base.treatments)
        for base in (Base.GROSS, Base.RETAIL, Base.TAXABLE)
    )
    assert gross >= retail >= taxable >= 0
    assert sale is not None
    if sale.counts_as is not None and gross:
        assert getattr(sale, sale.counts_as.value), "it has some of what it counts as"
        assert sale.counts_as is next(each for each in Treatment if getattr(sale, each.value))


def test_grounds_without_a_certificate_are_exempt_for_no_reason_of_resale() -> None:
    """A decision of an older rule that says exempt, and not by what."""
    older = TAXED.model_copy(
        update={"ground": Ground.CERTIFICATE, "exempt_percentage": Decimal(100)}
    )
    assert parts(sale_of(order(), older, Counting())) == (0, 0, 100_00, 0)
