"""Which column of an export holds what: known aliases, and what the settings say.

The aliases are headers seen in exports of Gusto, BambooHR, Rippling and ADP and
in Finch's data model. Case, spaces and punctuation do not count; ``#`` is read
as "number". A header that stands for no field here is never read.
"""

from __future__ import annotations

import difflib
import itertools
from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum

from exempt import ConfigError


class Column(StrEnum):
    """A field that an export may give."""

    ID = "id"
    NAME = "name"
    FIRST_NAME = "first_name"
    LAST_NAME = "last_name"
    WORK_LOCATION = "work_location"
    WORK_CITY = "work_city"
    WORK_STATE = "work_state"
    WORK_POSTAL_CODE = "work_postal_code"
    WORK_COUNTRY = "work_country"
    HOME_LOCATION = "home_location"
    HOME_CITY = "home_city"
    HOME_STATE = "home_state"
    HOME_POSTAL_CODE = "home_postal_code"
    HOME_COUNTRY = "home_country"
    START_DATE = "start_date"
    END_DATE = "end_date"
    REHIRE_DATE = "rehire_date"
    REMOTE = "remote"
    STATUS = "status"
    ACTIVE = "active"
    EMPLOYMENT_TYPE = "employment_type"
    EMPLOYMENT_SUBTYPE = "employment_subtype"


NAMES = frozenset({Column.NAME, Column.FIRST_NAME, Column.LAST_NAME})
PLACES = frozenset(
    {Column.WORK_LOCATION, Column.WORK_STATE, Column.HOME_LOCATION, Column.HOME_STATE}
)

LIKE = 0.5
"""How alike two headers are, of 1, for one to be offered in place of the other."""

_CITY = "city"
_STATE = "state statecode stateprovince stateterritorycode stateterritory province"
_POSTAL_CODE = "zip zipcode zippostalcode postalcode postcode"
_COUNTRY = "country countrycode"
_WORK = ("work", "worklocation", "workaddress", "worksite", "office", "location", "workedin")
# A plain "State" beside a work location is, in these exports, that of the home.
_HOME = ("home", "homeaddress", "residence", "primaryaddress", "livedin", "address", "")


def _headers(ends: str, starts: Sequence[str] = ("",)) -> list[str]:
    """Every one of *starts* followed by every word of *ends*."""
    return [start + end for start, end in itertools.product(starts, ends.split())]


ALIASES: Mapping[Column, Sequence[str]] = {
    Column.ID: _headers(
        "employeeid employeenumber employeeno employeecode empid empno eeid individualid"
        " associateid filenumber workerid personid personnelnumber staffid id"
    ),
    Column.NAME: _headers("fullname employeename employee payrollname displayname name"),
    Column.FIRST_NAME: _headers("firstname legalfirstname givenname"),
    Column.LAST_NAME: _headers("lastname legallastname familyname surname"),
    Column.WORK_LOCATION: _headers(
        "worklocation worklocationname worklocationaddress workaddress worksite"
        " locationdescription locationname location office"
    ),
    Column.WORK_CITY: _headers(_CITY, _WORK),
    Column.WORK_STATE: _headers(_STATE, _WORK),
    Column.WORK_POSTAL_CODE: _headers(_POSTAL_CODE, _WORK),
    Column.WORK_COUNTRY: _headers(_COUNTRY, _WORK),
    Column.HOME_LOCATION: _headers("homelocation homeaddress residence primaryaddress address"),
    Column.HOME_CITY: _headers(_CITY, _HOME),
    Column.HOME_STATE: _headers(_STATE, _HOME),
    Column.HOME_POSTAL_CODE: _headers(_POSTAL_CODE, _HOME),
    Column.HOME_COUNTRY: _headers(_COUNTRY, _HOME),
    Column.START_DATE: _headers(
        "hiredate startdate dateofhire hiredon employmentstartdate originalhiredate"
    ),
    Column.END_DATE: _headers(
        "terminationdate enddate dateoftermination separationdate lastday lastdayofwork"
        " lastworkingday employmentenddate terminatedon"
    ),
    Column.REHIRE_DATE: _headers("rehiredate latestrehiredate lastrehiredate"),
    Column.REMOTE: _headers("isremote remote workfromhome worksfromhome remoteworker"),
    Column.STATUS: _headers(
        "employmentstatus employeestatus positionstatus workerstatus jobstatus status"
    ),
    Column.ACTIVE: _headers("isactive active currentlyemployed"),
    Column.EMPLOYMENT_TYPE: _headers("employmenttype employeetype workertype workercategory"),
    Column.EMPLOYMENT_SUBTYPE: _headers("employmentsubtype employeesubtype workersubtype"),
}
"""For each field the headers taken for it, the more telling first."""


