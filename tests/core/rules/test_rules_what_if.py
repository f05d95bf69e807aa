"""What may be supposed: read out of text, and refused with how to mend it."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from exempt.errors import RefusedError
from exempt.model.nexus import Base
from exempt.rules.what_if import Added, Changes, read_what_if
from support.threshold_records import threshold

ON = dt.date(2026, 9, 15)
TOMORROW = dt.date(2026, 9, 16)
NEW_YEAR = dt.date(2027, 1, 1)


@pytest.mark.parametrize(
    ("text", "changes"),
    [
        pytest.param("+20% from 2027-01-01", Changes(grows=((NEW_YEAR, 1.2),)), id="growth"),
        pytest.param("+20 %", Changes(grows=((TOMORROW, 1.2),)), id="growth at once"),
        pytest.param("-12.5%", Changes(grows=((TOMORROW, 0.875),)), id="less"),
        pytest.param(
            "Customer $5,000 a month from 2027-01-01",
            Changes(added=(Added(NEW_YEAR, 500_000, monthly=True),)),
            id="a customer",
        ),
        pytest.param(
            "customer 5000.50 per month",
            Changes(added=(Added(TOMORROW, 500_050, monthly=True),)),
            id="a customer at once",
        ),
        pytest.param(
            " sale  40000 on 2026-01-31 ",
            Changes(added=(Added(dt.date(2026, 1, 31), 4_000_000),)),
            id="a sale, in the past even",
        ),
        pytest.param("sale 1", Changes(added=(Added(ON, 100),)), id="a sale today"),
        pytest.param("resale 30000", Changes(resale=3_000_000), id="certificates"),
        pytest.param("line 250000", Changes(line=Decimal(250_000)), id="another line"),
    ],
)
def test_what_can_be_supposed(text: str, changes: Changes) -> None:
    assert read_what_if([text], ON) == changes
    assert read_what_if([text], ON)


def test_all_that_is_supposed_holds_at_once() -> None:
    texts = ["+10%", "resale 10", "resale 20", "sale 5", "sale 6", "+20% from 2027-01-01"]
    found = read_what_if(texts, ON)
    assert found.resale == 3000
    assert [each.amount for each in found.added] == [500, 600]
    assert [found.factor(day) for day in (ON, TOMORROW, NEW_YEAR)] == pytest.approx([1, 1.1, 1.32])
    assert not read_what_if([], ON)


@pytest.mark.parametrize(
    ("text", "mend"),
    [
        pytest.param("banana", "write one of: [+]20% from", id="nothing that is known"),
        pytest.param("", "write one of", id="nothing"),
        pytest.param("sale -5", "write one of", id="less than nothing"),
        pytest.param("sale 0", "more than 0", id="nothing sold"),
        pytest.param("sale ,", "more than 0", id="no digits"),
        pytest.param("sale 9999999999", "at most 1,000,000,000", id="all the money"),
        pytest.param("sale 5 on 2026-13-01", "2026-13-01 is no day: write YYYY", id="no day"),
        pytest.param("sale 5 on tomorrow", "tomorrow is no day", id="a day in words"),
        pytest.param("sale 5 on 2222-01-01", "too far away", id="a day far ahead"),
        pytest.param("sale 5 on 1949-12-31", "too far away", id="a day long ago"),
        pytest.param("+20% from 2026-09-15", "write a day after 2026-09-15", id="growth today"),
        pytest.param("+1001%", "from -100 to [+]1000", id="too much growth"),
        pytest.param("-101%", "from -100 to [+]1000", id="less than nothing left"),
        pytest.param("customer 5 a month from 2026-01-01", "is to come", id="a customer of then"),
        pytest.param("line 999.99", "1,000 dollars at least", id="a line that none has"),
    ],
)
def test_what_cannot_be_read_is_named_with_how_to_mend_it(text: str, mend: str) -> None:
    with pytest.raises(RefusedError, match=f"^what if .*: .*{mend}"):
        read_what_if([text], ON)


def test_one_line_is_enough() -> None:
    with pytest.raises(RefusedError, match="another line is supposed already"):
        read_what_if(["line 1000", "line 2000"], ON)


def test_a_customer_buys_each_month_and_a_sale_is_one() -> None:
    day = dt.date(2026, 10, 31)
    through = dt.date(2027, 1, 30)
    monthly = [day, dt.date(2026, 11, 30), dt.date(2026, 12, 31)]
    assert Added(day, 1, monthly=True).days(through) == monthly
    assert Added(day, 1).days(through) == [day]
    assert Added(day, 1).days(ON) == []


@pytest.mark.parametrize(
    ("base", "resale", "share"),
    [
        pytest.param(Base.GROSS, 50, 1, id="all sales count: certificates change nothing"),
        pytest.param(Base.RETAIL, 50, 0.5, id="half of it would be for resale"),
        pytest.param(Base.TAXABLE, 100, 0, id="all of it"),
        pytest.param(Base.TAXABLE, 0, 1, id="none of it"),
    ],
)
def test_certificates_take_a_part_away(base: Base, resale: int, share: float) -> None:
    assert Changes(resale=resale).share(base, 100) == share


@pytest.mark.parametrize(("counted", "said"), [(12_345, "123.45"), (0, "0.00"), (-5, "0.00")])
def test_no_more_can_be_for_resale_than_counts(counted: int, said: str) -> None:
    with pytest.raises(RefusedError, match=f"only {said} USD count now"):
        Changes(resale=12_346).share(Base.RETAIL, counted)


def test_another_line_is_that_of_now_and_later() -> None:
    old = threshold(in_force_through=ON - dt.timedelta(days=1))
    now = threshold(in_force_from=ON)
    none = threshold(in_force_from=ON, amount=None, window=None, base=None)
    law = (old, now, none)
    changed = Changes(line=Decimal(5000)).law(law, ON)
    assert [each.amount for each in changed] == [100_000, 5000, None]
    assert Changes().law(law, ON) == law
