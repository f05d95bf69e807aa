"""Writes the exemption status of customers to Stripe, where it is not shown already.

A customer is read before it is written. That costs a call, and saves many:
what is so already makes no event that comes back to us; a customer on reverse
charge is noticed; metadata that no longer holds can be removed; and a dry run
can say what would change.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from exempt import ItemResult, Outcome, PermanentError, PushItem, Target, TransientError
from exempt_billing_stripe.api import Json, Stripe, error_of, is_missing
from exempt_billing_stripe.flag import left_behind, wanted_flag
from exempt_billing_stripe.metadata import metadata_of, own_metadata
from exempt_billing_stripe.settings import ExemptWhen, StripeSettings
from exempt_billing_stripe.translate import tax_location

_BUSY = frozenset({"lock_timeout", "idempotency_key_in_use"})


class Status(NamedTuple):
    """What a customer shows of its exemption, or shall show."""

    tax_exempt: str
    metadata: Mapping[str, str]


def push_customers(
    stripe: Stripe,
    items: Sequence[PushItem],
    settings: StripeSettings,
    *,
    dry_run: bool,
    cancelled: Callable[[], bool],
) -> list[ItemResult]:
    """Push *items* one by one: Stripe has no call for several.

    When Stripe does not answer, the items that follow are not tried.
    """
    results: list[ItemResult] = []
    for number, item in enumerate(items):
        if cancelled():
            break
        try:
            results.append(_push(stripe, item, settings, dry_run=dry_run))
        except PermanentError as error:
            results.append(_result(item, Outcome.REJECTED, str(error)))
        except TransientError as error:
            results.append(_unanswered(item, error))
            results += [_not_tried(each, error) for each in items[number + 1 :]]
            break
    return results


def wanted_status(item: PushItem, customer: Json, settings: StripeSettings) -> Status:
    """What *item* comes to for *customer* in Stripe, which keeps one flag for everywhere."""
    shown = shown_status(customer, settings).tax_exempt
    location = tax_location(customer, settings)
    flag = wanted_flag(settings.exempt_when, item.jurisdictions, location, shown)
    return Status(flag, metadata_of(item, settings.metadata_prefix))


def shown_status(customer: Json, settings: StripeSettings) -> Status:
    """What *customer*, as Stripe gave it, shows now."""
    metadata = own_metadata(customer.get("metadata"), settings.metadata_prefix)
    return Status(customer.get("tax_exempt") or "none", metadata)


def _push(  # noqa: PLR0911 - one for each way it can end
    stripe: Stripe, item: PushItem, settings: StripeSettings, *, dry_run: bool
) -> ItemResult:
    if item.target is not Target.CUSTOMER:
        return _result(item, Outcome.REJECTED, "Stripe's invoices take no exemption status")
    customer = _read(stripe, item)
    if customer is None:
        return _missing(item)
    shown, wanted = shown_status(customer, settings), wanted_status(item, customer, settings)
    if shown.tax_exempt == "reverse" and settings.exempt_when is not ExemptWhen.METADATA_ONLY:
        return _reverse(item, wanted)
    behind = left_behind(item.jurisdictions, wanted.tax_exempt)
    if shown == wanted:
        return _result(item, Outcome.UNCHANGED, behind)
    if dry_run:
        return _result(item, Outcome.APPLIED, _joined("would change", shown, wanted, behind))
    written = _write(stripe, item, _form(shown, wanted, settings.exempt_when))
    if isinstance(written, ItemResult):
        return written
    if shown_status(written, settings) == wanted:
        return _result(item, Outcome.APPLIED, _joined("changed", shown, wanted, behind))
    return _result(item, Outcome.CONFLICT, "changed in Stripe since this was first written")


def _read(stripe: Stripe, item: PushItem) -> Json | None:
    try:
        return stripe.retrieve("customers", item.external_id)
    except TransientError as error:
        # It was only read, so nothing can have been applied.
        raise TransientError(str(error), retry_after=error.retry_after) from None


def _write(stripe: Stripe, item: PushItem, form: dict[str, str]) -> Json | ItemResult:
    """The customer after the write, or the result of an error."""
    answer = stripe.update("customers", item.external_id, form, key=item.key)
    if answer.status != 200:
        return _refused(item, answer.status, error_of(answer), form)
    if answer.headers.get("idempotent-replayed") == "true":
        # This is the answer to an earlier call; the customer may have changed since.
        return stripe.retrieve("customers", item.external_id) or _missing(item)
    try:
        written: Json = answer.json()
    except TransientError as error:
        raise TransientError(str(error), maybe_applied=True) from None
    return written


def _form(shown: Status, wanted: Status, rule: ExemptWhen) -> dict[str, str]:
    """The whole wanted status; an empty value removes a metadata key."""
    removed = dict.fromkeys(sorted(shown.metadata.keys() - wanted.metadata.keys()), "")
    metadata = {**wanted.metadata, **removed}
    fields = {f"metadata[{key}]": value for key, value in metadata.items()}
    return (
        fields if rule is ExemptWhen.METADATA_ONLY else {"tax_exempt": wanted.tax_exempt} | fields
    )


def _joined(verb: str, shown: Status, wanted: Status, behind: str) -> str:
    return "; ".join(filter(None, (f"{verb} {_in_words(shown, wanted)}", behind)))


def _in_words(shown: Status, wanted: Status) -> str:
    """The flag from and to, and the names of metadata keys: their values are customer data."""
    changed = dict(set(shown.metadata.items()) ^ set(wanted.metadata.items()))
    parts = [f"metadata {', '.join(sorted(changed))}"] if changed else []
    if shown.tax_exempt != wanted.tax_exempt:
        parts.insert(0, f"tax_exempt {shown.tax_exempt} → {wanted.tax_exempt}")
    return "; ".join(parts)


def _reverse(item: PushItem, wanted: Status) -> ItemResult:
    """Reverse charge was set by somebody who knows more than our flag can say."""
    if wanted.tax_exempt == "none":
        return _result(item, Outcome.UNCHANGED, "on reverse charge in Stripe, which stays")
    return _result(
        item,
        Outcome.CONFLICT,
        "on reverse charge in Stripe: left alone; to make it exempt instead, set its tax status"
        " to taxable there first",
    )


def _refused(item: PushItem, status: int, error: Json, form: dict[str, str]) -> ItemResult:
    """The outcome of *error*, in Stripe's words but without the values that were sent."""
    said = str(error.get("message") or f"answered {status}")
    for value in sorted(filter(None, form.values()), key=len, reverse=True):
        said = said.replace(value, "…")
    if is_missing(error):
        return _missing(item)
    if error.get("code") in _BUSY:
        return _result(item, Outcome.RETRY, said)
    if error.get("type") == "idempotency_error":
        return _result(item, Outcome.CONFLICT, f"changed in Stripe since the first try: {said}")
    if status == 409:
        return _result(item, Outcome.RETRY, said)
    return _result(item, Outcome.REJECTED, f"Stripe refused it: {said}")


def _missing(item: PushItem) -> ItemResult:
    return _result(item, Outcome.MISSING, "Stripe has no such customer; it may be deleted")


def _unanswered(item: PushItem, error: TransientError) -> ItemResult:
    outcome = Outcome.UNKNOWN if error.maybe_applied else Outcome.RETRY
    return _result(item, outcome, str(error)).model_copy(update={"retry_after": error.retry_after})


def _not_tried(item: PushItem, error: TransientError) -> ItemResult:
    result = _result(item, Outcome.RETRY, "not tried: Stripe did not answer for another customer")
    return result.model_copy(update={"retry_after": error.retry_after})


def _result(item: PushItem, outcome: Outcome, message: str = "") -> ItemResult:
    return ItemResult(key=item.key, outcome=outcome, message=message, remote_id=item.external_id)
