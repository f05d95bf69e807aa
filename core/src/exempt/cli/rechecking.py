"""Decisions replayed from what they kept, and closed orders held against the register of today."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from exempt.cli.output import count, one_line, print_json, print_table, say, say_below, short
from exempt.errors import RefusedError
from exempt.rules.explain import verdict
from exempt.services import orders
from exempt.services.certificates import Act
from exempt.services.orders import Replayed
from exempt.services.recheck import Differs, closed_orders, in_words
from exempt.services.sheet import spoken
from exempt.wiring import Exempt


@dataclass
class _Outcome:
    """What came of decisions made once more.

    ``gone`` counts those by a version of the rule that is gone, by its name.
    """

    agree: int = 0
    otherwise: list[Replayed] = field(default_factory=list)
    gone: Counter[str] = field(default_factory=Counter)

    def add(self, done: Iterable[Replayed]) -> None:
        """Count these."""
        for one in done:
            if one.anew is None:
                self.gone[one.kept.rule] += 1
            elif one.agrees:
                self.agree += 1
            else:
                self.otherwise.append(one)


def replay(
    exempt: Exempt, words: Sequence[str], connection: str | None, *, every: bool, as_json: bool
) -> int:
    """``exempt orders replay``; 1 when a decision comes out otherwise."""
    if every == bool(words):
        msg = "orders replay: name orders, or say --all"
        raise RefusedError(msg)
    outcome = _Outcome()
    if every:
        for ids in orders.portions(exempt.store):
            outcome.add(orders.replayed(exempt.store, ids))
        shown = outcome.otherwise
    else:
        with exempt.store.reading() as tx:
            ids = [orders.find_one(tx, each, connection).id for each in words]
        shown = orders.replayed(exempt.store, ids)
        outcome.add(shown)
    if as_json:
        _print_outcome(exempt, outcome, shown)
    else:
        for one in shown:
            _show_replayed(exempt, one)
        _summarise(outcome)
    return 1 if outcome.otherwise else 0


def _print_outcome(exempt: Exempt, outcome: _Outcome, shown: Sequence[Replayed]) -> None:
    print_json(
        {
            "agree": outcome.agree,
            "otherwise": len(outcome.otherwise),
            "rule_gone": outcome.gone,
            "orders": [
                {
                    "order": _name(exempt, one),
                    "agrees": None if one.anew is None else one.agrees,
                    "kept": one.kept,
                    "anew": one.anew,
                }
                for one in shown
            ],
        }
    )


def _show_replayed(exempt: Exempt, one: Replayed) -> None:
    name = _name(exempt, one)
    if one.anew is None:
        say(f"– {name}: rule {one.kept.rule} made it, which this version no longer has.", "yellow")
    elif one.agrees:
        say(f"✓ {name}: agrees", "green")
        say_below(verdict(one.kept))
    else:
        say(f"✗ {name}: comes out otherwise", "red")
        say_below(f"kept:      {in_words(one.kept)}")
        say_below(f"once more: {in_words(one.anew)}")
        kept, anew = one.kept.model_dump(), one.anew.model_dump()
        differ = [spoken(name) for name in kept if kept[name] != anew[name]]
        say_below(f"different: {', '.join(differ)}")


def _name(exempt: Exempt, one: Replayed) -> str:
    with exempt.store.reading() as tx:
        view = orders.find_one(tx, f"id:{one.order_id}")
    return f"{one_line(view.record.number or view.record.external_id)} of {view.connection}"


def _summarise(outcome: _Outcome) -> None:
    agree, otherwise = outcome.agree, len(outcome.otherwise)
    say(f"{count(agree, 'decision')} made once more from what was kept: the same outcome.")
    for rule, how_many in sorted(outcome.gone.items()):
        made = count(how_many, "decision was", "decisions were")
        say(f"{made} made by rule {rule}, which this version no longer has.", "yellow")
    if otherwise:
        comes = count(otherwise, "decision comes", "decisions come")
        say(f"{comes} out otherwise: what is kept of them was changed, or the program.", "red")


# --- recheck -----------------------------------------------------------------------------


def recheck(
    exempt: Exempt, act: Act, customers: Sequence[str], *, apply: bool, as_json: bool
) -> None:
    """``exempt orders recheck``."""
    ids = {exempt.customer(words).id for words in customers} if customers else None
    found = list(closed_orders(exempt.store, act, customer_ids=ids, apply=apply))
    if as_json:
        print_json({"applied": apply, "orders": [_differs(one) for one in found]})
        return
    if not found:
        say("No closed order would be decided otherwise today.")
        return
    show_differing(found, applied=apply)


def show_differing(found: Sequence[Differs], *, applied: bool) -> None:
    """What closed orders show, and what they would by today's register."""
    print_table(
        "",
        ("Order", "Date", "Customer", "State", "Was", "Is now" if applied else "Would be"),
        [
            (
                one.order.record.number or one.order.record.external_id,
                one.order.record.order_date,
                one_line(one.customer_name or one.order.record.customer_external_id),
                short(one.today.jurisdiction),
                in_words(one.kept),
                in_words(one.today),
            )
            for one in found
        ],
    )
    orders_ = count(len(found), "closed order")
    if applied:
        say(f"{orders_} decided anew; what was decided before is kept.", "green")
    else:
        say(f"{orders_} would be decided otherwise today; --apply makes it so.")


def _differs(one: Differs) -> dict[str, Any]:
    record = one.order.record
    return {
        "id": one.order.id,
        "connection": one.connection.name,
        "order": record.number or record.external_id,
        "date": record.order_date,
        "customer": one.customer_name,
        "was": one.kept,
        "would_be": one.today,
    }
