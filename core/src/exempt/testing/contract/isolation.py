"""Whether two connections share nothing, and whether anything shows what nobody may see."""

from __future__ import annotations

from contextlib import nullcontext
from itertools import zip_longest
from pathlib import Path
from typing import Any

from exempt.hookspecs import ConnectorInfo
from exempt.model.fetching import FetchRequest, Stream
from exempt.testing.bench import Bench, started
from exempt.testing.contract.base import Group
from exempt.testing.levels import bronze, silver
from exempt.testing.telling import must
from exempt.testing.trial import LIVE_PAGES, PAGES_MAX, Trial

_SHORTEST_NAME = 6
_PERSONAL = ("name", "email", "label", "tax_id", "reason")


class Isolation(Group):
    """Two accounts of one system, side by side, under many eyes."""

    @bronze
    def test_two_connections_share_nothing(
        self, alone: Trial, info: ConnectorInfo[Any], tmp_path: Path
    ) -> None:
        """Pages of two accounts are read in turn, each from its own remote."""
        with nullcontext() if alone.live else started(info, tmp_path / "second") as other:
            one = alone.open("first")
            two = other.open("second") if other else alone.open("second")
            for stream in alone.streams:
                if stream is Stream.BOUNCES:
                    continue
                due = alone.read(stream, page_size=1).ids
                found: tuple[list[str], list[str]] = ([], [])
                most = LIVE_PAGES if alone.live else PAGES_MAX
                for pages in zip_longest(_ids(one, stream, most), _ids(two, stream, most)):
                    for ids, page in zip(found, pages, strict=True):
                        ids.extend(page or [])
                must(
                    set(found[0]) == due == set(found[1]),
                    did=f"read {stream} of two accounts in turn, a page of each",
                    came=f"{sorted(set(found[0]))} and {sorted(set(found[1]))}",
                    asks=f"from each what it has, {sorted(due)}",
                    read="Connector",
                )
            if other is not None:
                _each_calls_its_own(alone, other)

    @bronze
    def test_no_secret_is_shown(self, trial: Trial) -> None:
        """Neither by the connector and what it holds, nor in the log."""
        connection = trial.open()
        connection.check()
        for stream in trial.streams:
            trial.read_once(connection, stream)
        connector = trial.bench.connectors[-1]
        held = vars(connector)
        texts = {
            "its repr": repr(connector),
            "its settings": f"{trial.bench.settings()!r} {trial.bench.settings()}",
            "the log": "\n".join(trial.logs.lines),
            **{f"its attribute {name}": repr(value) for name, value in held.items()},
            **{
                f"what its attribute {name} holds": repr(vars(value))
                for name, value in held.items()
                if hasattr(value, "__dict__")
            },
        }
        shown = [what for what, text in texts.items() if trial.bench.secrets.shown_in(text)]
        must(
            not shown,
            did="used a connection, then looked at the connector and at the log",
            came=f"a secret stands in {', '.join(shown)}",
            asks="secrets kept as SecretStr, and taken out of it only for the call",
            read="Settings",
        )

    @silver
    def test_no_person_is_in_the_log(self, trial: Trial) -> None:
        """Names and addresses of customers and colleagues are nobody's business there."""
        connection = trial.open()
        people: set[str] = set()
        for stream in trial.streams:
            trial.reads(stream)
            run = trial.read(stream, connection=connection, page_size=100)
            people |= {
                value
                for record in run.records
                for name in _PERSONAL
                if len(value := str(getattr(record, name, None) or "")) >= _SHORTEST_NAME
            }
        log = "\n".join(trial.logs.lines)
        seen = sorted(each for each in people if each in log)
        must(
            not seen,
            did="read all streams, then looked at the log",
            came=f"{len(seen)} names or addresses, the first of {len(seen[0])} letters"
            if seen
            else "",
            asks="no personal data in a log: name records by their external_id",
            read="Context.log",
        )


def _ids(connection: Any, stream: Stream, most: int) -> Any:
    """The identifiers of page after page, of at most so many."""
    cursor = None
    for _ in range(most):
        page = connection.fetch(stream, FetchRequest(cursor=cursor, page_size=1))
        yield [record.external_id for record in page.records]
        cursor = page.next_cursor
        if cursor is None:
            return


def _each_calls_its_own(alone: Trial, other: Bench) -> None:
    """Of two open connections each calls its own remote, the first opened as well as the last."""
    one, two = alone.open("first"), other.open("second")
    for connection, its_own, stranger in ((one, alone.bench, other), (two, other, alone.bench)):
        its_own.plan(None)
        stranger.plan(None)
        connection.check()
        must(
            not stranger.calls,
            did="opened a connection to one account, then one to another, and called check on one",
            came="the other account was called",
            asks="settings kept in the connector's own object",
            read="ConnectorInfo.open",
        )
