"""Mutants that mean something else than the remote does, or overlook what others did."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from exempt import ItemResult, Outcome, PushItem, SourceRecord
from support.good.connector import Good
from support.good.mutants.registry import mutant

CHANGED = "test_a_record_changed_before_it_is_written_is_no_refusal"


class _Totals(Good):
    """Reads the total of an order in a way of its own."""

    def total(self, read: Decimal) -> Decimal:
        raise NotImplementedError

    def record(self, row: Any, kind: type[Any]) -> SourceRecord | None:
        total = {"total": str(self.total(Decimal(row["total"])))} if "total" in row else {}
        return super().record({**row, **total}, kind)


@mutant(
    "cents for dollars", test="test_an_order_that_is_put_back_reads_the_same", says="total: 400"
)
class Cents(_Totals):
    def total(self, read: Decimal) -> Decimal:
        return read * 100


@mutant(
    "a credit without its sign",
    test="test_the_total_of_a_credit_is_negative",
    says="a total of 0.5",
)
class NoSign(_Totals):
    def total(self, read: Decimal) -> Decimal:
        return abs(read)


@mutant(
    "the first state only", test="test_the_order_of_states_changes_nothing", says="['US-TX'], taxed"
)
class FirstState(Good):
    def status(self, item: PushItem) -> Any:
        return super().status(item.model_copy(update={"jurisdictions": item.jurisdictions[:1]}))


class _Conflicts(Good):
    """Takes a conflict for something else."""

    outcome: Outcome

    def push(self, item: PushItem, *, dry_run: bool) -> ItemResult:
        result = super().push(item, dry_run=dry_run)
        if result.outcome is Outcome.CONFLICT:
            return result.model_copy(update={"outcome": self.outcome})
        return result


@mutant("a conflict told as refused", test=f"{CHANGED}[customer]", says="came: rejected")
class ConflictRefused(_Conflicts):
    outcome = Outcome.REJECTED


@mutant("a conflict told as applied", test=f"{CHANGED}[order]", says="and nothing was written")
class ConflictApplied(_Conflicts):
    outcome = Outcome.APPLIED


@mutant(
    "412 taken for success", test="test_a_write_that_is_refused[412-customer]", says="came: applied"
)
class RefusalApplied(ConflictApplied):
    pass


@mutant("what it once saw is written", test=f"{CHANGED}[customer]", says="once more")
class OldVersion(Good):
    """Keeps the version that it saw first, so that each write is refused for ever."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.seen: dict[str, tuple[list[Any], str | None]] = {}

    def rows(self, path: str) -> tuple[list[Any], str | None]:
        if "?ids=" not in path:
            return super().rows(path)
        if path not in self.seen:
            self.seen[path] = super().rows(path)
        return self.seen[path]
