"""Open the pack of rules that the settings choose."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from exempt.data.pack import FILES, SHIPPED, texts_in
from exempt.discovery import Catalogue, PluginKind
from exempt.errors import SettingsError
from exempt.hookspecs import RulesPackInfo
from exempt.model.rulesdata import RulesPack
from exempt.rules.pack import read_pack, shipped_pack
from exempt.settings import Loaded


def open_pack(settings: Loaded, catalogue: Callable[[], Catalogue]) -> RulesPack:
    """The pack that the settings choose: one in a folder, an installed or the shipped one.

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
        where = f"{settings.place('exempt.rules_folder')}: exempt.rules_folder"
        return _read(lambda: texts_in(folder), str(folder), where)
    if general.rules_pack == SHIPPED:
        return shipped_pack()
    where = f"{settings.place('exempt.rules_pack')}: exempt.rules_pack"
    found = catalogue()
    info = found.rules_pack(general.rules_pack, where)
    package = found.package(PluginKind.RULES_PACK, info.name)
    return _read(lambda: _texts_of(info), package, where)


def _read(texts: Callable[[], Mapping[str, str]], source: str, where: str) -> RulesPack:
    try:
        return read_pack(texts(), source)
    except SettingsError as error:
        msg = f"{where}: the pack of {source} is refused:\n{error}"
        raise SettingsError(msg) from None


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
    return {name: texts[name].removeprefix("\ufeff") for name in FILES}
