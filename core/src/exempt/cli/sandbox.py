"""A sandbox: the sample company with all that Exempt is, a clock to turn, throw-away data."""

from __future__ import annotations

import datetime as dt
import logging
import os
import shutil
from pathlib import Path
from typing import NoReturn

from exempt.cli.output import print_json, say
from exempt.cli.running import run_sandbox, server_for
from exempt.cli.sample_company import NOON, enter_certificates, its_systems, write_settings
from exempt.cli.sample_sales import write_past_sales
from exempt.discovery import discover
from exempt.errors import RefusedError
from exempt.model.access import Right
from exempt.rules.schedules import seconds
from exempt.services import api_keys
from exempt.wiring import Exempt

_MARK = ".exempt-sandbox"
_CLOCK = "clock"
_BY = "sandbox"


def start(folder: Path, listen: str) -> NoReturn:
    """``exempt sandbox start``: make it anew, and run until it is stopped."""
    server = server_for(listen, "exempt sandbox")
    from exempt.web.site import Sandbox  # noqa: PLC0415 - an extra
    from exempt.wiring.sandbox import SandboxClock, mails_in  # noqa: PLC0415 - the same

    _make_folder(folder)
    catalogue = discover()
    with its_systems(folder, catalogue) as systems:
        environ = dict(os.environ)
        for system in systems.values():
            environ.update(system.environment)
        clock = SandboxClock(folder / _CLOCK)
        clock.begin_at(NOON)
        web = {"url": server.url, "second_factor": "optional"}
        path = write_settings(folder, catalogue, systems, write_back=False, web=web)
        _fill(Exempt(path, clock=clock, environ=environ))
        daemon = {"pull": "1m", "send_notices": True}
        write_settings(folder, catalogue, systems, write_back=True, web=web, daemon=daemon)
        exempt = Exempt(path, clock=clock, environ=environ)
        say("The sample company, with nothing in it that is real; nothing leaves this machine.")
        say(f"Its clock and its mails: {server.url}/sandbox", wrap=False)
        say(f"A key of its API: {_key(exempt)}", wrap=False)
        say(
            f"Sales of an old shop, to bring in under Imports: {write_past_sales(folder)}",
            wrap=False,
        )
        sandbox = Sandbox(
            clock.advance,
            lambda: mails_in(folder / "sandboxes"),
            lambda: {name: each.writes() for name, each in systems.items() if name != "mail"},
        )
        run_sandbox(exempt, server, sandbox)


def advance(folder: Path, by: str) -> None:
    """``exempt sandbox advance``: put its clock forward, while it runs or not."""
    from exempt.wiring.sandbox import SandboxClock  # noqa: PLC0415 - an extra

    _known(folder)
    try:
        step = dt.timedelta(seconds=seconds(by))
    except ValueError as error:
        msg = f"{by!r}: {error}"
        raise RefusedError(msg) from None
    shows = SandboxClock(folder / _CLOCK).advance(step)
    say(f"The sandbox's clock shows {shows:%Y-%m-%d %H:%M} UTC.")


def mails(folder: Path, *, as_json: bool) -> None:
    """``exempt sandbox mails``: what was sent, the newest first."""
    from exempt.wiring.sandbox import mails_in  # noqa: PLC0415 - an extra

    _known(folder)
    found = mails_in(folder / "sandboxes")
    if as_json:
        print_json([mail._asdict() for mail in found])
        return
    for mail in found:
        say(f"{mail.path}: to {mail.to}: {mail.subject}", wrap=False)
    if not found:
        say("No mail was sent yet.")


def _fill(exempt: Exempt) -> None:
    """Read everything once, and enter what the seller has on paper."""
    logging.disable(logging.WARNING)
    try:
        for result in exempt.sync():
            if result.problem is not None:
                raise result.problem
        enter_certificates(exempt, _BY)
    finally:
        logging.disable(logging.NOTSET)
        exempt.close()


def _key(exempt: Exempt) -> str:
    made = api_keys.make(exempt.store, _BY, rights=tuple(Right), by=_BY, at=exempt.clock())
    return made.text


def _make_folder(folder: Path) -> None:
    """An empty folder; one of an earlier sandbox is made anew, any other is left alone."""
    if folder.exists() and any(folder.iterdir()):
        _known(folder)
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / _MARK).write_text("Made by exempt sandbox start, and made anew by the next one.\n")


def _known(folder: Path) -> None:
    if not (folder / _MARK).exists():
        msg = f"{folder}: is no sandbox: make one with exempt sandbox start in a new folder"
        raise RefusedError(msg)
