"""A form is made from a connector's settings, filled in, and read back into the same settings."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from pydantic import Field as Setting
from pydantic import SecretStr

from exempt import Settings
from exempt.rules.settings_fields import Field, FieldKind, fields_of, label_of
from exempt.rules.settings_filled import (
    FORGET,
    KEPT,
    ON,
    REFERENCE,
    Filled,
    filled,
    is_kept,
    placed,
    read,
    secret_keys,
)


class Mode(StrEnum):
    """How."""

    ALL = "all"
    SOME_TIMES = "some_times"


class Basic(Settings):
    """User and password."""

    kind: Literal["basic"]
    user: str
    password: SecretStr


class NoAuth(Settings):
    """None."""

    kind: Literal["none"] = "none"


class Box(Settings):
    """A mailbox."""

    host: str
    port: int | None = None


class Deep(Settings):
    """A list of tables."""

    path: str
    rows: list[Box] = Setting(default_factory=list)


class Everything(Settings):
    """Every kind of setting."""

    address: str = Setting(description="Where it is.")
    token: SecretStr
    old_tokens: tuple[SecretStr, ...] = ()
    note: str | None = None
    mode: Mode = Mode.ALL
    often: int = Setting(8, ge=1)
    share: float = 0.5
    loud: bool = False
    quiet: bool = True
    files: Path | tuple[Path, ...] = Path("in")
    names: tuple[str, ...] = ()
    owns: tuple[Literal["name", "tax_id"], ...] = ()
    headers: dict[str, str] = Setting(default_factory=dict)
    auth: Annotated[NoAuth | Basic, Setting(discriminator="kind")] = NoAuth()
    box: Box | None = None
    deep: Deep | None = None


FIELDS = fields_of(Everything.model_json_schema())
BY_KEY = {field.key: field for field in FIELDS}


def form(said: Mapping[str, str], kept: Mapping[str, Any] | None = None) -> Filled:
    """What a form says in which this was filled in."""
    usual = {"address": "x", "quiet": "yes"}
    return read(FIELDS, lambda key: {**usual, **said}.get(key, ""), kept or {})


@pytest.mark.parametrize(
    ("key", "kind"),
    [
        pytest.param("address", FieldKind.TEXT, id="a text is a line"),
        pytest.param("token", FieldKind.SECRET, id="a secret"),
        pytest.param("old_tokens", FieldKind.SECRETS, id="several secrets"),
        pytest.param("note", FieldKind.TEXT, id="a text that may be left out"),
        pytest.param("mode", FieldKind.CHOICE, id="an enum is a choice"),
        pytest.param("often", FieldKind.NUMBER, id="a whole number"),
        pytest.param("loud", FieldKind.YES_NO, id="a box to tick"),
        pytest.param("files", FieldKind.LINES, id="one path or several"),
        pytest.param("owns", FieldKind.LINES, id="several of a few"),
        pytest.param("headers", FieldKind.PAIRS, id="names and texts"),
        pytest.param("auth", FieldKind.KINDS, id="one of several tables"),
        pytest.param("box", FieldKind.GROUP, id="a table of plain settings"),
        pytest.param("deep", FieldKind.TOML, id="tables in lists are TOML"),
    ],
)
def test_each_setting_has_a_field_of_its_kind(key: str, kind: FieldKind) -> None:
    assert BY_KEY[key].kind is kind


def test_required_fields_stand_first_and_defaults_are_told() -> None:
    assert [field.key for field in FIELDS if field.required] == ["address", "token"]
    assert {field.key for field in FIELDS[:2]} == {"address", "token"}
    assert (BY_KEY["often"].default, BY_KEY["quiet"].default) == ("8", "yes")
    assert BY_KEY["address"].hint == "Where it is."
    assert (BY_KEY["files"].path, BY_KEY["files"].single) == (True, True)
    assert [label_of(name) for name in ("base_url", "tax_id_types")] == ["Base URL", "Tax ID types"]


def test_what_is_left_empty_is_left_out() -> None:
    assert form({}) == Filled({"address": "x"}, {})


@pytest.mark.parametrize(
    ("said", "settings"),
    [
        pytest.param({"often": "1,200"}, {"often": 1200}, id="a number with a comma"),
        pytest.param({"share": ".25"}, {"share": 0.25}, id="a share"),
        pytest.param({"quiet": ""}, {"quiet": False}, id="a box that was ticked by default"),
        pytest.param({"loud": "yes"}, {"loud": True}, id="a box that was not"),
        pytest.param({"files": "a.csv"}, {"files": "a.csv"}, id="one line is a text"),
        pytest.param({"files": "a\r\n\r\nb"}, {"files": ["a", "b"]}, id="two lines are a list"),
        pytest.param({"names": "a"}, {"names": ["a"]}, id="one line of a list"),
        pytest.param({"headers": "A = 1\nB=2=3"}, {"headers": {"A": "1", "B": "2=3"}}, id="pairs"),
        pytest.param({"token": "s3cret"}, {"token": "s3cret"}, id="a typed secret"),
        pytest.param({"token" + REFERENCE: "env:T"}, {"token": "env:T"}, id="a reference"),
        pytest.param({"old_tokens": "a\nb"}, {"old_tokens": ["a", "b"]}, id="several secrets"),
        pytest.param({"auth": "none"}, {"auth": {"kind": "none"}}, id="one of the kinds"),
        pytest.param(
            {"auth": "basic", "auth.basic.user": "u", "auth.basic.password": "p"},
            {"auth": {"kind": "basic", "user": "u", "password": "p"}},
            id="another kind with its fields",
        ),
        pytest.param({"box.host": "h"}, {}, id="a group that is not used"),
        pytest.param({"box" + ON: "yes", "box.host": "h"}, {"box": {"host": "h"}}, id="a group"),
        pytest.param({"deep": "[deep]\npath = 'p'"}, {"deep": {"path": "p"}}, id="TOML"),
    ],
)  # fmt: skip
def test_a_form_says_settings(said: dict[str, str], settings: dict[str, Any]) -> None:
    assert form(said) == Filled({"address": "x", **settings}, {})


@pytest.mark.parametrize(
    ("said", "key", "wrong"),
    [
        pytest.param({"often": "many"}, "often", "no whole number", id="no number"),
        pytest.param({"share": "inf"}, "share", "could be meant", id="infinite"),
        pytest.param({"mode": "no"}, "mode", "none of the choices", id="no choice"),
        pytest.param({"auth": "x"}, "auth", "none of the choices", id="no kind"),
        pytest.param({"headers": "a"}, "headers", "write a name, =", id="no pair"),
        pytest.param({"token": "a", "token" + REFERENCE: "env:A"}, "token", "not both", id="both"),
        pytest.param({"token" + REFERENCE: "abc"}, "token", "is no reference", id="no reference"),
        pytest.param({"deep": "[deep"}, "deep", "no valid TOML", id="broken TOML"),
        pytest.param({"deep": "deep = " + "9" * 5000}, "deep", "too long", id="endless TOML"),
        pytest.param({"deep": "[other]"}, "deep", "begin with [deep]", id="another table"),
        pytest.param({"note": "sealed:abc"}, "note", "only Exempt writes", id="a seal of others"),
        pytest.param({"old_tokens": "sealed:x"}, "old_tokens", "only Exempt", id="in a list"),
        pytest.param({"deep": "deep = {path='sealed:x'}"}, "deep", "only Exempt", id="in TOML"),
        pytest.param({"headers": "a = sealed:x"}, "headers", "only Exempt", id="in pairs"),
    ],
)
def test_a_mistake_is_told_at_its_field(said: dict[str, str], key: str, wrong: str) -> None:
    errors = form(said).errors
    assert list(errors) == [key]
    assert wrong in errors[key]


SETTINGS: dict[str, Any] = {
    "address": "https://x",
    "token": "sealed:AAA",
    "old_tokens": ["sealed:BBB", "env:OLD"],
    "often": 9,
    "loud": True,
    "files": ["a", "b"],
    "owns": ["name", "tax_id"],
    "headers": {"X": "1"},
    "auth": {"kind": "basic", "user": "u", "password": "sealed:CCC"},
    "box": {"host": "h", "port": 3},
    "deep": {"path": "p", "rows": [{"host": "sealed:DDD"}]},
}


def test_settings_shown_in_a_form_and_sent_again_are_the_same() -> None:
    shown = filled(FIELDS, SETTINGS)
    assert read(FIELDS, lambda key: shown.get(key, ""), SETTINGS) == Filled(SETTINGS, {})


def test_no_secret_is_shown() -> None:
    shown = filled(FIELDS, SETTINGS)
    assert "sealed:" not in " ".join(shown.values())
    assert KEPT in shown["deep"]
    assert is_kept(FIELDS, SETTINGS) == {"token", "old_tokens", "auth.basic.password"}
    assert {"token", "old_tokens", "auth.basic.password"} == set(secret_keys(FIELDS))


def test_a_kept_secret_can_be_given_up_and_a_reference_taken_back() -> None:
    assert "token" not in form({"token" + FORGET: "yes"}, SETTINGS).settings
    assert form({"token": "new"}, SETTINGS).settings["token"] == "new"
    assert filled(FIELDS, {"token": "env:T"})["token" + REFERENCE] == "env:T"
    assert "token" not in form({}, {"token": "env:T"}).settings, "its field was emptied"


def test_another_kind_does_not_get_the_secret_of_the_one_before() -> None:
    kept = {"auth": {"kind": "none", "password": "sealed:X"}}
    read_again = form({"auth": "basic", "auth.basic.user": "u"}, kept).settings["auth"]
    assert read_again == {"kind": "basic", "user": "u"}


def test_what_is_wrong_is_told_at_the_nearest_field() -> None:
    errors = placed(
        FIELDS,
        {
            "auth.basic.password": "is missing",
            "files.function-wrap.0": "is odd",
            "nothing.of": "strange",
            "": "as a whole",
        },
    )
    assert errors == {
        "auth.basic.password": "Password: is missing",
        "files": "Files: function-wrap.0: is odd",
        "": "nothing.of: strange; as a whole",
    }


def test_what_no_plain_field_can_say_is_toml() -> None:
    texts, number = {"type": "array", "items": {"type": "string"}}, {"type": "integer"}
    other = {"type": "object", "additionalProperties": number, "default": {"a": 1}}
    either, pairs = fields_of(
        {"properties": {"n": {"anyOf": [texts, number], "default": ["a", "b"]}, "o": other}}
    )
    assert isinstance(either, Field)
    assert isinstance(pairs, Field)
    assert {either.kind, pairs.kind} == {FieldKind.TOML}
    assert either.default == "a, b"
    assert pairs.default == '{"a": 1}'


def test_a_group_with_very_many_fields_is_toml() -> None:
    many = {f"f{n}": {"type": "string"} for n in range(40)}
    (field,) = fields_of({"properties": {"a": {"type": "object", "properties": many}}})
    assert isinstance(field, Field)
    assert field.kind is FieldKind.TOML
