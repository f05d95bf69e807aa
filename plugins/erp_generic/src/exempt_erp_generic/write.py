"""One write: look what stands there, compare, write, and understand the answer."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from exempt import ConfigError, Outcome, TransientError
from exempt_erp_generic.expression import Expression
from exempt_erp_generic.facts import Facts
from exempt_erp_generic.remote import Answer, Remote
from exempt_erp_generic.settings import WriteBack
from exempt_erp_generic.template import spelled

Result = tuple[Outcome, str]
"""What became of an item, and words for a person."""

_OUTCOMES = {
    304: Outcome.UNCHANGED,
    400: Outcome.REJECTED,
    404: Outcome.MISSING,
    409: Outcome.CONFLICT,
    410: Outcome.MISSING,
    412: Outcome.CONFLICT,
    422: Outcome.REJECTED,
    423: Outcome.RETRY,
}
_GONE = (404, 410)
_WANTS_ETAG = 428


class Write:
    """One item's write, filled in.

    Raises:
        ValueError: A template cannot be filled in for this item.
    """

    def __init__(self, name: str, target: WriteBack, facts: Facts) -> None:
        self._name, self._target, self._facts = name, target, facts
        self._path = target.path.path(facts.value)
        self._body = target.body.render(facts)

    def run(self, remote: Remote, *, dry_run: bool) -> Result:
        """Write, unless it is a dry run or nothing would change.

        Raises:
            ConnectorError: From reading; or from writing what surely was not written.
        """
        target, current = self._target, None
        if target.read or (target.etag and not dry_run):
            current = remote.get(self._read_path(), allow=_GONE)
            if current.status in _GONE:
                return Outcome.MISSING, f"GET {self._read_path()}: answered {current.status}"
        changes = [*self._changes(current.body if target.read and current else None)]
        if target.read and not changes:
            return Outcome.UNCHANGED, ""
        if dry_run:
            return Outcome.APPLIED, f"would {target.method} {self._path}: {'; '.join(changes)}"
        outcome, message = self._send(remote, self._headers(current))
        return outcome, message or "; ".join(changes)

    def _read_path(self) -> str:
        read = self._target.read
        return read.path.path(self._facts.value) if read and read.path else self._path

    def _changes(self, record: Any) -> Iterator[str]:
        """Words for what differs from *record*; for everything where there is none."""
        for name, path, new in self._wanted():
            old = path(record)
            if record is None:
                yield f"{name} = {_shown(new)}"
            elif not same(old, new):
                yield f"{name}: {_shown(old)} → {_shown(new)}"

    def _wanted(self) -> Iterator[tuple[str, Expression, Any]]:
        compare = self._target.read.compare if self._target.read else {}
        for path, template in compare.items():
            yield str(path), path, template.value(self._facts.value)
        if not compare:
            yield from leaves(self._body)

    def _headers(self, current: Answer | None) -> dict[str, str]:
        headers = dict(self._target.headers)
        if self._target.idempotency_header:
            headers[self._target.idempotency_header] = self._facts.item.key
        if self._target.etag and current:
            headers["If-Match"] = self._etag(current)
        return headers

    def _etag(self, current: Answer) -> str:
        in_body = current.body.get("@odata.etag") if isinstance(current.body, dict) else None
        if found := current.response.headers.get("etag") or in_body:
            return str(found)
        msg = f"{self._name}.etag: the ERP sends no ETag with {self._read_path()}: leave etag out"
        raise ConfigError(msg)

    def _send(self, remote: Remote, headers: dict[str, str]) -> Result:
        target = self._target
        allow = {*_OUTCOMES, _WANTS_ETAG}.union(*(rule.status for rule in target.outcomes))
        try:
            answer = remote.call(
                target.method,
                self._path,
                json=self._body,
                headers=headers,
                idempotent=target.may_repeat,
                allow=allow,
            )
            return self._judge(remote, answer)
        except TransientError as error:
            if not error.maybe_applied:
                raise
            return (Outcome.RETRY if target.may_repeat else Outcome.UNKNOWN), str(error)

    def _judge(self, remote: Remote, answer: Answer) -> Result:
        outcome = self._outcome(remote, answer)
        if outcome is Outcome.APPLIED:
            return outcome, ""
        place = f"{self._target.method} {self._path}: answered {answer.status}"
        words = self._target.message(answer.body) if self._target.message else None
        return outcome, f"{place}: {spelled(words)[:300]}" if words else place

    def _outcome(self, remote: Remote, answer: Answer) -> Outcome:
        for rule in self._target.outcomes:
            if rule.fits(answer.status, answer.body):
                return rule.outcome
        if 200 <= answer.status < 300:
            return Outcome.APPLIED
        if answer.status == _WANTS_ETAG:
            msg = f"{self._name}: the ERP asks for If-Match (428): set etag = true"
            raise ConfigError(msg)
        if answer.status not in _OUTCOMES:
            remote.refuse(answer, f"{self._target.method} {self._path}")
        return _OUTCOMES[answer.status]


def leaves(body: Any, names: tuple[str, ...] = ()) -> Iterator[tuple[str, Expression, Any]]:
    """Each value of *body* that is no table: its name, the path to it, and itself."""
    if isinstance(body, dict):
        for name, value in body.items():
            yield from leaves(value, (*names, name))
    else:
        path = ".".join(map(json.dumps, names)) or "@"
        yield ".".join(names) or "all", Expression(path), body


def same(old: Any, new: Any) -> bool:
    """Whether the ERP shows *new* already: empty is empty, and fields it adds do not count."""
    if _empty(old) or _empty(new):
        return _empty(old) and _empty(new)
    if isinstance(new, dict):
        return isinstance(old, dict) and all(same(old.get(name), new[name]) for name in new)
    if isinstance(new, list):
        return isinstance(old, list) and len(old) == len(new) and all(map(same, old, new))
    if isinstance(new, (int, float, Decimal)) and not isinstance(new, bool):
        return _number(old) == _number(new)
    return spelled(old) == spelled(new)


def _number(value: Any) -> Decimal | None:
    """*value* as a number: 62.50 is 62.5, and so is the text "62.50"."""
    try:
        return None if isinstance(value, bool) else Decimal(str(value))
    except ArithmeticError:
        return None


def _empty(value: Any) -> bool:
    return value is None or value in ("", [], {})


def _shown(value: Any) -> str:
    text = json.dumps(value, default=str) if isinstance(value, (dict, list)) else spelled(value)
    return textwrap.shorten(text, 120) or "(empty)"
