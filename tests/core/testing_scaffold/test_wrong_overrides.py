"""mypy tells an author who overrides a hook wrongly, before anything runs."""

from __future__ import annotations

import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

HEAD = """\
from collections.abc import Iterator

from exempt import (
    CheckRequest, CheckResult, Connector, ConnectorInfo, Context, Customer, FetchRequest,
    ItemResult, Order, Page, PushRequest, PushResult, Settings, hookimpl,
)


class Mine(Settings):
    url: str


class Other(Settings):
    path: str


class Shop(Connector):
    def __init__(self, settings: Mine, context: Context) -> None:
        self.settings = settings

"""

RIGHT = """
    @hookimpl
    def check(self, request: CheckRequest) -> CheckResult:
        return CheckResult(account="Shop")

    @hookimpl
    def fetch_customers(self, request: FetchRequest) -> Page[Customer]:
        return Page(records=(Customer(external_id="1", name="Ida"),))

    @hookimpl
    def push_exemption_status(self, request: PushRequest) -> PushResult:
        return PushResult()


INFO = ConnectorInfo(name="shop", title="Shop", settings=Mine, open=Shop)
"""

WRONG = {
    "wrong_record": (
        """
        @hookimpl
        def fetch_customers(self, request: FetchRequest) -> Page[Order]:
            return Page()
        """,
        'Return type "Page[Order]" of "fetch_customers" incompatible with return type "Page[',
    ),
    "wrong_record_inside": (
        """
        @hookimpl
        def fetch_orders(self, request: FetchRequest) -> Page[Order]:
            return Page.read([1], lambda row: Customer(external_id=str(row), name="Ida"))
        """,
        "expected",
    ),
    "wrong_result": (
        """
        @hookimpl
        def push_exemption_status(self, request: PushRequest) -> list[ItemResult]:
            return []
        """,
        'Return type "list[ItemResult]" of "push_exemption_status" incompatible',
    ),
    "wrong_argument": (
        """
        @hookimpl
        def fetch_customers(self, request: PushRequest) -> Page[Customer]:
            return Page()
        """,
        'Argument 1 of "fetch_customers" is incompatible',
    ),
    "more_arguments": (
        """
        @hookimpl
        def check(self, request: CheckRequest, deep: bool) -> CheckResult:
            return CheckResult(account="Shop")
        """,
        'Signature of "check" incompatible with supertype',
    ),
    "a_coroutine": (
        """
        @hookimpl
        async def fetch_customers(self, request: FetchRequest) -> Page[Customer]:
            return Page()
        """,
        'Return type "Coroutine[Any, Any, Page[Customer]]" of "fetch_customers" incompatible',
    ),
    "a_generator": (
        """
        @hookimpl
        def fetch_customers(self, request: FetchRequest) -> Iterator[Page[Customer]]:
            yield Page()
        """,
        'Return type "Iterator[Page[Customer]]" of "fetch_customers" incompatible',
    ),
    "a_generator_that_denies_it": (
        """
        @hookimpl
        def fetch_customers(self, request: FetchRequest) -> Page[Customer]:
            yield Page()
        """,
        "The return type of a generator function should be",
    ),
    "without_types": (
        """
        @hookimpl
        def fetch_customers(self, request):
            return Page()
        """,
        "Function is missing a type annotation",
    ),
    "other_settings": (
        """
    INFO = ConnectorInfo(name="shop", title="Shop", settings=Other, open=Shop)
        """,
        'Argument "open" to "ConnectorInfo" has incompatible type',
    ),
    "no_connector": (
        """
    INFO = ConnectorInfo(name="shop", title="Shop", settings=Mine, open=lambda s, c: s)
        """,
        "Incompatible return value type",
    ),
}


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """What one run of ``mypy --strict`` says of each file, whose lines are its errors."""
    folder = tmp_path_factory.mktemp("overrides")
    (folder / "right.py").write_text(HEAD + RIGHT)
    for name, (source, _) in WRONG.items():
        block = textwrap.dedent(source)
        if not block.startswith("\nINFO"):
            block = textwrap.indent(block, "    ")
        (folder / f"{name}.py").write_text(HEAD + block)
    files = sorted(path.name for path in folder.glob("*.py"))
    (folder / "mypy.ini").write_text("[mypy]\nstrict = true\nplugins = pydantic.mypy\n")
    ran = subprocess.run(
        [sys.executable, "-m", "mypy", "--hide-error-context", "--no-pretty", *files],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert ran.returncode in {0, 1}, ran.stdout + ran.stderr
    found: dict[str, list[str]] = {Path(name).stem: [] for name in files}
    for name, error in re.findall(r"^(\w+)\.py:\d+: error: (.*)$", ran.stdout, re.MULTILINE):
        found[name].append(error)
    return found


def test_a_right_connector_passes(said: dict[str, list[str]]) -> None:
    assert said["right"] == []


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_override_is_found(said: dict[str, list[str]], name: str) -> None:
    _, complaint = WRONG[name]
    assert any(complaint in error for error in said[name]), said[name]
