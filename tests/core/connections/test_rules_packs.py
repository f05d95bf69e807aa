"""Packs of rules are found as connectors are; whatever is wrong with one is its own affair."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Callable, Iterator, Mapping
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from exempt.discovery import PluginKind, PluginState, discover
from exempt.errors import SettingsError
from exempt.hookspecs import ENTRY_POINT_GROUP

GOOD = """
    from exempt import Connector, ConnectorInfo, RulesPackInfo, Settings, hookimpl

    def info(name="{name}", **changes):
        fields = dict(title="Good", settings=Settings, open=lambda s, c: Connector())
        return ConnectorInfo(name=name, **(fields | changes))

    def pack(name="{name}", **changes):
        return RulesPackInfo(name=name, **({"title": "Rules", "texts": dict} | changes))

    @hookimpl
    def exempt_rules_packs():
        return [pack()]
"""

CONNECTORS = """
    @hookimpl
    def exempt_connectors():
        """

PACKS = CONNECTORS.replace("exempt_connectors", "exempt_rules_packs")

Write = Callable[..., EntryPoint]
LOADED, SKIPPED, FAILED = PluginState
PACK, CONNECTOR = PluginKind.RULES_PACK, PluginKind.CONNECTOR


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Write]:
    """``write(name, source)`` makes a module and an entry point that names it."""
    monkeypatch.syspath_prepend(tmp_path)
    made: list[str] = []

    def write(name: str, source: str = "") -> EntryPoint:
        module = f"pack_{name}"
        text = textwrap.dedent(GOOD.replace("{name}", name)) + textwrap.dedent(source)
        (tmp_path / f"{module}.py").write_text(text)
        made.append(module)
        return EntryPoint(name=name, value=module, group=ENTRY_POINT_GROUP)

    yield write
    for module in made:
        sys.modules.pop(module, None)


@pytest.mark.parametrize(
    ("source", "state", "reason"),
    [
        pytest.param("import sys; sys.exit(3)", FAILED, "SystemExit on import: 3",
                     id="it leaves the program when imported"),
        pytest.param("del exempt_rules_packs", FAILED,
                     "implements no exempt_connectors(): define it and mark it with @hookimpl,"
                     " or exempt_rules_packs() for a pack of rules", id="it implements nothing"),
        pytest.param(PACKS.replace("packs", "pack") + "return [pack()]", FAILED,
                     "exempt_rules_pack: the specification has no such hook:"
                     " did you mean 'exempt_rules_packs'?", id="its hook is misspelt"),
        pytest.param(PACKS.replace("()", "(request)") + "return []", FAILED,
                     "exempt_rules_packs(request): no argument {'request'}:"
                     " a hook takes no arguments", id="its hook has another signature"),
        pytest.param(PACKS + "return None", FAILED,
                     "implements no exempt_rules_packs() that returns anything: return a list",
                     id="it returns nothing"),
        pytest.param(PACKS + "yield pack()", FAILED,
                     "exempt_rules_packs() returned generator where a list was due",
                     id="it yields"),
        pytest.param(PACKS + "return pack()", FAILED,
                     "exempt_rules_packs() returned RulesPackInfo where a list was due",
                     id="it returns one pack and no list"),
        pytest.param(PACKS + "return [info()]", FAILED,
                     "exempt_rules_packs() returned ConnectorInfo where RulesPackInfo was due",
                     id="it returns a connector"),
        pytest.param(PACKS + "return ['rules']", FAILED,
                     "exempt_rules_packs() returned str where RulesPackInfo was due",
                     id="it returns a list of something else"),
        pytest.param(PACKS + "return [pack(texts={})]", FAILED, "broken: its texts are no function",
                     id="its texts are there already"),
        pytest.param(PACKS + "return [pack(name=None)]", FAILED, "None: its name is no text",
                     id="it has no name"),
        pytest.param(PACKS + "return [pack(title='')]", FAILED, "broken: its title is no text",
                     id="it has no title"),
        pytest.param(PACKS + "raise SystemExit", FAILED, "SystemExit on import",
                     id="its hook leaves the program"),
        pytest.param(PACKS + "return [pack(requires_spec='>=2')]", SKIPPED,
                     "needs hook specification >=2, and this is 1.1: install a version of the"
                     " plugin", id="it wants a later specification"),
        pytest.param(PACKS + "return [pack(requires_spec='latest')]", SKIPPED,
                     "needs hook specification latest, and this is 1.1",
                     id="it wants a specification nobody knows"),
        pytest.param(PACKS + "return [pack('alpha')]", FAILED,
                     "another plugin has a rules pack of that name: uninstall one",
                     id="its name is taken"),
        pytest.param(PACKS + "return [pack('exempt')]", FAILED,
                     "the shipped pack has that name: give it another",
                     id="it would pass for the shipped one"),
    ],
)  # fmt: skip
def test_a_broken_pack_harms_no_other(
    write: Write, source: str, state: PluginState, reason: str
) -> None:
    catalogue = discover([write("zeta"), write("broken", source), write("alpha")])
    assert sorted(catalogue.rules_packs) == ["alpha", "zeta"]
    (row,) = [row for row in catalogue.rows if row.state is not LOADED]
    assert row.state is state
    assert row.reason.startswith(reason)
    assert len(catalogue.rows) == 3


def test_a_plugin_may_bring_connectors_and_packs(write: Write) -> None:
    catalogue = discover([write("both", CONNECTORS + "return [info()]")])
    assert (list(catalogue.connectors), list(catalogue.rules_packs)) == (["both"], ["both"])
    assert [(row.kind, row.title, row.state) for row in catalogue.rows] == [
        (CONNECTOR, "Good", LOADED),
        (PACK, "Rules", LOADED),
    ]


@pytest.mark.parametrize(
    ("source", "states"),
    [
        pytest.param(CONNECTORS + "raise SystemExit", {CONNECTOR: FAILED, PACK: LOADED},
                     id="the hook of connectors"),
        pytest.param(CONNECTORS + "return [info()]" + PACKS + "raise SystemExit",
                     {CONNECTOR: LOADED, PACK: FAILED}, id="the hook of packs"),
    ],
)  # fmt: skip
def test_a_hook_that_fails_costs_nothing_else(
    write: Write, source: str, states: Mapping[PluginKind, PluginState]
) -> None:
    catalogue = discover([write("half", source)])
    assert {row.kind: row.state for row in catalogue.rows} == states


def test_of_what_cannot_be_imported_nobody_knows_the_kind(write: Write) -> None:
    (row,) = discover([write("broken", "import no_such_module")]).rows
    assert row.kind is PluginKind.UNKNOWN


def test_nothing_is_read_before_it_is_used(write: Write) -> None:
    reads = PACKS + "return [pack(texts=lambda: 1 / 0)]"
    assert list(discover([write("lazy", reads)]).rules_packs) == ["lazy"]


def test_somebody_who_wants_to_leave_may(write: Write) -> None:
    with pytest.raises(KeyboardInterrupt):
        discover([write("alpha", PACKS + "raise KeyboardInterrupt")])


@pytest.mark.parametrize(
    ("source", "said"),
    [
        pytest.param("raise SystemExit", "the rules pack 'broken' has failed: SystemExit on import",
                     id="failed on import"),
        pytest.param(PACKS + "return [pack(requires_spec='>=2')]",
                     "the rules pack 'broken' was skipped: needs hook specification >=2",
                     id="skipped"),
        pytest.param(CONNECTORS + "return [info()]\n    del exempt_rules_packs",
                     "no rules pack 'broken' is installed: install its plugin",
                     id="a connector has that name"),
    ],
)  # fmt: skip
def test_a_pack_that_cannot_be_used(write: Write, source: str, said: str) -> None:
    found = discover([write("broken", source)])
    with pytest.raises(SettingsError) as caught:
        found.rules_pack("broken", "exempt.toml, line 2: exempt.rules_pack")
    assert str(caught.value).startswith(f"exempt.toml, line 2: exempt.rules_pack: {said}")


def test_a_pack_is_told_from_others_by_its_package_and_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    info = tmp_path / "acme_rules-2.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-rules\nVersion: 2.0\n")
    (info / "entry_points.txt").write_text(f"[{ENTRY_POINT_GROUP}]\nacme = pack_acme\n")
    (tmp_path / "pack_acme.py").write_text(textwrap.dedent(GOOD.replace("{name}", "acme")))
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "pack_acme", raising=False)
    found = discover()
    assert found.package(PACK, "acme") == "acme-rules 2.0"
    assert found.package(CONNECTOR, "acme") == "its plugin"
