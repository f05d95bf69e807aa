"""The first people in a state: warned of once, and what staff say to it."""

from __future__ import annotations

import datetime as dt
from concurrent.futures import ThreadPoolExecutor

import pytest

from exempt.errors import NotFoundError, RefusedError
from exempt.model.presence import PresenceKind, WarningKind, WarningState
from exempt.rules.presences import PresenceDetails
from exempt.services import nexus_warnings, people, presences, warning_owing, warning_steps
from exempt.services.job_ports import JobKind
from exempt.services.presences import PresenceChange
from support.records import DAY, TODAY
from support.staff import HIRED, Firm, hire
from support.world import World

OPEN, CONFIRMED, DISMISSED = WarningState

OVER = " Nobody is there any more, but while somebody was, that made physical nexus."
AT_HOME = " They live there: work from home makes nexus at home."


@pytest.fixture
def firm(world: World) -> Firm:
    return Firm(world)


def states(firm: Firm) -> list[str]:
    return [row.jurisdiction for row in firm.warnings(OPEN)]


def dismiss(firm: Firm, reason: str = "a visit") -> None:
    for row in firm.warnings(OPEN):
        warning_steps.dismiss(firm.world.store, row.id, reason, firm.world.act())


def confirm(firm: Firm, **more: object) -> warning_steps.Confirmed:
    (row,) = firm.warnings(OPEN)
    return warning_steps.confirm(firm.world.store, row.id, firm.world.act(), **more)  # type: ignore[arg-type]


# --- raised ------------------------------------------------------------------------------


def test_the_first_import_raises_one_warning_a_state(firm: Firm) -> None:
    """B16, B18, G10."""
    firm.shows(
        hire("E-1", "TX", "OK"),
        hire("E-2", "TX"),
        hire("E-3", "CA", end_date=dt.date(2025, 6, 30)),
        hire("E-4", "OR"),
    )
    assert firm.watch() == 3
    assert firm.says() == [
        f"California: 1 employee, from 2024-03-01 to 2025-06-30.{OVER}",
        f"Oklahoma: 1 employee, since 2024-03-01.{AT_HOME}",
        "Texas: 2 employees, since 2024-03-01.",
    ]
    assert {row.kind for row in firm.warnings()} == {WarningKind.EMPLOYEE}
    assert {row.since for row in firm.warnings()} == {HIRED}


def test_nobody_is_warned_of_the_same_people_twice(firm: Firm) -> None:
    firm.shows(hire())
    assert [firm.watch(), firm.watch()] == [1, 0]
    firm.shows(hire(label="Ana Ruiz"))
    firm.pass_days(400)
    assert firm.watch() == 0


