"""What a document seems to say: words and filled-in fields held against what is known of forms.

It only proposes. How sure a value is comes of how it was got (a form field,
text, a picture), how well its label was recognized, and how much it looks like
a value of its kind. A single wrong reading must look unsure rather than right.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from exempt.data import jurisdiction_name
from exempt.model.extract import Extract
from exempt.model.formdata import Form, FormBook
from exempt.model.forms import FormKind
from exempt.model.paper import FieldName, Found, Reading
from exempt.model.rulesdata import Acceptance, Confidence, RulesPack
from exempt.rules.form_recognition import Recognized, recognize
from exempt.rules.page_lines import Line, around, find, lines_of
from exempt.rules.reading_fields import in_fields
from exempt.rules.reading_places import by_labels
from exempt.rules.reading_tables import in_tables
from exempt.rules.reading_ticks import ticked
from exempt.rules.value_reading import number_fit

LOOKED_AT = 6
"""How many pages are searched for a form that is known."""

OF_A_PICTURE = 0.9
"""What was read in a picture of a paper is so much less sure than its letters are."""

ALTERNATIVES = 3
"""How many values are proposed for a field at most; of states and numbers all that there are."""


class Known(NamedTuple):
    """What is known before a document is read.

    Attributes:
        jurisdictions: The states that it was asked for; a hint.
    """

    book: FormBook
    pack: RulesPack
    jurisdictions: frozenset[str] = frozenset()


def read(extract: Extract, known: Known) -> Reading:
    """What a document seems to say.

    Of several forms in one document, such as the two sides of one sheet, the
    one counts on which most is filled in.
    """
    exactly = extract.by != "ocr"
    pages = {
        page: lines_of(extract.words, page, extract.shape(page))
        for page in sorted({word.box.page for word in extract.words})
    }
    candidates = _candidates(pages, known.book, exactly=exactly)
    readings = [
        (recognized, _found(extract, known, recognized, lines)) for recognized, lines in candidates
    ]
    recognized, found = max(readings, key=lambda each: _filled_in(each[1]))
    by = "fields" if any(field.value for field in extract.fields) else extract.by
    if recognized is None:
        return Reading(by=by, found=found)
    form = recognized.form
    return Reading(form=form.key, form_kind=form.kind, form_title=form.name, by=by, found=found)


def _candidates(
    pages: dict[int, list[Line]], book: FormBook, *, exactly: bool
) -> list[tuple[Recognized | None, list[Line]]]:
    """The forms in a document, each with the lines that may belong to it."""
    by_form: dict[str, tuple[Recognized, list[int]]] = {}
    strangers: list[int] = []
    for page, lines in pages.items():
        found = recognize(lines, book, exactly=exactly) if page <= LOOKED_AT else None
        if found is None:
            strangers.append(page)
        else:
            by_form.setdefault(found.form.key, (found, []))[1].append(page)
    if not by_form:
        return [(None, [line for lines in pages.values() for line in lines])]
    return [
        (recognized, [line for page in sorted([*mine, *strangers]) for line in pages[page]])
        for recognized, mine in by_form.values()
    ]


def _filled_in(found: Sequence[Found]) -> int:
    """How many fields of a form have a value that stands on the paper."""
    return len({each.field for each in found if each.box is not None})


def _found(
    extract: Extract, known: Known, recognized: Recognized | None, lines: list[Line]
) -> tuple[Found, ...]:
    """What is proposed, the likeliest of a field first."""
    form = recognized.form if recognized else known.book.unknown
    exactly = extract.by != "ocr"
    found = [
        *in_fields(extract.fields, form, known.pack),
        *in_tables(lines, form, exactly=exactly),
        *by_labels(lines, form, known.pack, exactly=exactly),
        *ticked(lines, form, exactly=exactly),
    ]
    if recognized is None:
        found = [_less_sure(each, 0.7) for each in found]
    else:
        found += _of_the_form(recognized)
    if not any(each.field is FieldName.JURISDICTION for each in found):
        found += _named_states(lines, known.jurisdictions, exactly=exactly)
    if not exactly:
        found = [_less_sure(each, OF_A_PICTURE) for each in found]
    found = [_as_sure_as_its_state(each, found, known.pack) for each in found]
    if recognized is not None:
        found = [_in_a_state_that_takes_it(each, recognized.form, known.pack) for each in found]
    return _best(found)


def _less_sure(each: Found, factor: float) -> Found:
    return each.model_copy(update={"confidence": round(factor * each.confidence, 3)})


def _of_the_form(recognized: Recognized) -> Iterator[Found]:
    """What a form says by being this form."""
    form, sure = recognized
    if form.confidence is Confidence.LOW and not form.number:
        sure = 0.7 * sure
    for jurisdiction in form.jurisdictions[:1]:
        yield Found(field=FieldName.JURISDICTION, value=jurisdiction, confidence=0.95 * sure)
    for reason in form.reasons if len(form.reasons) == 1 else ():
        yield Found(field=FieldName.EXEMPTION_REASON, value=reason, confidence=0.9 * sure)


def _named_states(lines: list[Line], asked: frozenset[str], *, exactly: bool) -> Iterator[Found]:
    """Those of the states it was asked for that its words name: as good as a guess."""
    for code in sorted(asked):
        name = jurisdiction_name(code)
        for hit in find(lines, name, exactly=exactly)[:1]:
            yield Found(
                field=FieldName.JURISDICTION,
                value=code,
                seen=name,
                confidence=0.5 * hit.likeness,
                box=around(hit.tokens),
            )


def _as_sure_as_its_state(each: Found, found: Sequence[Found], pack: RulesPack) -> Found:
    """A number, as sure as its state's pattern makes it."""
    if each.field is not FieldName.NUMBER:
        return each
    states = {one.value for one in found if one.field is FieldName.JURISDICTION}
    state = each.jurisdiction or (states.pop() if len(states) == 1 else None)
    fit = number_fit(each.value, state, pack)
    return _less_sure(each, fit)


def _in_a_state_that_takes_it(each: Found, form: Form, pack: RulesPack) -> Found:
    """A state that does not take the form is less likely what the paper says."""
    if each.field is not FieldName.JURISDICTION or form.kind is FormKind.SINGLE_STATE:
        return each
    rule = pack.state(each.value)
    takes = (
        rule
        and {
            FormKind.SST: rule.sst_form_accepted,
            FormKind.MTC: rule.mtc_accepted,
        }[form.kind]
    )
    if takes in {Acceptance.YES, Acceptance.LIMITED}:
        return each
    return _less_sure(each, 0.7)


_MANY = {FieldName.JURISDICTION, FieldName.NUMBER}


def _best(found: Iterable[Found]) -> tuple[Found, ...]:
    """Each value once, the surest of a field first, and no more than are of use."""
    surest: dict[tuple[FieldName, str, str | None], Found] = {}
    for each in found:
        key = (each.field, each.value, each.jurisdiction)
        before = surest.get(key)
        if before is None or before.confidence < each.confidence:
            surest[key] = each
    kept: list[Found] = []
    order = list(FieldName)
    for each in sorted(surest.values(), key=lambda one: (order.index(one.field), -one.confidence)):
        same = sum(one.field is each.field for one in kept)
        if each.field in _MANY or same < ALTERNATIVES:
            kept.append(each)
    return tuple(kept)
