"""Mutants of pushes and mails."""

from __future__ import annotations

import itertools
from typing import Any

from exempt import (
    ItemResult,
    Outcome,
    PermanentError,
    PushItem,
    PushRequest,
    PushResult,
    SendRequest,
    Target,
    TransientError,
    hookimpl,
)
from support.good.connector import Good
from support.good.mutants.registry import mutant

COUNT = itertools.count()


@mutant(
    "an item dropped", test="test_every_item_has_its_outcome[customer]", says="results of the keys"
)
class Drops(Good):
    @hookimpl
    def push_exemption_status(self, request: PushRequest) -> PushResult:
        done = tuple(self.push(item, dry_run=request.dry_run) for item in request.items[1:])
        return PushResult(results=done)


@mutant("a good item refused", test="test_every_item_has_its_outcome[order]", says="rejected never")
class Refuses(Good):
    def push(self, item: PushItem, *, dry_run: bool) -> ItemResult:
        return ItemResult(key=item.key, outcome=Outcome.REJECTED, message="never")


@mutant(
    "applied without a write",
    test="test_what_is_applied_is_written[customer]",
    says="knows of no write",
)
class OnlySays(Good):
    def push(self, item: PushItem, *, dry_run: bool) -> ItemResult:
        return ItemResult(key=item.key, outcome=Outcome.APPLIED)


@mutant(
    "not idempotent",
    test="test_the_same_item_twice_does_no_harm[customer]",
    says="as after the first time",
)
class Appends(Good):
    def status(self, item: PushItem) -> Any:
        return {**super().status(item), "note": next(COUNT)}


@mutant("never taken back", test="test_a_status_is_taken_back[order]", says="as before at the")
class KeepsExempt(Good):
    def push(self, item: PushItem, *, dry_run: bool) -> ItemResult:
        if item.tax_applicable:
            return ItemResult(key=item.key, outcome=Outcome.APPLIED)
        return super().push(item, dry_run=dry_run)


@mutant("dry run writes", test="test_a_dry_run_writes_nothing[customer]", says="tells of a write")
class DryIsWet(Good):
    def push(self, item: PushItem, *, dry_run: bool) -> ItemResult:
        return super().push(item, dry_run=False)


@mutant(
    "dry run promises too much",
    test="test_a_dry_run_writes_nothing[order]",
    says="from the dry run",
)
class DryGuesses(Good):
    def push(self, item: PushItem, *, dry_run: bool) -> ItemResult:
        if dry_run:
            return ItemResult(key=item.key, outcome=Outcome.MISSING)
        return super().push(item, dry_run=dry_run)


@mutant(
    "orders cannot be written and it claims they can",
    test="test_every_item_has_its_outcome[order]",
    says="PUSH_ORDERS left out of ConnectorInfo.capabilities",
)
class WritesNoOrders(Good):
    def push(self, item: PushItem, *, dry_run: bool) -> ItemResult:
        if item.target is Target.ORDER:
            return ItemResult(key=item.key, outcome=Outcome.MISSING)
        return super().push(item, dry_run=dry_run)


@mutant(
    "one missing stops the batch",
    test="test_one_failure_costs_no_other[customer]",
    says="is not there",
)
class StopsAtMissing(Good):
    def push(self, item: PushItem, *, dry_run: bool) -> ItemResult:
        result = super().push(item, dry_run=dry_run)
        if result.outcome is Outcome.MISSING:
            msg = "one is not there"
            raise PermanentError(msg)
        return result


@mutant(
    "missing told as rejected",
    test="test_one_failure_costs_no_other[order]",
    says="applied, rejected, applied",
)
class NoMissing(Good):
    def push(self, item: PushItem, *, dry_run: bool) -> ItemResult:
        result = super().push(item, dry_run=dry_run)
        wrong = result.outcome is Outcome.MISSING
        return result.model_copy(update={"outcome": Outcome.REJECTED}) if wrong else result


@mutant(
    "written again after a lost answer",
    test="test_a_lost_answer_does_no_harm[customer]",
    says="what one push writes",
)
class WritesAgain(Good):
    """Tries again in another way, and is then content."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.done: set[str] = set()

    def push(self, item: PushItem, *, dry_run: bool) -> ItemResult:
        if item.key in self.done:
            return ItemResult(key=item.key, outcome=Outcome.UNCHANGED)
        path = f"{item.target}s/{item.external_id}"
        for more in ({}, {"again": True}):
            try:
                self._http.request(
                    "PUT", path, json={**self.status(item), **more}, idempotent=False
                )
            except TransientError:
                continue
            self.done.add(item.key)
            break
        return ItemResult(key=item.key, outcome=Outcome.APPLIED)


@mutant(
    "a lost answer is a refusal", test="test_a_lost_answer_does_no_harm[order]", says="rejected"
)
class TakesForRefused(Good):
    def push(self, item: PushItem, *, dry_run: bool) -> ItemResult:
        path = f"{item.target}s/{item.external_id}"
        try:
            self._http.request("PUT", path, json=self.status(item), idempotent=False)
        except TransientError:
            return ItemResult(key=item.key, outcome=Outcome.REJECTED)
        return ItemResult(key=item.key, outcome=Outcome.APPLIED)


@mutant("mail not sent", test="test_a_message_is_sent", says="knows of 0 more")
class SendsNothing(Good):
    @hookimpl
    def send_request(self, request: SendRequest) -> ItemResult:
        return ItemResult(key=request.key, outcome=Outcome.APPLIED)


class _Renames(Good):
    """Sends under another key than it was given."""

    def name(self, key: str) -> str:
        raise NotImplementedError

    @hookimpl
    def send_request(self, request: SendRequest) -> ItemResult:
        renamed = request.model_copy(update={"key": self.name(request.key)})
        return super().send_request(renamed).model_copy(update={"key": request.key})


@mutant("mail sent twice", test="test_the_same_key_is_one_message", says="one message")
class NewEachTime(_Renames):
    def name(self, key: str) -> str:
        return f"{key}-{next(COUNT)}"


@mutant("two mails are one", test="test_two_keys_are_two_messages", says="1 messages")
class AlwaysTheSame(_Renames):
    def name(self, key: str) -> str:
        return "mail"


@mutant(
    "a bad address stops all",
    test="test_an_address_that_is_none_is_rejected[no at]",
    says="PermanentError",
)
class RaisesOnAddress(Good):
    @hookimpl
    def send_request(self, request: SendRequest) -> ItemResult:
        result = super().send_request(request)
        if result.outcome is Outcome.REJECTED:
            raise PermanentError(result.message)
        return result


@mutant(
    "a line break in a header",
    test="test_an_address_that_is_none_is_rejected[line break]",
    says="applied",
)
class NoLookAtAddress(Good):
    @hookimpl
    def send_request(self, request: SendRequest) -> ItemResult:
        return super().send_request(request.model_copy(update={"to": ("a@b.example",)}))


@mutant("no attachments", test="test_all_that_a_message_may_have_is_sent", says="rejected")
class OnlyText(Good):
    @hookimpl
    def send_request(self, request: SendRequest) -> ItemResult:
        if request.attachments:
            return ItemResult(key=request.key, outcome=Outcome.REJECTED, message="too much")
        return super().send_request(request)
