"""Values of the form fields of a fillable PDF, by their names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from exempt.model.extract import FilledField
from exempt.model.formdata import Form, Label
from exempt.model.paper import FieldName, Found
from exempt.model.rulesdata import RulesPack
from exempt.rules.reading_places import value_of
from exempt.rules.value_reading import a_number, a_state


def in_fields(fields: Iterable[FilledField], form: Form, pack: RulesPack) -> Iterator[Found]:
    """What the filled-in fields say; a name that fits nothing is left to its place on the page."""
    for field in fields:
        if not field.value.strip():
            continue
        if field.is_box:
            yield from _box(field, form)
            continue
        in_table = [*_of_a_state(field, form)]
        yield from in_table or _of_a_label(field, form, pack)


def _box(field: FilledField, form: Form) -> Iterator[Found]:
    for tick in form.ticks:
        if any(_named(pattern, field) for pattern in tick.pdf_fields):
            for value, sure in ((tick.value, 0.97), *((each, 0.5) for each in tick.also)):
                yield Found(
                    field=tick.field, value=value, seen="ticked", confidence=sure, box=field.box
                )
            return


def _of_a_state(field: FilledField, form: Form) -> Iterator[Found]:
    """A number in the field of a state, in a table of states."""
    for pattern in form.table.pdf_fields:
        found = re.search(pattern, field.name.strip(), re.IGNORECASE)
        state = a_state(found["state"].upper()) if found else None
        number = a_number(field.value)
        if state is None or number is None:
            continue
        yield Found(
            field=FieldName.JURISDICTION,
            value=state.value,
            seen=field.name,
            confidence=0.97,
            box=field.box,
        )
        yield Found(
            field=FieldName.NUMBER,
            value=number.value,
            jurisdiction=state.value,
            seen=field.value,
            confidence=1,
            box=field.box,
        )
        return


def _of_a_label(field: FilledField, form: Form, pack: RulesPack) -> Iterator[Found]:
    label = _label(field, form)
    if label is None:
        return
    value = value_of(label.field, field.value, pack)
    if value is not None:
        yield Found(
            field=label.field,
            value=value.value,
            seen=value.seen[:500],
            confidence=value.fit,
            box=field.box,
        )


def _label(field: FilledField, form: Form) -> Label | None:
    """The label whose patterns know the field's name; the form's own ones come first."""
    return next(
        (
            label
            for label in form.labels
            if any(_named(pattern, field) for pattern in label.pdf_fields)
        ),
        None,
    )


def _named(pattern: str, field: FilledField) -> bool:
    """Whether a pattern fits a field's whole name, or the last part of it."""
    names = (field.name, field.name.rpartition(".")[2])
    return any(re.search(pattern, name, re.IGNORECASE) for name in names)
