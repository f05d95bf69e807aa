"""What goes out of use is said once a plugin, by name, with what to use in its place."""

from __future__ import annotations

import logging
import sys
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pluggy
import pytest

import exempt
from exempt import Connector, ConnectorInfo, Settings, deprecation, discovery, hookspecs
from exempt.adapters.connections import connection
from exempt.deprecation import DEPRECATED, SpecDeprecationWarning
from exempt.discovery import PluginState, discover
from exempt.hookspecs import ENTRY_POINT_GROUP, Discovery, hookspec
from exempt.testing.deprecations import deprecations_of

BUYER = SpecDeprecationWarning("exempt.Buyer", use="exempt.Customer", since="1.2")
BUYERS = SpecDeprecationWarning("fetch_buyers", use="fetch_customers", since="1.2")
CONNECTORS = SpecDeprecationWarning("exempt_connectors", use="exempt_systems", since="1.2")
BATCH = SpecDeprecationWarning("ConnectorInfo.batch", use="push_batch_max", since="1.2")
SAID = "{} is deprecated since hook specification 1.2, and gone in 2.0: use {}"

OLD_NAME = "from exempt import Buyer, Buyer as Again"
PLUGIN = """
    from exempt import CheckResult, Connector, ConnectorInfo, Settings, hookimpl
    {first}

    class Old(Connector):
        @hookimpl
        def check(self, request):
            return CheckResult(account="Old")
        {hook}

    @hookimpl
    def exempt_connectors():
        return [ConnectorInfo(name="{name}", title="Old", settings=Settings,
                              open=lambda s, c: Old(){field})]
"""
OLD_HOOK = "fetch_buyers = hookimpl(lambda self, request: None)"
OLD_FIELD = ", batch=7"


class Former(Connector):
    """The specification with a hook that goes out of use."""

    @hookspec(firstresult=True, warn_on_impl=BUYERS)
    def fetch_buyers(self, request: exempt.FetchRequest) -> exempt.Page[exempt.Customer]:
        raise NotImplementedError


@dataclass(frozen=True)
class FormerInfo(ConnectorInfo[Any]):
    """A declaration with a field that goes out of use."""

    __module__ = hookspecs.__name__  # where it would stand

    batch: int | None = field(default=None, metadata={DEPRECATED: BATCH})


@pytest.fixture
def _former(monkeypatch: pytest.MonkeyPatch) -> None:
    """A specification in which a name, a hook and a field are deprecated."""
    monkeypatch.setitem(deprecation.NAMES, "Buyer", BUYER)
    monkeypatch.setattr(exempt, "__all__", [*exempt.__all__, "Buyer"])
    monkeypatch.setattr(hookspecs, "Buyer", exempt.Customer, raising=False)
    monkeypatch.setattr(exempt, "ConnectorInfo", FormerInfo, raising=False)
    hooks = (*connection.HOOKS, "fetch_buyers")
    monkeypatch.setattr(connection, "HOOKS", hooks)
    former = {**vars(Connector), "fetch_buyers": Former.fetch_buyers}
    monkeypatch.setattr(connection, "Connector", type("Connector", (), former))


Write = Callable[..., EntryPoint]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Write]:
    """``write("old", first=…, hook=…, field=…)`` makes a plugin, and an entry point for it."""
    monkeypatch.syspath_prepend(tmp_path)
    made: list[str] = []

    def write(name: str, **parts: str) -> EntryPoint:
        text = PLUGIN.format_map({"first": "", "hook": "", "field": "", "name": name} | parts)
        (tmp_path / f"exempt_{name}.py").write_text(textwrap.dedent(text))
        made.append(f"exempt_{name}")
        return EntryPoint(name=name, value=made[-1], group=ENTRY_POINT_GROUP)

    yield write
    for module in made:
        sys.modules.pop(module, None)
        deprecation.forget(module)


def opened(point: EntryPoint) -> connection.OpenConnection:
    info = discover([point]).connectors[point.name]
    return connection.OpenConnection("x", info, info.open(Settings(), None), Settings())  # type: ignore[arg-type]


USED = [
    pytest.param({"first": OLD_NAME}, "exempt.Buyer", "exempt.Customer", id="a name of exempt"),
    pytest.param({"hook": OLD_HOOK}, "fetch_buyers", "fetch_customers", id="a hook"),
    pytest.param({"field": OLD_FIELD}, "ConnectorInfo.batch", "push_batch_max", id="a field"),
]


