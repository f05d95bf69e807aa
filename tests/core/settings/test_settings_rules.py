"""Which pack of rules counts is for the settings to say; what is wrong with it has its place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NoReturn

import pytest

from exempt.data.pack import THRESHOLDS, shipped_texts, shipped_thresholds_text
from exempt.discovery import Catalogue
from exempt.errors import SettingsError
from exempt.hookspecs import RulesPackInfo
from exempt.rules.pack import read_pack, shipped_pack
from exempt.rules.thresholds import Thresholds, read_thresholds, shipped_thresholds
from exempt.settings import Loaded, load
from exempt.wiring.rules import open_pack, open_thresholds

TEXTS = shipped_texts()
CHANGED = {**TEXTS, "states.csv": TEXTS["states.csv"].replace("Texas Sales", "Texas sales", 1)}
UNSOURCED = {
    **TEXTS,
    "states.csv": TEXTS["states.csv"].replace(
        '"Sales Tax Institute state chart, as of 2026-08-01"', "", 1
    ),
}


def settings(folder: Path, lines: str = "") -> Loaded:
    """A settings file; *lines* begin on its second line."""
    path = folder / "exempt.toml"
    path.write_text(f"[exempt]\n{lines}\n", encoding="utf-8")
    return load(path)


def written(folder: Path, texts: Mapping[str, str]) -> None:
    folder.mkdir()
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")


def catalogue(texts: Callable[[], Any] = lambda: CHANGED) -> Catalogue:
    """A catalogue with the pack ``acme``."""
    return Catalogue({}, (), {"acme": RulesPackInfo("acme", "Acme's rules", texts)})


def nobody_asks() -> NoReturn:
    raise AssertionError


def refused(folder: Path, lines: str, found: Catalogue | None = None) -> list[str]:
    """What is said, without the folder's path."""
    with pytest.raises(SettingsError) as caught:
        open_pack(settings(folder, lines), lambda: found or catalogue())
    return str(caught.value).replace(f"{folder}/", "").splitlines()


def test_without_a_setting_it_is_the_shipped_pack(tmp_path: Path) -> None:
    assert open_pack(settings(tmp_path), nobody_asks) is shipped_pack()
    assert open_pack(settings(tmp_path, 'rules_pack = "exempt"'), nobody_asks) is shipped_pack()


def test_a_folder_is_found_beside_the_settings_file(tmp_path: Path) -> None:
    written(tmp_path / "rules", CHANGED)
    pack = open_pack(settings(tmp_path, 'rules_folder = "rules"'), nobody_asks)
    assert pack == read_pack(CHANGED, "rules")
    assert pack.version != shipped_pack().version


def test_an_installed_pack_counts_where_it_is_named(tmp_path: Path) -> None:
    pack = open_pack(settings(tmp_path, 'rules_pack = "acme"'), catalogue)
    assert pack == read_pack(CHANGED, "acme")
    assert open_pack(settings(tmp_path), catalogue) is shipped_pack()


def test_what_a_spreadsheet_puts_before_a_text_does_not_matter(tmp_path: Path) -> None:
    marked = catalogue(lambda: {name: f"\ufeff{text}" for name, text in TEXTS.items()})
    assert open_pack(settings(tmp_path, 'rules_pack = "acme"'), lambda: marked) == shipped_pack()


def test_a_file_of_a_later_version_is_left_alone(tmp_path: Path) -> None:
    more = catalogue(lambda: {**TEXTS, "thresholds.csv": "…"})
    assert open_pack(settings(tmp_path, 'rules_pack = "acme"'), lambda: more) == shipped_pack()


# --- thresholds of nexus -----------------------------------------------------------------

LOWER = shipped_thresholds_text().replace("US-FL,2021-07-01,,100000,", "US-FL,2021-07-01,,75000,")


def thresholds(folder: Path, lines: str, found: Callable[[], Catalogue]) -> Thresholds:
    return open_thresholds(settings(folder, lines), found)


def test_without_a_setting_they_are_the_shipped_ones(tmp_path: Path) -> None:
    assert thresholds(tmp_path, "", nobody_asks) is shipped_thresholds()


