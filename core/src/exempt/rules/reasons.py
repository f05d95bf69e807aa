"""Our reasons for exemption in the codes of other systems, and back.

A connection's own codes, given in its settings, win over the standard ones.
A letter of the Streamlined Sales Tax form is nothing without the form and
revision it is from: Minnesota's ST3 uses H for resale, where F0003 uses G.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from enum import StrEnum

from exempt.model.certificate import ExemptionReason
from exempt.model.record import Record
from exempt.model.rulesdata import ReasonCodes, RulesPack
from exempt.rules.pack import shipped_pack

OwnCodes = Mapping[ExemptionReason, str]
"""A connection's own code for each reason that has one there."""


class CodeSystem(StrEnum):
    """Whose standard codes."""

    AVATAX = "avatax"
    STRIPE = "stripe"
    TAXJAR = "taxjar"


class SstLetter(Record):
    """A reason as a Streamlined Sales Tax form writes it: ``F0003`` of 2021-12-21, letter G."""

    scheme: str
    revision: dt.date
    letter: str

    def __str__(self) -> str:
        return f"{self.scheme} (rev. {self.revision}) {self.letter}"


def sst_letter(pack: RulesPack, reason: ExemptionReason) -> SstLetter:
    """The letter of *reason*, with its form and revision."""
    return _letter(pack.reason(reason))


def reasons_of_letter(pack: RulesPack, letter: SstLetter) -> tuple[ExemptionReason, ...]:
    """The reasons that *letter* may stand for; empty for another form or revision."""
    return tuple(row.exemption_reason for row in pack.reasons if _letter(row) == letter)


def code_of(
    pack: RulesPack,
    reason: ExemptionReason,
    *,
    system: CodeSystem | None = None,
    own: OwnCodes | None = None,
) -> str | None:
    """The code to write for *reason*: the connection's own, else the standard one.

    None where the connection has none of its own and uses no standard.
    """
    if own and (code := own.get(reason)):
        return code
    return None if system is None else _STANDARD[system](pack.reason(reason))[0]


def reason_code(
    reason: ExemptionReason,
    system: CodeSystem | None = None,
    own: Mapping[ExemptionReason, str] | None = None,
) -> str | None:
    """The code that a connector writes for *reason*.

    Args:
        reason: Why the sale is exempt.
        system: Whose standard codes the remote uses, as Exempt ships them;
            None where it uses codes of its own only.
        own: The remote's own codes, from the connection's settings: they win.

    Returns:
        The code, or None where neither has one.
    """
    return code_of(shipped_pack(), reason, system=system, own=own)


def reasons_of(
    pack: RulesPack,
    code: str,
    *,
    system: CodeSystem | None = None,
    own: OwnCodes | None = None,
) -> tuple[ExemptionReason, ...]:
    """The reasons that *code*, as a connection shows it, may stand for.

    Several where the code does not tell them apart (Stripe's ``exempt``); none
    where nobody knows it. Capitals do not matter, and a reason's standard code
    does not count where the connection has its own for it.
    """
    wanted, mine = code.strip().casefold(), own or {}
    if found := tuple(reason for reason, name in mine.items() if _same(name, wanted)):
        return found
    if system is None:
        return ()
    return tuple(
        row.exemption_reason
        for row in pack.reasons
        if row.exemption_reason not in mine
        and any(_same(name, wanted) for name in _STANDARD[system](row))
    )


def _same(name: str, wanted: str) -> bool:
    return name.strip().casefold() == wanted


def _letter(row: ReasonCodes) -> SstLetter:
    return SstLetter(scheme=row.sst_scheme, revision=row.sst_revision, letter=row.sst_letter)


_STANDARD: Mapping[CodeSystem, Callable[[ReasonCodes], tuple[str, ...]]] = {
    CodeSystem.AVATAX: lambda row: row.avatax_entity_use,
    CodeSystem.STRIPE: lambda row: (row.stripe_tax_exempt,),
    CodeSystem.TAXJAR: lambda row: (row.taxjar_exemption_type,),
}
