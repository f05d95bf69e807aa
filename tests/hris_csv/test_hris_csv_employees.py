from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable
from typing import Any

import pytest

from exempt import Address, CheckRequest, Employee, FetchRequest, Page
from exempt.testing import read_all
from exempt_hris_csv.connector import HrisCsv

Connect = Callable[..., HrisCsv]

HEADER = (
    "Employee ID,Name,Location,City,State,Zip,Country,Hire Date,Termination Date,Rehire Date,Remote"
)


def read(connect: Connect, *rows: str, header: str = HEADER, **settings: Any) -> Page[Employee]:
    return connect("\n".join([header, *rows]), **settings).fetch_employees(FetchRequest())


def only(page: Page[Employee]) -> Employee:
    assert not page.rejected, page.rejected
    (employee,) = page.records
    return employee


def test_an_employee_is_a_number_two_places_and_two_days(connect: Connect) -> None:
    row = 'E-3,Chloe Park,"Austin, TX",Denver,Colorado,80264,United States,08/19/2024,01/31/2026,,'
    assert only(read(connect, row)) == Employee(
        external_id="E-3",
        work_location=Address(country="US", state="TX", city="Austin"),
        home_location=Address(country="US", state="CO", city="Denver", postal_code="80264"),
        start_date=dt.date(2024, 8, 19),
        end_date=dt.date(2026, 1, 31),
    )


@pytest.mark.parametrize(
    ("header", "row", "label"),
    [
        pytest.param("ID,State,Name", "1,TX,Ana Ruiz", "Ana Ruiz", id="full name"),
        pytest.param(
            "ID,State,First Name,Last Name", "1,TX,Ana,Ruiz", "Ana Ruiz", id="two columns"
        ),
        pytest.param("ID,State", "1,TX", None, id="no name in the file"),
    ],
)
def test_the_name_is_kept_only_when_asked_for(
    connect: Connect, header: str, row: str, label: str | None
) -> None:
    assert only(read(connect, row, header=header)).label is None
    assert only(read(connect, row, header=header, keep_labels=True)).label == label


@pytest.mark.parametrize(
    ("cells", "work", "home"),
    [
        pytest.param("TX,,CO,,,,,,", "TX", "CO", id="office and home"),
        pytest.param("Remote,,CO,,,,,,", None, "CO", id="a remote worker is at home"),
        pytest.param("TX,,CO,,,,,,yes", None, "CO", id="so is one whose remote column says yes"),
        pytest.param("TX,,CO,,,,,,No", "TX", "CO", id="but not one where it says no"),
        pytest.param("TX,,,,,,,,", "TX", None, id="home unknown"),
        pytest.param(",,,,,,,,", None, None, id="both unknown"),
        pytest.param("TX,Toronto,Ontario,,Canada,,,,", "TX", "Ontario", id="home abroad"),
    ],
)
def test_states(connect: Connect, cells: str, work: str | None, home: str | None) -> None:
    employee = only(read(connect, f"E-1,,{cells}"))
    assert employee.work_location == (Address(country="US", state=work) if work else None)
    assert (employee.home_location.state if employee.home_location else None) == home


def test_a_column_of_states_is_read_before_a_free_text(connect: Connect) -> None:
    header = "File Number,Location Description,Worked In State"
    employee = only(read(connect, "7,Headquarters,NY", header=header))
    assert employee.work_location == Address(country="US", state="NY")


def test_a_named_place_has_its_address_in_the_settings(connect: Connect) -> None:
    locations = {"Headquarters": {"country": "US", "state": "TX"}}
    employee = only(read(connect, "7,HEADQUARTERS", header="ID,Location", locations=locations))
    assert employee.work_location == Address(country="US", state="TX")


@pytest.mark.parametrize(
    ("text", "day"),
    [
        pytest.param("2024-08-09", dt.date(2024, 8, 9), id="ISO"),
        pytest.param("08/09/2024", dt.date(2024, 8, 9), id="month first, as in the United States"),
        pytest.param("8/9/2024", dt.date(2024, 8, 9), id="without zeros"),
        pytest.param("0000-00-00", None, id="BambooHR's empty date"),
        pytest.param("N/A", None, id="not available"),
        pytest.param("", None, id="empty"),
    ],
)
def test_dates(connect: Connect, text: str, day: dt.date | None) -> None:
    assert only(read(connect, f"1,TX,{text}", header="ID,State,Start Date")).start_date == day