def test_two_workers_raise_one(firm: Firm, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second looked before the first had written."""
    firm.shows(hire())
    look, turns = nexus_warnings._anything, iter([True, False])

    def looked(*seen: object) -> bool:
        found = look(*seen)  # type: ignore[arg-type]
        if next(turns, False):
            assert firm.watch() == 1
        return found

    monkeypatch.setattr(nexus_warnings, "_anything", looked)
    assert firm.watch() == 0
    assert len(firm.warnings()) == 1


def test_a_state_without_sales_tax_shows_its_people_and_warns_of_nothing(firm: Firm) -> None:
    firm.shows(hire(work="OR"))
    assert firm.watch() == 0
    with firm.world.store.reading() as tx:
        (seen,) = people.staff(tx, None, TODAY)
    (oregon,) = seen.states
    assert (oregon.staff.current, oregon.taxes) == (1, False)


def test_whoever_comes_to_an_open_warning_joins_it(firm: Firm) -> None:
    firm.shows(hire())
    firm.watch()
    firm.shows(hire("E-2", start_date=dt.date(2023, 1, 9)), hire("E-3", contractor=True))
    assert firm.watch() == 0
    assert firm.says() == ["Texas: 2 employees and 1 contractor, since 2023-01-09."]


def test_who_leaves_before_anybody_looked_is_still_told_of(firm: Firm) -> None:
    firm.shows(hire())
    firm.watch()
    firm.shows(hire(end_date=TODAY - DAY))
    assert firm.watch() == 0
    (said,) = firm.says()
    assert said.startswith("Texas: 1 employee, from 2024-03-01 to 2026-11-19. Nobody is there")


def test_a_move_is_a_new_state_and_the_old_one_stays(firm: Firm) -> None:
    """B15."""
    firm.shows(hire())
    firm.watch()
    firm.pass_days(10)
    firm.shows(hire(work="CA"))
    assert firm.watch() == 1
    california, texas = sorted(firm.says())
    assert california == "California: 1 employee, since 2026-11-30."
    assert texas.startswith("Texas: 1 employee, from 2024-03-01 to 2026-11-29. Nobody")


def test_what_the_source_puts_right_at_once_is_told_as_that(firm: Firm) -> None:
    firm.shows(hire())
    firm.watch()
    firm.shows(hire(work="CA"))
    assert firm.watch() == 1
    assert sorted(firm.says()) == [
        "California: 1 employee, since 2024-03-01.",
        "Texas: the HR system has put it right: nobody was there.",
    ]


def test_two_hr_systems_with_the_same_people_raise_one_warning(firm: Firm) -> None:
    """B23."""
    firm.shows(hire(label="Ana Ruiz"), hire("E-2", "CA"))
    firm.watch()
    dismiss(firm)
    rippling = firm.connect("rippling")
    firm.shows(hire("77", label="ana ruiz"), hire("E-2", "CA"), of=rippling)
    assert firm.watch() == 0
    with firm.world.store.reading() as tx:
        ((_, states_, _),) = people.staff(tx, None, TODAY)
    assert [(each.staff.jurisdiction, each.staff.current) for each in states_] == [
        ("US-CA", 1),
        ("US-TX", 1),
    ]
    firm.shows(hire("78", label="Ben Ode"), of=rippling)
    assert firm.watch() == 1, "somebody whom just the second system knows"


def test_companies_are_warned_each_for_itself(firm: Firm, world: World) -> None:
    firm.shows(hire())
    contoso = world.connect("adp", [*firm.hr.row.capabilities], company="contoso")
    firm.shows(hire(), of=contoso)
    assert firm.watch() == 2
    assert {row.company for row in firm.warnings()} == {"Northwind", "Contoso"}


def test_a_page_of_employees_asks_for_the_watch(firm: Firm) -> None:
    def asked() -> int:
        with firm.world.store.reading() as tx:
            return sum(job.asked for job in tx.jobs.all() if job.kind is JobKind.NEXUS)

    firm.shows(hire())
    first = asked()
    firm.shows(hire())
    assert (first > 0, asked() == first) == (True, True), "nothing is new"
    firm.loses("E-1")
    assert asked() >= first


# --- confirmed, dismissed ----------------------------------------------------------------


def test_confirming_makes_a_presence(firm: Firm) -> None:
    """B22, B39–B41."""
    firm.shows(hire())
    firm.watch()
    done = confirm(firm, notes="A sales engineer in Austin.")
    (kept,) = firm.presences()
    assert kept == done.presence
    assert (kept.jurisdiction, kept.kind, kept.effective_date) == (
        "US-TX",
        PresenceKind.EMPLOYEE,
        HIRED,
    )
    assert (kept.notes, kept.made_by) == ("A sales engineer in Austin.", "anna")
    assert kept.warning_id == done.warning.id
    assert (done.warning.state, done.warning.closed_by) == (CONFIRMED, "anna")
    assert done.warning.read_by == "anna"
    with firm.world.store.reading() as tx:
        (change,) = warning_steps.history(tx, done.warning.id)
        (made,) = presences.history(tx, kept.id)
        (seen,) = people.staff(tx, None, TODAY)
    assert (change.field, change.old, change.changed_by) == ("state", "open", "anna")
    assert change.new == "confirmed: A sales engineer in Austin."
    assert (made.new, made.changed_by) == ("employee since 2024-03-01", "anna")
    assert (seen.states[0].nexus_since, seen.states[0].warning_id) == (HIRED, None)


def test_the_notes_of_a_presence_say_what_the_warning_said(firm: Firm) -> None:
    firm.shows(hire())
    firm.watch()
    done = confirm(firm, effective_date=dt.date(2024, 2, 1))
    assert done.presence is not None
    assert done.presence.effective_date == dt.date(2024, 2, 1)
    assert done.presence.notes == "Texas: 1 employee, since 2024-03-01."


def test_after_a_confirmation_nobody_is_warned_of_there_any_more(firm: Firm) -> None:
    firm.shows(hire())
    firm.watch()
    confirm(firm)
    firm.shows(hire("E-2", start_date=TODAY))
    assert firm.watch() == 0


def test_once_the_confirmed_presence_has_ended_who_comes_then_is_new(firm: Firm) -> None:
    firm.shows(hire())
    firm.watch()
    made = confirm(firm).presence
    assert made is not None
    firm.shows(hire(end_date=TODAY - 2 * DAY))
    presences.end(firm.world.store, made.id, TODAY - 2 * DAY, firm.world.act())
    assert firm.watch() == 0
    firm.shows(hire("E-2", start_date=TODAY))
    assert firm.watch() == 1


def test_after_a_dismissal_only_those_who_come_later_raise_a_warning(firm: Firm) -> None:
    firm.shows(hire())
    firm.watch()
    dismiss(firm)
    firm.pass_days(30)
    assert firm.watch() == 0
    firm.shows(hire("E-2", start_date=TODAY + 30 * DAY))
    assert firm.watch() == 1
    assert firm.says() == ["Texas: 1 employee, since 2026-12-20."]
    dismiss(firm, "another visit")
    assert firm.watch() == 0


def test_who_comes_back_after_a_dismissal_is_new(firm: Firm) -> None:
    firm.shows(hire(end_date=dt.date(2025, 6, 30)))
    firm.watch()
    dismiss(firm, "before we sold there")
    firm.shows(hire(start_date=TODAY))
    assert firm.watch() == 1
    assert firm.says() == ["Texas: 1 employee, since 2026-11-20."]


def test_dismissing_is_audited_and_needs_a_reason(firm: Firm) -> None:
    """B22."""
    firm.shows(hire())
    firm.watch()
    (row,) = firm.warnings()
    with pytest.raises(RefusedError, match="dismissed for a reason: say why"):
        warning_steps.dismiss(firm.world.store, row.id, "  ", firm.world.act())
    with pytest.raises(RefusedError, match="at most 500 characters"):
        warning_steps.dismiss(firm.world.store, row.id, "x" * 501, firm.world.act())
    done = warning_steps.dismiss(firm.world.store, row.id, " a  visit ", firm.world.act())
    assert (done.state, done.reason, done.closed_by) == (DISMISSED, "a visit", "anna")
    assert done.closed_at == firm.world.now
    with firm.world.store.reading() as tx:
        (change,) = warning_steps.history(tx, row.id)
    assert (change.old, change.new, change.changed_by) == ("open", "dismissed: a visit", "anna")
    assert firm.presences() == []


def test_what_is_closed_stays_closed(firm: Firm) -> None:
    firm.shows(hire())
    firm.watch()
    (row,) = firm.warnings()
    dismiss(firm)
    with pytest.raises(RefusedError, match="warning 1: anna dismissed it on 2026-11-20: a visit"):
        warning_steps.confirm(firm.world.store, row.id, firm.world.act())
    assert firm.presences() == []


def test_a_warning_is_unread_until_somebody_says_so(firm: Firm) -> None:
    """B20."""
    firm.shows(hire("E-1", "TX"), hire("E-2", "CA"))
    firm.watch()
    one, two = firm.warnings()
    assert one.read_at is None
    (read,) = warning_steps.read(firm.world.store, [one.id], firm.world.act())
    assert (read.read_at, read.read_by, read.state) == (firm.world.now, "anna", OPEN)
    assert firm.warnings()[1] == two
    with pytest.raises(NotFoundError, match="warning 99: there is none"):
        warning_steps.read(firm.world.store, [two.id, 99], firm.world.act())
    assert firm.warnings()[1].read_at is None, "all, or none"


def test_a_warning_of_another_company_is_none(firm: Firm) -> None:
    firm.shows(hire())
    firm.watch()
    (row,) = firm.warnings()
    with pytest.raises(NotFoundError):
        warning_steps.confirm(firm.world.store, row.id, firm.world.act(), [99])
    assert firm.warnings(OPEN) == [row]


def test_a_presence_added_by_hand_answers_the_warning(firm: Firm) -> None:
    firm.shows(hire("E-1", "TX"), hire("E-2", "CA"))
    firm.watch()
    texas = PresenceDetails(jurisdiction="TX", kind="property", effective_date="2023-01-01")
    presences.add(firm.world.store, firm.hr.row.company_id, [texas], firm.world.act())
    assert states(firm) == ["US-CA"]
    (done,) = firm.warnings(CONFIRMED)
    assert (done.reason, done.closed_by) == ("presence 1 was added by hand", "anna")
    assert firm.watch() == 0


def test_when_a_mistaken_presence_is_taken_back_people_are_warned_of_again(firm: Firm) -> None:
    texas = PresenceDetails(jurisdiction="TX", kind="property", effective_date="2023-01-01")
    act = firm.world.act()
    (kept,) = presences.add(firm.world.store, firm.hr.row.company_id, [texas], act)
    firm.shows(hire())
    assert firm.watch() == 0
    presences.remove(firm.world.store, kept.id, act)
    assert firm.watch() == 1


def test_days_of_a_presence_that_was_changed_count(firm: Firm) -> None:
    firm.shows(hire(start_date=TODAY))
    texas = PresenceDetails(jurisdiction="TX", kind="property", effective_date="2023-01-01")
    act = firm.world.act()
    (kept,) = presences.add(firm.world.store, firm.hr.row.company_id, [texas], act)
    presences.change(firm.world.store, kept.id, PresenceChange(end_date=dt.date(2025, 1, 1)), act)
    assert firm.watch() == 1


def test_a_confirmed_presence_of_the_past_has_its_end(firm: Firm) -> None:
    firm.shows(hire(end_date=dt.date(2025, 6, 30)))
    firm.watch()
    made = confirm(firm).presence
    assert made is not None
    assert (made.effective_date, made.end_date) == (HIRED, dt.date(2025, 6, 30))
    assert firm.watch() == 0
    firm.shows(hire("E-2", start_date=TODAY))
    assert firm.watch() == 1, "somebody who comes later"


def test_a_run_that_fails_in_the_middle_leaves_nothing_half_done(
    firm: Firm, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A warning, the people it tells of and its mail are written together, or not at all."""
    firm.shows(hire("E-1", "TX"), hire("E-2", "CA"))
    owe = warning_owing.owe_mails

    def dies(*told: object) -> None:
        owe(*told)  # type: ignore[arg-type]
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(nexus_warnings, "owe_mails", dies)
        with pytest.raises(KeyboardInterrupt):
            firm.watch()
    assert (firm.warnings(), firm.deliveries()) == ([], [])
    assert firm.watch() == 2
    assert firm.deliveries() == [("1", "pending"), ("2", "pending")]


def test_workers_at_the_same_moment_raise_one_a_state(any_world: World) -> None:
    firm = Firm(any_world)
    firm.shows(hire("E-1", "TX", "OK"), hire("E-2", "CA"))
    with ThreadPoolExecutor(4) as pool:
        raised = [each.result() for each in [pool.submit(firm.watch) for _ in range(4)]]
    assert sum(raised) == 3
    assert len(firm.warnings()) == 3
