"""What commands share: the options before them, and Exempt opened with these."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from exempt.services.certificates import Act
    from exempt.wiring import Exempt

Json = Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")]
Names = Annotated[
    list[str] | None,
    typer.Argument(metavar="CONNECTION", help="Just these; all when left out."),
]

LONGEST_NAME = 100


class State:
    """What the options before the command said, and what is to be closed after it."""

    settings = Path("exempt.toml")
    now: Callable[[], dt.datetime] | None = None
    by: str | None = None
    context: typer.Context | None = None


def opened() -> Exempt:
    """Exempt with the settings file that the options name."""
    from exempt.wiring import Exempt, utc_now  # noqa: PLC0415

    exempt = Exempt(State.settings, clock=State.now or utc_now)
    if State.context:
        State.context.call_on_close(exempt.close)
    return exempt


def pretended(text: str) -> Callable[[], dt.datetime]:
    """A clock that stands still at *text*, or shows what the file ``@PATH`` says.

    Raises:
        ValueError: It is no moment.
    """
    if text.startswith("@"):
        file = Path(text[1:])
        return lambda: _moment(file.read_text(encoding="ascii").strip())
    moment = _moment(text)
    return lambda: moment


def _moment(text: str) -> dt.datetime:
    moment = dt.datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)


def acting(exempt: Exempt) -> Act:
    """Something that whoever runs the command does now."""
    return exempt.act(State.by or login_name())


def login_name() -> str:
    """Who is logged in; ``staff`` where nobody is."""
    import getpass  # noqa: PLC0415

    try:
        return name_of_a_person(getpass.getuser())
    except (KeyError, ImportError, OSError, ValueError):
        return "staff"


def name_of_a_person(text: str) -> str:
    """*text*, if it can stand in a history.

    Raises:
        ValueError: It is empty, too long, or has characters that do not print.
    """
    name = text.strip()
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        msg = f"write a name of 1 to {LONGEST_NAME} characters"
        raise ValueError(msg)
    return name
