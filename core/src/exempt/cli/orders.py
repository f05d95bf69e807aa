"""Orders explained on the command line, and decided by hand."""

from __future__ import annotations

from typing import Any, NamedTuple

from exempt.cli.output import one_line, print_json, print_table, say, say_below, short
from exempt.errors import RefusedError
from exempt.model.certificate import Change
from exempt.model.decision import Decision, ManualChoice
from exempt.model.sources import NotTaxedReason, OrderLine
from exempt.rules.decision import number_to_show
from exempt.rules.explain import found, step, verdict
from exempt.rules.lines import not_taxed_reason
from exempt.services import orders
from exempt.services.certificates import Act
from exempt.services.order_words import chosen, written
from exempt.services.orders import Candidate
from exempt.services.ports import Transaction
from exempt.services.rows import OrderView, Subject
from exempt.services.sheet import spoken
from exempt.wiring import Exempt

_LINES_SHOWN = 20


class _Seen(NamedTuple):
    """An order, and what was done to it."""

    view: OrderView
    choices: list[ManualChoice]
    history: list[Change]


def explain(exempt: Exempt, words: str, connection: str | None, *, as_json: bool) -> None:
    """``exempt orders explain``: every order with this number."""
    with exempt.store.reading() as tx:
        seen = [_seen(tx, view) for view in orders.find_all(tx, words, connection)]
    if as_json:
        print_json([_as_json(each) for each in seen])
        return
    for each in seen:
        _explain(each)


def _seen(tx: Transaction, view: OrderView) -> _Seen:
    history = tx.history.of(Subject.ORDER, view.id)
    return _Seen(view, tx.choices.all_of(view.id), history)


def _as_json(seen: _Seen) -> dict[str, Any]:
    view = seen.view
    return {
        **view._asdict(),
        "verdict": verdict(view.decision) if view.decision else None,
        "not_taxed": {
            line.line_id: not_taxed_reason(line, view.decision) if view.decision else None
            for line in view.record.lines
        },
        "by_hand": seen.choices,
        "history": seen.history,
    }


def _explain(seen: _Seen) -> None:
    view = seen.view
    order, decision = view.record, view.decision
    place = short(order.ship_to.jurisdiction if order.ship_to else None)
    say()
    say(f"{order.kind.capitalize()} {_name(view)} of {view.connection}", "bold")
    say(f"  customer  {one_line(view.customer_name or order.customer_external_id)}")
    say(f"  date      {order.order_date}, ship-to {place}, {order.total:,.2f} {order.currency}")
    if order.ship_to and order.ship_to.city:
        say(f"  goods to  {written(order.ship_to)}")
    if decision is None:
        say("  Not decided: the order was cancelled." if order.voided else "  Not decided.")
    else:
        say_below(verdict(decision), "red" if decision.tax_applicable else "green")
        _show_steps(decision)
        _show_lines(view, decision)
    _show_by_hand(seen.choices)
    _show_history(seen.history)
    if decision and view.decided_at:
        say(f"  rule {decision.rule}, decided {view.decided_at:%Y-%m-%d %H:%M} UTC", "dim")


def _name(view: OrderView) -> str:
    return one_line(view.record.number or view.record.external_id)


def _show_steps(decision: Decision) -> None:
    if not decision.steps:
        say("  The customer has no certificate on file.")
        return
    say("  Certificates looked at:")
    for each in decision.steps:
        say_below(f"- {step(each)}", by=4)


def _show_lines(view: OrderView, decision: Decision) -> None:
    """Its lines that are not taxed, each with the reason."""
    reasons = [(line, not_taxed_reason(line, decision)) for line in view.record.lines]
    untaxed = [(line, reason) for line, reason in reasons if reason]
    if not untaxed:
        return
    say("  Not taxed:")
    for line, reason in untaxed[:_LINES_SHOWN]:
        say_below(f"- {_line(line, reason, view.record.currency)}", by=4)
    if len(untaxed) > _LINES_SHOWN:
        say(f"    … and {len(untaxed) - _LINES_SHOWN:,} more: --json shows all")


