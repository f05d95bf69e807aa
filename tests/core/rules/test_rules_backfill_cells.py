"""What the cells of a file of sales may hold."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exempt.model.backfill import MistakeKind
from exempt.rules import backfill_cells as cells
from exempt.rules.backfill_cells import WrongError

Kind = MistakeKind


def refused(read: Callable[..., str], *arguments: str) -> WrongError:
    with pytest.raises(WrongError) as caught:
        read(*arguments)
    assert caught.value.what
    assert caught.value.mend
    return caught.value


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("1234.50", "1234.50"),
        ("-5", "-5"),
        ("$1,234.50", "1234.50"),
        ("-$5.00", "-5.00"),
        ("$-5.00", "-5.00"),
        ("(5.00)", "-5.00"),
        ("($1,234.50)", "-1234.50"),
        ("5.00-", "-5.00"),
        ("\u22125.00", "-5.00"),
        ("+5.00", "5.00"),
        ("US$ 5.00", "5.00"),
        ("1 234.50", "1234.50"),
        ("USD 5.00", "5.00"),
        ("5.00 usd", "5.00"),
        (".50", "0.50"),
        ("5.", "5"),
        ("1.2345", "1.2345"),
        ("0.125", "0.125"),
        ("1,234.567", "1234.567"),
    ],
)
def test_amounts(text: str, amount: str) -> None:
    assert cells.read_amount(text, "USD") == amount


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("five", "is no number"),
        (".", "is no number"),
        ("$", "is no number"),
        ("NaN", "is no number"),
        ("1e5", "is no number"),
        ("12,34,56", "is no number"),
        ("1.234,50", "has a comma where cents begin"),
        ("1234,50", "has a comma where cents begin"),
        ("1.234", "may be thousands or thousandths"),
        ("-(5.00)", "is no number"),
        ("(5.00", "has more than one sign for below zero, or half of one"),
        ("-5.00-", "has more than one sign for below zero, or half of one"),
        ("\u20ac5.00", "has the sign \u20ac, and the currency is USD"),
        ("10000000000000", "is more than ten trillion"),
        ("$999999999999999", "is more than ten trillion"),
    ],
)
def test_what_is_no_amount(text: str, what: str) -> None:
    error = refused(cells.read_amount, text, "USD")
    assert (error.kind, error.what) == (Kind.BAD_AMOUNT, what)


def test_signs_of_currencies() -> None:
    assert cells.read_amount("\u20ac5.00", "EUR") == "5.00"
    assert cells.read_amount("$5.00", "CAD") == "5.00"
    assert cells.read_amount("$5.00", "") == "5.00", "the currency is wrong, and said to be"
    refused(cells.read_amount, "US$5.00", "CAD")
    refused(cells.read_amount, "\u00a35.00", "EUR")
    assert cells.read_amount("1.234", "KWD") == "1.234", "that has three decimals"


def test_a_number_of_the_spreadsheet_is_what_it_is() -> None:
    assert cells.read_number("1.234") == "1.234"
    assert cells.read_number("-12.5") == "-12.5"
    refused(cells.read_number, "-123456789012345")


@given(st.decimals(Decimal(-(10**12)), Decimal(10**12), places=2))
def test_an_amount_is_read_in_every_spelling(amount: Decimal) -> None:
    """With thousands, a sign of the currency, a minus before or brackets around it."""
    bare = f"{abs(amount):,.2f}"
    for text in (f"{amount:f}", f"{amount:,.2f}"):
        assert Decimal(cells.read_amount(text, "USD")) == amount
    if amount < 0:
        for text in (f"-${bare}", f"(${bare})", f"{bare}-"):
            assert Decimal(cells.read_amount(text, "USD")) == amount


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("x" * 501, Kind.TOO_LONG),
        ("M\ufffdnchen", Kind.BAD_SIGNS),
        ("a\tb", Kind.BAD_SIGNS),
    ],
)
def test_texts_that_are_refused(text: str, kind: MistakeKind) -> None:
    assert refused(cells.read_text, text).kind is kind


def test_texts() -> None:
    assert cells.read_text("  O'Brien & S\u00f6hne  ") == "O'Brien & S\u00f6hne"
    assert cells.read_text("A\u00a0B") == "A\u00a0B", "an odd blank is one"


@pytest.mark.parametrize("sign", cells.SIGNS)
def test_ids_do_not_have_signs_that_stand_for_nothing(sign: str) -> None:
    error = refused(cells.read_strict_id, f"A{sign}1")
    assert error.kind is Kind.BAD_SIGNS
    assert f"the sign {sign}" in error.what
    assert cells.read_id(f"A{sign}1") == f"A{sign}1", "unless asked for"


def test_ids() -> None:
    assert cells.read_strict_id(" INV-1/2 \u00e4_b.c@d ") == "INV-1/2 \u00e4_b.c@d"
    assert refused(cells.read_id, "1.23E+15").what == "was rounded by the spreadsheet"
    assert refused(cells.read_id, "x" * 256).kind is Kind.TOO_LONG
    assert refused(cells.read_id, "A\u200b1").what == "has characters that cannot be seen"


def test_emails() -> None:
    assert cells.read_email(" ap@example.com ") == "ap@example.com"
    assert refused(cells.read_email, "call us").kind is Kind.BAD_EMAIL


def test_words_for_yes_no_kinds_and_marketplaces() -> None:
    assert [cells.read_yes_no(each) for each in ("Yes", "TRUE", "x")] == ["yes"] * 3
    assert [cells.read_yes_no(each) for each in ("no", "0", "Taxable")] == ["no"] * 3
    assert refused(cells.read_yes_no, "maybe").kind is Kind.BAD_YES_NO
    assert [cells.read_kind(each) for each in ("Sale", "SALES_INVOICE", "1")] == ["sale"] * 3
    assert [cells.read_kind(each) for each in ("refund", "Credit-Memo", "5")] == ["credit"] * 3
    assert refused(cells.read_kind, "gift").kind is Kind.BAD_KIND
    assert cells.read_marketplace(" Amazon ") == "Amazon"
    assert cells.read_marketplace("no") == ""
    assert cells.read_marketplace("yes") == "marketplace"


def test_currencies() -> None:
    assert cells.read_currency(" usd ") == "USD"
    assert refused(cells.read_currency, "US$").what == "is no currency of three letters"
    assert refused(cells.read_currency, "XXX").kind is Kind.BAD_CURRENCY
    assert refused(cells.read_currency, "ABC").what.startswith(
        "is a currency that is not supported"
    )


@pytest.mark.parametrize(
    ("text", "country"),
    [("us", "US"), ("United States", "US"), ("USA", "US"), ("UK", "GB"), ("de", "DE")],
)
def test_countries(text: str, country: str) -> None:
    assert cells.read_country(text) == country


def test_what_is_no_country() -> None:
    assert refused(cells.read_country, "Texas").kind is Kind.BAD_COUNTRY


@pytest.mark.parametrize(
    ("text", "country", "state"),
    [("tx", "US", "TX"), ("Texas", "US", "TX"), ("US-TX", "US", "TX"), ("Bayern", "DE", "Bayern")],
)
def test_states(text: str, country: str, state: str) -> None:
    assert cells.read_state(text, country) == state


def test_what_is_no_state() -> None:
    assert refused(cells.read_state, "Bayern", "US").kind is Kind.BAD_STATE


def test_territories_that_stand_as_countries() -> None:
    assert cells.home_of("PR", "") == ("US", "PR")
    assert cells.home_of("PR", "San Juan") == ("US", "PR")
    assert cells.home_of("CA", "ON") == ("CA", "ON"), "Canada is not California"
    assert cells.home_of("US", "TX") == ("US", "TX")


@pytest.mark.parametrize(
    ("text", "country", "code"),
    [
        pytest.param("78701", "US", "78701", id="five digits"),
        pytest.param("02134-1000", "US", "02134-1000", id="five and four"),
        pytest.param("021341000", "US", "02134-1000", id="nine"),
        pytest.param("2134", "US", "02134", id="a spreadsheet dropped the zero"),
        pytest.param("601", "US", "00601", id="two zeros in Puerto Rico"),
        pytest.param("21341000", "US", "02134-1000", id="eight of nine"),
        pytest.param("k1a0b1", "CA", "K1A 0B1", id="Canada without the blank"),
        pytest.param("SW1A 1AA", "GB", "SW1A 1AA", id="London"),
        pytest.param("80331", "DE", "80331", id="Munich"),
    ],
)
def test_postal_codes(text: str, country: str, code: str) -> None:
    assert cells.read_zip(text, country) == code


@pytest.mark.parametrize(
    ("text", "country"),
    [
        ("ABCDE", "US"),
        ("787012", "US"),
        ("12", "US"),
        ("78701-12", "US"),
        ("12345", "CA"),
        ("?", "DE"),
        ("1" * 17, "DE"),
    ],
)
def test_what_is_no_postal_code(text: str, country: str) -> None:
    assert refused(cells.read_zip, text, country).kind is Kind.BAD_ZIP
