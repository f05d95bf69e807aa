"""Sales of the past that connections have: read further back, and how far that is."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, NamedTuple

from exempt.cli import companies, daemon_view
from exempt.cli.output import count, one_line, print_json, print_table, say, say_below, short
from exempt.cli.syncing import Progress, code_of, look_at_nexus, say_trouble, shown, stopping
from exempt.cli.typed import day as typed_day
from exempt.errors import RefusedError
from exempt.rules.lookback import EVERYTHING, Lack, Lacking, Wanted
from exempt.services import histories
from exempt.services.companies import names as company_names
from exempt.services.histories import HistoryStart, HistoryView, Reached
from exempt.services.rows import ConnectionRow
from exempt.services.sync import Synced, only_read
from exempt.wiring import Exempt


def day_of(
    exempt: Exempt, from_: str | None, years: int | None, *, everything: bool
) -> dt.date | None:
    """The day that the options of ``exempt backfill run`` mean; None = none was given.

    Raises:
        RefusedError: They contradict each other, or the day has not come yet.
    """
    if (from_ is not None) + (years is not None) + everything > 1:
        msg = "say one of --from, --years and --all"
        raise RefusedError(msg)
    if everything:
        return EVERYTHING
    today = exempt.clock().date()
    if years is not None:
        return dt.date(today.year - years, 1, 1)
    if from_ is None:
        return None
    day = typed_day(from_, "--from")
    if day > today:
        msg = f"--from {day}: has not come yet: name a day of the past"
        raise RefusedError(msg)
    return day


# --- reading further back --------------------------------------------------------------


class _Told(NamedTuple):
    """What is to become of a connection; ``why_not`` = nothing."""

    name: str
    reached: Reached | None = None
    why_not: str = ""


def run(exempt: Exempt, names: Sequence[str], day: dt.date | None, *, as_json: bool) -> int:
    """``exempt backfill run``; 1 when a connection that is named cannot be read, or had a problem.

    Raises:
        RefusedError: No connection has orders.
    """
    rows = [row for row in _rows(exempt, names) if names or histories.reads_orders(row)]
    if not rows:
        msg = "no connection has orders to read: exempt plugins lists what connectors can do"
        raise RefusedError(msg)
    with exempt.store.reading() as tx:
        daemon = bool(daemon_view.look(tx, exempt.clock()).alive)
    told = [_reach_back(exempt, row, day, ask=daemon) for row in rows]
    if not as_json:
        for each in told:
            _say_told(each, daemon=daemon)
    to_read = [each.name for each in told if each.reached and not each.reached.is_read]
    progress, results, stopped = Progress(days=True), list[Synced](), list[int]()
    if to_read and not daemon:
        with stopping(exempt) as stopped, shown(progress, quiet=as_json):
            results = exempt.sync(to_read, told=progress.told, do=only_read)
            look_at_nexus(exempt)
    if as_json:
        print_json([_as_json(each, daemon, progress, results) for each in told])
    elif results:
        _say_result(exempt, results, stopped)
    refused = any(each.why_not and each.name in names for each in told)
    return code_of(results, stopped) or int(refused)


def _rows(exempt: Exempt, names: Sequence[str]) -> list[ConnectionRow]:
    """These connections, or all; those that were never used are made known."""
    wanted = exempt.names(names)
    with exempt.store.reading() as tx:
        rows = {row.name: row for row in tx.connections.all()}
    for name in wanted:
        if name not in rows:
            connection = exempt.open(name)
            try:
                rows |= exempt.register({name: connection})
            finally:
                connection.close()
    return [rows[name] for name in wanted]


def _reach_back(exempt: Exempt, row: ConnectionRow, day: dt.date | None, *, ask: bool) -> _Told:
    configured = exempt.connections[row.name]
    asked = histories.Asked(day, configured.since, exempt.policy, exempt.clock(), ask=ask)
    try:
        return _Told(row.name, histories.reach_back(exempt.store, row, asked))
    except RefusedError as error:
        return _Told(row.name, why_not=str(error))


def _say_told(told: _Told, *, daemon: bool) -> None:
    if told.reached is None:
        say(f"! {told.why_not}", "yellow")
        return
    start = _from(told.reached.reads_from)
    if told.reached.is_read:
        say(f"{told.name}: orders were read {start} already.")
    elif daemon:
        say(f"{told.name}: the daemon reads orders {start}: exempt backfill status", "green")
    else:
        goes_on = "reads orders" if told.reached.further else "goes on reading orders"
        say(f"{told.name}: {goes_on} {start}.")


def _from(day: dt.date | None) -> str:
    return "from their beginning" if day is None else f"from {day} on"


def _say_result(exempt: Exempt, results: Sequence[Synced], stopped: Sequence[int]) -> None:
    for result in results:
        say_trouble(result)
    names = {result.connection for result in results}
    with exempt.store.reading() as tx:
        views = [view for view in histories.look(tx) if view.row.connection in names]
    for view in views:
        found = view.on_file
        has = f"{count(found.orders, 'order')}, from {found.first_day}" if found else "no order"
        say(f"{view.row.connection}: {has} on file.")
    if stopped:
        say("Stopped: what was read stays, and exempt backfill run goes on from there.", "yellow")
    else:
        say("Exposure: exempt nexus")


def _as_json(
    told: _Told,
    daemon: bool,
    progress: Progress,
    results: Sequence[Synced],
) -> dict[str, Any]:
    problems = {result.connection: result.problem for result in results}
    problem = problems.get(told.name)
    reached = told.reached
    return {
        "connection": told.name,
        "reads_from": reached and reached.reads_from,
        "further": bool(reached and reached.further),
        "was_read": bool(reached and reached.is_read),
        "asked_of_daemon": bool(daemon and reached and not reached.is_read),
        "read": progress.as_dict().get(told.name, {}),
        "problem": told.why_not or (str(problem) if problem else None),
    }


# --- how far it is ---------------------------------------------------------------------


def show_status(exempt: Exempt, company: str | None, *, only_this: bool, as_json: bool) -> None:
    """``exempt backfill status``."""
    scope = companies.scope(exempt, company, only_this=only_this)
    with exempt.store.reading() as tx:
        views = histories.look(tx, scope)
        ids = {view.row.company_id for view in views}
        starts = histories.starts(tx, ids, exempt.policy, exempt.clock().date())
        names = company_names(tx)
    if as_json:
        print_json(
            {
                "connections": [_view_as_json(view) for view in views],
                "companies": [_start_as_json(start, names) for start in starts],
            }
        )
        return
    if not views:
        say("No connection has orders yet: exempt sync reads them.")
        return
    print_table(
        "How far back orders are read",
        ("Connection", "Read from", "State", "Orders", "First", "Last"),
        [_cells(view) for view in views],
        right=(3,),
        whole=("Connection", "Read from", "First", "Last"),
    )
    for view in views:
        _say_of(view)
    for start in starts:
        _say_what_lacks(exempt, start, names[start.company_id])


def _cells(view: HistoryView) -> tuple[object, ...]:
    found = view.on_file
    return (
        view.row.connection,
        _start(view),
        _state(view),
        f"{found.orders:,}" if found else "–",
        found.first_day if found else "–",
        found.last_day if found else "–",
    )


def _start(view: HistoryView) -> object:
    if not view.row.reads_orders or view.row.begun_at is None:
        return "–"
    return view.row.reads_from or "the beginning"


def _state(view: HistoryView) -> str:
    """How far it is, in words."""
    if not view.row.reads_orders:
        return "out of files"
    if view.row.read_at is not None:
        return f"read since {view.row.read_at:%Y-%m-%d %H:%M}"
    if view.paused_reason is not None:
        return "paused"
    if view.row.begun_at is None:
        return "not begun"
    return "being read" if view.so_far else "about to be read"


def _say_of(view: HistoryView) -> None:
    """What is to be said of a connection beside its line."""
    name, so_far = view.row.connection, view.so_far
    if view.row.reads_orders and view.row.read_at is None and so_far is not None:
        rate = f", {so_far.rate:,.0f} a second" if so_far.rate else ""
        say(
            f"{name}: {daemon_view.read_so_far(so_far)}, in {count(so_far.pages, 'page')}{rate};"
            f" the last page came at {so_far.moved_at:%Y-%m-%d %H:%M:%S}"
        )
        if so_far.first_day:
            say_below(f"they are of {so_far.first_day} to {so_far.last_day}")
    if view.paused_reason is not None and view.row.read_at is None:
        say(f"! {name} is paused: {one_line(view.paused_reason)}", "yellow")
    if view.rejected:
        rows = count(view.rejected, "order")
        say(f"! {name}: {rows} could not be read: exempt status says why", "yellow")


def _say_what_lacks(exempt: Exempt, start: HistoryStart, company: str) -> None:
    """What is wanted of a company's sales and may not be known, and how to mend it."""
    by_source: dict[tuple[Lacking, str | None], list[Lack]] = {}
    for _, lacking in start.all_lacks():
        for lack in lacking:
            by_source.setdefault((lack.why, lack.connection), []).append(lack)
    for (why, connection), lacking in by_source.items():
        wants, known = _wants([lack.wanted for lack in lacking]), lacking[0].known_from
        if why is Lacking.READ_FROM:
            say(f"! {connection}: orders are read from {known} on, and {wants}", "yellow")
            first = lacking[0].wanted.first_day
            say(f"    {_how_further(exempt, connection or '', first)}", wrap=False)
        elif why is Lacking.NOTHING_OLDER:
            say(
                f"! {company}: {wants}; the first sale is of {known}, and its connections have"
                " nothing older",
                "yellow",
            )
            say("    exempt backfill check FILE    for what was sold before, elsewhere", wrap=False)


