"""What the portal says from code; all other words stand in ``templates/portal``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from exempt.model.certificate import ExemptionReason, Rejection
from exempt.model.customer import invisible
from exempt.model.forms import IdentificationType
from exempt.model.rulesdata import RulesPack, StateRule
from exempt.rules.day_words import short_date
from exempt.rules.holdings import Holding
from exempt.rules.rejections import sentence
from exempt.rules.status import CertificateStatus

REASONS: Mapping[ExemptionReason, str] = {
    ExemptionReason.RESALE: "We resell what we buy (resale)",
    ExemptionReason.MANUFACTURING: "We use it up in making goods (manufacturing)",
    ExemptionReason.AGRICULTURE: "We use it in farming (agricultural production)",
    ExemptionReason.CHARITABLE: "We are a charity",
    ExemptionReason.RELIGIOUS: "We are a religious organisation",
    ExemptionReason.EDUCATIONAL: "We are a school, college or university",
    ExemptionReason.FEDERAL_GOVERNMENT: "We are the federal government",
    ExemptionReason.STATE_GOVERNMENT: "We are a state's government",
    ExemptionReason.LOCAL_GOVERNMENT: "We are a city, county or school district",
    ExemptionReason.TRIBAL: "We are a tribal government",
    ExemptionReason.FOREIGN_DIPLOMAT: "We are a foreign mission or diplomat",
    ExemptionReason.DIRECT_PAY: "We pay the tax ourselves (direct pay permit)",
    ExemptionReason.DIRECT_MAIL: "It is direct mail",
    ExemptionReason.AQUACULTURE: "We use it in commercial aquaculture",
    ExemptionReason.FISHERY: "We use it in commercial fishing",
    ExemptionReason.NONRESIDENT: "We are not resident in the state",
    ExemptionReason.OTHER: "Another reason",
}

NUMBERS: Mapping[IdentificationType, str] = {
    IdentificationType.STATE_TAX_ID: "State tax ID or permit number",
    IdentificationType.FEIN: "Federal tax ID (FEIN, 9 digits)",
    IdentificationType.FOREIGN: "Tax number from abroad",
    IdentificationType.DRIVER_LICENSE: "Driver licence, without a tax number",
    IdentificationType.DIPLOMAT: "Number on a diplomat's card",
    IdentificationType.OTHER: "Another number",
}

CONSENT = "2026-11"
"""The version of `CONSENT_TEXT`; a change of its words is a new version."""

CONSENT_TEXT = (
    "I am allowed to sign for the buyer. What stands above is true and complete as far as I know,"
    " and I will say so if it changes. I agree to sign it electronically: my typed name counts as"
    " my signature, as if I had written it on paper."
)

CONFLICT = (
    "This was changed in another window meanwhile. What you typed here is kept below: look over"
    " it, then send it once more."
)
CONFLICT_SIGNED = (
    "What you were about to sign was changed in another window meanwhile. Look over it, and sign it"
    " as it stands now."
)
NO_FORM = (
    "There is no form that all of these states take for this reason. Send one certificate for each"
    " state, or upload one that you have."
)
SAVED = "Saved. You can close this page and come back by the link in our mail."
NO_DAY = "Write a date as month/day/year, such as 03/31/2027."
NO_EMAIL = "Type an e-mail address, such as ap@example.com."
NO_NUMBER = "This number cannot be taken: up to 100 characters, and no Social Security number."
TOO_LONG = "This is too long, or has characters that cannot be kept."
UNKNOWN = "Choose one of the list."

_STATUSES: Mapping[CertificateStatus | None, str] = {
    None: "Missing",
    CertificateStatus.ACTIVE: "On file",
    CertificateStatus.FUTURE: "On file",
    CertificateStatus.PENDING: "Sent, being checked",
    CertificateStatus.EXPIRING_SOON: "Expires {end}",
    CertificateStatus.EXPIRED: "Expired {end}",
    CertificateStatus.INVALID: "Not accepted. {why}",
    CertificateStatus.ARCHIVED: "Not used any more",
}


def standing(holding: Holding) -> str:
    """What there is for a state, in a few words: ``Expired Mar 4, 2026``."""
    words = _STATUSES[holding.status]
    if holding.status is CertificateStatus.ACTIVE and holding.end:
        words = "On file until {end}"
    end = short_date(holding.end) if holding.end else ""
    return words.format(end=end, why=rejected(holding.rejections))


def rejected(rejections: Sequence[Rejection]) -> str:
    """What is wrong with a rejected certificate."""
    return " ".join(sentence(each) for each in rejections)


def number_hint(rule: StateRule | None) -> str:
    """What a state calls its number, and how it looks."""
    if rule is None or not rule.id_name:
        return ""
    return f"{rule.id_name}: {rule.id_format}." if rule.id_format else f"{rule.id_name}."


def number_hints(pack: RulesPack, places: Iterable[str]) -> dict[str, str]:
    """The same for several states."""
    return {place: number_hint(pack.state(place)) for place in places}


def clean(text: str) -> str:
    """*text* without what cannot be seen."""
    return "".join(each for each in text if not invisible(each)).strip()


def size(count: int) -> str:
    """A file's size: ``340 kB``, ``2.1 MB``."""
    return f"{count / 1e6:.1f} MB" if count >= 1_000_000 else f"{max(1, round(count / 1000))} kB"
