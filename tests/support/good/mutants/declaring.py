"""Mutants of the declaration, of the settings and of check."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import ConfigDict, Field

from exempt import (
    CheckRequest,
    CheckResult,
    Choice,
    ChoicesRequest,
    ChoicesResult,
    Connector,
    FetchRequest,
    Page,
    Problem,
    Stream,
    hookimpl,
)
from support.good.connector import Good
from support.good.mutants.registry import declared, mutant
from support.good.settings import GoodSettings

OPENS = "test_it_opens_and_its_hooks_are_hooks"


@mutant("forgotten hookimpl", test=OPENS, says="without @hookimpl")
class Unmarked(Good):
    def fetch_orders(self, request: FetchRequest) -> Page[Any]:
        return self.page(Stream.ORDERS, request, object)


@mutant("generator", test=OPENS, says="yields or awaits")
class Yields(Good):
    @hookimpl
    def fetch_orders(self, request: FetchRequest) -> Iterator[Any]:  # type: ignore[override]
        yield Page()


@mutant("async", test=OPENS, says="yields or awaits")
class Awaits(Good):
    @hookimpl
    async def check(self, request: CheckRequest) -> CheckResult:  # type: ignore[override]
        return CheckResult(account="later")


@mutant("misspelt hook", test=OPENS, says="fetch_order")
class Misspelt(Good):
    @hookimpl
    def fetch_order(self, request: FetchRequest) -> Page[Any]:
        return Page()


@mutant("another argument", test=OPENS, says="a hook takes (self, request)")
class Renamed(Good):
    @hookimpl
    def fetch_orders(self, asked: FetchRequest) -> Page[Any]:
        return Page()


@mutant("no check", test=OPENS, says="does not implement check")
class NoCheck(Connector):
    def __init__(self, *_: Any) -> None:
        pass


@mutant("default argument", test="test_no_hook_has_a_default", says="has a default")
class Default(Good):
    @hookimpl
    def fetch_orders(self, request: FetchRequest | None = None) -> Page[Any]:
        return Page()


@mutant("nothing it can", test="test_it_can_do_something", says="no capability at all")
class Nothing(Connector):
    def __init__(self, *_: Any) -> None:
        pass

    @hookimpl
    def check(self, request: CheckRequest) -> CheckResult:
        return CheckResult(account="idle")


declared(
    "another specification",
    test="test_it_works_with_this_specification",
    says="does not cover it",
    requires_spec=">=2",
)
declared("no batches", test="test_its_limits_make_sense", says="push_batch_max", push_batch_max=0)
declared("no title", test="test_it_is_found", says="title ''", title="")


class PlainSecret(GoodSettings):
    """A secret that shows itself."""

    api_key: Annotated[str, Field(description="The key.")]  # type: ignore[assignment]


class Undescribed(GoodSettings):
    """A field that no form can explain."""

    region: str = "main"


class Open(GoodSettings):
    """Takes any key."""

    model_config = ConfigDict(extra="ignore")


class Talkative(GoodSettings):
    """Shows what it was given."""

    model_config = ConfigDict(hide_input_in_errors=False)


class Loose(GoodSettings):
    """Can be changed by whoever holds it."""

    model_config = ConfigDict(frozen=False)


for model, test, says in (
    (PlainSecret, "test_secrets_are_secret", "no SecretStr: api_key"),
    (Undescribed, "test_every_setting_is_described", "no description: region"),
    (Open, "test_an_unknown_setting_is_refused", "it was taken"),
    (Talkative, "test_an_error_shows_no_value", "shows the value of"),
    (Loose, "test_settings_cannot_be_changed", "it is not frozen"),
):
    declared(f"settings {model.__name__}", test=test, says=says, settings=model)


@mutant(
    "check looks at nothing",
    test="test_a_wrong_secret_is_told_by_check",
    says="no problem of severity error",
)
class Blind(Good):
    @hookimpl
    def check(self, request: CheckRequest) -> CheckResult:
        return CheckResult(account="it will be fine")


@mutant("check gives nothing", test="test_check_names_the_account", says="returned NoneType")
class NoResult(Good):
    @hookimpl
    def check(self, request: CheckRequest) -> CheckResult:
        return None  # type: ignore[return-value]


@mutant("no account name", test="test_check_names_the_account", says="without a name")
class Nameless(Good):
    @hookimpl
    def check(self, request: CheckRequest) -> CheckResult:
        return CheckResult(account=" ")


@mutant("check writes", test="test_check_writes_nothing", says="something was written")
class Scribbles(Good):
    @hookimpl
    def check(self, request: CheckRequest) -> CheckResult:
        self._http.request("PUT", "messages/hello", json={"to": "me"})
        return CheckResult(account="Northwind")


@mutant(
    "check complains",
    test="test_check_finds_nothing_wrong_with_the_sandbox",
    says="no_reason",
)
class Complains(Good):
    @hookimpl
    def check(self, request: CheckRequest) -> CheckResult:
        wrong = Problem(code="no_reason", message="who knows", help="wait")
        return CheckResult(account="Northwind", problems=(wrong,))


@mutant(
    "the same choice twice", test="test_choices_are_different_from_each_other", says="stands there"
)
class Twice(Good):
    @hookimpl
    def choices(self, request: ChoicesRequest) -> ChoicesResult:
        return ChoicesResult(choices=(Choice(value="a", label="A"), Choice(value="a", label="B")))
