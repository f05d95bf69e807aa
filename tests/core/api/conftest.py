"""An API, and a program that may do everything."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.api import ApiHouse, Program, api_house


@pytest.fixture
def house(tmp_path: Path) -> Iterator[ApiHouse]:
    """An API over an empty store."""
    with api_house(tmp_path) as here:
        yield here


@pytest.fixture
def erp(house: ApiHouse) -> Program:
    """A program that may do everything, for all companies."""
    return house.program()