def _line(line: OrderLine, reason: NotTaxedReason, currency: str) -> str:
    product = f", {one_line(line.product_external_id)}" if line.product_external_id else ""
    name = f"line {one_line(line.line_id)}{product}"
    return f"{name}, {line.amount:,.2f} {currency}: {spoken(reason)}"


def _show_by_hand(choices: list[ManualChoice]) -> None:
    """What somebody decided, while it counts; what was dropped stands in the history."""
    for choice in choices:
        if choice.ended_at is None:
            why = f": {one_line(choice.reason)}" if choice.reason else ""
            when = f"{choice.made_at:%Y-%m-%d %H:%M}"
            say_below(f"By hand: {chosen(choice)}, by {choice.made_by} on {when}{why}")


def _show_history(history: list[Change]) -> None:
    if not history:
        return
    say("  History:")
    for change in history:
        moved = f"{change.old or 'none'} → {change.new or 'none'}"
        when = f"{change.changed_at:%Y-%m-%d %H:%M}"
        said = f"- {when} {change.changed_by}: {spoken(change.field)}: {one_line(moved)}"
        say_below(said, by=4)


# --- by hand -----------------------------------------------------------------------------


def candidates(
    exempt: Exempt, act: Act, words: str, connection: str | None, *, as_json: bool
) -> None:
    """``exempt orders choose`` without a certificate: those there are (D11)."""
    with exempt.store.reading() as tx:
        view = orders.find_one(tx, words, connection)
        best: dict[int, Candidate] = {}
        for one in orders.candidates(tx, view.id, act):
            best.setdefault(one.coverage.certificate_id, one)
    if as_json:
        print_json(
            [
                {**one.coverage.model_dump(mode="json"), "against": one.against}
                for one in best.values()
            ]
        )
        return
    if not best:
        say(f"{_name(view)}: the customer has no certificate on file.")
        return
    print_table(
        f"Certificates of {one_line(view.customer_name)}, for {_name(view)}",
        ("Id", "Number", "State", "Expires", "Does it fit?"),
        [
            (
                one.coverage.certificate_id,
                number_to_show(one.coverage),
                short(one.coverage.jurisdiction),
                one.coverage.last_date or "no end",
                f"no: it {found(one.coverage, one.against)}" if one.against else "yes",
            )
            for one in best.values()
        ],
        right=(0,),
    )


def choose(
    exempt: Exempt,
    act: Act,
    words: str,
    certificate_id: int,
    connection: str | None,
    *,
    reason: str,
    anyway: bool,
    as_json: bool,
) -> None:
    """``exempt orders choose`` with one."""
    view = _one(exempt, words, connection)
    decision = orders.choose(
        exempt.store, view.id, certificate_id, act, reason=_reason(reason), anyway=anyway
    )
    _tell(view, decision, as_json=as_json)


def override(
    exempt: Exempt,
    act: Act,
    words: str,
    connection: str | None,
    *,
    tax_applicable: bool,
    reason: str,
    as_json: bool,
) -> None:
    """``exempt orders override``."""
    view = _one(exempt, words, connection)
    decision = orders.override(
        exempt.store, view.id, act, tax_applicable=tax_applicable, reason=_reason(reason)
    )
    _tell(view, decision, as_json=as_json)


def reset(exempt: Exempt, act: Act, words: str, connection: str | None, *, as_json: bool) -> None:
    """``exempt orders reset``."""
    view = _one(exempt, words, connection)
    _tell(view, orders.reset(exempt.store, view.id, act), as_json=as_json)


def _one(exempt: Exempt, words: str, connection: str | None) -> OrderView:
    with exempt.store.reading() as tx:
        return orders.find_one(tx, words, connection)


def _reason(text: str) -> str:
    if len(text) > 500:
        msg = "--reason: write at most 500 characters"
        raise RefusedError(msg)
    return text


def _tell(view: OrderView, decision: Decision, *, as_json: bool) -> None:
    if as_json:
        print_json({"id": view.id, "connection": view.connection, "decision": decision})
        return
    say(f"{view.record.kind.capitalize()} {_name(view)} of {view.connection}", "bold")
    say_below(verdict(decision), "red" if decision.tax_applicable else "green")
    if view.record.closed:
        say_below("The order is closed in its source, which is not told of this.", "yellow")
