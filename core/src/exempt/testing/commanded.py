"""The contract of the connector that ``--exempt-connector`` names."""

from __future__ import annotations

from typing import Any

from exempt.testing.contract import Contract


def pytest_generate_tests(metafunc: Any) -> None:
    """Take the connector's name from the command line."""
    TestConnector.connector = metafunc.config.getoption("--exempt-connector")


class TestConnector(Contract):
    """The contract."""
