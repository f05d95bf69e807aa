"""Mutants of webhooks."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from typing import Any

from exempt import WebhookRejected, WebhookRequest, WebhookResult, hookimpl
from support.good import connector
from support.good.connector import Good
from support.good.mutants.registry import mutant

FORGED = "test_a_forged_webhook_is_refused"


@mutant("nothing named", test="test_a_genuine_webhook_names_its_records", says="events of []")
class Ignores(Good):
    @hookimpl
    def receive_webhook(self, request: WebhookRequest) -> WebhookResult:
        self.verify(request)
        return WebhookResult()


@mutant("not verified", test=f"{FORGED}[body]", says="it was taken")
class Believes(Good):
    def verify(self, request: WebhookRequest) -> None:
        pass


@mutant("any signature", test=f"{FORGED}[other secret]", says="it was taken")
class AnySignature(Good):
    def verify(self, request: WebhookRequest) -> None:
        if "good-signature" not in request.headers:
            msg = "no signature"
            raise WebhookRejected(msg)


@mutant("read before it is verified", test=f"{FORGED}[garbage]", says="failed unexpectedly")
class ReadsFirst(Good):
    def verify(self, request: WebhookRequest) -> None:
        json.loads(request.body)
        super().verify(request)


@mutant("old ones taken", test="test_an_old_webhook_is_refused", says="it was taken")
class TakesOld(Good):
    @hookimpl
    def receive_webhook(self, request: WebhookRequest) -> WebhookResult:
        made = dt.datetime.fromisoformat(json.loads(request.body or b"{}").get("at", "2026-11-20"))
        fresh = request.model_copy(update={"received_at": made + connector.OLDEST})
        return super().receive_webhook(fresh)


@mutant(
    "another event each time",
    test="test_a_repeated_webhook_is_the_same_event",
    says="other event ids",
)
class RandomId(Good):
    def event_id(self, said: Any) -> str:
        return uuid.uuid4().hex


@mutant(
    "only in order", test="test_webhooks_out_of_order_are_both_taken", says="came before another"
)
class InOrder(Good):
    latest = ""

    @hookimpl
    def receive_webhook(self, request: WebhookRequest) -> WebhookResult:
        result = super().receive_webhook(request)
        at = json.loads(request.body)["at"]
        if at < self.latest:
            msg = "it came before another"
            raise WebhookRejected(msg)
        self.latest = at
        return result


@mutant(
    "calls the remote", test="test_receiving_reaches_no_network", says="the network was reached"
)
class AsksBack(Good):
    @hookimpl
    def receive_webhook(self, request: WebhookRequest) -> WebhookResult:
        self._http.get("account")
        return super().receive_webhook(request)
