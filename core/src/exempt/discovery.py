"""Find the installed connectors.

Each entry point is loaded by itself, because pluggy's own loader stops at the
first bad one. Whatever goes wrong with one, `SystemExit` included, becomes a
row with its reason, and the others go on.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum
from importlib.metadata import EntryPoint, entry_points
from typing import Any

import pluggy

from exempt.errors import SettingsError
from exempt.hookspecs import (
    ENTRY_POINT_GROUP,
    PROJECT,
    SPEC_VERSION,
    ConnectorInfo,
    Discovery,
    Settings,
)


class PluginState(StrEnum):
    """What became of an entry point or of one of its connectors."""

    LOADED = "loaded"
    SKIPPED = "skipped"
    FAILED = "failed"


@dataclass(frozen=True)
class PluginRow:
    """One line of ``exempt plugins``."""

    name: str
    title: str
    distribution: str
    version: str
    state: PluginState
    reason: str = ""


@dataclass(frozen=True)
class Catalogue:
    """The connectors that can be used, and a row for everything that was found."""

    connectors: dict[str, ConnectorInfo[Any]]
    rows: tuple[PluginRow, ...]

    def get(self, name: str, where: str) -> ConnectorInfo[Any]:
        """The connector *name*, which the setting *where* asks for.

        Raises:
            SettingsError: It is not installed, or could not be loaded.
        """
        if found := self.connectors.get(name):
            return found
        for row in self.rows:
            if row.name == name:
                became = "was skipped" if row.state is PluginState.SKIPPED else "has failed"
                msg = f"{where}: the connector {name!r} {became}: {row.reason}"
                raise SettingsError(msg)
        near = difflib.get_close_matches(name, self.connectors, 1)
        hint = f"did you mean {near[0]!r}?" if near else "install its plugin, see exempt plugins"
        msg = f"{where}: no connector {name!r} is installed: {hint}"
        raise SettingsError(msg)


def discover(found: Iterable[EntryPoint] | None = None) -> Catalogue:
    """Load every connector of *found*; without it, of all installed plugins."""
    points = entry_points(group=ENTRY_POINT_GROUP) if found is None else found
    connectors: dict[str, ConnectorInfo[Any]] = {}
    rows: list[PluginRow] = []
    for point in sorted(points, key=lambda p: (p.name, p.value)):
        try:
            infos = _connectors_of(point)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001 - a plugin may even call sys.exit()
            rows.append(_row(point, point.name, "", PluginState.FAILED, _reason(error)))
            continue
        for info in infos:
            state, reason = _state(info, connectors)
            if state is PluginState.LOADED:
                connectors[info.name] = info
            rows.append(_row(point, info.name, info.title, state, reason))
    return Catalogue(connectors, tuple(rows))


class _BadPluginError(Exception):
    """What a plugin's author must mend."""


def _connectors_of(point: EntryPoint) -> list[ConnectorInfo[Any]]:
    module = point.load()
    manager = pluggy.PluginManager(PROJECT)
    manager.add_hookspecs(Discovery)
    try:
        manager.register(module)
        manager.check_pending()
    except pluggy.PluginValidationError as error:
        raise _BadPluginError(explain_bad_hook(str(error), ["exempt_connectors"])) from None
    answers = manager.hook.exempt_connectors()
    if not answers:
        msg = "implements no exempt_connectors(): define it and mark it with @hookimpl"
        raise _BadPluginError(msg)
    (answer,) = answers
    if not isinstance(answer, Collection):
        msg = f"exempt_connectors() returned {type(answer).__name__} where a list was due"
        raise _BadPluginError(msg)
    for info in answer:
        _look_at(info)
    return list(answer)


def _look_at(info: object) -> None:
    """Refuse what is no declaration of a connector."""
    if not isinstance(info, ConnectorInfo):
        msg = f"exempt_connectors() returned {type(info).__name__} where ConnectorInfo was due"
        raise _BadPluginError(msg)
    kind: object = info.settings
    if not (isinstance(kind, type) and issubclass(kind, Settings)):
        msg = f"{info.name}: its settings are no subclass of exempt.Settings"
        raise _BadPluginError(msg)
    texts: dict[str, object] = {
        "name": info.name,
        "title": info.title,
        "requires_spec": info.requires_spec,
    }
    for field, value in texts.items():
        if not (isinstance(value, str) and value):
            msg = f"{info.name}: its {field} is no text"
            raise _BadPluginError(msg)


def _state(
    info: ConnectorInfo[Any], taken: dict[str, ConnectorInfo[Any]]
) -> tuple[PluginState, str]:
    if not works_with(info.requires_spec, SPEC_VERSION):
        msg = (
            f"needs hook specification {info.requires_spec}, and this is {SPEC_VERSION}:"
            " install a version of the plugin, or of exempt, that fits"
        )
        return PluginState.SKIPPED, msg
    if info.name in taken:
        return PluginState.FAILED, "another plugin has a connector of that name: uninstall one"
    return PluginState.LOADED, ""


def works_with(requires: str, version: str) -> bool:
    """Whether *version* meets *requires* (``>=1.0,<2``); an unreadable one meets nothing."""
    have = _numbers(version)
    for part in requires.split(","):
        found = re.fullmatch(r"\s*(>=|<=|==|!=|<|>)\s*(\d+(?:\.\d+)*)\s*", part)
        if not found:
            return False
        want = _numbers(found[2])
        holds = {
            ">=": have >= want,
            "<=": have <= want,
            "==": have == want,
            "!=": have != want,
            "<": have < want,
            ">": have > want,
        }
        if not holds[found[1]]:
            return False
    return True


def _numbers(version: str) -> tuple[int, ...]:
    numbers = [int(part) for part in version.split(".")]
    return tuple(numbers + [0] * (3 - len(numbers)))


def explain_bad_hook(said: str, hooks: Iterable[str]) -> str:
    """What pluggy said of a hook, with the nearest right name."""
    if unknown := re.search(r"unknown hook '(\w+)'", said):
        near = difflib.get_close_matches(unknown[1], list(hooks), 1)
        hint = f"did you mean {near[0]!r}?" if near else "see exempt.Connector for the hooks"
        return f"{unknown[1]}: the specification has no such hook: {hint}"
    found = re.search(r"hookimpl definition: (\w+)\((.*?)\)", said)
    names = re.search(r"Argument\(s\) (\{.*?\})", said)
    if found and names:
        due = "no arguments" if found[1] == "exempt_connectors" else "(self, request)"
        return f"{found[1]}({found[2]}): no argument {names[1]}: a hook takes {due}"
    *_, last = said.splitlines()
    return f"{found[1]}: {last}" if found else last


def _reason(error: BaseException) -> str:
    if isinstance(error, _BadPluginError):
        return str(error)
    first = (str(error).splitlines() or [""])[0][:300]
    return f"{type(error).__name__} on import: {first}".rstrip(": ")


def _row(point: EntryPoint, name: str, title: str, state: PluginState, reason: str) -> PluginRow:
    distribution = point.dist
    return PluginRow(
        name=name,
        title=title,
        distribution=distribution.name if distribution else "?",
        version=distribution.version if distribution else "?",
        state=state,
        reason=reason,
    )
