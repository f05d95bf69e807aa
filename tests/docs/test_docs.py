"""The pages speak of what is there: links, commands, names, hooks, settings, errors."""

from __future__ import annotations

import builtins
import re
import shlex
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import typer.main

import exempt
import exempt.http
import exempt.testing
from exempt import errors
from exempt.cli import app
from exempt.settings import tables

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    path.relative_to(ROOT).as_posix()
    for path in (*ROOT.glob("docs/**/*.md"), ROOT / "core/README.md")
)
WRITTEN = [page for page in PAGES if not page.startswith("docs/reference/")]
REFERENCE = "\n".join(
    path.read_text(encoding="utf-8") for path in sorted(ROOT.glob("docs/reference/*.md"))
)
HOOKS = [name for name in vars(exempt.Connector) if not name.startswith("_")]
TABLES: dict[str, Any] = {
    "[exempt]": tables.General,
    "[companies.KEY]": tables.CompanySettings,
    "[connections.NAME]": tables.ConnectionSettings,
    "[daemon]": tables.Daemon,
}
ERRORS = [name for name, value in vars(errors).items() if isinstance(value, type)]

_FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"\[[^\]]*\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


@cache
def text(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


@cache
def prose(page: str) -> str:
    """A page without its blocks of code."""
    return _FENCE.sub("", text(page))


def section(page: str, heading: str) -> str:
    """What stands under a heading, up to the next one."""
    return re.split(rf"^#+ {re.escape(heading)}$", text(page), flags=re.MULTILINE)[1].split("\n#")[
        0
    ]


# --- links -------------------------------------------------------------------------------


def anchors(page: str) -> set[str]:
    """The anchors that GitHub makes of a page's headings."""
    headings = (re.sub(r"[^\w\- ]", "", head.lower()) for head in _HEADING.findall(prose(page)))
    return {head.replace(" ", "-") for head in headings}


@pytest.mark.parametrize("page", PAGES)
def test_a_link_leads_to_a_page_and_to_a_heading_on_it(page: str) -> None:
    lost = []
    for target, anchor in _LINK.findall(prose(page)):
        path = ((ROOT / page).parent / target).resolve() if target else ROOT / page
        there = path.relative_to(ROOT).as_posix() if path.exists() else None
        if there is None or (anchor and anchor not in anchors(there)):
            lost.append(f"{target}#{anchor}")
    assert not lost


@pytest.mark.parametrize("page", PAGES)
def test_a_page_can_be_reached_from_the_index(page: str) -> None:
    index = "docs/README.md"
    reached = {
        ((ROOT / index).parent / target).resolve() for target, _ in _LINK.findall(prose(index))
    }
    assert ROOT / page in reached or page in {index, "core/README.md"}


def test_the_index_of_connectors_has_the_guide_of_every_plugin() -> None:
    guides = {path.relative_to(ROOT).as_posix() for path in ROOT.glob("plugins/*/README.md")}
    assert {g for g in guides if f"(../../{g})" in text("docs/how-to/connectors.md")} == guides


# --- commands and names ------------------------------------------------------------------


def commands_on(page: str) -> list[str]:
    """Every ``exempt …`` in a block or between backticks."""
    blocks = "\n".join(_FENCE.findall(text(page)))
    shown = re.findall(r"^(?:\$ )?(exempt(?: .*)?)$", blocks, re.MULTILINE)
    return shown + [code for code in _CODE.findall(prose(page)) if code.startswith("exempt ")]


def wrong_with(command: str) -> str | None:
    """What no such command or option is, in a command as a page shows it."""
    words = shlex.split(command.partition(" #")[0].partition(" > ")[0])[1:]
    there: Any = typer.main.get_command(app)
    options = {
        name for parameter in there.params for name in (*parameter.opts, *parameter.secondary_opts)
    }
    while words and words[0] in getattr(there, "commands", {}):
        there = there.commands[words.pop(0)]
        options |= {
            name
            for parameter in there.params
            for name in (*parameter.opts, *parameter.secondary_opts)
        }
    if hasattr(there, "commands") and words and not words[0].startswith("-"):
        return f"{words[0]}: no such command"
    unknown = [w for w in words if w.startswith("-") and w.partition("=")[0] not in options]
    return f"{unknown[0]}: no such option" if unknown else None


@pytest.mark.parametrize("page", WRITTEN)
def test_commands_on_a_page_can_be_given(page: str) -> None:
    wrong = {command: said for command in commands_on(page) if (said := wrong_with(command))}
    assert not wrong


@pytest.mark.parametrize(
    "command",
    ["exempt sink", "exempt sync --dry", "exempt certificates burn", "exempt plugins --colour"],
)
def test_a_wrong_command_would_be_found(command: str) -> None:
    assert wrong_with(command)


@cache
def classes() -> frozenset[str]:
    """Every class of the sources, and whatever a page may name beside them."""
    found = {
        name for module in (exempt, exempt.http, exempt.testing, builtins) for name in dir(module)
    }
    for path in (*ROOT.glob("core/src/**/*.py"), *ROOT.glob("plugins/*/src/**/*.py")):
        found |= set(re.findall(r"^class (\w+)", path.read_text(encoding="utf-8"), re.MULTILINE))
    elsewhere = {"JavaScript", "RateLimit", "StreamMaxLength"}  # a language, a header, of clamd
    return frozenset(
        found | elsewhere | {"SecretStr", "Decimal", "Path", "Any", "Callable", "Mapping"}
    )


@pytest.mark.parametrize("page", PAGES)
def test_a_class_that_a_page_names_exists(page: str) -> None:
    named = {
        name
        for code in _CODE.findall(prose(page))
        for name in re.findall(r"\b[A-Z][a-z]+(?:[A-Z][a-z]+)+\b", code)
    }
    unknown = named - classes() - {"AbstractContextManager", "LoadCredential", "LoggerAdapter"}
    assert not unknown


# --- the reference is complete -----------------------------------------------------------


@pytest.mark.parametrize("name", HOOKS)
def test_every_hook_has_its_section(name: str) -> None:
    found = section("docs/reference/hooks.md", name)
    for said in ("request", "result", "errors", "called", "may happen twice"):
        assert f"| {said} |" in found


@pytest.mark.parametrize(
    ("table", "key"),
    [(table, key) for table, model in TABLES.items() for key in model.model_fields],
)
def test_every_setting_is_there_with_its_meaning(table: str, key: str) -> None:
    rows = section("docs/reference/settings.md", table)
    row = re.search(rf"^\| `{key}` \|.*\|([^|]*)\|$", rows, re.MULTILINE)
    assert row
    assert row[1].strip()


@pytest.mark.parametrize("name", ERRORS)
def test_every_error_has_its_section_and_its_place_in_the_tree(name: str) -> None:
    assert section("docs/reference/errors.md", name)
    assert re.search(rf"[─ ]?{name}\b", section("docs/reference/errors.md", "Errors"))


@pytest.mark.parametrize("name", sorted({*exempt.__all__, *exempt.http.__all__}))
def test_every_public_name_is_in_the_reference(name: str) -> None:
    heading, mention = rf"^##+ {name}$", rf"`@?(exempt\.)?{name}`"
    assert re.search(f"{heading}|{mention}", REFERENCE, re.MULTILINE)


def every_command(command: Any, path: str = "exempt") -> dict[str, Any]:
    found = {path: command}
    for name, inner in getattr(command, "commands", {}).items():
        found |= every_command(inner, f"{path} {name}")
    return found


COMMANDS = every_command(typer.main.get_command(app))


@pytest.mark.parametrize("path", COMMANDS)
def test_every_command_has_its_section_with_its_options(path: str) -> None:
    found = section("docs/reference/cli.md", path)
    for parameter in COMMANDS[path].params:
        if not getattr(parameter, "hidden", False) and parameter.param_type_name == "option":
            assert parameter.opts[0] in found


# --- what does not belong on a page ------------------------------------------------------

# Assembled, so that this file does not contain them itself.
OUT_OF_PLACE = re.compile(
    "|".join(
        [
            "/" + r"(?:home|root|work|Users|tmp)/",
            r"[A-Z]:\\",
            r"pypi\." + "org",
            "pythonhosted",
            "--(?:extra-)?index" + "-url",
            "(?:artifactory|devpi)" + r"[.:/]",
            r"\bnexus\." + r"[a-z]+\.[a-z]{2,}",  # a host; the word itself is ours
        ]
    )
)


@pytest.mark.parametrize("page", PAGES)
def test_a_page_names_no_machine_and_no_registry(page: str) -> None:
    assert not OUT_OF_PLACE.findall(text(page))


def test_what_is_not_built_is_said_in_one_place() -> None:
    elsewhere = [page for page in PAGES if page != "docs/README.md"]
    said = re.compile(r"(?<!\[)(?<!what is )not built yet", re.IGNORECASE)
    assert not [page for page in elsewhere if said.search(prose(page))], "link to docs/README.md"
