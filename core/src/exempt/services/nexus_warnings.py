"""Warn of the first people in a state, and of thresholds that are near or met; each once.

An open warning tells what is so now: who comes to it later joins it, and when
all have left again it says so. What was dismissed is not raised again for those
whom it told of; for people who come later it is.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from exempt.data import jurisdictions
from exempt.model.nexus import ExposureStatus, Spell
from exempt.model.people import StaffPlace
from exempt.model.presence import WarningKind, WarningState
from exempt.rules.history import FieldChange
from exempt.rules.people import NewStates, Period, new_states, people_by_state
from exempt.rules.warning_words import StaffFacts, ThresholdFacts, facts_of
from exempt.services.exposures import ExposureView, exposures
from exempt.services.people import levies
from exempt.services.policy import Policy
from exempt.services.ports import Clock, Store, Transaction
from exempt.services.presence_ports import NewWarning, WarningRow
from exempt.services.rows import Subject
from exempt.services.warning_owing import mailable, owe_mails


def raise_employee_warnings(store: Store, policy: Policy, clock: Clock) -> int:
    """Raise a warning for each state with people, and without confirmed physical nexus (B16).

    Of one company in one state there is one open warning at most, whoever calls
    this, and how often: each company is looked at in a transaction of its own,
    that nobody else can look in at the same time. The mails are owed in it, too.

    Returns:
        How many were raised.
    """
    raised = 0
    with store.reading() as tx:
        companies = [company.id for company in tx.cards.companies()]
        to_do = [each for each in companies if _anything(tx, each, policy, clock().date())]
    for company_id in to_do:
        at = clock()
        with store.writing() as tx:
            tx.alone([company_id])
            seen = _look(tx, company_id, at.date())
            raised += _raise(tx, company_id, seen, at)
            owe_mails(tx, company_id, policy, at)
    return raised


class _Seen(NamedTuple):
    """What there is to be told of in one company, and what is open there."""

    places: Sequence[StaffPlace]
    new: NewStates
    open_ones: dict[str, WarningRow]


def _anything(tx: Transaction, company_id: int, policy: Policy, on: dt.date) -> bool:
    """Whether there is anything to write."""
    seen = _look(tx, company_id, on)
    told = any(_now(warning, seen.places, on) for warning in seen.open_ones.values())
    return bool(seen.new.arrivals or seen.new.joining or told or mailable(tx, company_id, policy))


def _look(tx: Transaction, company_id: int, on: dt.date) -> _Seen:
    places = tx.presence.places([company_id])
    confirmed = [
        Period(row.jurisdiction, row.effective_date, row.end_date)
        for row in tx.presence.all([company_id])
    ]
    taxing = [code for code in jurisdictions() if levies(code)]
    rows = tx.warnings.all([company_id], states=[WarningState.OPEN], kind=WarningKind.EMPLOYEE)
    return _Seen(
        places, new_states(places, confirmed, taxing, on), {row.jurisdiction: row for row in rows}
    )


def _raise(tx: Transaction, company_id: int, seen: _Seen, at: dt.datetime) -> int:
    """Write what was seen; how many warnings that raised."""
    raised = 0
    for warning_id, place_ids in seen.new.joining.items():
        tx.presence.told(place_ids, warning_id)
    for arrival in seen.new.arrivals:
        open_one = seen.open_ones.get(arrival.jurisdiction)
        told_by = open_one.id if open_one else None
        if open_one is None:
            new = NewWarning(
                company_id=company_id,
                jurisdiction=arrival.jurisdiction,
                kind=WarningKind.EMPLOYEE,
                # Who comes first of those that nobody was warned of; they get the warning's
                # mark with it, so that this can be nobody's occasion again.
                occasion=f"place {arrival.place_ids[0]}",
                since=arrival.staff.since,
                facts=facts_of(arrival.staff).model_dump_json(),
            )
            told_by = tx.warnings.open_one(new, at)
            raised += told_by is not None
        if told_by is not None:
            tx.presence.told(arrival.place_ids, told_by)
    places = tx.presence.places([company_id])
    for warning in seen.open_ones.values():
        if now := _now(warning, places, at.date()):
            tx.warnings.update(warning.id, *now)
    return raised


def _now(
    warning: WarningRow, places: Sequence[StaffPlace], on: dt.date
) -> tuple[dt.date, str] | None:
    """What an open warning should tell by now; None = what it does tell."""
    told = people_by_state((each for each in places if each.warning_id == warning.id), on)
    if not told:
        now = (warning.since, StaffFacts(corrected=True).model_dump_json())
    else:
        now = (told[0].since, facts_of(told[0]).model_dump_json())
    return None if now == (warning.since, warning.facts) else now


# --- sales -----------------------------------------------------------------------------

BY_ITSELF = "exempt"
"""Who closes a warning that nobody need look at any more."""


def raise_threshold_warnings(store: Store, policy: Policy, clock: Clock) -> int:
    """Warn of thresholds that are near, once a year, and that are met, once a spell.

    Nobody is warned of a state where the company is registered, or has
    confirmed physical nexus: tax is to be collected there anyhow. What is open
    there is closed, and so is that a threshold is near once it is met.

    Returns:
        How many were raised.
    """
    on = clock().date()
    with store.reading() as tx:
        by_company: dict[int, list[ExposureView]] = defaultdict(list)
        for view in exposures(tx, None, on, policy):
            by_company[view.company.id].append(view)
        to_do = [
            (company_id, views)
            for company_id, views in by_company.items()
            if _anything_of_sales(tx, company_id, views, policy)
        ]
    raised = 0
    for company_id, views in to_do:
        at = clock()
        with store.writing() as tx:
            tx.alone([company_id])
            for view in views:
                raised += _follow(tx, view, at)
            owe_mails(tx, company_id, policy, at)
    return raised


def _anything_of_sales(
    tx: Transaction, company_id: int, views: Sequence[ExposureView], policy: Policy
) -> bool:
    """Whether there is anything to write."""
    known = _of_sales(tx, company_id)
    changes = any(_to_raise(view, known) or _over(view, known) for view in views)
    return changes or mailable(tx, company_id, policy) is not None


def _of_sales(tx: Transaction, company_id: int) -> list[WarningRow]:
    rows = tx.warnings.all([company_id])
    return [row for row in rows if row.kind is not WarningKind.EMPLOYEE]


def _follow(tx: Transaction, view: ExposureView, at: dt.datetime) -> int:
    """Raise what a state's exposure asks for, and close what it answers; how many it raised."""
    known = _of_sales(tx, view.company.id)
    raised = 0
    if new := _to_raise(view, known):
        raised += tx.warnings.open_one(new, at) is not None
    for row, why in _over(view, _of_sales(tx, view.company.id)):
        if tx.warnings.close(row.id, WarningState.CONFIRMED, why, at, BY_ITSELF):
            change = FieldChange("state", WarningState.OPEN, f"confirmed: {why}")
            tx.history.add(Subject.WARNING, row.id, [change], at, BY_ITSELF)
    return raised


