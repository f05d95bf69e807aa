"""What is owed to other systems on the command line: seen, tried again, dropped."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Collection, Iterator, Sequence
from typing import Any

from exempt.cli import daemon_view
from exempt.cli.daemon_view import Daemon
from exempt.cli.output import count, one_line, print_facts, print_json, print_table, say
from exempt.cli.typed import one_of
from exempt.errors import NotFoundError, RefusedError
from exempt.model.certificate import Change
from exempt.rules import wanted, wanted_words
from exempt.services import deliveries
from exempt.services.certificates import Act
from exempt.services.delivery_ports import DeliveryFilter, DeliveryView
from exempt.services.owed_mails import OwedMail
from exempt.services.ports import Transaction
from exempt.services.rows import Delivery, DeliveryState, DeliveryTarget
from exempt.wiring import Exempt


def show_list(
    exempt: Exempt,
    states: Collection[str],
    connection: str | None,
    limit: int,
    *,
    saying: str = "",
    as_json: bool,
) -> None:
    """``exempt deliveries list``."""
    chosen = frozenset(one_of(DeliveryState, each, "--state") for each in states)
    with exempt.store.reading() as tx:
        _see_that_it_is_there(tx, connection)
        page = tx.handling.page(DeliveryFilter(chosen, connection, limit, saying))
        daemon = daemon_view.look(tx, exempt.clock())
    if as_json:
        print_json({"deliveries": [told(v) for v in page.deliveries], "total": page.total})
        return
    if not page.deliveries:
        why = f", saying {saying!r}" if saying else ""
        say(f"Nothing is {' or '.join(sorted(chosen))}{why}.")
        return
    print_table(
        "Deliveries",
        ("Id", "Connection", "What", "State", "Tries", "Since", "Why"),
        [
            (
                view.delivery.id,
                view.connection,
                what(view),
                state(exempt, daemon, view),
                view.delivery.attempts,
                f"{view.owed_at:%Y-%m-%d}",
                one_line(view.delivery.message),
            )
            for view in page.deliveries
        ],
        right=(0, 4),
        whole=("Id", "Tries", "Since"),
    )
    if page.total > len(page.deliveries):
        say(f"These are {len(page.deliveries):,} of {page.total:,}: --limit shows more.")
    if any(view.delivery.state is DeliveryState.DEAD for view in page.deliveries):
        daemon_view.say_what_to_do()


def _see_that_it_is_there(tx: Transaction, connection: str | None) -> None:
    """See that a connection exists, or existed.

    Raises:
        NotFoundError: It does not, and never did.
    """
    known = [row.name for row in tx.connections.all()]
    if connection is not None and connection not in known:
        msg = f"{connection}: no such connection: one of {', '.join(known) or 'none'}"
        raise NotFoundError(msg)


def what(view: DeliveryView) -> str:
    """``order S-1``, ``customer Acme``, ``mail to Acme``, ``warning of US-TX``."""
    delivery = view.delivery
    to = {"mail": " to", "notice": " of", "warning": " of"}.get(delivery.target.value, "")
    return f"{delivery.target.value}{to} {one_line(view.name) or delivery.external_id}"


def state(exempt: Exempt, daemon: Daemon, view: DeliveryView) -> str:
    """What a delivery waits for, or what became of it, in words."""
    delivery = view.delivery
    if delivery.state is DeliveryState.DEAD:
        return f"dead: {delivery.outcome or 'refused'}"
    if delivery.state is not DeliveryState.PENDING:
        return delivery.state.value
    return f"waits{_for_what(exempt, daemon, view)}"


def _for_what(exempt: Exempt, daemon: Daemon, view: DeliveryView) -> str:
    delivery = view.delivery
    configured = exempt.connections.get(view.connection)
    row = daemon.connections[delivery.connection_id]
    if configured is None:
        return ": not in the settings"
    if row.paused_reason is not None:
        return ": paused"
    if not delivery.target.mailed and not configured.write_back:
        return ": write_back is off"
    if delivery.due_at > daemon.at:
        return f" until {_moment(delivery.due_at)}"
    return ""


def _moment(moment: dt.datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M}"


def told(view: DeliveryView) -> dict[str, Any]:
    """A delivery as JSON."""
    delivery = view.delivery
    return {
        "id": delivery.id,
        "connection": view.connection,
        "target": delivery.target,
        "external_id": delivery.external_id,
        "name": view.name,
        "state": delivery.state,
        "outcome": delivery.outcome,
        "message": delivery.message,
        "attempts": delivery.attempts,
        "version": delivery.version,
        "owed_at": view.owed_at,
        "due_at": delivery.due_at if delivery.state is DeliveryState.PENDING else None,
        "done_at": delivery.done_at,
    }


# --- one of them -------------------------------------------------------------------------


def show_one(exempt: Exempt, delivery_id: int, *, as_json: bool) -> None:
    """``exempt deliveries show``."""
    with exempt.store.reading() as tx:
        view = deliveries.get(tx, delivery_id)
        versions = tx.handling.versions(view.delivery)
        history = _history(tx, view)
        daemon = daemon_view.look(tx, exempt.clock())
    if as_json:
        print_json(
            {
                **told(view),
                "wanted": json.loads(view.delivery.wanted),
                "versions": [told(each) for each in versions],
                "history": history,
            }
        )
        return
    say(f"Delivery {delivery_id} to {view.connection}: {what(view)}", "bold")
    print_facts(_facts(view, state(exempt, daemon, view)))
    _show_versions(view, versions)
    if history:
        say("  History:")
    for change in history:
        said = f"{change.field}: {one_line(f'{change.old} → {change.new}')}"
        say(f"    - {_moment(change.changed_at)} {change.changed_by}: {said}", wrap=False)
    if view.delivery.state is DeliveryState.DEAD:
        say(f"  exempt deliveries retry {delivery_id}    once the cause is mended", wrap=False)


def _facts(view: DeliveryView, state_in_words: str) -> Iterator[tuple[str, str]]:
    delivery = view.delivery
    yield "State", state_in_words
    if delivery.message:
        yield "Why", one_line(delivery.message)
    yield "Owed", in_words(delivery)
    yield "Since", f"{_moment(view.owed_at)} UTC"
    if delivery.attempts:
        yield "Tried", count(delivery.attempts, "time")
    if delivery.done_at is not None:
        yield "Ended", f"{_moment(delivery.done_at)} UTC"
    yield "Id there", delivery.external_id


def in_words(delivery: Delivery) -> str:
    """What is owed."""
    if delivery.target is DeliveryTarget.MAIL:
        mail = OwedMail.model_validate_json(delivery.wanted)
        return f"{mail.subject} (to {', '.join(mail.to)})"
    if delivery.target is DeliveryTarget.NOTICE:
        return f"to tell reviewers that certificate {delivery.external_id} waits"
    if delivery.target is DeliveryTarget.WARNING:
        return f"to tell staff of warning {delivery.external_id}: see exempt warnings show"
    return wanted_words.in_words(wanted.load(delivery.wanted)) or "no state to tell of"


def _history(tx: Transaction, view: DeliveryView) -> list[Change]:
    """What people did with deliveries to the same thing."""
    delivery = view.delivery
    ids = deliveries.subjects(tx, delivery.connection_id, delivery.target, [delivery.external_id])
    subject = deliveries.SUBJECTS[delivery.target]
    of_these = {f"delivery {v.delivery.id} to" for v in tx.handling.versions(delivery)}
    return [
        change
        for each in ids.values()
        for change in tx.history.of(subject, each)
        if any(change.field.startswith(f"{one} ") for one in of_these)
    ]


def _show_versions(view: DeliveryView, versions: Sequence[DeliveryView]) -> None:
    others = [each for each in versions if each.delivery.id != view.delivery.id]
    if others:
        print_table(
            "Before and after it",
            ("Id", "Version", "Owed", "State", "Since"),
            [
                (
                    each.delivery.id,
                    each.delivery.version,
                    in_words(each.delivery),
                    each.delivery.state.value,
                    f"{each.owed_at:%Y-%m-%d}",
                )
                for each in others
            ],
            right=(0, 1),
        )


# --- by hand -----------------------------------------------------------------------------


def retry(
    exempt: Exempt,
    act: Act,
    ids: Sequence[int],
    connection: str | None,
    *,
    every: bool,
    even_if_sent: bool,
    as_json: bool,
) -> None:
    """``exempt deliveries retry``."""
    if every == bool(ids) or (connection and not every):
        msg = "deliveries retry: name ids, or say --all, alone or with --connection"
        raise RefusedError(msg)
    left: list[DeliveryView] = []
    if every:
        with exempt.store.reading() as tx:
            _see_that_it_is_there(tx, connection)
        again, left = deliveries.retry_dead(
            exempt.store, act, connection=connection, even_if_sent=even_if_sent
        )
    else:
        again = len(deliveries.retry(exempt.store, ids, act, even_if_sent=even_if_sent))
    if as_json:
        print_json({"again": again, "left": [told(view) for view in left]})
        return
    say(f"{count(again, 'delivery is', 'deliveries are')} owed again.", "green")
    if left:
        first = left[0].delivery.id
        say(f"Left, since they may have gone out: {count(len(left), 'mail')}.", "yellow")
        say(f"  exempt deliveries retry {first} --even-if-sent    sends one again", wrap=False)
    if again:
        with exempt.store.reading() as tx:
            daemon = daemon_view.look(tx, exempt.clock())
        if not daemon.alive:
            daemon_view.say_nobody_runs()


def drop(exempt: Exempt, act: Act, ids: Sequence[int], reason: str, *, as_json: bool) -> None:
    """``exempt deliveries drop``."""
    dropped = deliveries.drop(exempt.store, ids, reason, act)
    if as_json:
        print_json({"dropped": [view.delivery.id for view in dropped]})
        return
    for view in dropped:
        say(f"Delivery {view.delivery.id} to {view.connection} is dropped: {what(view)}.", "green")
