"""Open the pack of rules, and the thresholds of nexus, that the settings choose."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

from exempt.data.pack import (
    FILES,
    SHIPPED,
    THRESHOLDS,
    has_just_thresholds,
    texts_in,
    thresholds_text_in,
)
from exempt.data.products import taxability_text_in
from exempt.discovery import Catalogue, PluginKind
from exempt.errors import SettingsError
from exempt.hookspecs import RulesPackInfo
from exempt.model.rulesdata import RulesPack
from exempt.rules.pack import read_pack, shipped_pack
from exempt.rules.taxability import Taxability, read_taxability, shipped_taxability
from exempt.rules.thresholds import Thresholds, read_thresholds, shipped_thresholds
from exempt.settings import Loaded

Read = TypeVar("Read")


def open_pack(settings: Loaded, catalogue: Callable[[], Catalogue]) -> RulesPack:
    """The pack that the settings choose: one in a folder, an installed or the shipped one.

    A folder that has nothing but thresholds leaves the shipped pack in force.

    Args:
        settings: The settings.
        catalogue: Finds the installed packs; called only if one of them is chosen.

    Raises:
        SettingsError: The pack is not there, or something is wrong with it;
            every mistake is named by file, line and column.
    """
    general = settings.file.exempt
    if general.rules_folder is not None:
        folder = settings.folder / general.rules_folder
        if has_just_thresholds(folder):
            return shipped_pack()
        return _read(lambda: read_pack(texts_in(folder), str(folder)), str(folder), _in(settings))
    if general.rules_pack == SHIPPED:
        return shipped_pack()
    info, package, where = _installed(settings, catalogue())
    return _read(lambda: read_pack(_pack_of(info), package), package, where)


def open_thresholds(settings: Loaded, catalogue: Callable[[], Catalogue]) -> Thresholds:
    """Those of the chosen folder or pack where it has a table of them, else the shipped ones.

    Args:
        settings: The settings.
        catalogue: Finds the installed packs; called only if one of them is chosen.

    Raises:
        SettingsError: Something is wrong with the table; every mistake is named
            by file, line and column.
    """
    general = settings.file.exempt
    if general.rules_folder is not None:
        folder = settings.folder / general.rules_folder
        return _read(
            lambda: _thresholds(thresholds_text_in(folder), str(folder)),
            str(folder),
            _in(settings),
        )
    if general.rules_pack == SHIPPED:
        return shipped_thresholds()
    info, package, where = _installed(settings, catalogue())
    return _read(lambda: _thresholds(_texts_of(info).get(THRESHOLDS), package), package, where)


def open_taxability(settings: Loaded) -> Taxability:
    """What states tax, by the chosen folder where it has a table of that, else as shipped.

    Raises:
        SettingsError: Something is wrong with the table; every mistake is named
            by file, line and column.
    """
    if settings.file.exempt.rules_folder is None:
        return shipped_taxability()
    folder = settings.folder / settings.file.exempt.rules_folder

    def read() -> Taxability:
        text = taxability_text_in(folder)
        return shipped_taxability() if text is None else read_taxability(text, str(folder))

    return _read(read, str(folder), _in(settings))


def _thresholds(text: str | None, source: str) -> Thresholds:
    return shipped_thresholds() if text is None else read_thresholds(text, source)


def _in(settings: Loaded) -> str:
    """Where the settings name a folder."""
    return f"{settings.place('exempt.rules_folder')}: exempt.rules_folder"


def _installed(settings: Loaded, found: Catalogue) -> tuple[RulesPackInfo, str, str]:
    """The installed pack that is chosen, its package, and where the settings name it."""
    where = f"{settings.place('exempt.rules_pack')}: exempt.rules_pack"
    info = found.rules_pack(settings.file.exempt.rules_pack, where)
    return info, found.package(PluginKind.RULES_PACK, info.name), where


def _read(read: Callable[[], Read], source: str, where: str) -> Read:
    try:
        return read()
    except SettingsError as error:
        msg = f"{where}: the pack of {source} is refused:\n{error}"
        raise SettingsError(msg) from None


def _pack_of(info: RulesPackInfo) -> dict[str, str]:
    """The tables of the pack itself; thresholds have a version of their own."""
    texts = _texts_of(info)
    return {name: texts[name] for name in FILES}


def _texts_of(info: RulesPackInfo) -> dict[str, str]:
    """The texts that a plugin gives, looked at."""
    try:
        given: object = info.texts()
        texts = dict(given) if isinstance(given, Mapping) else None
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001 - a plugin may even call sys.exit()
        first = (str(error).splitlines() or [""])[0][:300]
        msg = f"{info.name}: texts() failed with {type(error).__name__}: {first}".rstrip(": ")
        raise SettingsError(msg) from None
    if texts is None:
        msg = f"{info.name}: texts() returned {type(given).__name__} where a mapping was due"
        raise SettingsError(msg)
    for name in FILES:
        if not isinstance(texts.get(name), str):
            msg = f"{info.name}: texts() gave no {name}: a pack of rules has {' and '.join(FILES)}"
            raise SettingsError(msg)
    if not isinstance(texts.get(THRESHOLDS, ""), str):
        msg = f"{info.name}: texts() gave something else than text for {THRESHOLDS}"
        raise SettingsError(msg)
    known = (name for name in (*FILES, THRESHOLDS) if name in texts)
    return {name: texts[name].removeprefix("\ufeff") for name in known}
