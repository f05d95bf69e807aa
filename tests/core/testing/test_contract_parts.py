"""The parts of the kit: what is imported when, the report, secrets, identifiers."""

from __future__ import annotations

import base64
import subprocess
import sys
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exempt import Customer, Employee, Order, Product
from exempt.testing.levels import Level
from exempt.testing.report import lines
from exempt.testing.secrecy import Secrets
from exempt.testing.telling import APART, GAP, MISSING
from exempt.testing.variants import another, changed, is_over, state, unused
from support.records import customer, order, product

HEAVY = ("pydantic", "sqlalchemy", "httpx", "exempt.hookspecs")
WITHOUT_PYTEST = """
import sys
sys.modules["pytest"] = sys.modules["_pytest"] = None
import exempt.testing
exempt.testing.read_all, exempt.testing.StillContext, exempt.testing.records
import exempt.testing.sample
try:
    exempt.testing.Contract
except ImportError as error:
    print(error)
"""


def said_by(code: str) -> str:
    """What a fresh interpreter prints."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip()


# --- imports -----------------------------------------------------------------------------


def test_the_plugin_of_pytest_loads_nothing_before_it_is_used() -> None:
    code = f"import sys, exempt.testing.plugin; print([n for n in {HEAVY} if n in sys.modules])"
    assert said_by(code) == "[]"


def test_without_pytest_only_the_contract_is_missing() -> None:
    said = said_by(WITHOUT_PYTEST)
    assert said == "exempt.testing.Contract needs pytest: pip install exempt[testing]"


def test_a_name_that_does_not_exist_is_refused() -> None:
    import exempt.testing

    with pytest.raises(AttributeError, match="no attribute 'Contrakt'"):
        exempt.testing.Contrakt  # type: ignore[attr-defined]  # noqa: B018
    assert set(dir(exempt.testing)) >= {"Contract", "read_all"}


# --- the report --------------------------------------------------------------------------


def report(
    name: str, level: Level, became: str = "passed", why: str = "", *, live: bool = False
) -> pytest.TestReport:
    """What pytest tells of one test of a contract of three."""
    noted: Any = ("exempt_contract", ("acme", "pages", int(level), 3, 1, live))
    properties = [noted]
    longrepr: Any = None
    if became in {APART, MISSING}:
        properties.append((GAP, became))
        longrepr = ("file.py", 1, f"Skipped: {became}: {why}")
    outcome: Any = became if became in {"passed", "failed"} else "skipped"
    return pytest.TestReport(
        f"f::T::{name}", ("f", 1, "d"), {}, outcome, longrepr, "call", user_properties=properties
    )


def test_gold_is_reached_when_all_passed_or_does_not_apply() -> None:
    tests = [
        report("test_a", Level.BRONZE),
        report("test_b[x]", Level.SILVER, APART, "it pushes nothing"),
        report("test_c", Level.GOLD),
    ]
    assert list(lines(tests)) == ["acme  pages  2 passed", "acme: level gold"]


def test_a_failure_and_a_gap_keep_a_connector_from_the_next_level() -> None:
    tests = [
        report("test_a", Level.BRONZE),
        report("test_b[x]", Level.SILVER, "failed"),
        report("test_b[y]", Level.SILVER, "failed"),
        report("test_c[x]", Level.GOLD, MISSING, "the sandbox cannot put"),
    ]
    assert list(lines(tests)) == [
        "acme  pages  1 passed, 2 failed, 1 not shown",
        "acme: level bronze",
        "What keeps it from silver:",
        "  failed: test_b[x] and 1 more",
    ]
    assert list(lines([*tests[::3], report("test_b", Level.SILVER)]))[-3:] == [
        "acme: level silver",
        "What keeps it from gold:",
        "  not shown: the sandbox cannot put (test_c[x])",
    ]


def test_a_real_account_gives_no_level() -> None:
    tests = [
        report("test_a", Level.BRONZE, live=True),
        report("test_b", Level.SILVER, MISSING, "no fault is made", live=True),
        report("test_c[x]", Level.GOLD, "failed", live=True),
    ]
    assert list(lines(tests)) == [
        "acme  pages  1 passed, 1 failed, 1 not shown",
        "acme: a real account gives no level; 1 passed, 1 failed",
        "  failed: test_c[x]",
    ]


def test_what_failed_in_its_set_up_or_after_it_has_failed() -> None:
    broken = report("test_a", Level.BRONZE)
    after = report("test_a", Level.BRONZE, "failed")
    after.when = "teardown"
    tests = [broken, after, report("test_b", Level.SILVER), report("test_c", Level.GOLD)]
    assert "acme: level none" in list(lines(tests))


# --- secrets -----------------------------------------------------------------------------

SECRET = "s3cr&t/kéy+0123"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(f"with {SECRET}!", id="in clear"),
        pytest.param(f"?key={quote(SECRET, safe='')}", id="in an address"),
        *(
            pytest.param(base64.b64encode(f"{user}:{SECRET}".encode()).decode(), id=f"{user}, b64")
            for user in ("", "a", "ab", "abc")
        ),
        pytest.param("Bearer [secret]", id="taken out by the core"),
    ],
)
def test_a_secret_is_found(text: str) -> None:
    assert Secrets([SECRET], {}).shown_in(text)


@pytest.mark.parametrize("text", ["", "s3cr&t", "nothing of it"])
def test_what_is_no_secret_is_left_alone(text: str) -> None:
    assert not Secrets([SECRET, "abc"], {}).shown_in(f"{text} abc")


# --- records to put ----------------------------------------------------------------------


@given(st.sets(st.text("ab01_-", min_size=1, max_size=5), min_size=1), st.integers(1, 12))
def test_unused_identifiers_are_new_and_different(taken: set[str], count: int) -> None:
    found = unused(taken, count)
    assert len(set(found)) == len(found) == count
    assert not set(found) & taken


def test_an_unused_identifier_looks_like_the_others() -> None:
    assert unused(["SO-5001", "SO-5002"]) == ["SO-9999"]


@pytest.mark.parametrize(
    "record", [customer(), order(), product(), Employee(external_id="E-1")], ids=type
)
def test_a_changed_record_differs_and_a_copy_has_its_own_identifier(record: Any) -> None:
    assert state(changed(record)) != state(record)
    assert changed(record).external_id == record.external_id
    assert another(record, "new-1").external_id == "new-1"


def test_a_number_that_is_the_identifier_stays_so() -> None:
    numbered = customer("C-7", number="C-7")
    assert another(numbered, "C-9").model_dump()["number"] == "C-9"
    other = customer("cus_1", number="C-7")
    assert another(other, "cus_2").model_dump()["number"] == "C-7-cus_2"


@pytest.mark.parametrize(
    ("record", "over"),
    [
        (order(), False),
        (order(voided=True), True),
        (product(active=False), True),
        (customer(), False),
        (Employee(external_id="E-1", end_date="2026-01-01"), True),
    ],
)
def test_a_record_may_say_that_it_is_over(
    record: Customer | Order | Product | Employee, over: bool
) -> None:
    assert is_over(record) is over
