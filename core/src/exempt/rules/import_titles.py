"""Which column of a file is which of the template: titles unaltered, unless asked otherwise."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator, Mapping, Sequence

from exempt.errors import RefusedError
from exempt.model.custom import CustomField
from exempt.model.imports import Column, Layout, ReadingOptions, Side, Template
from exempt.rules.import_templates import (
    REQUIRED,
    SHIPPING_NAMES,
    SHIPPING_NUMBER,
    SHIPPING_STATE,
    TemplateColumn,
    alias_key,
    aliases,
    columns,
)

_SHOWN = 10


def lay_out(
    file: str, titles: Sequence[str], options: ReadingOptions, custom: Mapping[str, CustomField]
) -> Layout:
    """How a file with these *titles* is read.

    Args:
        file: Its name, for errors.
        titles: From left to right, each once; empty over a column that is blank.
        options: What of the titles may be altered, and how.
        custom: The seller's own fields of customers, by key.

    Raises:
        RefusedError: A title is unknown, needed and missing, or there twice;
            all that is wrong is named.
    """
    known = {column.title: column for column in columns(Template.FULL, custom)}
    _refuse(file, [*_wrong_options(titles, options, known)])
    meant = _meant(titles, options, known)
    template = options.template or _template(meant.values())
    filters = {title for title, _text in options.only}
    wrong = [
        *_unknown(titles, meant, options, known, filters),
        *_twice(meant),
        *_not_in(template, meant),
    ]
    _refuse(file, wrong or [*_missing(template, meant)])
    return Layout(
        template=template,
        columns=tuple(
            Column(at, letter(at), title, known[title].side, known[title].field)
            for at, title in meant.items()
        ),
        only=tuple((titles.index(title), text.strip().casefold()) for title, text in options.only),
        custom={
            key: field
            for key, field in custom.items()
            if any(known[title].field == f"custom.{key}" for title in meant.values())
        },
    )


def letter(at: int) -> str:
    """How a spreadsheet program names the column at this place, counted from 0: ``A``, ``AA``."""
    letters = ""
    left = at + 1
    while left:
        left, rest = divmod(left - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def nearest(title: str, known: Collection[str]) -> str | None:
    """The one of *known* that *title* looks most like, if it looks like any."""
    by_key = {alias_key(each): each for each in known}
    found = difflib.get_close_matches(alias_key(title), list(by_key))
    return by_key[found[0]] if found else None


def _meant(
    titles: Sequence[str], options: ReadingOptions, known: Mapping[str, TemplateColumn]
) -> dict[int, str]:
    """The template's titles by their places in the file."""
    other = aliases(tuple(known.values())) if options.aliases else {}
    meant = {}
    for at, title in enumerate(titles):
        usual = title if title in known else other.get(alias_key(title))
        found = options.mapping.get(title, usual)
        if found is not None:
            meant[at] = found
    return meant


def _template(titles: Collection[str]) -> Template:
    return Template.FULL if any(map(_of_full, titles)) else Template.BASIC


def _of_full(title: str) -> bool:
    return title in _ONLY_FULL


_ONLY_FULL = frozenset(
    column.title
    for column in columns(Template.FULL, {})
    if column.side is Side.SHIPPING and column.title != SHIPPING_STATE
)


# --- what may be wrong -------------------------------------------------------------------


def _wrong_options(
    titles: Sequence[str], options: ReadingOptions, known: Mapping[str, TemplateColumn]
) -> Iterator[str]:
    for title in (*options.mapping, *(title for title, _text in options.only)):
        if title not in titles:
            yield f"no column has the title {title!r}{_hint(title, titles)}"
    for meant in options.mapping.values():
        if meant is not None and meant not in known:
            yield f"{meant!r} is no title of the template{_hint(meant, known)}"


def _unknown(
    titles: Sequence[str],
    meant: Mapping[int, str],
    options: ReadingOptions,
    known: Mapping[str, TemplateColumn],
    filters: Collection[str],
) -> Iterator[str]:
    for at, title in enumerate(titles):
        if at in meant or not title or title in filters or title in options.mapping:
            continue
        hint = _hint(title, known)
        mend = "write it exactly so, or delete" if hint else "delete"
        yield (
            f"column {letter(at)}: {title!r} is no title of the template{hint}: {mend} the column,"
            " or have it mapped or ignored"
        )


def _hint(title: str, known: Collection[str]) -> str:
    near = nearest(title, [each for each in known if each])
    return f" (did you mean {near!r}?)" if near else ""


def _twice(meant: Mapping[int, str]) -> Iterator[str]:
    first: dict[str, int] = {}
    for at, title in meant.items():
        if title in first:
            yield (
                f"columns {letter(first[title])} and {letter(at)} are both taken for {title!r}:"
                " ignore one of them"
            )
        first.setdefault(title, at)


def _not_in(template: Template, meant: Mapping[int, str]) -> Iterator[str]:
    if template is Template.BASIC:
        for at, title in meant.items():
            if _of_full(title):
                yield (
                    f"column {letter(at)}: {title!r} is a title of the full template: choose"
                    " that one, or delete the column"
                )


def _missing(template: Template, meant: Mapping[int, str]) -> Iterator[str]:
    needed = [*REQUIRED]
    if template is Template.FULL:
        needed.append(SHIPPING_NUMBER)
        if SHIPPING_NAMES[1] in meant.values():
            needed.append(SHIPPING_NAMES[0])
    for title in needed:
        if title not in meant.values():
            yield f"the column {title!r} is missing: add it"


def _refuse(file: str, wrong: Sequence[str]) -> None:
    if wrong:
        more = len(wrong) - _SHOWN
        said = [*wrong[:_SHOWN], *([f"and {more} more like these"] if more > 0 else [])]
        msg = f"{file}: {'; '.join(said)}"
        raise RefusedError(msg)
