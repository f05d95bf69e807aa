"""States are understood in many spellings and kept in one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from exempt import Address, Jurisdiction
from exempt.data import currency_exponent, jurisdiction_name, jurisdictions

IN_THE_US = sorted(jurisdictions())


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("TX", "TX"),
        ("tx", "TX"),
        (" tx ", "TX"),
        ("TX.", "TX"),
        ("US-TX", "TX"),
        ("us-tx", "TX"),
        ("Texas", "TX"),
        ("TEXAS", "TX"),
        ("New York", "NY"),
        ("District of Columbia", "DC"),
        ("Puerto Rico", "PR"),
        ("", None),
        (None, None),
    ],
)
def test_spellings_of_a_state(written: str | None, kept: str | None) -> None:
    assert Address(country="US", state=written).state == kept


@pytest.mark.parametrize("written", ["XX", "Texax", "New  York", "CA-ON", "12", "Ontario"])
def test_an_unknown_state_is_refused_with_the_mend(written: str) -> None:
    with pytest.raises(
        ValidationError, match=r"unknown state .*: use a two-letter code such as 'TX'"
    ):
        Address(country="US", state=written)


def test_elsewhere_a_state_is_kept_as_it_is() -> None:
    assert Address(country="Canada", state="ON").state == "ON"
    assert Address(country="DE", state="Bayern").state == "Bayern"


def test_a_wrong_country_is_the_only_complaint() -> None:
    with pytest.raises(ValidationError) as caught:
        Address(country="Elbonia", state="XX")
    assert [error["loc"] for error in caught.value.errors()] == [("country",)]


@pytest.mark.parametrize(
    ("address", "jurisdiction"),
    [
        pytest.param(Address(country="USA", state="Texas"), "US-TX", id="a state"),
        pytest.param(Address(country="CA", state="ON"), "CA-ON", id="a province"),
        pytest.param(Address(country="US"), None, id="no state known"),
    ],
)
def test_jurisdiction_of_an_address(address: Address, jurisdiction: str | None) -> None:
    assert address.jurisdiction == jurisdiction


@given(st.sampled_from(IN_THE_US), st.sampled_from([str.upper, str.lower, str.title]))
def test_code_and_name_mean_the_same(code: str, spell: type[str]) -> None:
    name = jurisdiction_name(code)
    read = TypeAdapter(Jurisdiction).validate_python
    assert read(code) == read(spell(code)) == read(spell(name)) == code
    assert Address(country="US", state=spell(name)).jurisdiction == code


def test_the_states_are_all_there() -> None:
    states = [fact for fact in jurisdictions().values() if fact.kind == "state"]
    assert len(states) == 50
    assert "US-DC" in jurisdictions()
    assert len({fact.name for fact in jurisdictions().values()}) == len(jurisdictions())


@pytest.mark.parametrize("code", IN_THE_US)
def test_every_jurisdiction_has_its_source(code: str) -> None:
    fact = jurisdictions()[code]
    assert fact.sales_tax in {"state", "local", "none", "unknown"}
    assert fact.source
    assert fact.as_of


def test_a_jurisdiction_without_a_name_is_called_by_its_code() -> None:
    assert jurisdiction_name("CA-ON") == "CA-ON"


@pytest.mark.parametrize(("code", "decimals"), [("USD", 2), ("JPY", 0), ("KWD", 3), ("XTS", 2)])
def test_decimals_of_a_currency(code: str, decimals: int) -> None:
    assert currency_exponent(code) == decimals
