"""From many states to Stripe's one flag, and whom that leaves behind.

Stripe keeps one ``tax_exempt`` a customer, for wherever its goods go. Who is
exempt in some states only is therefore taxed where it need not be, or not taxed
where it should be; which of the two is the seller's choice, `ExemptWhen`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from exempt import JurisdictionStatus
from exempt_billing_stripe.settings import ExemptWhen

_NAMED_MAX = 12


def wanted_flag(
    rule: ExemptWhen, statuses: Sequence[JurisdictionStatus], location: str | None, shown: str
) -> str:
    """``exempt`` or ``none``: what Stripe's flag shall say of a customer.

    A state where only a part of a sale is exempt counts as taxable.

    Args:
        rule: What the seller chose.
        statuses: The states concerned, each exempt or not.
        location: The state by whose address Stripe would tax the customer.
        shown: What the flag says now.
    """
    match rule:
        case ExemptWhen.METADATA_ONLY:
            return shown
        case ExemptWhen.ANY:
            exempt = any(each.exempt for each in statuses)
        case ExemptWhen.TAX_LOCATION:
            exempt = any(each.exempt for each in statuses if each.jurisdiction == location)
        case _:
            exempt = bool(statuses) and all(each.exempt for each in statuses)
    return "exempt" if exempt else "none"


def left_behind(statuses: Iterable[JurisdictionStatus], flag: str) -> str:
    """One sentence that names the states for which *flag* is wrong; empty where there is none.

    Of a customer on reverse charge nothing is said: that is no matter of certificates.
    """
    if flag == "reverse":
        return ""
    if flag == "exempt":
        taxable = [each for each in statuses if not each.exempt]
        return f"not taxed in Stripe, though taxable in {_named(taxable)}" if taxable else ""
    exempt = [each for each in statuses if each.exempt or each.exempt_percentage]
    return f"taxed in Stripe, though exempt in {_named(exempt)}" if exempt else ""


def _named(statuses: Iterable[JurisdictionStatus]) -> str:
    """``CA, IL (60 % exempt) and TX``."""
    names = [_name(each) for each in sorted(statuses, key=lambda each: each.jurisdiction)]
    if len(names) > _NAMED_MAX:
        names[_NAMED_MAX - 1 :] = [f"{len(names) - _NAMED_MAX + 1} more"]
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last


def _name(status: JurisdictionStatus) -> str:
    short = status.jurisdiction.removeprefix("US-")
    part = status.exempt_percentage
    return f"{short} ({part.normalize():f} % exempt)" if part else short
