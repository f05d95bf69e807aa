from __future__ import annotations

import pytest

from exempt import Address
from exempt_hris_csv.places import Places

PLACES = Places(
    "US",
    {
        "HQ": Address(country="US", state="TX", city="Austin"),
        "Main Office OK": Address(country="US", state="OH"),
    },
)


@pytest.mark.parametrize(
    ("text", "state", "city", "postal_code"),
    [
        ("TX", "TX", None, None),
        ("tx", "TX", None, None),
        ("Texas", "TX", None, None),
        ("US-TX", "TX", None, None),
        ("Texas, USA", "TX", None, None),
        ("Austin, TX", "TX", "Austin", None),
        ("austin, texas", "TX", "austin", None),
        ("Austin TX", "TX", None, None),
        ("Austin (TX)", "TX", "Austin", None),
        ("Winston-Salem, NC", "NC", "Winston-Salem", None),
        ("TX - Downtown", "TX", None, None),
        ("Austin - TX", "TX", "Austin", None),
        ("Washington, D.C.", "DC", "Washington", None),
        ("Washington DC", "DC", None, None),
        ("Charleston West Virginia", "WV", None, None),
        ("New York, New York", "NY", "New York", None),
        ("410 Congress Ave, Austin, TX 78701", "TX", "Austin", "78701"),
        ("410 Congress Ave, Austin, TX, 78701-1234, United States", "TX", "Austin", "78701-1234"),
        ("410 Congress Ave\nAustin, TX 78701", "TX", "Austin", "78701"),
        ("410 Congress Ave, TX", "TX", None, None),
        ("Remote - Texas", "TX", None, None),
        ("Remote (Denver, CO)", "CO", "Denver", None),
        ("Fully remote, TX, US", "TX", None, None),
        ("hq", "TX", "Austin", None),
        ("main office  ok", "OH", None, None),
    ],
)
def test_places_in_the_united_states(
    text: str, state: str, city: str | None, postal_code: str | None
) -> None:
    assert PLACES.locate(text) == Address(
        country="US", state=state, city=city, postal_code=postal_code
    )


@pytest.mark.parametrize(
    "text", ["", " - ", "Remote", "remote", "Remote - US", "Work from home", "WFH", "Home", "USA"]
)
def test_nothing_is_said(text: str) -> None:
    assert PLACES.locate(text) is None


@pytest.mark.parametrize(
    ("text", "country", "state", "city"),
    [
        ("London, UK", "GB", None, "London"),
        ("221B Baker St, London, United Kingdom", "GB", None, "London"),
        ("Toronto, ON", "CA", "ON", "Toronto"),
        ("Toronto, ON, CA", "CA", "ON", "Toronto"),
        ("Toronto, ON, Canada", "CA", "ON", "Toronto"),
        ("Remote - Germany", "DE", None, None),
    ],
)
def test_places_abroad(text: str, country: str, state: str | None, city: str | None) -> None:
    assert PLACES.locate(text) == Address(country=country, state=state, city=city)


def test_the_default_country_holds_where_none_is_named() -> None:
    assert Places("DE", {}).locate("Berlin") == Address(country="DE", city="Berlin")


@pytest.mark.parametrize(
    "text",
    [
        "Headquarters",
        "Springfield",
        "12 Elm St",
        "Paris, Somewhere",
        "walk in",
        "78701",
        "Home Office",
    ],
)
def test_a_text_without_a_state_is_refused_without_quoting_it(text: str) -> None:
    with pytest.raises(ValueError, match=r"^no state can be read from it") as caught:
        PLACES.locate(text)
    assert text not in str(caught.value)
