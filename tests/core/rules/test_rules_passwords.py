"""The rules for passwords: ASVS 6.2.1, 6.2.4, 6.2.5, 6.2.8, 6.2.9, 6.2.11, 6.2.12."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exempt.data.common_passwords import common_passwords
from exempt.rules.passwords import LONGEST, SHORTEST_ALONE, objections

WORDS = ("exempt", "Northwind Fasteners Inc.", "dana.lee@acme.example")


@pytest.mark.parametrize(
    ("password", "against"),
    [
        pytest.param("xk7 qv2", "at least 8", id="6.2.1: seven characters are too few"),
        pytest.param("xk7 qv2m", "", id="6.2.1: eight are enough beside a second factor"),
        pytest.param("q" * 7 + "é", "over and over", id="the same character over and over"),
        pytest.param("sunshine", "tried first", id="6.2.4: among the most common"),
        pytest.param("SunShine", "tried first", id="6.2.4: however it is capitalized"),
        pytest.param("sunshine2026!", "tried first", id="6.2.4: with a year behind it"),
        pytest.param("tickle-orchard", "", id="6.2.5: small letters alone"),
        pytest.param("4072 9153 8826", "", id="6.2.5: digits alone"),
        pytest.param("пароль-ёжика", "", id="6.2.5: any script"),
        pytest.param("🦔🐢🦉🐝🦔🐢🦉🐝", "", id="6.2.5: no letters at all"),
        pytest.param(" tall ships ", "", id="6.2.8: blanks at the ends count"),
        pytest.param("wisteria " * 8, "", id="6.2.9: seventy-two characters"),
        pytest.param("wisteria " * 29, "more than 256", id="too much to hash"),
        pytest.param("northwind2026", "too little is left", id="6.2.11: the company's name"),
        pytest.param("Exempt-dana.lee", "too little is left", id="6.2.11: a name from an e-mail"),
        pytest.param("northwind sells bolts", "", id="6.2.11: enough beside the name"),
    ],
)
def test_what_is_against_a_password(password: str, against: str) -> None:
    said = " ".join(objections(password, WORDS))
    assert against in said
    assert bool(said) is bool(against)


def test_a_password_without_a_second_factor_is_longer() -> None:
    assert list(objections("xk7 qv2m", shortest=SHORTEST_ALONE)) == [
        "It needs at least 15 characters: a few words with blanks between do well."
    ]
    assert not list(objections("tickle orchard 7", shortest=SHORTEST_ALONE))


def test_the_list_has_more_than_the_three_thousand_most_common() -> None:
    """6.2.4 and 6.2.12: just those that the shortest length does not refuse anyway."""
    assert len(common_passwords()) == 11_611
    assert all(len(each) >= 8 and each == each.lower() for each in common_passwords())


@given(st.sampled_from(sorted(common_passwords())))
def test_none_of_the_list_can_be_chosen(password: str) -> None:
    assert list(objections(password))


@given(st.text(min_size=64, max_size=LONGEST))
def test_nothing_long_is_refused_for_its_kinds_of_characters(password: str) -> None:
    """6.2.5 and 6.2.9."""
    refused = list(objections(password))
    assert not refused or len(set(password.lower())) < 4
