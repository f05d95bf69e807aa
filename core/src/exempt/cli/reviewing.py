"""Certificates reviewed and archived on the command line, and files attached to them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pydantic import ValidationError

from exempt.cli.output import print_json, say, say_below
from exempt.cli.register import decided_anew, say_closed_otherwise, say_objections, told
from exempt.cli.typed import one_of
from exempt.errors import RefusedError
from exempt.model.certificate import Rejection, RejectionCode
from exempt.rules.rejections import sentence
from exempt.services import certificates, reviewing
from exempt.services.certificates import Act, Done
from exempt.wiring import Exempt


def archive(
    exempt: Exempt,
    act: Act,
    certificate_id: int,
    version: int | None,
    *,
    archived: bool,
    as_json: bool,
) -> None:
    """``exempt certificates archive``, and ``unarchive``."""
    done = certificates.archive(exempt.store, certificate_id, act, archived=archived, seen=version)
    said = "archived: it covers no order from today on" if archived else "out of the archive again"
    _tell(exempt, act, done, said, as_json=as_json)


def accept(
    exempt: Exempt,
    act: Act,
    certificate_id: int,
    version: int | None,
    *,
    anyway: bool,
    as_json: bool,
) -> None:
    """``exempt certificates accept``."""
    done = reviewing.review(exempt.store, certificate_id, act, seen=version, anyway=anyway).done
    _tell(exempt, act, done, "accepted", as_json=as_json, objections=True)


def reject(
    exempt: Exempt,
    act: Act,
    certificate_id: int,
    because: Sequence[str],
    version: int | None,
    *,
    tell: bool,
    as_json: bool,
) -> None:
    """``exempt certificates reject``."""
    rejections = [rejection(text) for text in because]
    done = reviewing.review(
        exempt.store,
        certificate_id,
        act,
        rejections=rejections,
        seen=version,
        tell=tell or None,
    )
    said = [sentence(each) for each in rejections]
    if as_json:
        print_json({**told(exempt, act, done.done), "told": said, "told_by": done.told_by})
        return
    say(f"Certificate {certificate_id} rejected; {decided_anew(done.done)}.", "green")
    say(f"What the customer is told{' by mail' if done.told_by else ''}:")
    for each in said:
        say_below(each)
    say_closed_otherwise(exempt, act, done.done.certificate)


def rejection(text: str) -> Rejection:
    """What is wrong with a certificate, typed as ``CODE`` or ``CODE=TEXT``.

    Raises:
        RefusedError: There is no such code, or it says nothing.
    """
    name, _, more = text.partition("=")
    code = one_of(RejectionCode, name, "--because")
    if code is RejectionCode.OTHER and not more.strip():
        msg = "--because other: say what it is, as in other='It is torn.'"
        raise RefusedError(msg)
    try:
        return Rejection(code=code, text=more)
    except ValidationError as error:
        msg = f"--because {name}: {error.errors()[0]['msg']}"
        raise RefusedError(msg) from None


def attach(
    exempt: Exempt,
    act: Act,
    certificate_id: int,
    files: Sequence[Path],
    version: int | None,
    *,
    as_json: bool,
) -> None:
    """``exempt certificates attach``."""
    kept = [
        certificates.attach(exempt.store, certificate_id, exempt.documents, file, act, seen=version)
        for file in files
    ]
    if as_json:
        print_json({"id": certificate_id, "files": kept})
        return
    for each in kept:
        say(f"{each.name} is kept with certificate {certificate_id}: sha256 {each.sha256}")


def _tell(
    exempt: Exempt, act: Act, done: Done, said: str, *, as_json: bool, objections: bool = False
) -> None:
    if as_json:
        print_json(told(exempt, act, done))
        return
    say(f"Certificate {done.certificate.id} {said}; {decided_anew(done)}.", "green")
    if objections:
        say_objections(act, done.certificate)
    say_closed_otherwise(exempt, act, done.certificate)