def test_those_in_the_folder_count_with_a_pack_or_alone(tmp_path: Path) -> None:
    written(tmp_path / "both", {**CHANGED, THRESHOLDS: LOWER})
    written(tmp_path / "alone", {THRESHOLDS: LOWER})
    for name, pack in (("both", read_pack(CHANGED, "")), ("alone", shipped_pack())):
        line = f'rules_folder = "{name}"'
        assert thresholds(tmp_path, line, nobody_asks) == read_thresholds(LOWER, "")
        assert open_pack(settings(tmp_path, line), nobody_asks) == pack


def test_a_pack_that_is_torn_is_no_folder_of_thresholds(tmp_path: Path) -> None:
    written(tmp_path / "rules", {THRESHOLDS: LOWER, "states.csv": TEXTS["states.csv"]})
    assert refused(tmp_path, 'rules_folder = "rules"')[1:] == [
        f"rules/reasons.csv: there is no such file: {BOTH}"
    ]


def test_an_installed_pack_may_bring_thresholds_and_its_version_stays(tmp_path: Path) -> None:
    line = 'rules_pack = "acme"'
    more = catalogue(lambda: {**CHANGED, THRESHOLDS: f"\ufeff{LOWER}"})
    assert thresholds(tmp_path, line, lambda: more) == read_thresholds(LOWER, "")
    assert open_pack(settings(tmp_path, line), lambda: more) == read_pack(CHANGED, "")
    assert thresholds(tmp_path, line, catalogue) is shipped_thresholds()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param(LOWER.replace(",75000,", ",75.000,"), "its plugin/nexus_thresholds.csv, line ",
                     id="a sum in another spelling"),
        pytest.param(b"", "acme: texts() gave something else than text for nexus_thresholds.csv",
                     id="bytes"),
    ],
)  # fmt: skip
def test_thresholds_of_a_plugin_are_refused(tmp_path: Path, text: object, said: str) -> None:
    more = catalogue(lambda: {**TEXTS, THRESHOLDS: text})
    with pytest.raises(SettingsError) as caught:
        thresholds(tmp_path, 'rules_pack = "acme"', lambda: more)
    place, mistake = str(caught.value).replace(f"{tmp_path}/", "").splitlines()
    assert place == PLACE
    assert mistake.startswith(said)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        pytest.param("acmee", "no rules pack 'acmee' is installed: did you mean 'acme'?",
                     id="misspelt"),
        pytest.param("exemt", "no rules pack 'exemt' is installed: did you mean 'exempt'?",
                     id="the shipped one, misspelt"),
        pytest.param("sovos", "no rules pack 'sovos' is installed: install its plugin, see exempt"
                     " plugins", id="not installed"),
    ],
)  # fmt: skip
def test_a_pack_that_is_not_there(tmp_path: Path, name: str, said: str) -> None:
    lines = f'\nrules_pack = "{name}"'
    assert refused(tmp_path, lines) == [f"exempt.toml, line 3: exempt.rules_pack: {said}"]


def fails(error: BaseException) -> Callable[[], Mapping[str, str]]:
    def texts() -> NoReturn:
        raise error

    return texts


PLACE = "exempt.toml, line 2: exempt.rules_pack: the pack of its plugin is refused:"
BOTH = "a pack of rules has states.csv and reasons.csv"


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        pytest.param(fails(FileNotFoundError("states.csv\nand more")),
                     "acme: texts() failed with FileNotFoundError: states.csv", id="it fails"),
        pytest.param(fails(SystemExit()), "acme: texts() failed with SystemExit",
                     id="it leaves the program"),
        pytest.param(lambda: ["states.csv"], "acme: texts() returned list where a mapping was due",
                     id="a list"),
        pytest.param(lambda: None, "acme: texts() returned NoneType where a mapping was due",
                     id="nothing"),
        pytest.param(dict, f"acme: texts() gave no states.csv: {BOTH}", id="no texts"),
        pytest.param(lambda: {**TEXTS, "reasons.csv": b""},
                     f"acme: texts() gave no reasons.csv: {BOTH}", id="bytes"),
        pytest.param(lambda: UNSOURCED,
                     "its plugin/states.csv, line 10, column source: is empty: name the"
                     " publication", id="a row without a source"),
    ],
)  # fmt: skip
def test_a_plugin_whose_texts_are_no_pack(
    tmp_path: Path, texts: Callable[[], Any], said: str
) -> None:
    assert refused(tmp_path, 'rules_pack = "acme"', catalogue(texts)) == [PLACE, said]


