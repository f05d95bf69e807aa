"""Connections on the command line: listed, paused, resumed, run now."""

from __future__ import annotations

from typing import Any, NamedTuple

from exempt.cli import daemon_view
from exempt.cli.daemon_view import Daemon
from exempt.cli.output import count, one_line, print_json, print_table, say
from exempt.rules.schedules import in_words
from exempt.services import steering
from exempt.services.backfills.sources import is_file
from exempt.services.certificates import Act
from exempt.services.duties import kinds_of
from exempt.services.employee_files import is_people_file
from exempt.services.job_ports import JobKind, JobRow
from exempt.services.report_rows import ConnectionStatus
from exempt.services.rows import ConnectionRow
from exempt.wiring import Exempt


class _Shown(NamedTuple):
    """A connection of the settings, or one that was in them; None = it was never opened."""

    name: str
    row: ConnectionRow | None
    status: ConnectionStatus | None
    jobs: list[JobRow]


def show_list(exempt: Exempt, *, as_json: bool) -> None:
    """``exempt connections list``."""
    exempt.settle()
    with exempt.store.reading() as tx:
        daemon = daemon_view.look(tx, exempt.clock())
        rows = {row.name: row for row in daemon.connections.values()}
        stati = {status.name: status for status in tx.reports.connections()}
    names = dict.fromkeys([*exempt.connections, *sorted(rows)])
    shown = [
        _Shown(
            name,
            rows.get(name),
            stati.get(name),
            [job for job in daemon.jobs if job.connection == name],
        )
        for name in names
    ]
    if as_json:
        print_json([_told(exempt, daemon, one) for one in shown])
        return
    if not shown:
        say("There is no connection: exempt init makes a settings file with examples.")
        return
    print_table(
        "Connections",
        ("Connection", "Connector", "Company", "Is read", "State", "Last read", "Owed", "Dead"),
        [_cells(exempt, daemon, one) for one in shown],
        right=(6, 7),
        whole=("Connection", "Last read"),
    )
    for one in shown:
        if one.row is not None and one.row.paused_reason is not None:
            daemon_view.say_paused(one.row)
    if not daemon.alive:
        daemon_view.say_nobody_runs()


def _cells(exempt: Exempt, daemon: Daemon, one: _Shown) -> tuple[object, ...]:
    configured = exempt.connections.get(one.name)
    read_at = one.status.last_read_at if one.status else None
    owed = one.status.deliveries if one.status else {}
    return (
        one.name,
        configured.connector if configured else one.row and one.row.connector,
        configured.company if configured else "",
        _is_read(exempt, one),
        _state(exempt, daemon, one),
        f"{read_at:%Y-%m-%d %H:%M}" if read_at else "never",
        owed.get("pending", "–"),
        owed.get("dead", "–"),
    )


def _is_read(exempt: Exempt, one: _Shown) -> str:
    """When the daemon reads a connection, in words."""
    configured = exempt.connections.get(one.name)
    reads = one.row is None or JobKind.PULL in kinds_of(one.row.capabilities)
    if configured is None or not reads:
        return "–"
    daemon = exempt.settings.file.daemon
    return in_words(configured.schedule or daemon.pull, daemon.time_zone)


def _state(exempt: Exempt, daemon: Daemon, one: _Shown) -> str:
    """How a connection is, in words."""
    if one.name not in exempt.connections:
        of_files = one.row is not None and is_file(one.row)
        if one.row is not None and is_people_file(one.row):
            return "people out of files"
        return "sales out of files" if of_files else "not in the settings"
    if one.row is None:
        return "never used"
    if one.row.paused_reason is not None:
        return f"paused by {one.row.paused_by}" if one.row.paused_by else "paused by an error"
    if failing := _failing(daemon, one):
        worst = max(failing, key=lambda job: job.failures)
        return f"failed {count(worst.failures, 'time')}: {one_line(worst.problem)}"
    going = [job.kind.value for job in one.jobs if job.running]
    return f"ok, {' and '.join(going)} going on" if going else "ok"


def _failing(daemon: Daemon, one: _Shown) -> list[JobRow]:
    return [job for job in daemon.failing if job.connection == one.name]


def _told(exempt: Exempt, daemon: Daemon, one: _Shown) -> dict[str, Any]:
    """A connection as JSON."""
    configured = exempt.connections.get(one.name)
    said: dict[str, Any] = {
        "name": one.name,
        "connector": configured.connector if configured else one.row and one.row.connector,
        "company": configured.company if configured else None,
        "made_in_console": exempt.connections.made_here(one.name),
        "schedule": configured and (configured.schedule or exempt.settings.file.daemon.pull),
        "state": _state(exempt, daemon, one),
        "capabilities": one.row.capabilities if one.row else [],
        "paused_reason": one.row and one.row.paused_reason,
        "paused_by": one.row and one.row.paused_by,
        "paused_at": one.row and one.row.paused_at,
        "last_read_at": one.status and one.status.last_read_at,
        "deliveries": one.status.deliveries if one.status else {},
        "jobs": [job.name for job in one.jobs],
        "failing": [job.name for job in _failing(daemon, one)],
    }
    return said


def _row(exempt: Exempt, name: str) -> ConnectionRow:
    """A connection as the store knows it; it is made known if need be.

    Raises:
        NotFoundError: It is not in the settings.
        SettingsError: It was never used, and cannot be opened.
    """
    exempt.names([name])
    with exempt.store.reading() as tx:
        found = [row for row in tx.connections.all() if row.name == name]
    if found:
        return found[0]
    opened = exempt.open(name)
    try:
        return exempt.register({name: opened})[name]
    finally:
        opened.close()


def pause(exempt: Exempt, act: Act, name: str, reason: str) -> None:
    """``exempt connections pause``."""
    row = _row(exempt, name)
    steering.pause(exempt.store, row, reason, act)
    say(f"{name} is paused. To let it go on:", "green")
    say(f"  exempt connections resume {name}", wrap=False)


def resume(exempt: Exempt, act: Act, name: str) -> None:
    """``exempt connections resume``."""
    row = _row(exempt, name)
    steering.resume(exempt.store, row, act)
    say(f"{name} goes on.", "green")
    _say_if_nobody_runs(exempt)


def run_now(exempt: Exempt, name: str, *, as_json: bool) -> None:
    """``exempt connections run``."""
    row = _row(exempt, name)
    kinds = steering.run_now(exempt.store, row)
    if as_json:
        print_json({"connection": name, "asked": [f"{kind}:{name}" for kind in kinds]})
        return
    say(f"Asked for: {', '.join(f'{kind}:{name}' for kind in kinds) or 'nothing'}.", "green")
    if JobKind.PUSH in kinds and not exempt.connections[name].write_back:
        say("Nothing is written to it: write_back is off.")
    _say_if_nobody_runs(exempt)


def _say_if_nobody_runs(exempt: Exempt) -> None:
    with exempt.store.reading() as tx:
        daemon = daemon_view.look(tx, exempt.clock())
    if not daemon.alive:
        daemon_view.say_nobody_runs()