def _to_raise(view: ExposureView, known: Sequence[WarningRow]) -> NewWarning | None:
    """The warning that a state's exposure asks for, if there was none of it."""
    mine = [row for row in known if row.jurisdiction == view.jurisdiction]
    if not view.levies or _answer(view):
        return None
    spell, on = view.spell, view.exposure.on
    if view.status is ExposureStatus.MET and spell is not None:
        met = [row for row in mine if row.kind is WarningKind.MET]
        if any(_same_spell(row, spell) for row in met):
            return None
        return _new(view, WarningKind.MET, f"met {spell.met_on}", spell.met_on)
    if view.status is ExposureStatus.APPROACHING:
        occasion = f"near in {on.year}"
        if all((row.kind, row.occasion) != (WarningKind.APPROACHING, occasion) for row in mine):
            return _new(view, WarningKind.APPROACHING, occasion, on)
    return None


def _same_spell(row: WarningRow, spell: Spell) -> bool:
    """Whether a warning told of this spell: orders that come late move its first day."""
    ended = spell.ended_on or dt.date.max
    return spell.crossed_on <= row.since < ended or row.since.year == spell.met_on.year


def _new(view: ExposureView, kind: WarningKind, occasion: str, since: dt.date) -> NewWarning:
    measures, spell = view.exposure.measures, view.spell
    facts = ThresholdFacts(
        percent=view.exposure.percent,
        window=spell.window if spell else measures[0].name if measures else "",
        version=view.threshold.version if view.threshold else "",
        met_from=spell.met_on if spell else None,
        collect_from=spell.collect_from if spell else None,
    )
    return NewWarning(
        company_id=view.company.id,
        jurisdiction=view.jurisdiction,
        kind=kind,
        occasion=occasion,
        since=since,
        facts=facts.model_dump_json(),
    )


def _over(view: ExposureView, known: Sequence[WarningRow]) -> list[tuple[WarningRow, str]]:
    """The open warnings of a state that nobody need look at any more, and why."""
    mine = [row for row in known if row.jurisdiction == view.jurisdiction]
    open_ones = [row for row in mine if row.state is WarningState.OPEN]
    if why := _answer(view):
        return [(row, why) for row in open_ones]
    if view.status is not ExposureStatus.MET or all(r.kind is not WarningKind.MET for r in mine):
        return []
    near = [row for row in open_ones if row.kind is WarningKind.APPROACHING]
    return [(row, "the threshold is met: another warning tells of that") for row in near]


def _answer(view: ExposureView) -> str | None:
    """Why nobody need be warned of sales to a state."""
    if view.registration is not None:
        return f"registered from {view.registration.registered_from} on"
    if view.physical_since is not None:
        return f"physical nexus is confirmed since {view.physical_since}"
    return None
