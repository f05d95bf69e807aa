"""How far back sales are wanted, and where what is known of them begins later."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exempt.rules.lookback import (
    EVERYTHING,
    NEAR_ENOUGH,
    Lack,
    Lacking,
    Lookback,
    SourceStart,
    Wanted,
    is_earlier,
    lacks,
    start,
)

TODAY = dt.date(2026, 11, 20)
THREE, FOUR, FIVE = (dt.date(2026 - years, 1, 1) for years in (3, 4, 5))
WANTED = Wanted((), 3, THREE)
days = st.dates(dt.date(1990, 1, 1), dt.date(2030, 12, 31))


@pytest.mark.parametrize(
    ("lookback", "wanted", "earliest"),
    [
        pytest.param(Lookback(), [WANTED], THREE, id="three whole years before this one"),
        pytest.param(
            Lookback(3, {"US-TX": 4}),
            [Wanted(("US-TX",), 4, FOUR), WANTED],
            FOUR,
            id="a state that wants more",
        ),
        pytest.param(
            Lookback(4, {"US-WA": 5, "US-NY": 3, "US-TX": 5, "US-CA": 4}),
            [
                Wanted(("US-TX", "US-WA"), 5, FIVE),
                Wanted((), 4, FOUR),
                Wanted(("US-NY",), 3, THREE),
            ],
            FIVE,
            id="those that want as much stand together, who wants the usual is not named",
        ),
    ],
)
def test_wanted(lookback: Lookback, wanted: list[Wanted], earliest: dt.date) -> None:
    assert lookback.wanted(TODAY) == wanted
    assert lookback.earliest(TODAY) == earliest


def test_wanted_by_one_state() -> None:
    lookback = Lookback(3, {"US-TX": 4})
    assert lookback.wanted_by("US-TX", TODAY) == Wanted(("US-TX",), 4, FOUR)
    assert lookback.wanted_by("US-OK", TODAY) == Wanted(("US-OK",), 3, THREE)


@pytest.mark.parametrize("day", [dt.date(2026, 1, 1), dt.date(2026, 12, 31), dt.date(2024, 2, 29)])
def test_the_year_counts_whatever_the_day(day: dt.date) -> None:
    assert Lookback(1).earliest(day) == dt.date(day.year - 1, 1, 1)


@pytest.mark.parametrize(
    ("kept", "since", "begun", "anew", "expected"),
    [
        pytest.param(None, None, False, True, THREE, id="one that is new: as far as is wanted"),
        pytest.param(None, FIVE, False, True, FIVE, id="where the settings say so: from there"),
        pytest.param(None, EVERYTHING, False, True, None, id="all, where they say that"),
        pytest.param(FIVE, EVERYTHING, True, False, None, id="all, although less was read"),
        pytest.param(FIVE, THREE, True, False, THREE, id="less, where they say so by now"),
        pytest.param(FIVE, None, True, False, FIVE, id="it stays while years go by"),
        pytest.param(FIVE, None, True, True, FIVE, id="it stays where all is read again"),
        pytest.param(TODAY, None, True, False, TODAY, id="it stays where less was read"),
        pytest.param(TODAY, None, True, True, THREE, id="read again: as far as is wanted by now"),
        pytest.param(None, None, True, False, None, id="what was read whole stays whole"),
        pytest.param(None, None, True, True, None, id="also where all is read again"),
    ],
)
def test_start(
    kept: dt.date | None,
    since: dt.date | None,
    begun: bool,
    anew: bool,
    expected: dt.date | None,
) -> None:
    assert start(kept, THREE, since=since, begun=begun, anew=anew) == expected


@given(kept=days, earliest=days, anew=st.booleans())
def test_without_a_word_in_the_settings_it_never_moves_later(
    kept: dt.date, earliest: dt.date, *, anew: bool
) -> None:
    assert not is_earlier(kept, start(kept, earliest, since=None, begun=True, anew=anew))


@pytest.mark.parametrize(
    ("day", "than", "expected"),
    [
        pytest.param(FOUR, THREE, True, id="an earlier day"),
        pytest.param(THREE, FOUR, False, id="a later day"),
        pytest.param(THREE, THREE, False, id="the same day"),
        pytest.param(None, THREE, True, id="all is more than from a day on"),
        pytest.param(THREE, None, False, id="nothing is more than all"),
        pytest.param(None, None, False, id="all twice"),
    ],
)
def test_is_earlier(day: dt.date | None, than: dt.date | None, expected: bool) -> None:
    assert is_earlier(day, than) is expected


def source(
    reads_from: dt.date | None = THREE,
    *,
    is_read: bool = True,
    files_from: dt.date | None = None,
    name: str = "erp",
) -> SourceStart:
    return SourceStart(name, reads_from, is_read, files_from)


LATER = dt.date(2025, 3, 5)
SOON = THREE + NEAR_ENOUGH


@pytest.mark.parametrize(
    ("sources", "first_sale", "expected"),
    [
        pytest.param([source()], THREE, [], id="all is there"),
        pytest.param([source(None)], FIVE, [], id="more than is wanted is there"),
        pytest.param([source()], SOON, [], id="the first sale came soon"),
        pytest.param(
            [source()],
            SOON + dt.timedelta(days=1),
            [Lack(Lacking.NOTHING_OLDER, WANTED, None, SOON + dt.timedelta(days=1))],
            id="the source has nothing older",
        ),
        pytest.param(
            [source(None)],
            LATER,
            [Lack(Lacking.NOTHING_OLDER, WANTED, None, LATER)],
            id="read whole, the source has nothing older",
        ),
        pytest.param(
            [],
            LATER,
            [Lack(Lacking.NOTHING_OLDER, WANTED, None, LATER)],
            id="files alone, and they have nothing older",
        ),
        pytest.param(
            [source(LATER)],
            LATER,
            [Lack(Lacking.READ_FROM, WANTED, "erp", LATER)],
            id="read from later on, nobody knows whether there is more",
        ),
        pytest.param(
            [source(LATER)],
            FIVE,
            [Lack(Lacking.READ_FROM, WANTED, "erp", LATER)],
            id="an old order that came alone does not count for what lies between",
        ),
        pytest.param([source(LATER, files_from=THREE)], THREE, [], id="files have what is older"),
        pytest.param(
            [source(LATER, files_from=TODAY)],
            LATER,
            [Lack(Lacking.READ_FROM, WANTED, "erp", LATER)],
            id="files have nothing older",
        ),
        pytest.param(
            [source(is_read=False)],
            LATER,
            [Lack(Lacking.BEING_READ, WANTED, "erp", THREE)],
            id="it is being read",
        ),
        pytest.param(
            [source(), source(LATER, name="shop"), source(None, is_read=False, name="till")],
            THREE,
            [
                Lack(Lacking.READ_FROM, WANTED, "shop", LATER),
                Lack(Lacking.BEING_READ, WANTED, "till", None),
            ],
            id="each source by itself",
        ),
        pytest.param([source()], None, [], id="without any sale nothing is said"),
    ],
)
def test_lacks(
    sources: list[SourceStart], first_sale: dt.date | None, expected: list[Lack]
) -> None:
    assert lacks(sources, first_sale, WANTED) == expected
