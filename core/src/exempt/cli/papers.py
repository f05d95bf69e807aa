"""Certificates on paper, and kept files checked."""

from __future__ import annotations

from pathlib import Path

from exempt.cli.output import count, print_json, say
from exempt.errors import RefusedError
from exempt.services import papers_check, printing
from exempt.wiring import Exempt
from exempt.wiring.papers import inspector_of, press_of


def print_certificate(exempt: Exempt, certificate_id: int, to: Path | None) -> None:
    """``exempt certificates print``."""
    to = to or Path(f"certificate-{certificate_id}.pdf")
    content = printing.printed(press_of(exempt), certificate_id, exempt.clock())
    try:
        with to.open("xb") as file:
            file.write(content)
    except FileExistsError:
        msg = f"{to}: is there already: name another with --to"
        raise RefusedError(msg) from None
    except OSError as error:
        msg = f"{to}: cannot be written: {error.strerror}: name another with --to"
        raise RefusedError(msg) from None
    say(f"Certificate {certificate_id} is in {to}.")


def check(exempt: Exempt, *, look: bool, as_json: bool) -> int:
    """``exempt documents check``; 1 when a file is gone or changed."""
    inspector = inspector_of(exempt) if look else None
    found = papers_check.check(exempt.store, exempt.documents, inspector, exempt.clock())
    if as_json:
        print_json(found._asdict())
        return 1 if found.problems else 0
    for problem in found.problems:
        say(f"✗ {problem}", "red")
    for unfit in found.unfit:
        say(f"! {unfit}", "yellow")
    whole = found.files - len(found.problems)
    said = f"{count(found.files, 'file')} checked, {whole} as they were kept"
    looked = f"; {count(found.looked_into, 'file')} looked into" if found.looked_into else ""
    say(f"{said}{looked}.")
    return 1 if found.problems else 0
