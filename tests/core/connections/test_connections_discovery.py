"""Plugins are found one by one; whatever is wrong with one is its own affair."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Callable, Iterator
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from exempt.discovery import Catalogue, PluginState, discover, works_with
from exempt.errors import SettingsError
from exempt.hookspecs import ENTRY_POINT_GROUP

GOOD = """
    from exempt import Connector, ConnectorInfo, Settings, hookimpl

    def info(name="{name}", **changes):
        fields = dict(title="Good", settings=Settings, open=lambda s, c: Connector())
        return ConnectorInfo(name=name, **(fields | changes))

    @hookimpl
    def exempt_connectors():
        return [info()]
"""

Write = Callable[..., EntryPoint]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Write]:
    """``write(name, source)`` makes a module and an entry point that names it."""
    monkeypatch.syspath_prepend(tmp_path)
    made: list[str] = []

    def write(name: str, source: str = "", *, good: bool = True) -> EntryPoint:
        module = f"plugin_{name}"
        text = textwrap.dedent(GOOD.replace("{name}", name)) if good else ""
        (tmp_path / f"{module}.py").write_text(text + textwrap.dedent(source))
        made.append(module)
        return EntryPoint(name=name, value=module, group=ENTRY_POINT_GROUP)

    yield write
    for module in made:
        sys.modules.pop(module, None)


HOOK = "\n    @hookimpl\n    def exempt_connectors():\n        "
UNMARKED = HOOK.replace("@hookimpl", "")
MISSPELT = HOOK.replace("exempt_connectors", "exempt_conectors")
STRANGE = HOOK.replace("exempt_connectors", "on_start")
WITH_ARGUMENT = HOOK.replace("()", "(request)")
FAILED, SKIPPED = PluginState.FAILED, PluginState.SKIPPED

BROKEN = [
    pytest.param("import no_such_module", FAILED,
                 "ModuleNotFoundError on import: No module named 'no_such_module'",
                 id="its import fails"),
    pytest.param("import sys; sys.exit(3)", FAILED, "SystemExit on import: 3",
                 id="it leaves the program when imported"),
    pytest.param("def", FAILED, "SyntaxError on import: ", id="it is no Python"),
    pytest.param("raise MemoryError", FAILED, "MemoryError on import",
                 id="it takes all the memory"),
    pytest.param("raise ValueError('one\\ntwo')", FAILED, "ValueError on import: one",
                 id="it says more than fits on a line"),
    pytest.param("del exempt_connectors", FAILED,
                 "implements no exempt_connectors(): define it and mark it with @hookimpl",
                 id="it implements nothing"),
    pytest.param(UNMARKED + "return [info()]", FAILED,
                 "implements no exempt_connectors(): define it and mark it with @hookimpl",
                 id="it forgets @hookimpl"),
    pytest.param(WITH_ARGUMENT + "return []", FAILED,
                 "exempt_connectors(request): no argument {'request'}: a hook takes no arguments",
                 id="its hook has another signature"),
    pytest.param(MISSPELT + "return [info()]", FAILED,
                 "exempt_conectors: the specification has no such hook:"
                 " did you mean 'exempt_connectors'?",
                 id="its hook is misspelt"),
    pytest.param(STRANGE + "pass", FAILED,
                 "on_start: the specification has no such hook: see exempt.Connector for the hooks",
                 id="its hook is like none of ours"),
    pytest.param(HOOK + "return None", FAILED, "implements no exempt_connectors()",
                 id="it returns nothing"),
    pytest.param(HOOK + "return 5", FAILED, "exempt_connectors() returned int where a list was due",
                 id="it returns a number"),
    pytest.param(HOOK + "return info()", FAILED,
                 "exempt_connectors() returned ConnectorInfo where a list was due",
                 id="it returns one connector and no list"),
    pytest.param(HOOK + "return ['fake']", FAILED,
                 "exempt_connectors() returned str where ConnectorInfo was due",
                 id="it returns a list of something else"),
    pytest.param(HOOK + "return [info(settings=dict)]", FAILED,
                 "broken: its settings are no subclass of exempt.Settings",
                 id="its settings are something else"),
    pytest.param(HOOK + "return [info(name=None)]", FAILED, "None: its name is no text",
                 id="its connector has no name"),
    pytest.param(HOOK + "return [info(name=[])]", FAILED, "[]: its name is no text",
                 id="its name is a list"),
    pytest.param(HOOK + "return [info(requires_spec=1.0)]", FAILED,
                 "broken: its requires_spec is no text", id="its version is a number"),
    pytest.param(HOOK + "raise KeyError('gone')", FAILED, "KeyError on import: 'gone'",
                 id="its hook fails"),
    pytest.param(HOOK + "raise SystemExit", FAILED, "SystemExit on import",
                 id="its hook leaves the program"),
    pytest.param(HOOK + "return [info(requires_spec='>=2')]", SKIPPED,
                 "needs hook specification >=2, and this is 1.1: install a version of the plugin",
                 id="it wants a later specification"),
    pytest.param(HOOK + "return [info(requires_spec='latest')]", SKIPPED,
                 "needs hook specification latest, and this is 1.1",
                 id="it wants a specification nobody knows"),
    pytest.param(HOOK + "return [info(name='alpha')]", FAILED,
                 "another plugin has a connector of that name: uninstall one",
                 id="its name is taken"),
]  # fmt: skip


@pytest.mark.parametrize(("source", "state", "reason"), BROKEN)
def test_a_broken_plugin_harms_no_other(
    write: Write, source: str, state: PluginState, reason: str
) -> None:
    points = [write("zeta"), write("broken", source), write("alpha")]
    catalogue = discover(points)
    assert sorted(catalogue.connectors) == ["alpha", "zeta"]
    (row,) = [row for row in catalogue.rows if row.state is not PluginState.LOADED]
    assert row.state is state
    assert row.reason.startswith(reason)
    assert "\n" not in row.reason
    assert len(catalogue.rows) == 3


def test_all_that_is_broken_at_once(write: Write) -> None:
    sources = [parameters.values[0] for parameters in BROKEN]
    points = [write(f"broken_{n}", str(source)) for n, source in enumerate(sources)]
    catalogue = discover([*points, write("alpha")])
    loaded = [row.name for row in catalogue.rows if row.state is PluginState.LOADED]
    assert loaded == ["alpha"]
    assert len(catalogue.rows) == len(sources) + 1


def test_a_plugin_that_is_not_there(write: Write) -> None:
    lost = EntryPoint(name="lost", value="plugin_lost", group=ENTRY_POINT_GROUP)
    nowhere = EntryPoint(name="nowhere", value="plugin_alpha:nothing", group=ENTRY_POINT_GROUP)
    catalogue = discover([lost, nowhere, write("alpha")])
    assert list(catalogue.connectors) == ["alpha"]
    assert [row.reason.partition(" ")[0] for row in catalogue.rows] == [
        "",
        "ModuleNotFoundError",
        "AttributeError",
    ]


def test_somebody_who_wants_to_leave_may(write: Write) -> None:
    with pytest.raises(KeyboardInterrupt):
        discover([write("alpha", "raise KeyboardInterrupt")])


def test_one_plugin_may_have_several_connectors(write: Write) -> None:
    several = HOOK + "return (info('one'), info('two', requires_spec='<1'), info('three'))"
    catalogue = discover([write("several", several)])
    assert sorted(catalogue.connectors) == ["one", "three"]
    assert [(row.name, row.state.value) for row in catalogue.rows] == [
        ("one", "loaded"),
        ("two", "skipped"),
        ("three", "loaded"),
    ]


def test_an_empty_list_is_no_failure(write: Write) -> None:
    assert discover([write("none", HOOK + "return []")]) == Catalogue({}, ())


def test_of_two_with_one_name_the_first_by_its_own_name_is_used(write: Write) -> None:
    points = [write("second", HOOK + "return [info('same')]"),
              write("first", HOOK + "return [info('same')]")]  # fmt: skip
    for each in (points, points[::-1]):
        rows = discover(each).rows
        assert [row.state for row in rows] == [PluginState.LOADED, PluginState.FAILED]


def test_nothing_is_installed() -> None:
    assert discover([]) == Catalogue({}, ())


def test_what_is_installed_is_found_by_itself() -> None:
    assert isinstance(discover(), Catalogue)


@pytest.mark.parametrize(
    ("requires", "version", "works"),
    [
        (">=1.0,<2", "1.0", True),
        (">=1.0,<2", "1.7.3", True),
        (">=1.0,<2", "2.0", False),
        (">=1.0,<2", "0.9", False),
        (">=1.1", "1.0", False),
        (">=1.1", "1.10", True),
        (">1.0", "1.0", False),
        ("<=1", "1.0.0", True),
        ("==1", "1.0", True),
        ("==1.0", "1.1", False),
        ("!=1.1", "1.1", False),
        ("!=1.1", "1.0", True),
        (" >= 1.0 , < 2 ", "1.0", True),
        ("~=1.0", "1.0", False),
        ("1.0", "1.0", False),
        ("", "1.0", False),
        (">=1.0,", "1.0", False),
        (">=one", "1.0", False),
    ],
)
def test_which_specification_a_plugin_works_with(requires: str, version: str, works: bool) -> None:
    assert works_with(requires, version) is works


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        pytest.param("alpah", "no connector 'alpah' is installed: did you mean 'alpha'?",
                     id="misspelt"),
        pytest.param("sap", "no connector 'sap' is installed: install its plugin, see",
                     id="not installed"),
        pytest.param("broken", "the connector 'broken' has failed: SystemExit on import: 3",
                     id="failed"),
        pytest.param("newer", "the connector 'newer' was skipped: needs hook specification >=2",
                     id="skipped"),
    ],
)  # fmt: skip
def test_a_connector_that_cannot_be_used(write: Write, name: str, complaint: str) -> None:
    catalogue = discover([
        write("alpha"),
        write("broken", "import sys; sys.exit(3)"),
        write("newer", HOOK + "return [info(requires_spec='>=2')]"),
    ])  # fmt: skip
    with pytest.raises(SettingsError) as refused:
        catalogue.get(name, "exempt.toml, line 4: connections.x.connector")
    assert str(refused.value).startswith(
        f"exempt.toml, line 4: connections.x.connector: {complaint}"
    )


def test_a_connector_that_can(write: Write) -> None:
    assert discover([write("alpha")]).get("alpha", "here").title == "Good"
