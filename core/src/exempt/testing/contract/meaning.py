"""Whether a record means at both ends the same: amounts, signs, states, and who was first."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

from exempt.errors import TransientError
from exempt.hookspecs import ConnectorInfo
from exempt.model.fetching import Stream
from exempt.model.pushing import JurisdictionStatus, Outcome, Target
from exempt.model.sources import Order, OrderKind
from exempt.testing.bench import started
from exempt.testing.contract.base import Group
from exempt.testing.contract.push import each_target
from exempt.testing.levels import gold, silver
from exempt.testing.pushing import push, status, targets
from exempt.testing.telling import does_not_apply, must
from exempt.testing.trial import Trial
from exempt.testing.variants import another, changed, unused

_DONE = {Outcome.APPLIED, Outcome.UNCHANGED}
_LATER = {Outcome.CONFLICT, Outcome.RETRY, Outcome.UNKNOWN}
_HOUR = dt.timedelta(hours=1)
_KEPT = ("kind", "currency", "total", "tax", "voided", "closed")


class Meaning(Group):
    """What is read, and what is written, is what was meant."""

    @gold
    def test_an_order_that_is_put_back_reads_the_same(self, alone: Trial) -> None:
        """An amount in cents, or a sign that is lost on the way, changes with each turn."""
        alone.reads(Stream.ORDERS)
        put = alone.control("put")
        for order in _one_of_each_kind(alone):
            due = _amounts(order)
            put(order)
            came = [_amounts(each) for each in _now(alone, order.external_id)]
            must(
                came == [due],
                did=f"put the order {order.external_id} into the sandbox as it was read",
                came=_difference(due, came),
                asks="the same amounts (of which unit are the remote's numbers?), sign and kind:"
                " the sandbox writes them as the remote does, and the connector reads them",
                read="Order",
            )

    @gold
    def test_the_total_of_a_credit_is_negative(self, alone: Trial) -> None:
        """Many remotes write credits without a sign."""
        alone.reads(Stream.ORDERS)
        put = alone.control("put")
        found = _one_of_each_kind(alone)
        if not any(order.kind is OrderKind.CREDIT for order in found):
            (new,) = unused(alone.read(Stream.ORDERS, page_size=100).ids)
            total = -abs(found[0].total)
            credit = {"kind": OrderKind.CREDIT, "total": total, "tax": None, "lines": ()}
            put(another(found[0], new).model_copy(update=credit))
            found += _now(alone, new)
        wrong = [each for each in found if each.kind is OrderKind.CREDIT and each.total > 0]
        must(
            not wrong,
            did="read a credit",
            came=f"{wrong[0].external_id}: a total of {wrong[0].total}" if wrong else "",
            asks="a total, and lines, that are negative",
            read="Order",
        )

    @silver
    def test_the_order_of_states_changes_nothing(
        self, alone: Trial, info: ConnectorInfo[Any], tmp_path: Path
    ) -> None:
        """A connector that looks at the first state writes one of many."""
        (record, *_) = targets(alone, Target.CUSTOMER)
        alone.writes()
        item = status(record, Target.CUSTOMER)
        (one,) = item.jurisdictions
        others = [state for state in ("CA", "TX") if not one.jurisdiction.endswith(state)]
        two = JurisdictionStatus(**{**one.model_dump(), "jurisdiction": others[0]})
        written = []
        for number, states in enumerate([(one, two), (two, one)]):
            with started(info, tmp_path / str(number)) as bench:
                if bench is None or bench.sandbox is None:
                    alone.not_shown("there is no second sandbox")
                push(bench.open(), [item.model_copy(update={"jurisdictions": states})])
                written.append(bench.sandbox.writes().get(record.external_id, ""))
        must(
            sorted(written[0]) == sorted(written[1]),
            did=f"pushed a customer as exempt in {one.jurisdiction} and {two.jurisdiction}, and to"
            " a second sandbox the same with the states the other way round",
            came=f"{written[0]}, and {written[1]}",
            asks="every state written, in whatever order they come",
            read="PushItem.jurisdictions",
        )

    @gold
    @each_target
    def test_a_record_changed_before_it_is_written_is_no_refusal(
        self, alone: Trial, target: Target
    ) -> None:
        """Somebody is quicker, between the connector's look and its write."""
        alone.proxied()
        (record, *_) = targets(alone, target)
        put = alone.control("put")
        item = status(record, target)
        connection = alone.open()
        push(connection, [item], dry_run=True)  # whatever has to be asked first, has been

        def meddle() -> None:
            alone.bench.advance(_HOUR)
            put(changed(record))

        alone.bench.plan(None)
        alone.bench.before_write(meddle)
        came, words = _pushed(connection, item)
        if not alone.bench.meddled:
            does_not_apply(alone.item, "it makes no call that writes")
        written = record.external_id in alone.writes()
        must(
            came in _LATER or (came in _DONE and written),
            did=f"changed the {target} {record.external_id} just before the connector wrote to it",
            came=f"{came} {words}" + ("" if written else ", and nothing was written"),
            asks="conflict where the remote refuses for that (412, 409): the value is not wrong;"
            " applied where it was written",
            read="Outcome",
        )
        again, words = _pushed(connection, item)
        must(
            again in _DONE and record.external_id in alone.writes(),
            did=f"changed the {target} {record.external_id} just before the connector wrote to it,"
            " then pushed the same once more",
            came=f"{again} {words}",
            asks="applied: it was read again",
            read="Outcome",
        )


def _one_of_each_kind(trial: Trial) -> list[Order]:
    """An order of each kind that the remote has."""
    records = trial.read(Stream.ORDERS, page_size=100).records
    found = [record for record in records if isinstance(record, Order)]
    return list({order.kind: order for order in found}.values())


def _now(trial: Trial, external_id: str) -> list[Order]:
    """The order as it reads now; none if it cannot be read."""
    found = trial.look_at(Stream.ORDERS, external_id)
    return [found] if isinstance(found, Order) else []


def _amounts(order: Order) -> dict[str, Any]:
    kept = {name: getattr(order, name) for name in _KEPT}
    return kept | {"lines": [line.amount for line in order.lines]}


def _difference(due: dict[str, Any], came: list[dict[str, Any]]) -> str:
    if not came:
        return "it could no longer be read"
    names = [name for name, value in due.items() if came[0][name] != value]
    return "; ".join(f"{name}: {due[name]}, then {came[0][name]}" for name in names)


def _pushed(connection: Any, item: Any) -> tuple[Outcome, str]:
    try:
        (result,) = push(connection, [item])
    except TransientError as error:
        return Outcome.RETRY, str(error)
    return result.outcome, result.message
