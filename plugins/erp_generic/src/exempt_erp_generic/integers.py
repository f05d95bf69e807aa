"""Whole numbers as a remote writes them: of any size, and of any kind."""

from __future__ import annotations

from decimal import Decimal
from typing import Any


def integer(found: Any, most: int = 10**15) -> int:
    """*found* as a whole number between -*most* and *most*; what follows the point is cut off.

    The bounds come first: of ``1e999999999`` no machine ever writes out the digits.

    Raises:
        ValueError: It is no number, or beyond the bounds.
    """
    try:
        number = Decimal(str(found))
        if -most <= number <= most:
            return int(number)
    except ArithmeticError:
        pass
    msg = f"is no number up to {most:,}"
    raise ValueError(msg)
