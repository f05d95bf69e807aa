"""Whether exemption statuses are written, once, and told item by item."""

from __future__ import annotations

import pytest

from exempt.model.pushing import Outcome, Target
from exempt.testing.contract.base import Group
from exempt.testing.levels import bronze, silver
from exempt.testing.pushing import named, push, status, targets
from exempt.testing.telling import must
from exempt.testing.trial import Trial
from exempt.testing.variants import unused

_HOOK = "Connector.push_exemption_status"
_DONE = {Outcome.APPLIED, Outcome.UNCHANGED}
each_target = pytest.mark.parametrize("target", list(Target), ids=str)


class Push(Group):
    """Each item is the whole desired state; its outcome is its own."""

    @bronze
    @each_target
    def test_every_item_has_its_outcome(self, alone: Trial, target: Target) -> None:
        """One result a key, and good items are done."""
        records = targets(alone, target)
        results = push(alone.open(), [status(record, target) for record in records])
        must(
            {result.outcome for result in results} <= _DONE,
            did=f"pushed a status to {len(records)} {target}s that are there",
            came=", ".join(f"{result.outcome} {result.message}" for result in results),
            asks="applied, or unchanged where it already was so; if none can be written,"
            f" PUSH_{target.name}S left out of ConnectorInfo.capabilities",
            read=_HOOK,
        )

    @bronze
    @each_target
    def test_what_is_applied_is_written(self, alone: Trial, target: Target) -> None:
        """The sandbox tells what came to it."""
        records = targets(alone, target)
        results = push(alone.open(), [status(record, target) for record in records])
        written = alone.writes()
        silent = [
            record.external_id
            for record, result in zip(records, results, strict=True)
            if result.outcome is Outcome.APPLIED and record.external_id not in written
        ]
        must(
            not silent,
            did=f"pushed a status to {len(records)} {target}s",
            came=f"applied, but the sandbox knows of no write to {', '.join(silent)}",
            asks="applied only for what was written (and Sandbox.writes that tells of it)",
            read=_HOOK,
        )

    @silver
    @each_target
    def test_the_same_item_twice_does_no_harm(self, alone: Trial, target: Target) -> None:
        """After a crash the same batch comes again."""
        items = [status(record, target) for record in targets(alone, target)]
        connection = alone.open()
        push(connection, items)
        once = alone.writes()
        outcomes = {r.outcome for r in [*push(connection, items), *push(alone.open(), items)]}
        must(
            outcomes <= _DONE and alone.writes() == once,
            did="pushed the same items three times, the last time in a new connector",
            came=f"{', '.join(sorted(outcomes))}; first {once}, then {alone.writes()}",
            asks="applied or unchanged, and the remote as after the first time",
            read="PushItem",
        )

    @silver
    @each_target
    def test_a_status_is_taken_back(self, alone: Trial, target: Target) -> None:
        """A certificate that ran out leaves nothing behind."""
        records = targets(alone, target)
        connection = alone.open()
        push(connection, [status(record, target) for record in records])
        exempt = alone.writes()
        back = [status(record, target, exempt=False, version=2) for record in records]
        outcomes = {result.outcome for result in push(connection, back)}
        taxed = alone.writes()
        same = [
            r.external_id for r in records if exempt.get(r.external_id) == taxed.get(r.external_id)
        ]
        must(
            outcomes == {Outcome.APPLIED} and not same,
            did=f"pushed {target}s as exempt, then as taxable",
            came=f"{', '.join(sorted(outcomes))}; as before at the remote: {', '.join(same)}",
            asks="the whole desired state written, each time",
            read="PushItem",
        )

    @silver
    @each_target
    def test_a_dry_run_writes_nothing(self, alone: Trial, target: Target) -> None:
        """It says what would happen; the real run then does it."""
        items = [status(record, target) for record in targets(alone, target)]
        before = alone.writes()
        connection = alone.open()
        planned = [result.outcome for result in push(connection, items, dry_run=True)]
        must(
            alone.writes() == before,
            did=f"pushed {len(items)} {target}s with dry_run",
            came="the sandbox tells of a write",
            asks="no write",
            read="PushRequest.dry_run",
        )
        done = [result.outcome for result in push(connection, items)]
        must(
            planned == done,
            did=f"pushed {len(items)} {target}s with dry_run, then in earnest",
            came=f"{', '.join(planned)}, then {', '.join(done)}",
            asks="from the dry run what then happens",
            read="PushRequest.dry_run",
        )

    @silver
    @each_target
    def test_one_failure_costs_no_other(self, alone: Trial, target: Target) -> None:
        """A record that was deleted meanwhile is told as missing; its neighbours are written."""
        first, last = targets(alone, target)
        (missing,) = unused([first.external_id, last.external_id])
        items = [status(first, target), named(missing, target), status(last, target)]
        outcomes = [result.outcome for result in push(alone.open(), items)]
        must(
            outcomes[1] is Outcome.MISSING and {outcomes[0], outcomes[2]} <= _DONE,
            did=f"pushed {first.external_id}, {missing} (which is not there), {last.external_id}",
            came=", ".join(outcomes),
            asks="applied, missing, applied: one item's failure is its own",
            read="Outcome",
        )
