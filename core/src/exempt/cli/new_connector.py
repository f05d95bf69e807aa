"""Write a connector to fill in."""

from __future__ import annotations

import shlex
from pathlib import Path

from exempt.cli.output import say
from exempt.discovery import discover
from exempt.errors import RefusedError
from exempt.testing.scaffold import NewConnector, title_of, write


def write_connector(name: str, into: Path, title: str | None) -> None:
    """``exempt new-connector``: write the distribution, and say what to do next.

    Raises:
        RefusedError: The name is none, or taken, or its folder is there already.
    """
    new = NewConnector(name, title or title_of(name))
    for row in discover().rows:
        if row.name == name or row.distribution == new.distribution:
            msg = (
                f"{name}: {row.distribution} {row.version}, which is installed, has that name:"
                " choose another"
            )
            raise RefusedError(msg)
    folder, files = write(new, into)
    say(f"Made {folder}, {len(files)} files. It works as it is, on a sandbox. Next:\n")
    steps = (
        (f"cd {shlex.quote(str(folder))}", "README.md says what to change, and in which order"),
        ('pip install -e ".[dev]"', f"exempt plugins then lists {name}"),
        ("pytest", "the conformance kit: level gold before you begin"),
        ("exempt demo", "the whole way of an order, with its sandbox"),
        (f"exempt init my-{new.distribution}", "a settings file with its settings"),
    )
    width = max(len(command) for command, _ in steps)
    for command, why in steps:
        say(f"   {command:<{width}}  # {why}", wrap=False)
    say(
        f"\nThen fill in src/{new.package}/translate.py (what a row means) and the paths at the top"
        " of connector.py."
    )
