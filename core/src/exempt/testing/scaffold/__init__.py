"""Writes the distribution of a new connector: it passes all checks, and waits to be filled in."""

from __future__ import annotations

import keyword
import re
from dataclasses import dataclass
from importlib import resources
from importlib.metadata import version
from pathlib import Path
from string import Template

from exempt.errors import RefusedError
from exempt.hookspecs import SPEC_VERSION

_NAME = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*")
_LONGEST = 26  # so that no line of the files grows too long


@dataclass(frozen=True)
class NewConnector:
    """A connector that is to be written.

    Attributes:
        name: What the settings file will call it: ``acme_erp``.
        title: What people call the system: "Acme ERP".

    Raises:
        RefusedError: The name is none for a Python package, or the title is no one line.
    """

    name: str
    title: str

    def __post_init__(self) -> None:
        if keyword.iskeyword(self.name):
            msg = f"{self.name}: a word of Python: choose another name"
            raise RefusedError(msg)
        if not _NAME.fullmatch(self.name):
            meant = re.sub(r"[^a-z0-9]+", "_", self.name.lower()).strip("_0123456789")
            example = meant if _NAME.fullmatch(meant) else "acme_erp"
            msg = f"{self.name}: no name for a connector: write it in small letters, as {example}"
            raise RefusedError(msg)
        if len(self.name) > _LONGEST:
            msg = f"{self.name}: longer than {_LONGEST} characters: choose a shorter name"
            raise RefusedError(msg)
        if not re.fullmatch(r"\w[\w .&+-]{0,39}", self.title):
            msg = "the title: write at most 40 letters, digits, blanks and any of . & + -"
            raise RefusedError(msg)

    @property
    def package(self) -> str:
        """The Python package."""
        return f"exempt_{self.name}"

    @property
    def distribution(self) -> str:
        """What pip calls it, and its folder."""
        return self.package.replace("_", "-")

    def files(self) -> dict[str, str]:
        """The text of each file, by its path in the distribution's folder."""
        texts = resources.files(__package__).joinpath("templates")
        words = self._words()
        made: dict[str, str] = {f"src/{self.package}/py.typed": ""}
        for template, path in self._paths().items():
            text = texts.joinpath(*template.split("/")).read_text(encoding="utf-8")
            made[path] = Template(text).substitute(words)
        return made

    def _paths(self) -> dict[str, str]:
        parts = ("__init__", "settings", "connector", "translate", "sandbox")
        return {
            "pyproject.toml.txt": "pyproject.toml",
            "README.md.txt": "README.md",
            **{f"src/{part}.py.txt": f"src/{self.package}/{part}.py" for part in parts},
            "tests/test_contract.py.txt": f"tests/test_{self.name}_contract.py",
            "tests/test_translate.py.txt": f"tests/test_{self.name}_translate.py",
            "tests/test_writing.py.txt": f"tests/test_{self.name}_writing.py",
        }

    def _words(self) -> dict[str, str]:
        core = version("exempt").split(".")
        return {
            "name": self.name,
            "title": self.title,
            "package": self.package,
            "distribution": self.distribution,
            "dashed": self.name.replace("_", "-"),
            "upper": self.name.upper(),
            "kind": "".join(word.capitalize() for word in self.name.split("_")),
            "spec": SPEC_VERSION,
            "spec_next": str(int(SPEC_VERSION.split(".")[0]) + 1),
            "core": ".".join(core[:2]),
            "core_next": str(int(core[0]) + 1),
        }


def title_of(name: str) -> str:
    """``Acme Erp`` for ``acme_erp``; somebody who wants "Acme ERP" says so."""
    return name.replace("_", " ").title()


def write(new: NewConnector, into: Path) -> tuple[Path, list[str]]:
    """Write the distribution into a folder of its own in *into*.

    Returns:
        That folder, and the paths of the files in it.

    Raises:
        RefusedError: The folder is there already; nothing is written.
    """
    folder = into / new.distribution
    if folder.exists():
        msg = f"{folder}: is there already, and nothing is overwritten: name another place (--into)"
        raise RefusedError(msg)
    files = new.files()
    for path, text in files.items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")
    return folder, sorted(files)
