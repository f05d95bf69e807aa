"""The words of mails on the command line: the first line is the subject, the rest the text."""

from __future__ import annotations

from pathlib import Path

from exempt.cli.output import print_json, print_table, say
from exempt.errors import RefusedError
from exempt.model.messages import Purpose
from exempt.services import companies, template_editing
from exempt.services.certificates import Act
from exempt.services.mail_texts import Words
from exempt.services.request_ports import TemplateRow
from exempt.services.template_editing import PURPOSES
from exempt.wiring import Exempt


def show_all(exempt: Exempt, company: str | None, *, as_json: bool) -> None:
    """``exempt requests templates list``."""
    company_id = _company(exempt, company)
    found = [template_editing.current(exempt.store, each, company_id) for each in PURPOSES]
    if as_json:
        print_json([{"kind": each.purpose, "written": _told(each.row)} for each in found])
        return
    print_table(
        "Mails",
        ("Kind", "Words", "Version", "Written", "By"),
        [
            (
                each.purpose.value,
                "built in" if each.row is None else "of all" if each.row.company_id is None
                else "its own",
                each.row.version if each.row else "",
                f"{each.row.made_at:%Y-%m-%d}" if each.row else "",
                each.row.made_by if each.row else "",
            )
            for each in found
        ],
    )  # fmt: skip


def show(exempt: Exempt, kind: Purpose, company: str | None, *, as_json: bool) -> None:
    """``exempt requests templates show``: what `put` reads."""
    company_id = _company(exempt, company)
    found = template_editing.current(exempt.store, _known(kind), company_id)
    if as_json:
        rows = template_editing.versions(exempt.store, kind, company_id)
        words = found.words._asdict()
        print_json({"kind": kind, **words, "versions": [_told(row) for row in rows]})
        return
    print(f"{found.words.subject}\n\n{found.words.text}", end="")  # noqa: T201 - to be read again


def preview(
    exempt: Exempt,
    kind: Purpose,
    company: str | None,
    file: Path | None,
    customer: str | None,
    *,
    as_json: bool,
) -> None:
    """``exempt requests templates preview``."""
    seen = template_editing.preview(
        exempt.store,
        _known(kind),
        _company(exempt, company),
        _read(file) if file else None,
        exempt.post,
        customer_id=exempt.customer(customer).id if customer else None,
    )
    if as_json:
        print_json({"subject": seen.subject, "text": seen.text, "html": seen.html})
        return
    say(f"Subject: {seen.subject}", "bold")
    say()
    for line in seen.text.splitlines():
        say(line)


def put(
    exempt: Exempt, act: Act, kind: Purpose, file: Path, company: str | None, *, as_json: bool
) -> None:
    """``exempt requests templates set``."""
    company_id = _company(exempt, company)
    row = template_editing.save(exempt.store, _known(kind), company_id, _read(file), act)
    if as_json:
        print_json(_told(row))
        return
    say(f"Version {row.version} of the words of a {kind.value} counts from now on.", "green")


def _company(exempt: Exempt, key: str | None) -> int | None:
    exempt.settle()
    if key is None:
        return None
    with exempt.store.reading() as tx:
        return companies.find(tx.cards.companies(), key).id


def _known(kind: Purpose) -> Purpose:
    if kind not in PURPOSES:
        msg = f"{kind.value}: has no words to replace: one of {', '.join(PURPOSES)}"
        raise RefusedError(msg)
    return kind


def _read(file: Path) -> Words:
    try:
        subject, _, text = file.read_text(encoding="utf-8").partition("\n")
    except (OSError, UnicodeDecodeError) as error:
        msg = f"{file}: cannot be read: {error}"
        raise RefusedError(msg) from None
    return Words(subject, text.lstrip("\r\n"))


def _told(row: TemplateRow | None) -> dict[str, object] | None:
    return row._asdict() if row else None
