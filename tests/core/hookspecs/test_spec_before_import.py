"""The version that a plugin needs is looked at before anything of the plugin runs."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import pytest

from exempt.discovery import Catalogue, PluginState, discover
from exempt.errors import SettingsError
from exempt.hookspecs import ENTRY_POINT_GROUP, SPEC_GROUP, SPEC_VERSION
from support.installed import pretend_installed

SOURCE = """
from pathlib import Path
from exempt import Connector, ConnectorInfo, Settings, hookimpl

Path(__file__).with_name("imported").touch()

@hookimpl
def exempt_connectors():
    return [ConnectorInfo(name="till", title="Till", settings=Settings,
                          open=lambda s, c: Connector(){more})]
"""
MAJOR, MINOR = map(int, SPEC_VERSION.split("."))


@dataclass
class Installed:
    """A plugin that notes when it is imported."""

    folder: Path
    name: str = "exempt_till"

    def install(self, spec: dict[str, str], more: str = "") -> None:
        (self.folder / f"{self.name}.py").write_text(SOURCE.replace("{more}", more))
        groups = {ENTRY_POINT_GROUP: {"till": self.name}, SPEC_GROUP: spec}
        pretend_installed(self.folder, "exempt-till", "3.0", groups)
        importlib.invalidate_caches()

    def found(self) -> Catalogue:
        mine = (point for point in entry_points(group=ENTRY_POINT_GROUP) if point.name == "till")
        return discover(mine)

    @property
    def imported(self) -> bool:
        return (self.folder / "imported").exists()


@pytest.fixture
def till(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Installed]:
    monkeypatch.syspath_prepend(tmp_path)
    yield Installed(tmp_path)
    sys.modules.pop("exempt_till", None)


@pytest.mark.parametrize(
    ("version", "requires"),
    [
        pytest.param(f"{MAJOR}.{MINOR + 1}", f">={MAJOR}.{MINOR + 1},<{MAJOR + 1}", id="later"),
        pytest.param(f"{MAJOR + 1}.0", f">={MAJOR + 1}.0,<{MAJOR + 2}", id="next major"),
        pytest.param("0.9", ">=0.9,<1", id="a major that is gone"),
    ],
)
def test_a_plugin_for_another_version_is_not_imported(
    till: Installed, version: str, requires: str
) -> None:
    till.install({version: "exempt_till"})
    (row,) = till.found().rows
    assert (row.name, row.distribution, row.version) == ("till", "exempt-till", "3.0")
    assert row.state is PluginState.SKIPPED
    assert row.reason.startswith(
        f"needs hook specification {requires}, and this is {SPEC_VERSION}: install a version"
    )
    assert not till.imported


def test_who_asks_for_its_connector_learns_why_it_is_not_there(till: Installed) -> None:
    till.install({f"{MAJOR}.{MINOR + 1}": "exempt_till"})
    with pytest.raises(SettingsError, match="the connector 'till' was skipped: needs hook"):
        till.found().get("till", "here")


@pytest.mark.parametrize(
    "spec",
    [
        pytest.param({SPEC_VERSION: "exempt_till"}, id="this version"),
        pytest.param({f"{MAJOR}.0": "exempt_till"}, id="an earlier one"),
        pytest.param({SPEC_VERSION: "no.such.module"}, id="what it refers to does not matter"),
        pytest.param({}, id="it says nothing"),
    ],
)
def test_a_plugin_for_this_version_is_loaded(till: Installed, spec: dict[str, str]) -> None:
    till.install(spec)
    assert list(till.found().connectors) == ["till"]
    assert till.imported


@pytest.mark.parametrize("version", [">1.1", "latest", "1", "1.1.0", "1.x"])
def test_what_is_no_version_is_said_and_nothing_imported(till: Installed, version: str) -> None:
    till.install({version: "exempt_till"})
    (row,) = till.found().rows
    assert row.state is PluginState.FAILED
    assert row.reason == "exempt.spec in its metadata names no version such as 1.1"
    assert not till.imported


def test_what_the_module_says_counts_too(till: Installed) -> None:
    till.install({SPEC_VERSION: "exempt_till"}, ', requires_spec=">=7"')
    (row,) = till.found().rows
    assert (row.state, row.title) == (PluginState.SKIPPED, "Till")


OTHER = """
from dataclasses import dataclass, fields
from exempt import Connector, ConnectorInfo, Settings, hookimpl

class Later(ConnectorInfo):
    def __getattribute__(self, name):
        if name in {"settings", "open", "capabilities", "sandbox"}:
            raise SystemExit(f"{name} was touched")
        return super().__getattribute__(name)

@hookimpl
def exempt_connectors():
    return [Later(name="till", title="Till", settings="of 7.0", open=None, requires_spec=">=7")]
"""


def test_of_a_connector_for_another_version_nothing_else_is_touched(till: Installed) -> None:
    till.install({})
    (till.folder / "exempt_till.py").write_text(OTHER)
    (row,) = till.found().rows
    assert (row.state, row.title) == (PluginState.SKIPPED, "Till")


def test_the_first_party_plugins_work_with_this_version() -> None:
    rows: Any = [row for row in discover().rows if row.distribution.startswith("exempt-")]
    assert {row.state for row in rows} <= {PluginState.LOADED}
