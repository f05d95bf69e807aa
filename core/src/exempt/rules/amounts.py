"""Amounts and numbers in words, as people read them."""

from __future__ import annotations

from decimal import Decimal

from exempt.data import currency_exponent


def money(minor: int, currency: str) -> str:
    """``1,234.50 USD``."""
    exponent = currency_exponent(currency)
    return f"{Decimal(minor).scaleb(-exponent):,.{exponent}f} {currency}"


def dollars(cents: int) -> str:
    """``$1,234``, what is less than a dollar left off."""
    return f"-${-cents // 100:,}" if cents < 0 else f"${cents // 100:,}"


def count(number: int, one: str, several: str | None = None) -> str:
    """``1 order``, ``2 orders``."""
    return f"{number:,} {one if number == 1 else several or one + 's'}"
