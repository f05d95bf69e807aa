"""What warnings say, in words that name nobody."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from exempt.model.people import StateStaff
from exempt.model.presence import WarningKind
from exempt.rules.warning_words import StaffFacts, ThresholdFacts, facts_of, sentence, title

SINCE = dt.date(2026, 11, 2)
ENDED = dt.date(2026, 11, 15)


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        pytest.param(
            StaffFacts(current=1, at_work=1),
            "Texas: 1 employee, since 2026-11-02.",
            id="the first employee",
        ),
        pytest.param(
            StaffFacts(current=1, at_home=1),
            "Texas: 1 employee, since 2026-11-02."
            " They live there: work from home makes nexus at home.",
            id="a remote worker",
        ),
        pytest.param(
            StaffFacts(current=2, at_work=1, at_home=1, coming=1, past=1, contractors=1),
            "Texas: 4 employees (1 to come, 1 who left) and 1 contractor, since 2026-11-02.",
            id="several",
        ),
        pytest.param(
            StaffFacts(current=1, since_known=False),
            "Texas: 1 employee, since 2026-11-02, or earlier.",
            id="nobody knows since when",
        ),
        pytest.param(
            StaffFacts(past=2, until=ENDED),
            "Texas: 2 employees, from 2026-11-02 to 2026-11-15. Nobody is there any more, but"
            " while somebody was, that made physical nexus.",
            id="all have left",
        ),
        pytest.param(
            StaffFacts(current=1, until=ENDED),
            "Texas: 1 employee, since 2026-11-02.",
            id="the last day lies ahead",
        ),
        pytest.param(
            StaffFacts(past_contractors=1, until=ENDED),
            "Texas: 1 contractor, from 2026-11-02 to 2026-11-15. Nobody is there any more, but"
            " while somebody was, that made physical nexus.",
            id="a contractor who left",
        ),
        pytest.param(
            StaffFacts(coming=1),
            "Texas: 1 employee, from 2026-11-02 on.",
            id="hired for a later day",
        ),
        pytest.param(
            StaffFacts(corrected=True),
            "Texas: the HR system has put it right: nobody was there.",
            id="put right",
        ),
    ],
)
def test_of_people(facts: StaffFacts, said: str) -> None:
    assert sentence(WarningKind.EMPLOYEE, "US-TX", SINCE, facts) == said


@pytest.mark.parametrize(
    ("kind", "facts", "said"),
    [
        pytest.param(
            WarningKind.APPROACHING,
            ThresholdFacts(percent=Decimal("83.9"), window="2026"),
            "Sales to Texas in 2026 have come to 83% of its threshold.",
            id="near",
        ),
        pytest.param(
            WarningKind.APPROACHING,
            ThresholdFacts(
                percent=Decimal(120),
                window="2026",
                met_from=dt.date(2027, 1, 1),
                collect_from=dt.date(2027, 1, 1),
            ),
            "Sales to Texas in 2026 have come to 120% of its threshold. It counts as met from"
            " 2027-01-01 on. Collect tax from 2027-01-01 on, by its usual rule: check with the"
            " state.",
            id="over the line in a window that counts later",
        ),
        pytest.param(
            WarningKind.MET,
            ThresholdFacts(percent=Decimal(104), window="2026", collect_from=dt.date(2027, 2, 1)),
            "Sales to Texas in 2026 met its threshold on 2026-11-02. Collect tax from 2027-02-01"
            " on, by its usual rule: check with the state.",
            id="met",
        ),
        pytest.param(
            WarningKind.MET,
            ThresholdFacts(percent=Decimal(104)),
            "Sales to Texas met its threshold on 2026-11-02.",
            id="met, and no more is known",
        ),
    ],
)
def test_of_sales(kind: WarningKind, facts: ThresholdFacts, said: str) -> None:
    assert sentence(kind, "US-TX", SINCE, facts) == said


def test_titles() -> None:
    assert [title(kind, "US-TX") for kind in WarningKind] == [
        "Texas: somebody works or lives there",
        "Texas: the sales threshold is near",
        "Texas: the sales threshold is met",
    ]


def test_the_facts_of_people_in_a_state() -> None:
    staff = StateStaff("US-TX", 1, 2, 3, 4, 5, SINCE, False, ENDED, 1, 0, ())
    assert facts_of(staff) == StaffFacts(
        current=1, coming=2, past=3, contractors=4, past_contractors=5,
        since_known=False, until=ENDED, at_work=1, at_home=0,
    )  # fmt: skip
