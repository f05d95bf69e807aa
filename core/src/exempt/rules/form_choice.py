"""Which forms a buyer may fill in for certain states and a reason.

Source: the columns ``mtc_accepted``, ``sst_form_accepted``, ``issuer`` and
``form_number`` of ``states.csv``, and the reasons of each form's definition.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from exempt.data import jurisdiction_name
from exempt.model.certificate import ExemptionReason
from exempt.model.formdata import Form, FormBook
from exempt.model.forms import FormKind
from exempt.model.rulesdata import Acceptance, RulesPack, StateRule


class FormOption(NamedTuple):
    """A form that could serve.

    Attributes:
        against: Why it does not, a sentence each; empty = it can be filled in.
        conditions: What to look out for, a sentence each.
    """

    form: Form
    against: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()

    @property
    def possible(self) -> bool:
        """Whether it may be filled in for all of the states."""
        return not self.against


def options(
    book: FormBook,
    pack: RulesPack,
    jurisdictions: Sequence[str],
    reason: ExemptionReason | None,
) -> tuple[FormOption, ...]:
    """The forms for *jurisdictions* and *reason*, the possible ones first.

    Of one state its own form comes first, then the Streamlined one, then the
    multijurisdiction one. None of them is possible where a state issues its
    certificates itself and takes no other: then a document is to be uploaded.
    With no reason yet, none is held against a form.
    """
    found = [_option(form, pack, jurisdictions, reason) for form in _forms(book, jurisdictions)]
    return tuple(sorted(found, key=lambda option: not option.possible))


def _forms(book: FormBook, jurisdictions: Sequence[str]) -> Iterator[Form]:
    if len(jurisdictions) == 1:
        yield from book.of_kind(FormKind.SINGLE_STATE, jurisdictions[0])
    yield from book.of_kind(FormKind.SST)
    yield from book.of_kind(FormKind.MTC)


def _option(
    form: Form, pack: RulesPack, jurisdictions: Sequence[str], reason: ExemptionReason | None
) -> FormOption:
    against: list[str] = []
    conditions: list[str] = []
    if not jurisdictions:
        against.append("Choose a state first.")
    if reason is not None and form.reasons and reason not in form.reasons:
        against.append(f"{form.title} is not for this reason.")
    if not form.can_be_filled:
        places = " and ".join(jurisdiction_name(each) for each in form.jurisdictions)
        against.append(f"{places} issues it: upload the one that you have.")
    for jurisdiction in jurisdictions:
        rule = pack.state(jurisdiction)
        refusal, condition = _of_state(form, rule) if rule else ("", "")
        against += [refusal] if refusal else []
        conditions += [condition] if condition else []
    return FormOption(form, tuple(against), tuple(conditions))


def _of_state(form: Form, rule: StateRule) -> tuple[str, str]:
    """What a state has against a form, and on what condition it takes it; empty = nothing."""
    place = jurisdiction_name(rule.jurisdiction)
    accepted, condition = {
        FormKind.SST: (rule.sst_form_accepted, None),
        FormKind.MTC: (rule.mtc_accepted, rule.mtc_condition),
        FormKind.SINGLE_STATE: (Acceptance.YES, None),
    }[form.kind]
    if accepted in {Acceptance.NO, Acceptance.UNKNOWN}:
        return f"{place} does not take it.", ""
    if accepted is Acceptance.NOT_NEEDED:
        return f"{place} asks for no certificate.", ""
    return "", f"{place} takes it on a condition: {condition}." if condition else ""
