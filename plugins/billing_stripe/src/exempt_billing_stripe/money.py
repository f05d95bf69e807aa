"""Amounts as Stripe counts them: whole numbers of a currency's smallest unit.

Source: https://docs.stripe.com/currencies, "Minor units in API amounts".
"""

from __future__ import annotations

from decimal import Decimal

_NO_DECIMALS = frozenset(
    "BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF".split()  # noqa: SIM905
)
# ISK and UGX have no decimals either, but Stripe goes on counting them in hundredths.
_THREE_DECIMALS = frozenset({"BHD", "JOD", "KWD", "OMR", "TND"})


def from_minor(units: object, currency: str) -> Decimal:
    """*units* of *currency* (in capitals) as an amount: 1999 of USD are 19.99.

    Raises:
        ValueError: *units* is no whole number.
    """
    if not isinstance(units, int) or isinstance(units, bool):
        msg = "an amount is no whole number of the smallest unit"
        raise ValueError(msg)  # noqa: TRY004 - a ValueError sets aside the row alone
    if currency in _NO_DECIMALS:
        return Decimal(units)
    return Decimal(units).scaleb(-3 if currency in _THREE_DECIMALS else -2)
