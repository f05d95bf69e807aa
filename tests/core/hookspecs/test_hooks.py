"""Every hook has one form: one frozen request in, one result out, its contract in words."""

from __future__ import annotations

import importlib
import inspect
import typing
from enum import Enum
from typing import Any

import pluggy
import pytest

import exempt
from exempt import Connector, Record, Settings, hookimpl
from exempt.hookspecs import PROJECT, Discovery

HOOKS = {name: hook for name, hook in vars(Connector).items() if not name.startswith("_")}

CLASSES: dict[str, Any] = {
    name: value for name in exempt.__all__ if isinstance(value := getattr(exempt, name), type)
}

FETCHED = {
    "fetch_customers": exempt.Page[exempt.Customer],
    "fetch_orders": exempt.Page[exempt.Order],
    "fetch_products": exempt.Page[exempt.Product],
    "fetch_employees": exempt.Page[exempt.Employee],
}


@pytest.mark.parametrize("name", HOOKS)
def test_a_hook_takes_one_request_without_a_default(name: str) -> None:
    itself, request = inspect.signature(HOOKS[name]).parameters.values()
    assert (itself.name, request.name) == ("self", "request")
    assert request.default is request.empty
    assert request.kind is request.POSITIONAL_OR_KEYWORD
    asked = typing.get_type_hints(HOOKS[name])["request"]
    assert issubclass(asked, Record)
    assert asked.model_config["frozen"]


@pytest.mark.parametrize("name", HOOKS)
def test_a_hook_returns_one_frozen_result(name: str) -> None:
    returned = typing.get_type_hints(HOOKS[name])["return"]
    assert HOOKS[name].exempt_spec["firstresult"]
    assert name == "close" or issubclass(returned, Record)
    assert returned == FETCHED.get(name, returned)


@pytest.mark.parametrize("name", HOOKS)
def test_a_hook_says_what_it_is_for(name: str) -> None:
    assert inspect.getdoc(HOOKS[name])


@pytest.mark.parametrize("name", HOOKS)
def test_a_hook_that_is_not_overridden_does_nothing(name: str) -> None:
    with pytest.raises(NotImplementedError):
        HOOKS[name](Connector(), None)


@pytest.mark.parametrize("name", CLASSES)
def test_every_class_says_what_it_is(name: str) -> None:
    documented = vars(CLASSES[name]).get("__doc__")
    assert documented
    assert documented.split("\n")[0].endswith((".", ":", "?"))


@pytest.mark.parametrize(
    "module",
    ["exempt", "exempt.errors", "exempt.hookspecs", "exempt.http", "exempt.testing"],
)
def test_every_module_says_what_it_is(module: str) -> None:
    assert importlib.import_module(module).__doc__


@pytest.mark.parametrize("name", [name for name in CLASSES if issubclass(CLASSES[name], Enum)])
def test_a_value_of_an_enumeration_is_its_name(name: str) -> None:
    assert [m.value for m in CLASSES[name]] == [m.name.lower() for m in CLASSES[name]]


class Half(Connector):
    """A connector that can check and read orders, and no more."""

    @hookimpl
    def check(self, request: exempt.CheckRequest) -> exempt.CheckResult:
        return exempt.CheckResult(account="half")

    def fetch_customers(self, request: exempt.FetchRequest) -> exempt.Page[exempt.Customer]:
        return exempt.Page()


@pytest.fixture
def manager() -> pluggy.PluginManager:
    made = pluggy.PluginManager(PROJECT)
    made.add_hookspecs(Connector)
    made.add_hookspecs(Discovery)
    return made


def test_only_marked_overrides_count(manager: pluggy.PluginManager) -> None:
    manager.register(Half())
    manager.check_pending()
    assert manager.hook.check(request=exempt.CheckRequest()).account == "half"
    assert manager.hook.fetch_customers(request=exempt.FetchRequest()) is None
    assert manager.hook.fetch_orders(request=exempt.FetchRequest()) is None


class Misspelt(Connector):
    """A connector whose author guessed an argument."""

    @hookimpl
    def check(self, request: exempt.CheckRequest, session: Any) -> exempt.CheckResult:  # type: ignore[override]
        return exempt.CheckResult(account="")


def test_an_argument_that_no_hook_has_is_refused(manager: pluggy.PluginManager) -> None:
    with pytest.raises(pluggy.PluginValidationError, match="session"):
        manager.register(Misspelt())


class Keyed(Settings):
    key: exempt.Text


def test_settings_refuse_what_they_do_not_know_and_show_no_value() -> None:
    for wrong in ({"key": "x", "colour": "sesame"}, {"key": "sesame\x00"}):
        with pytest.raises(ValueError) as caught:
            Keyed.model_validate(wrong)
        assert "sesame" not in str(caught.value)
