"""Days and moments in the forms that ERPs write, and in their own time zones."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import respx

from exempt import FetchRequest
from exempt_erp_generic.fields import DayValue, MomentValue
from exempt_erp_generic.times import day_as, moment_as, moment_of
from peers.erp_build import ORDER, URL, as_json, connector, order_row, push_one

CHICAGO = ZoneInfo("America/Chicago")
MOMENT = dt.datetime(2026, 11, 1, 12, 30, 5, 250_000, tzinfo=dt.UTC)
PARTS = {"year": 2026, "month": 11, "day": 1, "hour": 12, "minute": 30, "second": 5}


@pytest.mark.parametrize("form", ["epoch_ms", "ms_json"])
def test_what_is_written_is_read_again(form: str) -> None:
    assert moment_of(moment_as(form, MOMENT, CHICAGO), (form,)) == MOMENT


def test_parts_are_written_as_json_in_the_time_zone() -> None:
    written = json.loads(str(moment_as("parts", MOMENT, CHICAGO)))
    assert written == {"__class__": "datetime"} | PARTS | {"hour": 6, "microsecond": 250_000}
    assert moment_of(written, ("parts",)).replace(tzinfo=CHICAGO) == MOMENT


@pytest.mark.parametrize(
    ("found", "form", "expected"),
    [
        pytest.param(PARTS, "parts", dt.datetime(2026, 11, 1, 12, 30, 5), id="parts"),
        pytest.param(
            {"year": 2026, "month": 11, "day": 1},
            "parts",
            dt.datetime(2026, 11, 1),
            id="a day",
        ),
        pytest.param(
            "/Date(1518685950940+0000)/",
            "ms_json",
            dt.datetime(2018, 2, 15, 9, 12, 30, 940_000, tzinfo=dt.UTC),
            id="milliseconds with an offset that says nothing",
        ),
        pytest.param(
            "/Date(-1)/",
            "ms_json",
            dt.datetime(1969, 12, 31, 23, 59, 59, 999_000, tzinfo=dt.UTC),
            id="before 1970",
        ),
    ],
)
def test_a_moment_is_read(found: Any, form: str, expected: dt.datetime) -> None:
    assert moment_of(found, (form,)) == expected


@pytest.mark.parametrize(
    ("found", "form"),
    [
        pytest.param("2026-11-01", "ms_json", id="no milliseconds"),
        pytest.param(17, "ms_json", id="a number"),
        pytest.param("2026", "parts", id="a text"),
        pytest.param({"year": 2026}, "parts", id="a part of parts"),
        pytest.param({"year": 2026, "month": 13, "day": 1}, "parts", id="no such month"),
        pytest.param({"year": "canary", "month": 1, "day": 1}, "parts", id="no number"),
    ],
)
def test_what_is_no_moment_is_refused_without_being_quoted(found: Any, form: str) -> None:
    with pytest.raises(ValueError, match=f"is not written as {form}: set its formats") as caught:
        moment_of(found, (form,))
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize(
    ("zone", "day"),
    [
        pytest.param("UTC", dt.date(2026, 10, 31), id="its own zone, then the seller's day"),
        pytest.param(None, dt.date(2026, 11, 1), id="else as it stands"),
    ],
)
def test_a_moment_without_an_offset_may_have_a_zone_of_its_own(
    zone: str | None, day: dt.date
) -> None:
    given = {"path": "d", "formats": ["%Y-%m-%d %H:%M:%S"], "time_zone": zone}
    value = DayValue.model_validate(given)
    assert value.read({"d": "2026-11-01 03:00:00"}, CHICAGO) == day


def test_a_change_date_in_utc_beside_days_in_the_sellers_zone() -> None:
    value = MomentValue.model_validate({"path": "d", "time_zone": "UTC"})
    assert value.read({"d": "2026-11-01T12:30:05.25"}, CHICAGO) == MOMENT


def test_changes_are_asked_for_in_their_own_zone(mocked: respx.MockRouter) -> None:
    route = mocked.get(f"{URL}/orders").mock(return_value=as_json({"data": [order_row(1)]}))
    how = {"param": "since", "format": "%H:%M", "time_zone": "UTC", "overlap_seconds": 0}
    erp = connector(orders__incremental=how, time_zone="America/Chicago")
    checkpoint = erp.fetch_orders(FetchRequest()).checkpoint
    erp.fetch_orders(FetchRequest(cursor=checkpoint))
    assert route.calls[1].request.url.params["since"] == "12:01"


def test_days_are_written_in_parts(mocked: respx.MockRouter) -> None:
    route = mocked.patch(ORDER).mock(return_value=as_json({}))
    push_one(body={"d": "{expiration_date}"}, date_format="parts")
    sent = json.loads(route.calls[0].request.content)
    assert sent == {"d": {"__class__": "date", "year": 2027, "month": 1, "day": 31}}
    assert day_as("iso", dt.date(2027, 1, 31)) == "2027-01-31"