def test_an_interruption_is_not_the_plugins_failure(tmp_path: Path) -> None:
    chosen = settings(tmp_path, 'rules_pack = "acme"')
    with pytest.raises(KeyboardInterrupt):
        open_pack(chosen, lambda: catalogue(fails(KeyboardInterrupt())))


def test_every_mistake_in_a_folder_is_a_line(tmp_path: Path) -> None:
    states = UNSOURCED["states.csv"].replace("US-FL,annual_dec31", "US-ZZ,annual_dec31", 1)
    written(tmp_path / "rules", {**TEXTS, "states.csv": states})
    assert refused(tmp_path, 'rules_folder = "rules"') == [
        "exempt.toml, line 2: exempt.rules_folder: the pack of rules is refused:",
        "rules/states.csv, line 10, column source: is empty: name the publication",
        (
            "rules/states.csv, line 11, column jurisdiction: unknown state in country 'US': use a"
            " two-letter code such as 'TX'"
        ),
    ]


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    assert refused(tmp_path, 'rules_folder = "rulse"') == [
        "exempt.toml, line 2: exempt.rules_folder: the pack of rulse is refused:",
        f"rulse/states.csv: there is no such file: {BOTH}",
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param('US-TX,"until', "rules/states.csv, line 2: is no CSV: unexpected end of data",
                     id="a quote that nobody closes"),
        pytest.param('US-TX,"until"revoked', "rules/states.csv, line 2: is no CSV: ',' expected",
                     id="a quote inside a text"),
        pytest.param(f"US-TX,{'x' * 140_000}",
                     "rules/states.csv, line 2: is no CSV: field larger than field limit",
                     id="a cell as long as a book"),
    ],
)  # fmt: skip
def test_a_table_that_is_no_csv(text: str, said: str) -> None:
    head, *_ = TEXTS["states.csv"].splitlines()
    with pytest.raises(SettingsError) as caught:
        read_pack({**TEXTS, "states.csv": f"{head}\n{text}\n"}, "rules")
    (line,) = str(caught.value).splitlines()
    assert line.startswith(said)
    assert line.endswith(": look for a quote too many")


# --- the settings themselves -------------------------------------------------------------


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        pytest.param('rules_pack = "acme"\nrules_folder = "rules"',
                     "line 3: exempt.rules_folder: stands beside rules_pack, which names another"
                     " pack: keep one of the two", id="two packs"),
        pytest.param('rules_folder = "rules"\nrules_pack = "acme"',
                     "line 2: exempt.rules_folder: stands beside rules_pack, which names another"
                     " pack: keep one of the two", id="two packs, the other way round"),
        pytest.param('rules_folder = ""',
                     "line 2: exempt.rules_folder: String should have at least 1 character",
                     id="a folder without a name"),
        pytest.param('rules_folders = "rules"',
                     "line 2: exempt.rules_folders: no such setting: did you mean 'rules_folder'?",
                     id="a misspelt setting"),
        pytest.param("review_after_years = 0",
                     "line 2: exempt.review_after_years: Input should be greater than or equal"
                     " to 1", id="to be looked at always"),
        pytest.param("review_after_years = 11",
                     "line 2: exempt.review_after_years: Input should be less than or equal to 10",
                     id="to be looked at by nobody who is here now"),
    ],
)  # fmt: skip
def test_settings_that_are_refused(tmp_path: Path, lines: str, said: str) -> None:
    assert refused(tmp_path, lines) == [f"exempt.toml, {said}"]


def test_settings_that_are_good(tmp_path: Path) -> None:
    general = settings(tmp_path).file.exempt
    assert (general.rules_pack, general.rules_folder, general.review_after_years) == (
        "exempt",
        None,
        3,
    )
    both = settings(tmp_path, 'rules_pack = "exempt"\nrules_folder = "x"\nreview_after_years = 10')
    assert (both.file.exempt.rules_folder, both.file.exempt.review_after_years) == ("x", 10)
