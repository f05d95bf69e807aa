"""Each connector that is broken on purpose is caught by the test that is meant to."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from exempt.testing import Contract
from exempt.testing.contract.base import KEPT_STREAMS
from exempt.testing.contract.meanwhile import Meanwhile
from support.good.mutants import MUTANTS

OF_TIME = [
    f"{test}[{stream}]"
    for test in dir(Meanwhile)
    if test.startswith("test_")
    for stream in KEPT_STREAMS
]
TESTS = Path(__file__).parents[2]
CASES = """
from exempt.testing import Contract
from support.good import info
from support.good.mutants import MUTANTS
from support.good.mutants.timing import ByIdentifier


class TestGood(Contract):
    connector = info()


class TestByIdentifier(Contract):
    connector = info(ByIdentifier)


for number, mutant in enumerate(MUTANTS.values()):
    name = f"TestMutant{number}"
    globals()[name] = type(name, (Contract,), {"connector": mutant.info})
"""


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Mapping[tuple[str, str], str]:
    """What the failures of the named tests say, empty for one that passed, by class and test."""
    folder = tmp_path_factory.mktemp("mutants")
    (folder / "test_cases.py").write_text(CASES, encoding="utf-8")
    named = [f"test_cases.py::TestGood::{test}" for test in {m.test for m in MUTANTS.values()}]
    named += [f"test_cases.py::TestByIdentifier::{test}" for test in OF_TIME]
    named += [f"test_cases.py::TestMutant{n}::{m.test}" for n, m in enumerate(MUTANTS.values())]
    ran = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "exempt"),
            *("--rootdir", str(folder), "-c", os.devnull, "--junitxml", "results.xml"),
            *named,
        ],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(TESTS), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert ran.returncode == 1, ran.stdout + ran.stderr
    found = {}
    for case in ET.parse(folder / "results.xml").iter("testcase"):  # noqa: S314 - ours
        said = [f"{e.tag}: {e.get('message')}\n{e.text}" for e in case if e.tag != "properties"]
        found[case.attrib["classname"].rpartition(".")[2], case.attrib["name"]] = "\n".join(said)
    return found


@pytest.mark.parametrize("name", MUTANTS)
def test_a_mutant_is_caught(name: str, results: Mapping[tuple[str, str], str]) -> None:
    mutant = MUTANTS[name]
    said = results[f"TestMutant{list(MUTANTS).index(name)}", mutant.test]
    assert said.startswith("failure: ")
    assert mutant.says in said


@pytest.mark.parametrize("test", OF_TIME)
def test_one_that_reads_in_another_order_passes(
    test: str, results: Mapping[tuple[str, str], str]
) -> None:
    assert results["TestByIdentifier", test] == ""


@pytest.mark.parametrize("test", sorted({mutant.test for mutant in MUTANTS.values()}))
def test_the_good_one_passes(test: str, results: Mapping[tuple[str, str], str]) -> None:
    assert results["TestGood", test] == ""


def test_every_test_of_the_contract_catches_a_mutant() -> None:
    proven = {mutant.test.partition("[")[0] for mutant in MUTANTS.values()}
    assert {name for name in dir(Contract) if name.startswith("test_")} == proven
    assert len(MUTANTS) >= 100
