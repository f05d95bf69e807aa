from __future__ import annotations

import pytest

from exempt import ConfigError
from exempt_hris_csv.columns import Column, find_columns, named, require_columns


def understood(header: str, **chosen: str) -> dict[str, str]:
    cells = header.split("|")
    found = find_columns(cells, {Column(name): text for name, text in chosen.items()})
    return {str(column): cells[position] for column, position in found.items()}


GUSTO = (
    "First name|Last name|Personal email|Job title|Hire date|Termination date"
    "|Home address: Street 1|Home address: Street 2|Home address: City|Home address: State"
    "|Home address: Zip|Work address|Status"
)
BAMBOOHR = (
    "Employee #|First Name|Last Name|Work Email|Department|Location|Hire Date|Termination Date"
    "|Employment Status|Address Line 1|Address Line 2|City|State|Zip Code|Country"
)
RIPPLING = (
    "Employee ID|Full name|Work email|Title|Employment status|Start date|End date|Work location"
    "|Home address - street|Home address - city|Home address - state|Home address - zip"
    "|Home address - country|Is remote"
)
ADP = (
    "Associate ID|File Number|Payroll Name|Position Status|Hire Date|Termination Date"
    "|Location Description|Lived In State|Worked In State|Primary Address: Address Line 1"
    "|Primary Address: City|Primary Address: State / Territory Code"
    "|Primary Address: Zip / Postal Code"
)
FINCH = (
    "id|first_name|last_name|start_date|end_date|latest_rehire_date|location.line1|location.city"
    "|location.state|location.postal_code|location.country|residence.city|residence.state"
    "|residence.postal_code|residence.country|ssn|dob|income|is_active|employment_status"
    "|employment.type|employment.subtype"
)


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        pytest.param(
            GUSTO,
            {
                "first_name": "First name",
                "last_name": "Last name",
                "work_location": "Work address",
                "home_city": "Home address: City",
                "home_state": "Home address: State",
                "home_postal_code": "Home address: Zip",
                "start_date": "Hire date",
                "end_date": "Termination date",
                "status": "Status",
            },
            id="Gusto, which gives no number unless asked",
        ),
        pytest.param(
            BAMBOOHR,
            {
                "id": "Employee #",
                "first_name": "First Name",
                "last_name": "Last Name",
                "work_location": "Location",
                "home_city": "City",
                "home_state": "State",
                "home_postal_code": "Zip Code",
                "home_country": "Country",
                "start_date": "Hire Date",
                "end_date": "Termination Date",
                "status": "Employment Status",
            },
            id="BambooHR, whose plain address is the home",
        ),
        pytest.param(
            RIPPLING,
            {
                "id": "Employee ID",
                "name": "Full name",
                "work_location": "Work location",
                "home_city": "Home address - city",
                "home_state": "Home address - state",
                "home_postal_code": "Home address - zip",
                "home_country": "Home address - country",
                "start_date": "Start date",
                "end_date": "End date",
                "status": "Employment status",
                "remote": "Is remote",
            },
            id="Rippling",
        ),
        pytest.param(
            ADP,
            {
                "id": "Associate ID",
                "name": "Payroll Name",
                "work_location": "Location Description",
                "work_state": "Worked In State",
                "home_city": "Primary Address: City",
                "home_state": "Primary Address: State / Territory Code",
                "home_postal_code": "Primary Address: Zip / Postal Code",
                "start_date": "Hire Date",
                "end_date": "Termination Date",
                "status": "Position Status",
            },
            id="ADP, its address before the state of residence",
        ),
        pytest.param(
            FINCH,
            {
                "id": "id",
                "first_name": "first_name",
                "last_name": "last_name",
                "work_city": "location.city",
                "work_state": "location.state",
                "work_postal_code": "location.postal_code",
                "work_country": "location.country",
                "home_city": "residence.city",
                "home_state": "residence.state",
                "home_postal_code": "residence.postal_code",
                "home_country": "residence.country",
                "start_date": "start_date",
                "end_date": "end_date",
                "rehire_date": "latest_rehire_date",
                "status": "employment_status",
                "active": "is_active",
                "employment_type": "employment.type",
                "employment_subtype": "employment.subtype",
            },
            id="Finch's fields, flattened",
        ),
    ],
)
def test_known_exports(header: str, expected: dict[str, str]) -> None:
    assert understood(header) == expected


@pytest.mark.parametrize(
    "header", ["EMPLOYEE  ID|STATE", " employee_id | state", "Employee-Id|State:"]
)
def test_case_spaces_and_punctuation_do_not_count(header: str) -> None:
    assert understood(header).keys() == {"id", "home_state"}


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        pytest.param(
            {"id": "badge"}, {"id": "Badge", "home_state": "State"}, id="before the aliases"
        ),
        pytest.param(
            {"work_state": "State"},
            {"id": "ID", "work_state": "State"},
            id="a header it takes is nobody else's",
        ),
        pytest.param({"home_state": ""}, {"id": "ID"}, id="empty leaves the field out"),
    ],
)
def test_the_settings_choose_a_column(chosen: dict[str, str], expected: dict[str, str]) -> None:
    assert understood("ID|Badge|State", **chosen) == expected


@pytest.mark.parametrize(
    ("header", "chosen", "message"),
    [
        pytest.param(
            "Employee Ident|State",
            {},
            "id: no column gives the employee's number, the nearest is 'Employee Ident';",
            id="no number",
        ),
        pytest.param(
            "ID|Wrk Site",
            {},
            "work_state, home_state: no column says where an employee works or lives,"
            " the nearest is 'Wrk Site';",
            id="no place",
        ),
        pytest.param(
            "ID|Work State",
            {"work_state": "Wrk State"},
            "columns.work_state: the file has no column 'Wrk State', the nearest is 'Work State'",
            id="a chosen column is missing",
        ),
        pytest.param(
            "ID|State|STATE",
            {},
            "home_state: the file has several columns 'State': rename all but one",
            id="a column is there twice",
        ),
        pytest.param(
            "E-1|900-55-0100|Ana Ruiz",
            {},
            "id: no column gives the employee's number; add 'Employee ID'",
            id="a file without a header shows nobody's data",
        ),
    ],
)
def test_a_missing_column_is_named(header: str, chosen: dict[str, str], message: str) -> None:
    cells = header.split("|")
    with pytest.raises(ConfigError) as caught:
        require_columns(find_columns(cells, {Column(k): v for k, v in chosen.items()}), cells)
    assert message in str(caught.value)
    assert "Ana" not in str(caught.value)


def test_what_is_understood_stands_in_the_order_of_the_file() -> None:
    header = ["State", "x", "ID"]
    assert list(named(find_columns(header, {}), header)) == ["home_state = 'State'", "id = 'ID'"]
