"""The plugin of pytest: its options, and the report of the contract.

pytest loads it in every run of anybody who has Exempt installed, so it imports
nothing of Exempt until a test of the contract is there.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

_RUN = Path(__file__).with_name("commanded.py")

pytest.register_assert_rewrite("exempt.testing.contract")


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options of the contract."""
    group = parser.getgroup("exempt", "the contract of connectors (Exempt)")
    group.addoption(
        "--exempt-connector",
        metavar="NAME",
        help="Run the contract on the installed connector NAME; without paths nothing else.",
    )
    group.addoption(
        "--exempt-settings",
        metavar="FILE",
        help="Run it on a real test account in place of the sandbox: a TOML file with what stands"
        " under [connections.X.settings], secrets as env:NAME or file:PATH. Only tests that write"
        " nothing are run.",
    )
    group.addoption(
        "--exempt-write",
        action="store_true",
        help="With --exempt-settings: run the tests that write, too.",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Add the contract to what is collected, where the command line asks for it."""
    config.addinivalue_line(
        "markers", "exempt_contract(level): a test of the contract of connectors, by its level"
    )
    if config.getoption("--exempt-connector") is None:
        for option in ("--exempt-settings", "--exempt-write"):
            if config.getoption(option):
                msg = f"{option}: name the connector with --exempt-connector, too"
                raise pytest.UsageError(msg)
        return
    named = config.args_source is pytest.Config.ArgsSource.ARGS
    config.args = [*(config.args if named else ()), str(_RUN)]


def pytest_pycollect_makemodule(module_path: Path, parent: pytest.Collector) -> Any:
    """The contract of the connector that the command line names."""
    if module_path != _RUN:
        return None
    return pytest.Module.from_parent(parent, path=module_path, nodeid="exempt")


def pytest_itemcollected(item: pytest.Item) -> None:
    """Note of each test of the contract what the report says of it."""
    if item.get_closest_marker("exempt_contract") is not None:
        from exempt.testing.report import note  # noqa: PLC0415 - not before it is needed

        note(item)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print what each connector has shown, and the level it reached."""
    reports = [
        report
        for found in terminalreporter.stats.values()
        for report in found
        if isinstance(report, pytest.TestReport)
        and (report.when == "call" or not report.passed)
        and any(name == "exempt_contract" for name, _ in report.user_properties)
    ]
    if reports:
        from exempt.testing.report import lines  # noqa: PLC0415 - not before it is needed

        terminalreporter.section("contract of connectors")
        for line in lines(reports):
            terminalreporter.write_line(line)
