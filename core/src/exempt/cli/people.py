"""Where people work and live, on the command line; and people out of files."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from exempt.cli.bars import bar
from exempt.cli.companies import scope
from exempt.cli.output import count, one_line, print_json, print_table, say, short
from exempt.cli.typed import jurisdiction
from exempt.data import jurisdiction_name
from exempt.errors import RefusedError
from exempt.model.imports import PeopleRun, Tally
from exempt.model.people import PersonThere, StateStaff
from exempt.services import companies, employee_files, employee_undoing
from exempt.services.brought_ports import LeftRecord
from exempt.services.certificates import Act
from exempt.services.importing import leaving
from exempt.services.nexus_warnings import raise_employee_warnings
from exempt.services.people import CompanyStaff, StateView, staff
from exempt.wiring import Exempt
from exempt.wiring.backfills import backfill_parts

_MISTAKES_SHOWN = 50


def show(
    exempt: Exempt,
    state: str | None,
    company: str | None,
    *,
    only_this: bool,
    past: bool,
    as_json: bool,
) -> None:
    """``exempt employees list``."""
    on = exempt.clock().date()
    code = jurisdiction(state, f"state {state}") if state else None
    company_ids = scope(exempt, company, only_this=only_this)
    with exempt.store.reading() as tx:
        found = staff(tx, company_ids, on, jurisdiction=code, past=past or code is not None)
    if as_json:
        print_json([_told(one, with_people=code is not None) for one in found])
        return
    shown = [one for one in found if one.states or code is None]
    if not shown:
        where = f" in {jurisdiction_name(code)}" if code else ""
        say(f"Nobody is known{where}: connect an HR system, or see exempt employees import.")
    for one in shown:
        title = one_line(one.company.name) if len(found) > 1 else ""
        if code is not None:
            _show_people(title, one, code)
        else:
            _show_states(title, one)


def _show_states(title: str, one: CompanyStaff) -> None:
    rows = [
        (
            short(view.staff.jurisdiction),
            _who(view.staff),
            _since(view.staff),
            view.staff.until or "–",
            _nexus(view),
        )
        for view in one.states
    ]
    heads = ("State", "People", "Since", "Until", "Physical nexus")
    print_table(title, heads, rows, whole=("State", "Since", "Until"))
    if open_ones := [view for view in one.states if view.warning_id is not None]:
        states = ", ".join(short(view.staff.jurisdiction) for view in open_ones)
        say(f"To confirm or dismiss: {states}: see exempt warnings list", "yellow")
    if one.unplaced:
        say(f"Of {count(one.unplaced, 'employee')} no state is known.")


def _who(staff: StateStaff) -> str:
    """``2 employees (1 just lives there), 1 to come, 3 left, 1 contractor``."""
    just_live = staff.current - staff.at_work
    live = "just live there" if just_live > 1 else "just lives there"
    told = [
        count(staff.current, "employee") + (f" ({just_live} {live})" if just_live else ""),
        f"{staff.coming:,} to come",
        f"{staff.past:,} left",
        count(staff.contractors, "contractor"),
        f"{count(staff.past_contractors, 'contractor')} left",
    ]
    numbers = (
        *(staff.current, staff.coming, staff.past),
        *(staff.contractors, staff.past_contractors),
    )
    return ", ".join(text for text, number in zip(told, numbers, strict=True) if number)


def _since(there: StateStaff | PersonThere) -> str:
    """The first day; ``by`` the one of which we know, where it may have been earlier."""
    return f"{there.since}" if there.since_known else f"by {there.since}"


def _nexus(view: StateView) -> str:
    if not view.taxes:
        return "no sales tax there"
    if view.nexus_since:
        return f"since {view.nexus_since}"
    return f"warning {view.warning_id}" if view.warning_id else "not confirmed"


def _show_people(title: str, one: CompanyStaff, code: str) -> None:
    (view,) = one.states
    heads = ("Employee", "Called", "From", "When", "Since", "Until", "Here to")
    print_table(
        f"{title}: {jurisdiction_name(code)}" if title else jurisdiction_name(code),
        heads,
        [_person(each) for each in view.staff.people],
        whole=("Since", "Until"),
    )
    say(f"Physical nexus: {_nexus(view)}")


def _person(there: PersonThere) -> tuple[object, ...]:
    person = there.person
    systems = dict.fromkeys(each.connection for each in person.places)
    called = one_line(person.label) or "–"
    return (
        ", ".join(dict.fromkeys(number for _, number in person.records)),
        f"{called} (contractor)" if person.contractor else called,
        ", ".join(systems),
        there.when.value,
        _since(there),
        there.until or "–",
        _purpose(there),
    )


def _purpose(there: PersonThere) -> str:
    told = (("work", there.at_work), ("live", there.at_home))
    return " and ".join(word for word, so in told if so)


def _told(one: CompanyStaff, *, with_people: bool) -> dict[str, Any]:
    return {
        "company": one.company.key,
        "unplaced": one.unplaced,
        "states": [_state_told(view, with_people=with_people) for view in one.states],
    }


def _state_told(view: StateView, *, with_people: bool) -> dict[str, Any]:
    told = {**view.staff._asdict(), **view._asdict()}
    del told["staff"], told["people"]
    if with_people:
        told["people"] = [_person_told(each) for each in view.staff.people]
    return told


def _person_told(there: PersonThere) -> dict[str, Any]:
    told: dict[str, Any] = there._asdict()
    del told["person"]
    person = there.person
    systems: dict[int, str] = {each.connection_id: each.connection for each in person.places}
    return {
        **told,
        "label": person.label,
        "contractor": person.contractor,
        "records": [
            {"connection": systems.get(connection_id), "employee_id": number}
            for connection_id, number in person.records
        ],
        "places": [_place_told(each.place) for each in person.places],
    }


def _place_told(place: Any) -> dict[str, dt.date | str | None]:
    return {
        "kind": place.kind.value,
        "from": place.from_day,
        "through": place.through_day,
        "seen": place.seen_day,
    }


def take_in(exempt: Exempt, act: Act, file: Path, company: str | None, *, as_json: bool) -> int:
    """``exempt employees import``; 1 where something is wrong with the file."""
    exempt.settle()
    parts = backfill_parts(exempt)
    with exempt.store.reading() as tx:
        owner = companies.only_one(tx, company)
    try:
        with file.open("rb") as content:
            kept = leaving.keep(parts, file.name, content)
    except OSError as error:
        msg = f"{file}: cannot be read: {error.strerror}"
        raise RefusedError(msg) from None
    run = employee_files.take_in(exempt.store, parts, kept, owner.id, act)
    if run.counts.bad:
        return _refuse(exempt, run, as_json=as_json)
    run = employee_files.begin(exempt.store, run.id, act)
    with bar("Importing", quiet=as_json) as told:
        run = employee_files.go_on(exempt.store, parts, run.id, told=told)
    raised = raise_employee_warnings(exempt.store, exempt.policy, exempt.clock)
    with exempt.store.writing() as tx:
        source = employee_files.source_of(tx, run.company_id).name
    done, rows = run.counts.done, run.counts.rows
    if as_json:
        told_done = {"new": done.new, "changed": done.changed, "unchanged": done.unchanged}
        named = {"id": run.id, "rows": rows, **told_done, "source": source}
        print_json({**named, "mistakes": [], "warnings": raised})
        return 0
    what = f"{done.new:,} new, {done.changed:,} changed, {done.unchanged:,} as they were"
    say(f"{count(rows, 'row')} of people: {what}, under {source}.", "green")
    say(f"  exempt employees undo {run.id}    puts all of it back", wrap=False)
    if raised:
        say(f"{count(raised, 'new warning')}: see exempt warnings list", "yellow")
    return 0


def _refuse(exempt: Exempt, run: PeopleRun, *, as_json: bool) -> int:
    """Say what is wrong with a file, and give it up."""
    every = employee_files.mistakes(backfill_parts(exempt), run)
    if as_json:
        told = {"rows": run.counts.rows, "new": 0, "changed": 0, "unchanged": 0, "warnings": 0}
        print_json({**told, "mistakes": [each._asdict() for each in every]})
    else:
        for each in itertools.islice(every, _MISTAKES_SHOWN):
            say(f"{run.file_name}, {each}", "red")
        if more := sum(1 for _ in every):
            say(f"… and {more:,} more")
        say("Nothing was taken: mend these, and import the file again.")
    employee_files.drop(exempt.store, run.id)
    return 1


def preview_undo(exempt: Exempt, act: Act, run_id: int, *, as_json: bool) -> None:
    """``exempt employees undo --preview``."""
    seen = employee_undoing.preview(exempt.store, run_id, act)
    if not as_json:
        say(f"Undoing {one_line(seen.run.file_name)} would do this:", "bold")
    _say_undone(seen.undone, seen.left, as_json=as_json)
    if not seen.whole and not as_json:
        say(f"The first {seen.looked:,} were looked at; the others go the same way.")


def undo(exempt: Exempt, act: Act, run_id: int, *, as_json: bool) -> None:
    """``exempt employees undo``."""
    with bar("Undoing", quiet=as_json) as told:
        run = employee_undoing.undo(exempt.store, run_id, act, told=told)
    with exempt.store.reading() as tx:
        left = tx.brought.left(run.id, employee_undoing.STREAMS)
    if not as_json:
        say(f"The import of {one_line(run.file_name)} is undone.", "green")
    _say_undone(run.counts.undone, left, as_json=as_json)


def _say_undone(undone: Tally, left: Sequence[LeftRecord], *, as_json: bool) -> None:
    if as_json:
        told = {"removed": undone.new, "restored": undone.changed, "stay": undone.left}
        print_json({**told, "left": [each._asdict() for each in left]})
        return
    gone, stay = count(undone.new, "employee"), count(undone.left, "employee")
    say(f"{gone} taken away, {undone.changed:,} as before, {stay} left as they are.")
    if left:
        rows = [(one_line(each.external_id), each.note) for each in left]
        print_table("Who stays", ("Employee", "Why"), rows)
