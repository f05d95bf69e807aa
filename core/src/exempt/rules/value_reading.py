"""Values as they stand on American forms, made canonical: dates, states, numbers, reasons."""

from __future__ import annotations

import datetime as dt
import functools
import re
from collections.abc import Iterator
from typing import NamedTuple

from exempt.data import jurisdictions
from exempt.model.certificate import ExemptionReason
from exempt.model.forms import canonical_number
from exempt.model.rulesdata import RulesPack
from exempt.rules.page_lines import plain


class Value(NamedTuple):
    """A value: canonical, as it is written, and how much it looks like one, 0 to 1."""

    value: str
    seen: str
    fit: float = 1.0


_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = r"(?P<month>jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
_DATES = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"\b(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})\b",
        r"\b(?P<month>\d{1,2})\s?[/.-]\s?(?P<day>\d{1,2})\s?[/.-]\s?(?P<year>\d{4}|\d{2})\b",
        rf"\b{_MONTH}\s*(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\s*,?\s*(?P<year>\d{{4}})\b",
        rf"\b(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+)?{_MONTH},?\s+(?P<year>\d{{4}})\b",
    )
)


def a_date(text: str) -> Value | None:
    """The first date in *text*: month first, as in the United States, unless it cannot be."""
    for pattern in _DATES:
        found = pattern.search(text)
        if found and (day := _day(found)):
            return Value(day[0].isoformat(), found[0], day[1])
    return None


def _day(found: re.Match[str]) -> tuple[dt.date, float] | None:
    """The day, and how surely it is meant."""
    named = found["month"][:3].casefold()
    month = _MONTHS.index(named) + 1 if named in _MONTHS else int(found["month"])
    day, year, fit = int(found["day"]), int(found["year"]), 1.0
    if year < 100:
        year, fit = year + (2000 if year < 80 else 1900), 0.9
    if month > 12 >= day:
        month, day, fit = day, month, 0.6
    try:
        date = dt.date(year, month, day)
    except ValueError:
        return None
    return (date, fit) if 1950 <= year <= 2099 else None


@functools.cache
def _state_names() -> dict[str, str]:
    """``US-TX`` by ``texas``."""
    return {
        plain(fact.name): code for code, fact in jurisdictions().items() if code.startswith("US-")
    }


def a_state(text: str) -> Value | None:
    """The state that *text* is: its name, or its two letters in capitals."""
    if found := _two_letters(text):
        return found
    code = _state_names().get(plain(text).removeprefix("stateof"), "")
    return Value(code, text) if code else None


_MISREAD = str.maketrans("l1|!0]5", "IIIIOJS")


def _two_letters(text: str) -> Value | None:
    """A state's two letters, in capitals; also with one of them read as what looks like it."""
    for letters, fit in ((re.sub(r"[^A-Za-z]", "", text), 1.0), (text.translate(_MISREAD), 0.7)):
        code = f"US-{letters}"
        if len(letters) == 2 and letters.isupper() and code in jurisdictions():
            return Value(code, text, fit)
    return None


_SOCIAL_SECURITY = re.compile(r"\d{3}[- ]\d{2}[- ]\d{4}")
_NUMBER = re.compile(r"[A-Z0-9][A-Z0-9./-]*", re.IGNORECASE)


def a_number(text: str) -> Value | None:
    """The number that *text* begins with: words with digits in them, up to the first without.

    What is written like a Social Security number is none, and never kept; a date is none either.
    """
    date = a_date(text)
    if _SOCIAL_SECURITY.search(text) or (date and text.strip().startswith(date.seen)):
        return None
    taken: list[str] = []
    for word in text.strip(" _:#").split():
        word = word.strip(",;:_()")  # noqa: PLW2901 - the same word, bare
        has_digit = any(letter.isdigit() for letter in word)
        short_prefix = not taken and word.isupper() and len(word) <= 4
        if not _NUMBER.fullmatch(word) or not (has_digit or short_prefix):
            break
        taken.append(word)
    number = " ".join(taken)
    digits = sum(letter.isdigit() for letter in number)
    if digits < 4 or len(number) > 30:
        return None
    return Value(number, number)


def number_fit(number: str, jurisdiction: str | None, pack: RulesPack) -> float:
    """How much *number* looks like one of that state: 1 by its pattern, 0.6 against it."""
    rule = pack.state(jurisdiction) if jurisdiction else None
    bare = canonical_number(number)
    if rule is not None and rule.id_pattern is not None:
        if re.fullmatch(rule.id_pattern, bare, re.ASCII):
            return 1.0
        return 0.6
    return 0.9 if re.fullmatch(r"[0-9]{7,13}", bare) else 0.85


_SMALL = {"of", "and", "the", "de", "la", "le", "du", "van", "von", "der", "for", "dba", "&"}


def a_name(text: str) -> Value | None:
    """*text* as a name: some words with capitals, and no sentence."""
    name = re.sub(r"_{2,}", " ", text).strip(" _:|")
    words = name.split()
    if not 1 <= len(words) <= 12 or sum(letter.isalpha() for letter in name) < 2:
        return None
    if ":" in name or name.endswith("?") or a_date(name):
        return None
    fine = sum(not word[0].islower() or word.casefold() in _SMALL for word in words)
    if fine < 0.6 * len(words):
        return None
    return Value(" ".join(words), name, 1.0 if fine == len(words) else 0.7)


_REASON_WORDS = {
    ExemptionReason.RESALE: ("resale", "resell", "re-sale", "resold"),
    ExemptionReason.FEDERAL_GOVERNMENT: ("federal government", "united states government"),
    ExemptionReason.STATE_GOVERNMENT: ("state government", "state or local government"),
    ExemptionReason.LOCAL_GOVERNMENT: ("local government", "city government", "county government"),
    ExemptionReason.TRIBAL: ("tribal", "tribe"),
    ExemptionReason.FOREIGN_DIPLOMAT: ("diplomat",),
    ExemptionReason.CHARITABLE: ("charit", "501(c)(3)", "nonprofit"),
    ExemptionReason.RELIGIOUS: ("religious", "church"),
    ExemptionReason.EDUCATIONAL: ("educational", "school", "university"),
    ExemptionReason.AGRICULTURE: ("agricultur", "farming"),
    ExemptionReason.MANUFACTURING: ("manufactur", "industrial production", "industrial processing"),
    ExemptionReason.DIRECT_PAY: ("direct pay",),
    ExemptionReason.DIRECT_MAIL: ("direct mail",),
    ExemptionReason.AQUACULTURE: ("aquacultur",),
    ExemptionReason.FISHERY: ("fisher", "fishing"),
    ExemptionReason.NONRESIDENT: ("nonresident", "non-resident"),
}


def a_reason(text: str, pack: RulesPack) -> Value | None:
    """The reason that *text* names: its title, with or without the form's letter, or words of it.

    Words of two reasons name none.
    """
    bare = plain(text)
    for row in pack.reasons:
        title = plain(row.title)
        if bare in {title, row.sst_letter.casefold() + title}:
            return Value(row.exemption_reason, text)
    named = [*_reasons_in(bare)]
    return Value(named[0], text, 0.8) if len(named) == 1 else None


def _reasons_in(bare: str) -> Iterator[ExemptionReason]:
    for reason, words in _REASON_WORDS.items():
        if any(plain(word) in bare for word in words):
            yield reason