@pytest.mark.usefixtures("_former")
@pytest.mark.filterwarnings("ignore::exempt.deprecation.SpecDeprecationWarning")
@pytest.mark.parametrize(("parts", "what", "use"), USED)
def test_the_log_says_once_which_plugin_uses_what_and_what_stands_in_its_place(
    write: Write, caplog: pytest.LogCaptureFixture, parts: dict[str, str], what: str, use: str
) -> None:
    point = write("old", **parts)
    with caplog.at_level(logging.WARNING, deprecation.__name__):
        for _ in range(2):
            opened(point)
    assert caplog.messages == [f"exempt_old: {SAID.format(what, use)}"]


@pytest.mark.usefixtures("_former")
@pytest.mark.parametrize(("parts", "what", "use"), USED)
def test_the_author_is_warned_at_the_line_that_uses_it(
    write: Write, parts: dict[str, str], what: str, use: str
) -> None:
    point = write("old", **parts)
    with pytest.warns(SpecDeprecationWarning) as caught:
        opened(point)
    assert {str(warning.message) for warning in caught} == {SAID.format(what, use)}
    line = Path(caught[0].filename).read_text().splitlines()[caught[0].lineno - 1]
    assert any(used in line for used in (OLD_NAME, OLD_HOOK, "open=lambda", "[ConnectorInfo("))


@pytest.mark.usefixtures("_former")
@pytest.mark.filterwarnings("ignore::exempt.deprecation.SpecDeprecationWarning")
def test_the_list_of_plugins_shows_it_and_the_plugin_works_on(write: Write) -> None:
    (row, other) = discover([write("old", first=OLD_NAME, field=OLD_FIELD), write("pure")]).rows
    assert row.state is PluginState.LOADED
    assert row.reason == "; ".join([
        SAID.format("exempt.Buyer", "exempt.Customer"),
        SAID.format("ConnectorInfo.batch", "push_batch_max"),
    ])  # fmt: skip
    assert not other.reason


class FormerDiscovery:
    """The hooks of a module, one of which goes out of use."""

    exempt_rules_packs = Discovery.exempt_rules_packs

    @hookspec(warn_on_impl=CONNECTORS)
    def exempt_connectors(self) -> list[ConnectorInfo[Any]]:
        raise NotImplementedError


@pytest.mark.filterwarnings("ignore::exempt.deprecation.SpecDeprecationWarning")
def test_a_hook_of_the_module_is_told_of_too(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(discovery, "Discovery", FormerDiscovery)
    (row,) = discover([write("pure")]).rows
    assert row.state is PluginState.LOADED
    assert row.reason == SAID.format("exempt_connectors", "exempt_systems")


@pytest.mark.usefixtures("_former")
@pytest.mark.filterwarnings("ignore::exempt.deprecation.SpecDeprecationWarning")
def test_of_two_plugins_each_is_told(write: Write) -> None:
    rows = discover([write("old", first=OLD_NAME), write("older", first=OLD_NAME)]).rows
    assert [bool(row.reason) for row in rows] == [True, True]


@pytest.mark.usefixtures("_former")
@pytest.mark.parametrize("parts", [{"first": OLD_NAME}, {"field": OLD_FIELD}])
def test_where_warnings_are_errors_the_plugin_fails_with_the_reason(
    write: Write, parts: dict[str, str]
) -> None:
    (row,) = discover([write("old", **parts)]).rows
    assert row.state is PluginState.FAILED
    assert row.reason.startswith("SpecDeprecationWarning on import: ")


@pytest.mark.usefixtures("_former")
@pytest.mark.filterwarnings("ignore::exempt.deprecation.SpecDeprecationWarning")
def test_the_conformance_kit_finds_what_a_connector_uses(write: Write) -> None:
    old, pure = write("old", first=OLD_NAME, hook=OLD_HOOK), write("pure")
    for point in (old, pure):
        opened(point)
    info = discover([old, pure]).connectors
    assert deprecations_of(info["old"]) == (
        SAID.format("exempt.Buyer", "exempt.Customer"),
        SAID.format("fetch_buyers", "fetch_customers"),
    )
    assert deprecations_of(info["pure"]) == ()


@pytest.mark.usefixtures("_former")
def test_a_deprecated_name_is_what_it_was(write: Write) -> None:
    with pytest.warns(SpecDeprecationWarning):
        discover([write("old", first=OLD_NAME)])
    assert sys.modules["exempt_old"].Buyer is exempt.Customer


def test_a_hook_of_the_specification_that_is_deprecated_says_what_to_use() -> None:
    manager = pluggy.PluginManager(hookspecs.PROJECT)
    manager.add_hookspecs(Connector)
    specs = [getattr(manager.hook, name).spec for name in connection.HOOKS]
    assert all(isinstance(spec.warn_on_impl, SpecDeprecationWarning | None) for spec in specs)


def test_a_name_that_is_deprecated_is_still_there() -> None:
    assert set(deprecation.NAMES) <= set(exempt.__all__)
