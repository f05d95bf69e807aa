"""What is made of a file that comes in: its columns matched, its sales begun, refusals told."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from starlette.datastructures import FormData
from starlette.exceptions import HTTPException

from exempt.errors import ExemptError, NotFoundError, RefusedError
from exempt.model.backfill import BackfillField, BackfillOptions, BackfillRun, DateForm
from exempt.model.custom import CustomField
from exempt.model.imports import Template
from exempt.rules.import_templates import alias_key, aliases
from exempt.rules.import_templates import columns as template_columns
from exempt.rules.import_titles import letter, nearest
from exempt.services import intake
from exempt.services.backfills import checking, runs, sources
from exempt.services.importing.leaving import FileKept, Heads
from exempt.services.rows import CompanyRow
from exempt.web.console.imports_words import as_sentence
from exempt.web.pages import Call

LEFT_OUT = "-"
"""What stands for a column that is left out."""

_OF_TERMINAL = re.compile(r"\bexempt [a-z]|--[a-z]")


class Matched(NamedTuple):
    """A column of a file, and what it is taken for; "" = nobody knows."""

    at: int
    letter: str
    title: str
    first: str
    meant: str


def sentence(error: ExemptError, name: str = "") -> str:
    """A refusal as a page says it: without what only a terminal knows, and with a full stop.

    The name of the file goes without saying.
    """
    parts = str(error).removeprefix(f"{name}: ").removeprefix(f"{name}, ").split(": ")
    text = ": ".join(part for part in parts if not _OF_TERMINAL.search(part))
    return as_sentence(text or "That was refused")


def besides_titles(error: ExemptError, name: str) -> str:
    """What a refusal says of a table's titles, but for those that can be matched by hand."""
    said = str(error).removeprefix(f"{name}: ").split("; ")
    rest = [each for each in said if "is no title of the template" not in each]
    return as_sentence("; ".join(rest))


def titles(custom: Mapping[str, CustomField]) -> list[str]:
    """All titles that columns of customers may have."""
    return [each.title for each in template_columns(Template.FULL, custom)]


def guessed(found: Heads, custom: Mapping[str, CustomField], form: FormData) -> list[Matched]:
    """The columns of a file, with what was chosen for each, or what it probably is."""
    known = template_columns(Template.FULL, custom)
    names, others = [each.title for each in known], aliases(known)
    taken: set[str] = set()
    matched = []
    for at, title in enumerate(found.titles):
        if not title:
            continue
        said = form.get(f"column-{at}")
        meant = said if isinstance(said, str) else _guess(title, names, others)
        if meant in taken:
            meant = ""
        taken |= {meant} - {"", LEFT_OUT}
        first = found.first[at] if at < len(found.first) else ""
        matched.append(Matched(at, letter(at), title, first, meant))
    return matched


def _guess(title: str, names: list[str], others: Mapping[str, str]) -> str:
    if title in names:
        return title
    return others.get(alias_key(title)) or nearest(title, names) or LEFT_OUT


def mapping(found: Heads, form: FormData) -> dict[str, str | None]:
    """Template titles by those of the file, as a form says; None = left out."""
    said = {}
    for at, title in enumerate(found.titles):
        meant = form.get(f"column-{at}")
        if title and isinstance(meant, str):
            said[title] = None if meant in {"", LEFT_OUT} else meant
    return said


# --- sales -------------------------------------------------------------------------------


def sales(call: Call, file: FileKept, company: CompanyRow) -> BackfillRun:
    """Begin with a file of sales, and have it checked.

    Raises:
        RefusedError: Its source is none, or the time zone is.
    """
    site, source = call.site, call.text("source") or None
    assert site.tables is not None  # noqa: S101 - the file lies there
    options = options_of(call.form)
    with site.store.writing() as tx:
        if source and source not in {each.name for each in intake.sources_of(tx, call.by)}:
            msg = "choose where the sales are from, out of the list"
            raise RefusedError(msg)
        try:
            row = sources.find_or_make(tx, source, company.key, ())
        except NotFoundError:
            raise HTTPException(404) from None
    with site.documents.open(file.sha256) as content:
        run = runs.take_in(
            site.store, site.tables, file.name, content, row, options, site.act(call.by.name)
        )
    if run.state in {run.state.DRAFT, run.state.CHECKED}:
        run = checking.leave_to_daemon(site.store, run.id)
    return run


def options_of(form: FormData, before: BackfillOptions | None = None) -> BackfillOptions:
    """How a file of sales is to be read, as a form says; else as *before*."""
    before = before or BackfillOptions()
    defaults = dict(before.defaults)
    for field in (BackfillField.COUNTRY, BackfillField.CURRENCY):
        if f"default-{field.value}" in form:
            defaults[field] = _text(form, f"default-{field.value}")
    date_form = _text(form, "date_form")
    return BackfillOptions(
        mapping=before.mapping | _fields(form),
        defaults={field: text for field, text in defaults.items() if text},
        time_zone=_text(form, "time_zone") or before.time_zone,
        date_form=DateForm(date_form) if date_form in set(DateForm) else None,
        any_signs=bool(_text(form, "any_signs")),
    )


def _fields(form: FormData) -> dict[str, BackfillField | None]:
    """Our fields by the titles of the file, where the form has them."""
    said: dict[str, BackfillField | None] = {}
    for name in form:
        if not name.startswith("title-"):
            continue
        title, meant = _text(form, name), _text(form, f"field-{name.removeprefix('title-')}")
        if meant in set(BackfillField):
            said[title] = BackfillField(meant)
        elif meant == LEFT_OUT:
            said[title] = None
    return said


def _text(form: FormData, name: str) -> str:
    value = form.get(name, "")
    return value.strip() if isinstance(value, str) else ""
