"""Mutants that go astray when the remote fails."""

from __future__ import annotations

import itertools
from typing import Any

import httpx

from exempt import (
    AuthError,
    CheckRequest,
    CheckResult,
    ConnectorError,
    FetchRequest,
    ItemResult,
    Outcome,
    Page,
    PermanentError,
    PushItem,
    Stream,
    TransientError,
    hookimpl,
)
from support.good.connector import Good
from support.good.mutants.registry import mutant

COUNT = itertools.count()
READING = "test_reading_in_a_fault"
FAST = 0.3


class _Bare(Good):
    """Calls with a bare HTTP library, as many do."""

    follow = False
    tries = 4

    def rows(self, path: str) -> tuple[list[Any], str | None]:
        url = f"{self._http.base_url}{path}"
        if "://" in path:
            url = path.partition("?")[2].rpartition("&limit=")[0]
        body = self.bare(url)
        return body["rows"], body["next"]

    def bare(self, url: str) -> Any:
        key = self._settings.api_key.get_secret_value()
        headers = {"Authorization": f"Bearer {key}"}
        for _ in range(self.tries):
            answer = httpx.get(
                url, headers=headers, follow_redirects=self.follow, timeout=FAST, trust_env=False
            )
            if answer.status_code == 200:
                return answer.json()
        msg = "no answer"
        raise TransientError(msg)


@mutant(
    "next link followed anywhere",
    test="test_a_next_link_to_another_host_is_not_followed",
    says="the other host was called",
)
class FollowsLinks(_Bare):
    pass


@mutant(
    "redirects followed",
    test="test_a_redirect_to_another_host_is_not_followed",
    says="the other host was called",
)
class FollowsRedirects(_Bare):
    follow = True


@mutant("Retry-After ignored", test=f"{READING}[429-Retry-After-hour]", says="came: TransientError")
class Impatient(_Bare):
    pass


@mutant("tries for ever", test=f"{READING}[500]", says="12 calls")
class Insists(_Bare):
    tries = 12


@mutant(
    "loops for ever", test="test_a_next_link_that_loops_comes_to_an_end", says="page after page"
)
class Loops(Good):
    def rows(self, path: str) -> tuple[list[Any], str | None]:
        body = self._http.get(path).json()
        more = body["next"] and body["next"].partition("?")[2].partition("&limit=")[0]
        return body["rows"], more and f"{more}&call={next(COUNT)}"


class _Raises(Good):
    """Makes another error of one that it meets."""

    def rows(self, path: str) -> tuple[list[Any], str | None]:
        try:
            return super().rows(path)
        except ConnectorError as error:
            return self.met(error)

    def met(self, error: ConnectorError) -> tuple[list[Any], str | None]:
        raise NotImplementedError


@mutant("401 as transient", test=f"{READING}[401]", says="came: TransientError")
class HopesForBetter(_Raises):
    def met(self, error: ConnectorError) -> tuple[list[Any], str | None]:
        if isinstance(error, AuthError):
            raise TransientError(str(error))
        raise error


@mutant("503 as permanent", test=f"{READING}[503]", says="came: PermanentError")
class GivesUp(_Raises):
    def met(self, error: ConnectorError) -> tuple[list[Any], str | None]:
        raise PermanentError(str(error))


@mutant("an error taken for the end", test=f"{READING}[time-out]", says="an empty page")
class ErrorIsEnd(_Raises):
    def met(self, error: ConnectorError) -> tuple[list[Any], str | None]:
        return [], None


@mutant("another shape taken for the end", test=f"{READING}[another-shape]", says="an empty page")
class ShapeIsEnd(Good):
    def rows(self, path: str) -> tuple[list[Any], str | None]:
        body = self._http.get(path).json()
        return body.get("rows", []), body.get("next")


@mutant("a stray error", test=f"{READING}[error-body]", says="failed unexpectedly")
class Stray(Good):
    def rows(self, path: str) -> tuple[list[Any], str | None]:
        body = self._http.get(path).json()
        return body["rows"], body["next"]


@mutant("the remote's words in an error", test=f"{READING}[echo]", says="a secret in an error")
class Quotes(Good):
    def rows(self, path: str) -> tuple[list[Any], str | None]:
        answer = self._http.get(path, allow={422})
        if answer.status == 422:
            msg = f"the remote says {answer.text}"
            raise PermanentError(msg)
        return super().rows(path)


@mutant(
    "a passing fault ends the run",
    test="test_a_fault_that_passes_loses_nothing[reset]",
    says="missing:",
)
class SkipsAtFault(Good):
    def page(self, stream: Stream, request: FetchRequest, kind: type[Any]) -> Page[Any]:
        first = f"{stream}?from=&limit=1"
        try:
            self._http.request("GET", first, idempotent=False)
        except TransientError:
            return Page(checkpoint="from=")
        return super().page(stream, request, kind)


@mutant("check sees no fault", test="test_check_in_a_fault[500]", says="nothing to complain of")
class SeesNoFault(Good):
    @hookimpl
    def check(self, request: CheckRequest) -> CheckResult:
        try:
            return super().check(request)
        except ConnectorError:
            return CheckResult(account="Northwind")


@mutant("applied in a fault", test="test_pushing_in_a_fault[500-customer]", says="applied, applied")
class AlwaysApplied(Good):
    def push(self, item: PushItem, *, dry_run: bool) -> ItemResult:
        result = super().push(item, dry_run=dry_run)
        return result.model_copy(update={"outcome": Outcome.APPLIED})


@mutant(
    "refused credentials an item's fault", test="test_pushing_in_a_fault[401-order]", says="retry"
)
class HidesRefusal(Good):
    def push(self, item: PushItem, *, dry_run: bool) -> ItemResult:
        try:
            return super().push(item, dry_run=dry_run)
        except AuthError:
            return ItemResult(key=item.key, outcome=Outcome.RETRY)
