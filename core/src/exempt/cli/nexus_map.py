"""``exempt nexus --map``: the picture of the country, written to a file."""

from __future__ import annotations

from pathlib import Path

from exempt.cli.nexus import Asked
from exempt.cli.output import say
from exempt.errors import RefusedError
from exempt.services import companies
from exempt.services.nexus_maps import map_of
from exempt.wiring import Exempt


def write_map(exempt: Exempt, asked: Asked, path: Path, *, replace: bool) -> None:
    """Write the map of one company as an SVG.

    Raises:
        RefusedError: The file is there already, or cannot be written; or there
            are several companies, and none is named.
    """
    on = asked.day(exempt)
    exempt.settle()
    with exempt.store.reading() as tx:
        company = companies.only_one(tx, asked.company)
        drawn = map_of(tx, company, on, exempt.policy)
    try:
        with path.open("w" if replace else "x", encoding="utf-8") as file:
            file.write(drawn)
    except FileExistsError:
        msg = f"{path}: is there already: name another file, or add --replace"
        raise RefusedError(msg) from None
    except OSError as error:
        msg = f"{path}: cannot be written: {error.strerror}"
        raise RefusedError(msg) from None
    say(f"The map of {company.name} on {on} is written to {path}: any browser shows it.", "green")
