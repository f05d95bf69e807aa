"""The guide of signing in: its commands print what it says, its settings are some."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from exempt.cli import output
from exempt.data.common_passwords import common_passwords
from exempt.model.access import Right
from exempt.rules import passwords
from exempt.services import signing_in, users
from exempt.services.access_ports import LinkPurpose
from exempt.settings import load
from exempt.settings.tables import Web
from support.desk import Desk, a_desk

PAGE = (Path(__file__).parents[2] / "docs/how-to/sign-in.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    """The code blocks of a language."""
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


def commands() -> list[tuple[str, list[str]]]:
    """Each command, and the lines that it prints."""
    found: list[tuple[str, list[str]]] = []
    for line in "".join(blocks("console")).splitlines():
        if line.startswith("$ exempt "):
            found.append((line.removeprefix("$ exempt "), []))
        else:
            found[-1][1].append(line)
    return found


def test_the_commands_print_what_the_page_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(output.console, "_width", 200)
    with a_desk(tmp_path) as desk:
        with (desk.folder / "exempt.toml").open("a", encoding="utf-8") as file:
            file.write('\n[web]\nurl = "https://exempt.example.com"\n')
        _run_all(desk)


def _run_all(desk: Desk) -> None:
    for command, lines in commands():
        if command.endswith("--drop-second-factor"):
            desk.run("users", "enable", "dana@acme.example")
        printed = desk.run(*shlex.split(command)).strip().splitlines()
        for line in lines:
            whole = not line.endswith("…")
            start = line.removesuffix("…")
            fits = [each for each in printed if (each == line if whole else each.startswith(start))]
            assert fits, f"{command} printed {printed}, not {line}"


@pytest.mark.parametrize("number", range(len(blocks("toml"))))
def test_the_settings_are_settings(number: int, tmp_path: Path) -> None:
    text = blocks("toml")[number]
    if not text.startswith("["):  # goes on from the block before it
        text = blocks("toml")[number - 1] + text
    path = tmp_path / "exempt.toml"
    path.write_text(text, encoding="utf-8")
    assert load(path).file.web != Web()


def test_the_figures_are_those_of_the_code() -> None:
    words = " ".join(PAGE.split())
    assert f"At least {passwords.SHORTEST} characters, or {passwords.SHORTEST_ALONE}" in words
    assert f"{len(common_passwords()):,} that were in breaches" in words
    here = signing_in.OF_ACCOUNT_HERE
    assert (here.free, here.first.seconds, here.most.seconds) == (5, 5, 15 * 60)
    assert signing_in.OF_ACCOUNT.most.seconds == 60
    assert users.WORKS_FOR[LinkPurpose.PASSWORD] == users.WORKS_FOR[LinkPurpose.FIRST]
    assert users.WORKS_FOR[LinkPurpose.FIRST].seconds == 3600
    assert all(f"`{right}`" in words for right in Right)
