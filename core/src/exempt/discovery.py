"""Find the installed connectors and packs of rules.

Each entry point is loaded by itself, because pluggy's own loader stops at the
first bad one. Whatever goes wrong with one, `SystemExit` included, becomes a
row with its reason, and the others go on.
"""

from __future__ import annotations

import difflib
import functools
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from importlib.metadata import EntryPoint, entry_points
from typing import Any, TypeVar

import pluggy

from exempt import deprecation
from exempt.data.pack import SHIPPED
from exempt.errors import SettingsError
from exempt.hookspecs import (
    ENTRY_POINT_GROUP,
    PROJECT,
    SPEC_GROUP,
    SPEC_VERSION,
    ConnectorInfo,
    Discovery,
    RulesPackInfo,
    Settings,
)

T = TypeVar("T")


class PluginState(StrEnum):
    """What became of an entry point or of one of the things it brings."""

    LOADED = "loaded"
    SKIPPED = "skipped"
    FAILED = "failed"


class PluginKind(StrEnum):
    """What a plugin brings; unknown where it failed before it could say."""

    CONNECTOR = "connector"
    RULES_PACK = "rules pack"
    UNKNOWN = "unknown"


Info = ConnectorInfo[Any] | RulesPackInfo
"""What a plugin declares."""

_HOOKS: Mapping[str, tuple[PluginKind, type[Info]]] = {
    "exempt_connectors": (PluginKind.CONNECTOR, ConnectorInfo),
    "exempt_rules_packs": (PluginKind.RULES_PACK, RulesPackInfo),
}


@dataclass(frozen=True)
class PluginRow:
    """One line of ``exempt plugins``."""

    name: str
    title: str
    distribution: str
    version: str
    state: PluginState
    reason: str = ""
    kind: PluginKind = PluginKind.UNKNOWN


@dataclass(frozen=True)
class Catalogue:
    """The connectors and packs that can be used, and a row for everything that was found."""

    connectors: dict[str, ConnectorInfo[Any]]
    rows: tuple[PluginRow, ...]
    rules_packs: dict[str, RulesPackInfo] = field(default_factory=dict)

    def get(self, name: str, where: str) -> ConnectorInfo[Any]:
        """The connector *name*, which the setting *where* asks for.

        Raises:
            SettingsError: It is not installed, or could not be loaded.
        """
        if found := self.connectors.get(name):
            return found
        msg = f"{where}: {self._why_not(PluginKind.CONNECTOR, name, self.connectors)}"
        raise SettingsError(msg)

    def rules_pack(self, name: str, where: str) -> RulesPackInfo:
        """The pack of rules *name*, as `get`; the shipped one is not among them."""
        if found := self.rules_packs.get(name):
            return found
        known = (SHIPPED, *self.rules_packs)
        msg = f"{where}: {self._why_not(PluginKind.RULES_PACK, name, known)}"
        raise SettingsError(msg)

    def package(self, kind: PluginKind, name: str) -> str:
        """The package that brings what was loaded under *name*, with its version."""
        rows = (r for r in self.rows if (r.kind, r.name) == (kind, name))
        loaded = (row for row in rows if row.state is PluginState.LOADED)
        return next((f"{row.distribution} {row.version}" for row in loaded), "its plugin")

    def _why_not(self, kind: PluginKind, name: str, known: Iterable[str]) -> str:
        for row in self.rows:
            if row.name == name and row.kind in {kind, PluginKind.UNKNOWN}:
                became = "was skipped" if row.state is PluginState.SKIPPED else "has failed"
                return f"the {kind} {name!r} {became}: {row.reason}"
        near = difflib.get_close_matches(name, known, 1)
        hint = f"did you mean {near[0]!r}?" if near else "install its plugin, see exempt plugins"
        return f"no {kind} {name!r} is installed: {hint}"


def discover(found: Iterable[EntryPoint] | None = None) -> Catalogue:
    """Load everything that *found* brings; without it, that all installed plugins bring."""
    points = entry_points(group=ENTRY_POINT_GROUP) if found is None else found
    taken: dict[tuple[PluginKind, str], Info] = {}
    rows: list[PluginRow] = []
    for point in sorted(points, key=lambda p: (p.name, p.value)):
        if unfit := _unfit(point):
            rows.append(_row(point, PluginKind.UNKNOWN, *unfit))
            continue
        for kind, info in _brought_by(point):
            if isinstance(info, str):
                rows.append(_row(point, kind, PluginState.FAILED, info))
                continue
            state, reason = _state(kind, info, taken)
            if state is PluginState.LOADED:
                taken[kind, info.name] = info
                reason = "; ".join(deprecation.told_of(deprecation.package_of(point.value)))
            rows.append(_row(point, kind, state, reason, info))
    infos = taken.values()
    return Catalogue(
        {info.name: info for info in infos if isinstance(info, ConnectorInfo)},
        tuple(rows),
        {info.name: info for info in infos if isinstance(info, RulesPackInfo)},
    )


class _BadPluginError(Exception):
    """What a plugin's author must mend."""


def _unfit(point: EntryPoint) -> tuple[PluginState, str] | None:
    """Why nothing of the plugin shall be imported, by what its metadata say.

    An entry point in the group `SPEC_GROUP` of its distribution is called as the
    version of the specification that it was written to, such as ``1.1``. It works
    with that and with whatever only adds to it. What the entry point refers to
    does not matter: it must be something, because build backends look at it.
    """
    if point.dist is None:
        return None
    for said in point.dist.entry_points.select(group=SPEC_GROUP):
        if not re.fullmatch(r"\d{1,4}\.\d{1,4}", said.name):
            return PluginState.FAILED, f"{SPEC_GROUP} in its metadata names no version such as 1.1"
        requires = f">={said.name},<{int(said.name.partition('.')[0]) + 1}"
        if not works_with(requires, SPEC_VERSION):
            return PluginState.SKIPPED, _another_version(requires)
    return None


