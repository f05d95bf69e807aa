"""Mutants that weigh on others: at import, on opening, after closing."""

from __future__ import annotations

import threading
from typing import Any, ClassVar

from exempt import CheckRequest, CheckResult, CloseRequest, ConfigError, hookimpl
from exempt.deprecation import SpecDeprecationWarning, tell
from support.good import info
from support.good.connector import Good
from support.good.mutants.registry import declared, mutant

IMPORTS = "test_its_import_is_quick_and_quiet"
CLOSES = "test_closing_lets_go_of_everything"


def _from(module: str) -> Any:
    """An ``open`` of a plugin whose module is *module*."""

    def opened(settings: Any, context: Any) -> Any:
        raise NotImplementedError

    opened.__module__ = module
    return opened


declared("slow import", test=IMPORTS, says="it took", open=_from("support.good.slow"))
declared("calls on import", test=IMPORTS, says="getaddrinfo", open=_from("support.good.chatty"))
declared("no import", test=IMPORTS, says="ModuleNotFoundError", open=_from("support.good.gone"))


@mutant("calls on opening", test="test_opening_reaches_no_network", says="socket.connect")
class Eager(Good):
    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.name = self.said("account", "name")


@mutant("one at a time", test="test_connectors_work_side_by_side", says="only one")
class Alone(Good):
    taken: ClassVar[dict[str, Any]] = {}

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        where = self._http.base_url
        if where in self.taken and self.taken[where] is not threading.current_thread():
            msg = "only one may be open"
            raise ConfigError(msg)
        self.taken[where] = threading.current_thread()


@mutant("client not closed", test=CLOSES, says="connections to the remote")
class LeavesOpen(Good):
    @hookimpl
    def close(self, request: CloseRequest) -> None:
        pass


@mutant("thread not ended", test=CLOSES, says="left-behind")
class LeavesThread(Good):
    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        waiting = threading.Event()
        threading.Thread(target=waiting.wait, args=(30,), name="left-behind", daemon=True).start()


@mutant("close fails", test="test_closing_after_an_error_is_clean", says="no account")
class ClosesBadly(Good):
    account = ""

    @hookimpl
    def check(self, request: CheckRequest) -> CheckResult:
        result = super().check(request)
        self.account = result.account
        return result

    @hookimpl
    def close(self, request: CloseRequest) -> None:
        super().close(request)
        if not self.account:
            msg = "no account"
            raise ConfigError(msg)


class OutOfUse(Good):
    """Uses what will be gone."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        tell("mutant_plugin", SpecDeprecationWarning("exempt.Buyer", use="Customer", since="1.1"))


def _opened(settings: Any, context: Any) -> Any:
    return info(OutOfUse).open(settings, context)


_opened.__module__ = "mutant_plugin"
declared(
    "out of use",
    test="test_it_uses_nothing_that_goes_out_of_use",
    says="use Customer",
    open=_opened,
)
