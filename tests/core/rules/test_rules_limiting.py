from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exempt.rules.limiting import Limit, wait
from support.records import NOW

SECOND = dt.timedelta(seconds=1)
LIMIT = Limit(free=3, first=5 * SECOND, most=60 * SECOND)


def ago(*seconds: float) -> list[dt.datetime]:
    """Tries that were so many seconds ago."""
    return [NOW - each * SECOND for each in sorted(seconds, reverse=True)]


@pytest.mark.parametrize(
    ("tries", "seconds"),
    [
        pytest.param(ago(), 0, id="the first try is free"),
        pytest.param(ago(0, 0), 0, id="so is the last of the free ones"),
        pytest.param(ago(0, 0, 0), 5, id="then there is a wait"),
        pytest.param(ago(0, 0, 2), 5, id="counted from the last try"),
        pytest.param(ago(9, 9, 2), 3, id="of which some is over"),
        pytest.param(ago(9, 9, 5), 0, id="or all of it"),
        pytest.param(ago(9, 9, 9, 0), 10, id="each further try doubles it"),
        pytest.param(ago(*[0] * 6), 40, id="and doubles it again"),
        pytest.param(ago(*[0] * 900), 60, id="but never beyond the longest wait"),
        pytest.param(ago(3600, 3600, 0), 0, id="what was an hour ago is forgotten"),
        pytest.param(ago(3599, 3599, 0), 5, id="and what was not is not"),
    ],
)
def test_how_long_to_wait(tries: list[dt.datetime], seconds: float) -> None:
    assert wait(tries, LIMIT, NOW) == seconds * SECOND


def test_where_no_try_is_free_the_first_one_is() -> None:
    """Else nobody could ever begin."""
    none = LIMIT._replace(free=0)
    assert wait([], none, NOW) == dt.timedelta()
    assert wait(ago(0), none, NOW) == 10 * SECOND


@given(
    st.lists(st.floats(0, 7200), max_size=30).map(lambda found: ago(*found)),
    st.floats(0, 100),
)
def test_who_waits_may_try_again(tries: list[dt.datetime], later: float) -> None:
    due = wait(tries, LIMIT, NOW)
    assert dt.timedelta() <= due <= LIMIT.most
    assert wait(tries, LIMIT, NOW + due) == dt.timedelta()
    assert wait(tries, LIMIT, NOW + later * SECOND) <= due
