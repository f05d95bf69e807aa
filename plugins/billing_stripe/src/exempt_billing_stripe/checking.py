"""Finds out what the key may do, permission by permission."""

from __future__ import annotations

import datetime as dt
from email.utils import parsedate_to_datetime

from exempt import Capability, CheckResult, Problem, ScopeError, Severity
from exempt_billing_stripe.api import Json, Stripe
from exempt_billing_stripe.settings import StripeSettings
from exempt_billing_stripe.streams import ALL, Resource

NOBODY = "cus_exempt_permission_check"
"""A customer that does not exist: writing to it shows the permission and changes nothing."""

_CAPABILITY = {each: Capability(each.stream.value) for each in ALL}


def check(stripe: Stripe, settings: StripeSettings) -> CheckResult:
    """The account, and what is missing.

    Raises:
        AuthError: Stripe refuses the key, so that nothing works.
    """
    account, server_time = _account(stripe)
    problems = [
        *(problem for each in ALL for problem in _reading(stripe, each)),
        *_events(stripe),
        *_writing(stripe),
        *_time_zone(account, settings),
    ]
    return CheckResult(
        account=_account_name(account, settings),
        problems=tuple(problems),
        server_time=server_time,
    )


def _account(stripe: Stripe) -> tuple[Json, dt.datetime | None]:
    """The account, empty where a restricted key may not see it, and Stripe's clock."""
    try:
        answer = stripe.account()
    except ScopeError:
        return {}, None
    date = answer.headers.get("date")
    return answer.json(), parsedate_to_datetime(date) if date else None


def _account_name(account: Json, settings: StripeSettings) -> str:
    dashboard = (account.get("settings") or {}).get("dashboard") or {}
    profile = account.get("business_profile") or {}
    name = dashboard.get("display_name") or profile.get("name") or "Stripe account"
    facts = [account["id"]] if "id" in account else []
    return f"{name} ({', '.join([*facts, _mode(settings)])})"


def _mode(settings: StripeSettings) -> str:
    key = settings.api_key.get_secret_value()
    modes = {"live": "live mode", "test": "test mode"}
    kind, _, rest = key.partition("_")
    known = modes.get(rest.partition("_")[0]) if kind in {"sk", "rk"} else None
    return known or "mode unknown"


def _reading(stripe: Stripe, resource: Resource) -> list[Problem]:
    try:
        stripe.list(resource.path, limit=1)
    except ScopeError:
        name = resource.path.capitalize()
        return [_missing(f"read {resource.path}", f"{name}: Read", _CAPABILITY[resource])]
    return []


def _events(stripe: Stripe) -> list[Problem]:
    """Without events no stream would see a change, so all of them are concerned."""
    try:
        stripe.list("events", limit=1, types=ALL[0].events)
    except ScopeError:
        return [_missing("read events", "Events: Read", each) for each in _CAPABILITY.values()]
    return []


def _writing(stripe: Stripe) -> list[Problem]:
    try:
        stripe.update("customers", NOBODY, {"tax_exempt": "none"})
    except ScopeError:
        return [_missing("write customers", "Customers: Write", Capability.PUSH_CUSTOMERS)]
    return []


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


def _missing(what: str, permission: str, capability: Capability) -> Problem:
    return Problem(
        code="missing_permission",
        capability=capability,
        message=f"The key may not {what}.",
        help="In Stripe's dashboard, under Developers, API keys, edit the restricted key and"
        f" give it the permission {permission}.",
    )
