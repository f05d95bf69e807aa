"""Finds out whose account it is, and what the key may do there, permission by permission."""

from __future__ import annotations

import datetime as dt
from email.utils import parsedate_to_datetime
from typing import NamedTuple

from exempt import Capability, CheckResult, Problem, Severity
from exempt.http import Response
from exempt_billing_stripe.api import PAGE_MAX, Json, Stripe, permissions_named
from exempt_billing_stripe.settings import StripeSettings
from exempt_billing_stripe.streams import CREDIT_NOTES, CUSTOMERS, Resource, resources


class _Account(NamedTuple):
    """What Stripe says of the account.

    Attributes:
        row: Empty where a restricted key may not see it.
        server_time: Stripe's clock.
        refused: The key has nothing to do with the account.
    """

    row: Json
    server_time: dt.datetime | None
    refused: bool


def check(stripe: Stripe, settings: StripeSettings) -> CheckResult:
    """The account, and what is missing.

    Raises:
        AuthError: Stripe refuses the key, so that nothing works.
    """
    account = _account(stripe)
    name = _account_name(
        account.row, settings, stripe.test_clocks() if settings.live is False else 0
    )
    if problem := _wrong_account(account, settings):
        return CheckResult(account=name, problems=(problem,), server_time=account.server_time)
    problems = [
        *(problem for each in resources(settings) for problem in _reading(stripe, each, settings)),
        *_events(stripe, settings),
        *_writing(stripe, settings),
        *_time_zone(account.row, settings),
    ]
    return CheckResult(account=name, problems=tuple(problems), server_time=account.server_time)


def _account(stripe: Stripe) -> _Account:
    answer = stripe.account()
    date = answer.headers.get("date")
    server_time = parsedate_to_datetime(date) if date else None
    if answer.status != 200:
        return _Account({}, server_time, "account_invalid" in answer.text)
    return _Account(answer.json(), server_time, refused=False)


def _account_name(account: Json, settings: StripeSettings, clocks: int) -> str:
    dashboard = (account.get("settings") or {}).get("dashboard") or {}
    profile = account.get("business_profile") or {}
    name = dashboard.get("display_name") or profile.get("name") or "Stripe account"
    facts = [account.get("id") or settings.stripe_account]
    facts.append({True: "live mode", False: "test mode", None: "mode unknown"}[settings.live])
    if clocks:
        more = "or more " if clocks == PAGE_MAX else ""
        facts.append(f"{clocks} {more}test clock{'s' if clocks > 1 else ''}")
    return f"{name} ({', '.join(filter(None, facts))})"


def _wrong_account(account: _Account, settings: StripeSettings) -> Problem | None:
    """That the key does not reach the connected account, or another one."""
    wanted = settings.stripe_account
    if account.refused:
        message = f"The key has no access to the account {wanted}, or there is none."
    elif wanted and account.row and account.row.get("id") != wanted:
        message = f"Stripe answered for {account.row.get('id')}, and stripe_account is {wanted}."
    else:
        return None
    return Problem(
        code="no_access_to_account",
        message=message,
        help="Set stripe_account to an account that is connected to the platform of the key, in"
        " the same mode, or leave it out to use the key's own account.",
    )


def _reading(stripe: Stripe, resource: Resource, settings: StripeSettings) -> list[Problem]:
    """What is missing to read *resource*, and what comes along with it."""
    capability = Capability(resource.stream.value)
    refusal = stripe.refusal(resource.path, expand=resource.expand)
    if refusal is None:
        return []
    if resource.path == CUSTOMERS.path and resource.expand and not stripe.refusal(resource.path):
        permission = _permission("Tax IDs: Read", refusal, settings)
        instead = "include_tax_ids = false"
        return [_missing("read tax ids of customers", permission, capability, instead)]
    permission = _permission(f"{resource.title}: Read", refusal, settings)
    instead = "include_credit_notes = false" if resource is CREDIT_NOTES else ""
    return [_missing(f"read {resource.noun}s", permission, capability, instead)]


def _events(stripe: Stripe, settings: StripeSettings) -> list[Problem]:
    """Without events no stream would see a change, so all of them are concerned."""
    refusal = stripe.refusal("events", types=CUSTOMERS.events)
    if refusal is None:
        return []
    permission = _permission("Events: Read", refusal, settings)
    streams = dict.fromkeys(each.stream for each in resources(settings))
    return [_missing("read events", permission, Capability(each.value)) for each in streams]


def _writing(stripe: Stripe, settings: StripeSettings) -> list[Problem]:
    refusal = stripe.refusal_to_write()
    if refusal is None:
        return []
    permission = _permission("Customers: Write", refusal, settings)
    return [_missing("write customers", permission, Capability.PUSH_CUSTOMERS)]


def _time_zone(account: Json, settings: StripeSettings) -> list[Problem]:
    dashboard = (account.get("settings") or {}).get("dashboard") or {}
    theirs = dashboard.get("timezone")
    if not theirs or theirs.removeprefix("Etc/") == settings.time_zone.removeprefix("Etc/"):
        return []
    return [
        Problem(
            severity=Severity.WARNING,
            code="time_zone_differs",
            capability=Capability.ORDERS,
            message=f"Stripe shows days in {theirs}, and time_zone is {settings.time_zone}.",
            help=f'Set time_zone = "{theirs}", so that an invoice has the same day in both.',
        )
    ]


def _permission(title: str, refusal: Response, settings: StripeSettings) -> str:
    """The permission that lacks as the dashboard calls it, and in Stripe's own word if it says."""
    words = permissions_named(refusal)
    column = ", in the column for Connect" if settings.stripe_account else ""
    return f"{title}{f' ({words})' if words else ''}{column}"


def _missing(what: str, permission: str, capability: Capability, instead: str = "") -> Problem:
    """The problem of a permission that lacks, and the setting that does without it."""
    return Problem(
        code="missing_permission",
        capability=capability,
        message=f"The key may not {what}.",
        help="In Stripe's dashboard, under Developers, API keys, edit the restricted key and"
        f" give it the permission {permission}{f'; or set {instead}' if instead else ''}.",
    )
