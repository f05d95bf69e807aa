"""Within a major version the specification only grows: whatever 1.0 promised, 1.1 keeps."""

from __future__ import annotations

import copy
import hashlib
import itertools
import json
from pathlib import Path
from typing import Any

import pytest

from exempt.discovery import works_with
from exempt.hookspecs import SPEC_VERSION, ConnectorInfo, RulesPackInfo

HERE = Path(__file__).parent

RELEASED = {"1.0": "659209c830518edb1878adc1569acd37b1c97283a45c13102e63de182c4080a1"}
"""The SHA-256 of the files of versions that plugins were written to; none is touched again."""

MAY_GROW = {
    "Capability": "a connector names those it has; none is given to it",
    "Stream": "a connector is asked only for the streams whose hook it implements",
}
"""Enumerations that may get further values, and why a connector written before is not hurt.

Any other is handed to connectors written before, which would not know the new value.
"""


def number(path: Path) -> tuple[int, ...]:
    return tuple(map(int, path.stem.removeprefix("spec-").split(".")))


FILES = sorted(HERE.glob("spec-*.json"), key=number)
PAIRS = [
    pytest.param(old, new, id=f"{old.stem} in {new.stem}")
    for old, new in itertools.combinations(FILES, 2)
    if number(old)[0] == number(new)[0]
]


def read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def broken(old: Any, new: Any, at: str = "") -> list[str]:
    """Where *new* does not keep what *old* promised; what it only adds is fine."""
    if not (isinstance(old, dict) and isinstance(new, dict)):
        return [] if old == new else [f"{at}: was {old}, is {new}"]
    found = [f"{at}.{name}: is gone" for name in old if name not in new]
    for name, before in old.items():
        if name in new and name not in {"version", "values"}:
            found += broken(before, new[name], f"{at}.{name}" if at else name)
    if "values" in old:
        found += changed_values(old["values"], new.get("values", []), at)
    elif at.endswith((".fields", ".made_of", ".takes")):
        added = (name for name in new if name not in old)
        found += [
            f"{at}.{name}: is new without a default" for name in added if " =" not in new[name]
        ]
    return found


def changed_values(old: list[str], new: list[str], at: str) -> list[str]:
    found = [f"{at}: {value} is gone" for value in old if value not in new]
    if at.rpartition(".")[2] not in MAY_GROW:
        found += [f"{at}: {value} is new" for value in new if value not in old]
    return found


@pytest.mark.parametrize(("old", "new"), PAIRS)
def test_a_later_version_keeps_what_an_earlier_one_promised(old: Path, new: Path) -> None:
    assert not broken(read(old), read(new))


def test_there_is_a_file_of_this_version_and_none_of_a_later_one() -> None:
    assert FILES[-1].name == f"spec-{SPEC_VERSION}.json"
    assert [read(path)["version"] for path in FILES] == [path.stem[5:] for path in FILES]


@pytest.mark.parametrize("version", RELEASED)
def test_the_file_of_a_released_version_is_not_touched(version: str) -> None:
    found = (HERE / f"spec-{version}.json").read_bytes()
    assert hashlib.sha256(found).hexdigest() == RELEASED[version]


@pytest.mark.parametrize("declaration", [ConnectorInfo, RulesPackInfo])
def test_what_says_nothing_of_versions_works_with_every_one_of_this_major(declaration: Any) -> None:
    requires = declaration.__dataclass_fields__["requires_spec"].default
    assert all(works_with(requires, path.stem[5:]) for path in FILES)


# --- the judge itself --------------------------------------------------------------------

SPEC: dict[str, Any] = {
    "version": "1.0",
    "hooks": {"check": {"takes": {"request": "CheckRequest"}, "returns": "CheckResult"}},
    "exempt": {
        "Amount": "Decimal",
        "Item": {"fields": {"key": "Key", "dry_run": "bool ="}, "of": {"row": "Row"}},
        "Info": {"made_of": {"name": "str"}},
        "Outcome": {"values": ["applied", "retry"]},
        "Stream": {"values": ["orders"]},
        "AuthError": {"is_a": "ConfigError", "made_of": {}},
    },
}


def changed(path: str, value: object) -> dict[str, Any]:
    """`SPEC` with one thing set, or gone where *value* is None."""
    spec = copy.deepcopy(SPEC)
    *way, last = path.split("/")
    place = spec
    for step in way:
        place = place[step]
    if value is None:
        del place[last]
    else:
        place[last] = value
    return spec


@pytest.mark.parametrize(
    ("path", "value"),
    [
        pytest.param("hooks/check", None, id="a hook is gone"),
        pytest.param("hooks/check/takes", {"question": "CheckRequest"}, id="an argument renamed"),
        pytest.param("hooks/check/takes/page", "int", id="a hook takes more"),
        pytest.param("hooks/check/returns", "str", id="a hook returns something else"),
        pytest.param("exempt/Amount", "float", id="a type is another"),
        pytest.param("exempt/Item/fields/key", None, id="a field is gone"),
        pytest.param("exempt/Item/fields/key", "str", id="a field has another type"),
        pytest.param("exempt/Item/fields/dry_run", "bool", id="a default is gone"),
        pytest.param("exempt/Item/fields/target", "Target", id="a new field has no default"),
        pytest.param("exempt/Item/of", None, id="a method is gone"),
        pytest.param("exempt/Info/made_of/title", "str", id="a new argument has no default"),
        pytest.param("exempt/Outcome/values", ["applied"], id="a value is gone"),
        pytest.param("exempt/Outcome/values", ["applied", "retry", "new"], id="a value is new"),
        pytest.param("exempt/Stream/values", ["products"], id="a stream renamed"),
        pytest.param("exempt/AuthError/is_a", "TransientError", id="an error is another"),
        pytest.param("exempt/Item", "TypeVar", id="a record is something else"),
    ],
)
def test_what_would_break_a_connector_is_found(path: str, value: object) -> None:
    assert broken(SPEC, changed(path, value))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        pytest.param("version", "1.1", id="nothing but the version"),
        pytest.param("hooks/fetch", {"takes": {"request": "R"}, "returns": "P"}, id="a hook"),
        pytest.param("exempt/Item/fields/files", "tuple =", id="a field with a default"),
        pytest.param("exempt/Item/again", {"row": "Row"}, id="a method"),
        pytest.param("exempt/Info/made_of/limit", "int =", id="an argument with a default"),
        pytest.param("exempt/Stream/values", ["new", "orders"], id="a stream"),
        pytest.param("exempt/Bounce", {"fields": {"key": "Key"}}, id="a record"),
    ],
)
def test_what_only_adds_is_fine(path: str, value: object) -> None:
    assert not broken(SPEC, changed(path, value))