def _another_version(requires: str) -> str:
    return (
        f"needs hook specification {requires}, and this is {SPEC_VERSION}:"
        " install a version of the plugin, or of exempt, that fits"
    )


def _brought_by(point: EntryPoint) -> Iterator[tuple[PluginKind, Info | str]]:
    """What a plugin declares, or the reason why it does not.

    One hook that fails costs nothing of what the other declares.
    """
    hooks = _survive(functools.partial(_hooks_of, point))
    if isinstance(hooks, str):
        yield PluginKind.UNKNOWN, hooks
        return
    for hook in hooks:
        kind, _ = _HOOKS[hook.name]
        infos = _survive(functools.partial(_answer, hook))
        if isinstance(infos, str):
            yield kind, infos
        else:
            yield from ((kind, info) for info in infos)


def _survive(step: Callable[[], list[T]]) -> list[T] | str:
    """What *step* returns, or what went wrong, in words."""
    try:
        return step()
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001 - a plugin may even call sys.exit()
        return _reason(error)


def _hooks_of(point: EntryPoint) -> list[pluggy.HookCaller]:
    """The hooks that the plugin's module implements."""
    module = point.load()
    manager = pluggy.PluginManager(PROJECT)
    manager.add_hookspecs(Discovery)
    try:
        manager.register(module)
        manager.check_pending()
    except pluggy.PluginValidationError as error:
        raise _BadPluginError(explain_bad_hook(str(error), _HOOKS)) from None
    hooks: list[pluggy.HookCaller] = [getattr(manager.hook, name) for name in _HOOKS]
    if implemented := [hook for hook in hooks if hook.get_hookimpls()]:
        for hook in implemented:
            if hook.spec and hook.spec.warn_on_impl:  # pluggy has warned the author by now
                deprecation.tell(deprecation.package_of(point.value), hook.spec.warn_on_impl)
        return implemented
    msg = (
        "implements no exempt_connectors(): define it and mark it with @hookimpl,"
        " or exempt_rules_packs() for a pack of rules"
    )
    raise _BadPluginError(msg)


def _answer(hook: pluggy.HookCaller) -> list[Info]:
    answers = hook()
    if not answers:
        msg = f"implements no {hook.name}() that returns anything: return a list"
        raise _BadPluginError(msg)
    (answer,) = answers
    if not isinstance(answer, Collection):
        msg = f"{hook.name}() returned {type(answer).__name__} where a list was due"
        raise _BadPluginError(msg)
    _, due = _HOOKS[hook.name]
    for info in answer:
        if not isinstance(info, due):
            msg = f"{hook.name}() returned {type(info).__name__} where {due.__name__} was due"
            raise _BadPluginError(msg)
        if wrong := _wrong_with(info):
            msg = f"{info.name}: its {wrong}"
            raise _BadPluginError(msg)
    return list(answer)


def _wrong_with(info: Info) -> str | None:
    """What makes *info* no declaration; of another version, only its texts are looked at."""
    texts: dict[str, object] = {
        "name": info.name,
        "title": info.title,
        "requires_spec": info.requires_spec,
    }
    for name, value in texts.items():
        if not (isinstance(value, str) and value):
            return f"{name} is no text"
    if not works_with(info.requires_spec, SPEC_VERSION):
        return None
    if isinstance(info, ConnectorInfo):
        if not _is_a(info.settings, Settings):
            return "settings are no subclass of exempt.Settings"
    elif not callable(info.texts):
        return "texts are no function"
    return None


def _is_a(found: object, kind: type) -> bool:
    return isinstance(found, type) and issubclass(found, kind)


def _state(
    kind: PluginKind, info: Info, taken: Collection[tuple[PluginKind, str]]
) -> tuple[PluginState, str]:
    if not works_with(info.requires_spec, SPEC_VERSION):
        return PluginState.SKIPPED, _another_version(info.requires_spec)
    if (kind, info.name) in taken:
        return PluginState.FAILED, f"another plugin has a {kind} of that name: uninstall one"
    if (kind, info.name) == (PluginKind.RULES_PACK, SHIPPED):
        return PluginState.FAILED, "the shipped pack has that name: give it another"
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
        due = "no arguments" if found[1] in _HOOKS else "(self, request)"
        return f"{found[1]}({found[2]}): no argument {names[1]}: a hook takes {due}"
    *_, last = said.splitlines()
    return f"{found[1]}: {last}" if found else last


def _reason(error: BaseException) -> str:
    if isinstance(error, _BadPluginError):
        return str(error)
    first = (str(error).splitlines() or [""])[0][:300]
    return f"{type(error).__name__} on import: {first}".rstrip(": ")


def _row(
    point: EntryPoint, kind: PluginKind, state: PluginState, reason: str, info: Info | None = None
) -> PluginRow:
    distribution = point.dist
    return PluginRow(
        name=info.name if info else point.name,
        title=info.title if info else "",
        distribution=distribution.name if distribution else "?",
        version=distribution.version if distribution else "?",
        state=state,
        reason=reason,
        kind=kind,
    )
