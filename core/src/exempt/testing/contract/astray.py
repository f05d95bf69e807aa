"""Whether links, redirects and lost answers lead a connector astray."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from exempt.errors import ConnectorError, TransientError
from exempt.hookspecs import ConnectorInfo
from exempt.model.fetching import FetchRequest, Stream
from exempt.model.pushing import Outcome, Target
from exempt.testing.bench import started
from exempt.testing.contract.base import Group
from exempt.testing.contract.push import each_target
from exempt.testing.faults import ELSEWHERE, LOOP, LOST_ANSWER, Fault, Reply
from exempt.testing.levels import silver
from exempt.testing.pushing import push, status, targets
from exempt.testing.telling import does_not_apply, must
from exempt.testing.trial import Trial

_DONE = {Outcome.APPLIED, Outcome.UNCHANGED}
_PERHAPS = {Outcome.UNKNOWN, Outcome.RETRY, *_DONE}


class Astray(Group):
    """Credentials go to the remote alone; a run has an end; what was done once is done once."""

    @silver
    def test_a_next_link_to_another_host_is_not_followed(self, alone: Trial) -> None:
        """A link is data; whoever can write it must not get our credentials."""
        alone.proxied()
        bent = 0
        for stream in _read_over_http(alone):
            alone.bench.plan(None)
            due = alone.read(stream, page_size=1).ids
            alone.bench.plan(ELSEWHERE)
            found, _ = _until_error(alone, stream, len(due))
            bent += sum(proxy.links for proxy in alone.bench.proxies)
            _nobody_else(alone, f"read {stream} while next links led to another host", "http")
            _nothing_left_out(found, due, stream, "next links led to another host")
        if not bent:
            does_not_apply(alone.item, "the sandbox's answers hold no next link")

    @silver
    def test_a_next_link_that_loops_comes_to_an_end(self, alone: Trial) -> None:
        """Some remotes link the last page to itself."""
        alone.proxied()
        bent = 0
        for stream in _read_over_http(alone):
            alone.bench.plan(None)
            due = alone.read(stream, page_size=1).ids
            alone.bench.plan(LOOP)
            found, ended = _until_error(alone, stream, len(due))
            bent += sum(proxy.links for proxy in alone.bench.proxies)
            must(
                ended,
                did=f"read {stream} while each next link led to its own page",
                came="page after page, each with a new cursor",
                asks="PermanentError, or the same cursor again, which the core notices",
                read="http.Response.link",
            )
            _nothing_left_out(found, due, stream, "next links led to their own page")
        if not bent:
            does_not_apply(alone.item, "the sandbox's answers hold no next link")

    @silver
    def test_a_redirect_to_another_host_is_not_followed(self, alone: Trial) -> None:
        """Not when reading, and not by check."""
        alone.proxied()
        there = alone.bench.elsewhere
        headers = {"Location": f"{there.url}/elsewhere" if there else ""}
        fault = Fault("redirect to another host", Reply(302, b"", headers), ())
        for stream in _read_over_http(alone):
            alone.bench.plan(fault)
            found, _ = _until_error(alone, stream, 1)
            _nobody_else(
                alone, f"read {stream} while the remote redirected to another host", "http"
            )
            must(
                found is None,
                did=f"read {stream} while the remote redirected to another host",
                came="a page",
                asks="PermanentError: check the base address",
                read="http",
            )

    @silver
    @each_target
    def test_a_lost_answer_does_no_harm(
        self, alone: Trial, info: ConnectorInfo[Any], tmp_path: Path, target: Target
    ) -> None:
        """The remote did it, and nobody was told; so it is pushed again."""
        alone.proxied()
        items = [status(record, target) for record in targets(alone, target)]
        with started(info, tmp_path / "clean") as clean:
            if clean is None or clean.sandbox is None:
                alone.not_shown("there is no second sandbox")
            push(clean.open(), items)
            due = dict(clean.sandbox.writes())
        alone.bench.plan(LOST_ANSWER, times=1, writing=True)
        connection = alone.open()
        did = f"pushed {target}s while the first answer to a write was lost"
        try:
            outcomes = {result.outcome for result in push(connection, items)}
        except TransientError:
            outcomes = set()
        must(
            outcomes <= _PERHAPS,
            did=did,
            came=", ".join(sorted(outcomes)),
            asks="unknown or retry, or applied where the call may be repeated",
            read="Outcome",
        )
        again = {result.outcome for result in push(connection, items)}
        must(
            again <= _DONE and alone.writes() == due,
            did=f"{did}, then pushed them again",
            came=f"{', '.join(sorted(again))}; at the remote {alone.writes()}",
            asks=f"what one push writes: {due}",
            read="Connector.push_exemption_status",
        )


def _read_over_http(trial: Trial) -> list[Stream]:
    streams: list[Stream] = [each for each in trial.streams if each is not Stream.BOUNCES]
    if not streams:
        does_not_apply(trial.item, "no stream is read over HTTP")
    return streams


def _until_error(trial: Trial, stream: Stream, pages: int) -> tuple[set[str] | None, bool]:
    """What was read of a bent stream, None where an error stopped it; and whether it ended."""
    connection = trial.open()
    found: set[str] = set()
    seen: set[str | None] = {None}
    cursor: str | None = None
    for _ in range(2 * pages + 3):
        try:
            page = connection.fetch(stream, FetchRequest(cursor=cursor, page_size=1))
        except ConnectorError:
            return None, True
        found |= {record.external_id for record in page.records}
        cursor = page.next_cursor
        if cursor is None:
            return found, True
        if cursor in seen:
            return None, True
        seen.add(cursor)
    return None, False


def _nobody_else(trial: Trial, did: str, read: str) -> None:
    there = trial.bench.elsewhere
    must(
        not (there and there.calls),
        did=did,
        came="the other host was called",
        asks="PermanentError before any call: no credentials go astray",
        read=read,
    )


def _nothing_left_out(found: set[str] | None, due: set[str], stream: Stream, why: str) -> None:
    must(
        found is None or found == due,
        did=f"read {stream} while {why}",
        came=f"an end after {len(found or ())} of {len(due)} records, and no error",
        asks="PermanentError, or all records where the link is not needed",
        read=f"Connector.fetch_{stream}",
    )
