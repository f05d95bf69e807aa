from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exempt import CheckRequest, ConfigError, FetchRequest
from exempt.testing import read_all, records
from exempt_hris_csv import survey
from exempt_hris_csv.connector import HrisCsv
from exempt_hris_csv.dates import FORMATS, DateVote, parse_day

Connect = Callable[..., HrisCsv]
HEADER = "ID,State,Hire Date,Termination Date"
MARCH_4, APRIL_3 = dt.date(2025, 3, 4), dt.date(2025, 4, 3)


def export(*dates: str) -> str:
    return "\n".join([HEADER, *(f"E-{n},TX,{text}" for n, text in enumerate(dates))]) + "\n"


def starts(hris: HrisCsv, page_size: int = 1) -> list[dt.date | None]:
    return [e.start_date for e in records(read_all(hris.fetch_employees, page_size=page_size))]


@pytest.mark.parametrize(
    ("dates", "first"),
    [
        pytest.param(["03/04/2025", "12/25/2024"], MARCH_4, id="a 25th in second place"),
        pytest.param(["03/04/2025", "25/12/2024"], APRIL_3, id="a 25th in first place"),
        pytest.param(["03/04/2025", "05/06/2024"], MARCH_4, id="undecided, as in the States"),
        pytest.param(["2025-03-04", "2024-12-25"], MARCH_4, id="ISO"),
        pytest.param(["03-04-2025", "25-12-2024"], APRIL_3, id="dashes, day first"),
        pytest.param(["03.04.2025", "05.06.2024"], APRIL_3, id="dots"),
        pytest.param(["03/04/25", "25/12/24"], APRIL_3, id="two digits of the year"),
        pytest.param(["04-MAR-2025", "25-Dec-2024"], MARCH_4, id="the month as a word"),
        pytest.param(["03/04/2025", "soon", "25/12/2024"], APRIL_3, id="what is no date is silent"),
        pytest.param(["03/04/2025", "31/31/2024"], MARCH_4, id="nor is a slip of the keyboard"),
        pytest.param(["03/04/2025,12/31/9999"], MARCH_4, id="nor what means no end"),
    ],
)
def test_the_form_of_all_dates_of_a_file_reads_its_first_row(
    connect: Connect, dates: list[str], first: dt.date
) -> None:
    assert starts(connect(export(*dates)))[0] == first


def test_a_last_day_decides_how_first_days_are_read(connect: Connect) -> None:
    hris = connect(f"{HEADER}\n1,TX,03/04/2025,\n2,TX,01/02/2020,31/05/2021\n")
    assert starts(hris) == [APRIL_3, dt.date(2020, 2, 1)]


@pytest.mark.parametrize(
    ("dates", "lines"),
    [
        (["25/12/2024", "03/04/2025", "12/25/2024"], ("line 2", "line 4")),
        (["03/04/2025", "05/06/2024", "2025-03-04"], ("line 2", "line 4")),
        (["2025-03-04", "x", "3/4/2025"], ("line 2", "line 4")),
        (["3/4/2025", "25/12/2024", "12/25/24"], ("line 2", "line 4")),
    ],
    ids=["both ways round", "US and ISO", "ISO and US", "long and short years"],
)
def test_two_forms_in_one_file_are_refused_with_a_line_of_each(
    connect: Connect, dates: list[str], lines: tuple[str, str]
) -> None:
    hris = connect(export(*dates))
    with pytest.raises(ConfigError, match=r"^employees\.csv: dates in two forms") as caught:
        hris.fetch_employees(FetchRequest())
    assert all(line in str(caught.value) for line in lines)
    assert not [date for date in dates if date in str(caught.value)]
    assert [p.code for p in hris.check(CheckRequest()).problems] == ["unreadable"]


def test_the_settings_say_which_forms_there_are(connect: Connect) -> None:
    hris = connect(export("03/04/2025"), date_formats=["%d/%m/%Y"])
    assert starts(hris) == [APRIL_3]
    hris = connect(export("3 Apr 2025", "4/3/2025"), date_formats=["%d %b %Y"])
    page = hris.fetch_employees(FetchRequest())
    assert [e.start_date for e in page.records] == [APRIL_3]
    assert [r.row for r in page.rejected] == ["line 3"]


def test_check_says_which_form_was_taken_and_whether_another_would_fit(connect: Connect) -> None:
    decided = connect(export("03/04/2025", "25/12/2024")).check(CheckRequest())
    assert decided.account.endswith("; dates as %d/%m/%Y")
    assert not decided.problems
    (problem,) = connect(export("03/04/2025")).check(CheckRequest()).problems
    assert problem.code == "ambiguous_dates"
    assert "read as %m/%d/%Y; %d/%m/%Y would fit" in problem.message


def test_the_whole_file_is_looked_through_once_a_run(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    votes: list[DateVote] = []

    def counted(formats: tuple[str, ...]) -> DateVote:
        votes.append(DateVote(formats))
        return votes[-1]

    monkeypatch.setattr(survey, "DateVote", counted)
    hris = connect(export(*["03/04/2025"] * 20, "25/12/2024"))
    pages = read_all(hris.fetch_employees, page_size=2)
    assert len(pages) > 10
    assert {e.start_date for e in records(pages[:-1])} == {APRIL_3}
    read_all(hris.fetch_employees, pages[-1].checkpoint)
    assert len(votes) == 1


@given(
    days=st.lists(st.dates(dt.date(2001, 1, 1), dt.date(2060, 1, 1)), min_size=1),
    form=st.sampled_from(FORMATS),
    order=st.randoms(),
)
def test_what_was_written_in_one_form_is_read_in_it_if_any_day_tells(
    days: list[dt.date], form: str, order: object
) -> None:
    days = [*days, dt.date(2024, 12, 25)]
    order.shuffle(days)  # type: ignore[attr-defined]
    vote = DateVote(FORMATS)
    for line, day in enumerate(days):
        vote.see(day.strftime(form), line)
    decided = vote.decided()
    assert [parse_day(d.strftime(form), FORMATS[decided.number]) for d in days] == days
    assert decided.others == ()