def _wants(wanted: Sequence[Wanted]) -> str:
    """``TX wants 4 years, to 2022-01-01``."""
    every = not any(each.jurisdictions for each in wanted)
    said = []
    for each in wanted:
        years = count(each.years, "year")
        if each.jurisdictions:
            who = ", ".join(map(short, each.jurisdictions))
            verb = "wants" if len(each.jurisdictions) == 1 else "want"
        else:
            who, verb = ("every state" if every else "the others"), "wants" if every else "want"
        said.append(f"{who} {verb} {years}, to {each.first_day}")
    return " and ".join(said)


def _how_further(exempt: Exempt, connection: str, first: dt.date) -> str:
    """The command that brings what is older, or the setting to change."""
    configured = exempt.connections.get(connection)
    if configured is None:
        return "exempt backfill check FILE    since it is not in the settings any more"
    if configured.since == EVERYTHING:
        return f"exempt sync {connection}    reads all there are, as the settings say by now"
    if configured.since is not None:
        return f"since = {first}    in the settings, where it is {configured.since}"
    return f"exempt backfill run {connection} --from {first}    reads further back"


def _view_as_json(view: HistoryView) -> dict[str, Any]:
    so_far, found = view.so_far, view.on_file
    return {
        "connection": view.row.connection,
        "state": _state(view),
        "reads_orders": view.row.reads_orders,
        "reads_from": view.row.reads_from,
        "begun_at": view.row.begun_at,
        "read_at": view.row.read_at,
        "reading": None
        if so_far is None or view.row.read_at is not None
        else {**so_far._asdict(), "rate": so_far.rate},
        "orders": found.orders if found else 0,
        "first_day": found and found.first_day,
        "last_day": found and found.last_day,
        "files_from": view.files_from,
        "rejected": view.rejected,
        "paused_reason": view.paused_reason,
    }


def _start_as_json(start: HistoryStart, names: dict[int, str]) -> dict[str, Any]:
    return {
        "company": names[start.company_id],
        "known_from": start.known_from,
        "first_sale": start.first_sale,
        "lacking": [
            {
                "jurisdictions": list(wanted.jurisdictions) or "all others",
                "years": wanted.years,
                "wanted_from": wanted.first_day,
                "why": lack.why,
                "connection": lack.connection,
                "known_from": lack.known_from,
            }
            for wanted, lacking in start.all_lacks()
            for lack in lacking
        ],
    }