def plain(header: str) -> str:
    """``homeaddresscity`` for ``Home Address - City``: what two spellings share."""
    return "".join(filter(str.isalnum, header.replace("#", "number").casefold()))


def count_known(header: Sequence[str], chosen: Mapping[Column, str]) -> int:
    """How many cells of *header* are understood."""
    known = {plain(name) for name in chosen.values()}.union(*ALIASES.values())
    return sum(plain(cell) in known for cell in header)


def find_columns(header: Sequence[str], chosen: Mapping[Column, str]) -> dict[Column, int]:
    """The position of each field that *header* gives, counted from 0.

    Args:
        header: The cells of the file's first row.
        chosen: Headers for fields, from the settings; they come before the
            aliases, and an empty one leaves the field out.

    Raises:
        ConfigError: A chosen header is not there, or a used one is there twice.
    """
    plain_header = [plain(cell) for cell in header]
    found = {
        column: _position(name, header, plain_header, f"columns.{column}")
        for column, name in chosen.items()
        if name
    }
    taken = set(found.values())
    for column, aliases in ALIASES.items():
        if column in chosen:
            continue
        for alias in aliases:
            if alias in plain_header and plain_header.index(alias) not in taken:
                found[column] = _position(alias, header, plain_header, str(column))
                break
    return found


def _position(name: str, header: Sequence[str], plain_header: Sequence[str], field: str) -> int:
    sought = plain(name)
    match plain_header.count(sought):
        case 1:
            return plain_header.index(sought)
        case 0:
            msg = f"{field}: the file has no column {name!r}{_nearest([sought], header)}"
        case _:
            shown = header[plain_header.index(sought)]
            msg = f"{field}: the file has several columns {shown!r}: rename all but one"
    raise ConfigError(msg)


def require_columns(columns: Mapping[Column, int], header: Sequence[str]) -> None:
    """See to it that *columns* say who an employee is, and where.

    Raises:
        ConfigError: With the nearest header there is.
    """
    if Column.ID not in columns:
        msg = (
            "id: no column gives the employee's number"
            f"{_nearest(ALIASES[Column.ID][:2], header)}; add 'Employee ID' to the export,"
            " or name the column as columns.id in the settings"
        )
        raise ConfigError(msg)
    if not PLACES & columns.keys():
        aliases = itertools.chain.from_iterable(ALIASES[place] for place in sorted(PLACES))
        msg = (
            "work_state, home_state: no column says where an employee works or lives"
            f"{_nearest(list(aliases), header)}; add 'Work location' or 'Home address: State' to"
            " the export, or name the column as columns.work_state or columns.home_state"
        )
        raise ConfigError(msg)


def _nearest(sought: Sequence[str], header: Sequence[str]) -> str:
    """Words for the header most like one of *sought*, if any is like it.

    A cell with a digit is never shown: the file may lack its header, and the
    cell be somebody's number.
    """
    shown = {plain(cell): cell for cell in header if not any(map(str.isdigit, cell))}
    likeness = {
        candidate: max(difflib.SequenceMatcher(None, candidate, name).ratio() for name in sought)
        for candidate in shown
    }
    nearest = max(likeness, key=likeness.__getitem__, default="")
    return f", the nearest is {shown[nearest]!r}" if likeness.get(nearest, 0) >= LIKE else ""


def named(columns: Mapping[Column, int], header: Sequence[str]) -> Iterator[str]:
    """``id = 'Employee #'`` for each column understood, in the file's order."""
    for column, position in sorted(columns.items(), key=lambda item: item[1]):
        yield f"{column} = {header[position]!r}"
