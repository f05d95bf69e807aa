"""The good connector: every hook, in the shortest right form."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import json
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

from exempt import (
    Bounce,
    CheckRequest,
    CheckResult,
    Choice,
    ChoicesRequest,
    ChoicesResult,
    CloseRequest,
    Connector,
    Context,
    Customer,
    Employee,
    FetchRequest,
    ItemResult,
    Order,
    Outcome,
    Page,
    PermanentError,
    Product,
    PushItem,
    PushRequest,
    PushResult,
    RangesRequest,
    RangesResult,
    SendRequest,
    SourceRecord,
    Stream,
    Target,
    TransientError,
    WebhookEvent,
    WebhookRejected,
    WebhookRequest,
    WebhookResult,
    hookimpl,
)
from exempt.http import Auth, Client
from support.good.settings import GoodSettings

OLDEST = dt.timedelta(minutes=5)
REFUSALS = {404: Outcome.MISSING, 412: Outcome.CONFLICT}
NOTHING = "from="
"""A cursor at the beginning."""


class Good(Connector):
    """Reads, writes, sends and listens. A cursor is the query of the next call."""

    def __init__(self, settings: GoodSettings, context: Context) -> None:
        self._settings = settings
        self._context = context
        self._http = self.client(settings)

    def client(self, settings: GoodSettings) -> Client:
        return Client(settings.base_url, auth=Auth(bearer=settings.api_key))

    @hookimpl
    def check(self, request: CheckRequest) -> CheckResult:
        return CheckResult(account=self.said("account", "name"))

    @hookimpl
    def choices(self, request: ChoicesRequest) -> ChoicesResult:
        if request.setting != "region":
            return ChoicesResult()
        regions = self.said("regions", "regions")
        return ChoicesResult(choices=tuple(Choice(value=each, label=each) for each in regions))

    @hookimpl
    def ranges(self, request: RangesRequest) -> RangesResult:
        """What was before this moment, and the rest."""
        middle = quote(self._context.now().isoformat(), safe="")
        return RangesResult(cursors=(f"{NOTHING}&to={middle}", f"from={middle}"))

    @hookimpl
    def fetch_customers(self, request: FetchRequest) -> Page[Customer]:
        return self.page(Stream.CUSTOMERS, request, Customer)

    @hookimpl
    def fetch_orders(self, request: FetchRequest) -> Page[Order]:
        return self.page(Stream.ORDERS, request, Order)

    @hookimpl
    def fetch_products(self, request: FetchRequest) -> Page[Product]:
        return self.page(Stream.PRODUCTS, request, Product)

    @hookimpl
    def fetch_employees(self, request: FetchRequest) -> Page[Employee]:
        return self.page(Stream.EMPLOYEES, request, Employee)

    @hookimpl
    def fetch_bounces(self, request: FetchRequest) -> Page[Bounce]:
        return self.page(Stream.BOUNCES, request, Bounce)

    def page(self, stream: Stream, request: FetchRequest, kind: type[Any]) -> Page[Any]:
        """A page of any stream."""
        if request.ids is not None:
            wanted = quote(",".join(request.ids), safe=",")
            rows, _ = self.rows(f"{stream}?ids={wanted}")
            there = {row["external_id"] for row in rows if not row.get("deleted")}
            gone = [each for each in request.ids if each not in there]
            return self.read(rows, kind, deleted=gone)
        cursor = request.cursor or NOTHING
        rows, more = self.rows(f"{stream}?{cursor}&limit={request.page_size}")
        return self.read(
            rows,
            kind,
            deleted=[row["external_id"] for row in rows if row.get("deleted")],
            next_cursor=more,
            checkpoint=None if more else self.checkpoint(cursor, rows),
        )

    def said(self, path: str, name: str) -> Any:
        """One thing that the remote says."""
        answer = self._http.get(path).json()
        if not isinstance(answer, dict) or name not in answer:
            msg = f"the remote's answer has no {name}: is base_url right?"
            raise PermanentError(msg)
        return answer[name]

    def rows(self, path: str) -> tuple[list[Any], str | None]:
        """The rows at *path*, and the cursor after them."""
        answer = self._http.get(path)
        body = answer.json()
        if not isinstance(body, dict) or not {"rows", "next"} <= body.keys():
            msg = "the remote's answer has no rows: is base_url right?"
            raise PermanentError(msg)
        if body["next"] is None:
            return body["rows"], None
        return body["rows"], urlsplit(answer.link(body["next"])).query.partition("&limit=")[0]

    def checkpoint(self, cursor: str, rows: list[Any]) -> str:
        """The last moment seen, inclusive: others may have changed in it, too."""
        asked = {name: values[0] for name, values in parse_qs(cursor).items()}
        moment = rows[-1]["changed"] if rows else asked.get("from", "")
        return f"from={quote(moment, safe='')}"

    def read(self, rows: list[Any], kind: type[Any], **more: Any) -> Page[Any]:
        """Records of *rows*, those that are gone left out."""
        return Page.read(
            rows,
            lambda row: self.record(row, kind),
            row_name=lambda _number, row: f"{kind.__name__} {row['external_id']}",
            row_id=lambda row: str(row["external_id"]),
            **more,
        )

    def record(self, row: Any, kind: type[Any]) -> SourceRecord | None:
        """One row, translated."""
        if row.get("deleted"):
            return None
        if row.get("spoilt"):
            msg = "a row that cannot be read: mend it in the remote"
            raise ValueError(msg)
        fields = {name: value for name, value in row.items() if name in kind.model_fields}
        return kind(**fields, updated_at=row["changed"])  # type: ignore[no-any-return]

    @hookimpl
    def push_exemption_status(self, request: PushRequest) -> PushResult:
        dry = request.dry_run
        return PushResult(results=tuple(self.push(item, dry_run=dry) for item in request.items))

    def push(self, item: PushItem, *, dry_run: bool) -> ItemResult:
        """Write one item; what goes wrong with it is told by its outcome."""
        stream = Stream.CUSTOMERS if item.target is Target.CUSTOMER else Stream.ORDERS
        try:
            rows, _ = self.rows(f"{stream}?ids={quote(item.external_id)}")
            if dry_run or not rows:
                return ItemResult(
                    key=item.key, outcome=Outcome.APPLIED if rows else Outcome.MISSING
                )
            answer = self._http.request(
                "PUT",
                f"{stream}/{item.external_id}",
                json=self.status(item),
                headers={"If-Match": rows[0]["changed"]},
                allow=REFUSALS,
            )
            outcome = REFUSALS.get(answer.status)
            if outcome is None:
                outcome = Outcome.APPLIED if answer.json()["changed"] else Outcome.UNCHANGED
        except TransientError as error:
            outcome = Outcome.UNKNOWN if error.maybe_applied else Outcome.RETRY
            return ItemResult(key=item.key, outcome=outcome, message=str(error))
        except LookupError:
            msg = "the remote's answer does not say whether it changed anything"
            raise PermanentError(msg) from None
        return ItemResult(key=item.key, outcome=outcome)

    def status(self, item: PushItem) -> Any:
        """What the remote keeps of an item."""
        exempt = sorted(s.jurisdiction for s in item.jurisdictions if s.exempt)
        return {
            "exempt": exempt,
            "taxed": item.tax_applicable,
            "certificate": item.certificate_number,
        }

    @hookimpl
    def send_request(self, request: SendRequest) -> ItemResult:
        if not all("@" in each and each.isprintable() for each in request.to):
            msg = "an address has no @: mend it on the customer's card"
            return ItemResult(key=request.key, outcome=Outcome.REJECTED, message=msg)
        body = {"to": request.to, "subject": request.subject, "text": request.text}
        try:
            self._http.request("PUT", f"messages/{request.key}", json=body)
        except TransientError as error:
            outcome = Outcome.UNKNOWN if error.maybe_applied else Outcome.RETRY
            return ItemResult(key=request.key, outcome=outcome, message=str(error))
        return ItemResult(key=request.key, outcome=Outcome.APPLIED, remote_id=request.key)

    @hookimpl
    def receive_webhook(self, request: WebhookRequest) -> WebhookResult:
        self.verify(request)
        said = json.loads(request.body)
        if request.received_at - dt.datetime.fromisoformat(said["at"]) > OLDEST:
            msg = "an old webhook: it may be a stranger who repeats it"
            raise WebhookRejected(msg)
        event = WebhookEvent(
            event_id=self.event_id(said),
            stream=Stream(said["stream"]),
            external_ids=tuple(said["ids"]),
        )
        return WebhookResult(events=(event,))

    def event_id(self, said: Any) -> str:
        return str(said["id"])

    def verify(self, request: WebhookRequest) -> None:
        """Whether the remote itself has signed it."""
        key = self._settings.webhook_secret.get_secret_value().encode()
        signed = hmac.new(key, request.body, hashlib.sha256).hexdigest()
        if not hmac.compare_digest(signed, request.headers.get("good-signature", "")):
            msg = "the signature is not the remote's"
            raise WebhookRejected(msg)

    @hookimpl
    def close(self, request: CloseRequest) -> None:
        self._http.close()
