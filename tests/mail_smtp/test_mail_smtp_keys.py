from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exempt_mail_smtp.keys import (
    keys_of_addresses,
    keys_of_message_ids,
    message_id,
    return_address,
)

DOMAIN = "northwind.example"
KEY = "exempt-4af2c09e11d87b6a53f0e8d94c17a2b0e95d3f68"

keys = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=255)


def of_message_ids(text: str) -> list[str]:
    return list(keys_of_message_ids(text, DOMAIN))


def of_addresses(text: str) -> list[str]:
    return list(keys_of_addresses(text, f"tax@{DOMAIN}"))


def test_the_cores_keys_are_legible() -> None:
    assert message_id(KEY, DOMAIN) == f"<k.{KEY}@{DOMAIN}>"
    assert return_address(f"tax@{DOMAIN}", KEY) == f"tax+{KEY}@{DOMAIN}"


@given(keys)
def test_a_key_is_read_back_from_its_message_id_even_in_other_case(key: str) -> None:
    made = message_id(key, DOMAIN)
    assert len(made) < 300
    for text in (made, made.upper(), f"In-Reply-To: {made}\r\n"):
        assert of_message_ids(text) == ([key] if made.startswith("<k.") else [])


@given(keys)
def test_a_key_is_read_back_from_its_return_address(key: str) -> None:
    made = return_address(f"tax@{DOMAIN}", key)
    assert len(made.partition("@")[0]) <= 64
    for text in (made, f"<{made.upper()}>", f"Tax desk <{made}>, x@y.example"):
        assert of_addresses(text) == ([key] if "+" in made else [])


@given(keys, keys)
def test_two_keys_never_share_a_message_id(one: str, other: str) -> None:
    assert (message_id(one, DOMAIN) == message_id(other, DOMAIN)) == (one == other)


def test_a_key_too_long_for_a_header_is_only_told_apart() -> None:
    assert message_id("K" * 255, DOMAIN).startswith("<d.")
    assert return_address(f"tax@{DOMAIN}", "K" * 255) == f"tax@{DOMAIN}"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(f"<k.{KEY}@elsewhere.example>", id="another domain"),
        pytest.param(f"<k.{KEY}@mail.{DOMAIN}>", id="a domain below ours"),
        pytest.param(f"<x.{KEY}@{DOMAIN}>", id="another kind"),
        pytest.param(f"<k.@{DOMAIN}>", id="no key"),
        pytest.param(f"<k.a=0ab@{DOMAIN}>", id="a line break in the key"),
        pytest.param(f"<k.a=20b@{DOMAIN}>", id="a space in the key"),
        pytest.param(f"<k.a.b@{DOMAIN}>", id="a letter that we write otherwise"),
    ],
)
def test_other_message_ids_have_no_key(text: str) -> None:
    assert of_message_ids(text) == []


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(f"tax@{DOMAIN}", id="without a key"),
        pytest.param(f"syntax+{KEY}@{DOMAIN}", id="a name that ends in ours"),
        pytest.param(f"taxes+{KEY}@{DOMAIN}", id="a name that begins as ours"),
        pytest.param(f"tax+{KEY}@{DOMAIN}.evil.example", id="a longer domain"),
    ],
)
def test_other_addresses_have_no_key(text: str) -> None:
    assert of_addresses(text) == []
