"""What a warning says: a line for lists and mails, in words that name no person."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal

from exempt.data import jurisdiction_name
from exempt.model.people import StateStaff
from exempt.model.presence import WarningKind
from exempt.model.record import Record


class StaffFacts(Record):
    """Of whom a warning of people tells.

    Attributes:
        current: How many employees are there; ``coming``: will be; ``past``: were.
        contractors: How many people who are not employed are or will be there;
            ``past_contractors``: were.
        at_work: How many of the current employees work there; ``at_home``: live there.
        since_known: Whether they may not have been there before the day it names.
        until: The last day; None = somebody is, or will be, there.
        corrected: The source has put it right: nobody ever was there.
    """

    current: int = 0
    coming: int = 0
    past: int = 0
    contractors: int = 0
    past_contractors: int = 0
    at_work: int = 0
    at_home: int = 0
    since_known: bool = True
    until: dt.date | None = None
    corrected: bool = False

    @property
    def over(self) -> bool:
        """Whether nobody is there, or will be."""
        return not (self.current or self.coming or self.contractors)


class ThresholdFacts(Record):
    """What a warning of a threshold tells.

    Attributes:
        percent: How much of the line was reached.
        window: Which days were added up, as `exempt.model.nexus.Measure` names them.
        version: By which version of the threshold.
        met_from: From when on it counts as met: later, where it is near and the
            line is crossed in a window that counts only then.
        collect_from: From when on tax is to be collected, by the state's usual
            rule; None = the line is not met.
    """

    percent: Decimal
    window: str = ""
    version: str = ""
    met_from: dt.date | None = None
    collect_from: dt.date | None = None


def facts_of(staff: StateStaff) -> StaffFacts:
    """What is to be told of people in a state."""
    same = set(StaffFacts.model_fields) - {"corrected"}
    return StaffFacts(**{name: getattr(staff, name) for name in same})


def title(kind: WarningKind, jurisdiction: str) -> str:
    """``Texas: somebody works or lives there``."""
    return f"{jurisdiction_name(jurisdiction)}: {_TITLES[kind]}"


_TITLES = {
    WarningKind.EMPLOYEE: "somebody works or lives there",
    WarningKind.APPROACHING: "the sales threshold is near",
    WarningKind.MET: "the sales threshold is met",
}


def sentence(
    kind: WarningKind, jurisdiction: str, since: dt.date, facts: StaffFacts | ThresholdFacts
) -> str:
    """What a warning says, in one or two sentences."""
    place = jurisdiction_name(jurisdiction)
    if isinstance(facts, StaffFacts):
        return _of_people(place, since, facts)
    window = f" in {facts.window}" if facts.window else ""
    collect = (
        f" Collect tax from {facts.collect_from} on, by its usual rule: check with the state."
        if facts.collect_from
        else ""
    )
    if kind is WarningKind.APPROACHING:
        later = f" It counts as met from {facts.met_from} on.{collect}" if facts.met_from else ""
        percent = int(facts.percent)  # 99.7 is not yet 100
        return f"Sales to {place}{window} have come to {percent}% of its threshold.{later}"
    return f"Sales to {place}{window} met its threshold on {since}.{collect}"


def _of_people(place: str, since: dt.date, facts: StaffFacts) -> str:
    if facts.corrected:
        return f"{place}: the HR system has put it right: nobody was there."
    who = " and ".join(_groups(facts))
    known = "" if facts.since_known else ", or earlier"
    if facts.over:
        return (
            f"{place}: {who}, from {since}{known} to {facts.until}. Nobody is there any more, but"
            " while somebody was, that made physical nexus."
        )
    if not (facts.current or facts.past or facts.contractors):
        return f"{place}: {who}, from {since} on."
    return f"{place}: {who}, since {since}{known}.{_where(facts)}"


def _groups(facts: StaffFacts) -> Iterator[str]:
    """``2 employees``, ``1 who is to come``, ``1 contractor``."""
    employed = facts.current + facts.coming + facts.past
    if employed:
        yield _count(employed, "employee") + _apart(facts)
    if others := facts.contractors + facts.past_contractors:
        yield _count(others, "contractor")


def _apart(facts: StaffFacts) -> str:
    """Which of them are not there now, where others are."""
    apart = [
        f"{number} {word}"
        for number, word in ((facts.coming, "to come"), (facts.past, "who left"))
        if number and facts.current + facts.coming + facts.past > number
    ]
    return f" ({', '.join(apart)})" if apart else ""


def _where(facts: StaffFacts) -> str:
    """That somebody works from home: many do not think of that."""
    if facts.at_home and not facts.at_work:
        return " They live there: work from home makes nexus at home."
    return ""


def _count(number: int, one: str) -> str:
    return f"{number:,} {one if number == 1 else one + 's'}"