@pytest.mark.parametrize(
    ("hired", "left", "again", "period"),
    [
        pytest.param("2019-03-04", "", "", (dt.date(2019, 3, 4), None), id="still there"),
        pytest.param(
            "2019-03-04", "12/31/9999", "", (dt.date(2019, 3, 4), None), id="no end in sight"
        ),
        pytest.param(
            "2019-03-04", "2020-01-31", "", (dt.date(2019, 3, 4), dt.date(2020, 1, 31)), id="gone"
        ),
        pytest.param(
            "2019-03-04", "2020-01-31", "2023-05-01", (dt.date(2023, 5, 1), None), id="came back"
        ),
        pytest.param(
            "2019-03-04",
            "2024-01-31",
            "2023-05-01",
            (dt.date(2019, 3, 4), dt.date(2024, 1, 31)),
            id="came back and left again",
        ),
    ],
)
def test_first_and_last_day(
    connect: Connect, hired: str, left: str, again: str, period: tuple[dt.date, dt.date | None]
) -> None:
    employee = only(read(connect, f"E-1,,TX,,,,,{hired},{left},{again},"))
    assert (employee.start_date, employee.end_date) == period


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        pytest.param(
            ",,TX,,,,,,,,",
            "column 'Employee ID': it is empty: give every employee a number",
            id="no number",
        ),
        pytest.param(
            "900-55-0100,,TX,,,,,,,,",
            "column 'Employee ID': it holds a Social Security number: export",
            id="a Social Security number in its place",
        ),
        pytest.param(
            "E-1,,Springfield,,,,,,,,",
            "column 'Location': no state can be read from it",
            id="no state",
        ),
        pytest.param(
            "E-1,,CO,Austin,900-55-0100,,,,,,",
            "column 'State': not a state of the United States: use its two letters, such as 'TX'",
            id="no such state",
        ),
        pytest.param(
            "E-1,,TX,,,,Freedonia,,,,",
            "column 'Country': not a known country: use its two letters, such as 'US'",
            id="no such country",
        ),
        pytest.param(
            "E-1,,TX,,,,,31/31/2024,,,",
            "column 'Hire Date': not in the form of this file's dates, %Y-%m-%d: mend it",
            id="no date",
        ),
        pytest.param(
            "E-1,,TX,,,,,1900-01-01,,,",
            "column 'Hire Date': not between 1950 and 2099: leave it empty if there is none",
            id="a spreadsheet's day zero",
        ),
        pytest.param(
            "E-1,,TX,,,,,2024-01-31,2023-01-31,,",
            "column 'Termination Date': it is before the start date: mend one of the two",
            id="left before coming",
        ),
        pytest.param(
            "Ruiz, Ana,900-55-0100,,TX,,,,,,,x",
            "it has 12 cells, the header 11: put the cell that contains the delimiter in quotes",
            id="a delimiter that was not quoted",
        ),
        pytest.param(
            'E-1,"Ana "Ann" Ruiz",TX,,,,,,,,',
            "the quotes do not match up: close every quote, and write one inside a cell twice",
            id="a quote inside a cell",
        ),
    ],
)
def test_a_bad_row_is_set_aside_by_line_and_column_without_its_text(
    connect: Connect, row: str, reason: str
) -> None:
    page = read(connect, "E-0,,TX,,,,,,,,", row, "E-9,,TX,,,,,,,,")
    assert [employee.external_id for employee in page.records] == ["E-0", "E-9"]
    (rejected,) = page.rejected
    assert rejected.row == "line 3"
    assert rejected.reason.startswith(reason)
    for cell in row.split(","):
        assert cell == "x" or not cell or cell not in rejected.reason
    assert rejected.external_id in {None, "E-1"}


@pytest.mark.parametrize(
    ("rows", "ids"),
    [
        pytest.param(["E-1,,TX"], ["E-1"], id="empty last cells may be missing"),
        pytest.param(["E-1,,TX,,,,,,,,,,,"], ["E-1"], id="or be too many"),
        pytest.param(["", ",,,,,,,,,,", "E-1,,TX"], ["E-1"], id="blank rows are no employees"),
        pytest.param(['="0071",,TX'], ["0071"], id="a number kept as text by a spreadsheet"),
        pytest.param(['E-1, "Ruiz, Ana", TX'], ["E-1"], id="spaces after the delimiter"),
    ],
)
def test_rows_as_programs_really_write_them(
    connect: Connect, rows: list[str], ids: list[str]
) -> None:
    page = read(connect, *rows)
    assert not page.rejected
    assert [employee.external_id for employee in page.records] == ids


def test_a_quote_that_is_never_closed_costs_no_row_before_it(connect: Connect) -> None:
    page = read(connect, "E-1,,TX", 'E-2,"Ben,TX', "E-3,,TX")
    assert [employee.external_id for employee in page.records] == ["E-1"]
    assert [rejected.row for rejected in page.rejected] == ["line 3"]


CANARIES = {
    "SSN": "900-55-7731",
    "Birth Date": "1977-03-11",
    "Work Email": "canary@private.example",
    "Annual Salary": "77310.55",
    "Address Line 1": "7731 Canary Row",
    "First Name": "Canaria",
    "Gender": "canary-gender",
}


def test_personal_data_is_dropped_at_the_door(
    connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    header = ",".join(["Employee ID", *CANARIES, "State", "Home Location", "Hire Date"])
    personal = ",".join(CANARIES.values())
    canaries = [*CANARIES.values(), "Canary"]
    rows = [
        f"E-1,{personal},TX,,2024-01-31",
        f"E-2,{personal},7731 Canary Row,,2024-01-31",
        f"E-3,{personal},TX,,Canaria",
        f"{personal},TX,,2024-01-31",
        f"E-4,x,{personal},TX,,2024-01-31",
        f'E-5,"{personal},TX',
    ]
    text = "\n".join([header, *rows])
    hris = connect(text)
    pages = read_all(hris.fetch_employees, page_size=1)
    seen = [page.model_dump_json() for page in pages]
    combined = text.replace("State,Home Location", "Region,Home Address").replace(
        "TX,,", 'TX,"7731 Canary Row, Austin, TX 78701",'
    )
    other = connect(combined)
    seen += [page.model_dump_json() for page in read_all(other.fetch_employees)]
    seen += [other.check(CheckRequest()).model_dump_json(), repr(vars(other)), caplog.text]
    assert sum(len(page.rejected) for page in pages) == 5
    assert not [canary for canary in canaries if any(canary in text for text in seen)]
