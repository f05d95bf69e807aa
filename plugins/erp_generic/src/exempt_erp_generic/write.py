"""One write: look what stands there, compare, write, and understand the answer."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

from exempt import ConfigError, Outcome, TransientError
from exempt_erp_generic.attach import Attach
from exempt_erp_generic.expression import Expression
from exempt_erp_generic.facts import Facts
from exempt_erp_generic.queries import filled
from exempt_erp_generic.remote import Answer, Remote
from exempt_erp_generic.rules import UnclearError
from exempt_erp_generic.template import KEPT, spelled
from exempt_erp_generic.writing import ReadBack, WriteBack

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
_WRITTEN = (Outcome.APPLIED, Outcome.UNCHANGED)


class Write:
    """One item's write, filled in.

    Raises:
        ValueError: A template cannot be filled in for this item.
    """

    def __init__(self, name: str, target: WriteBack, facts: Facts) -> None:
        self._name, self._target, self._facts = name, target, facts
        self._params: dict[str, str | list[str]] = {}
        self._body: Any = {}
        self._fill_in()

    def run(self, remote: Remote, *, dry_run: bool) -> Result:
        """Write, unless it is a dry run or nothing would change; then the files.

        Raises:
            ConnectorError: From reading; or from writing what surely was not written.
        """
        outcome, message = self._status(remote, dry_run=dry_run)
        attachments = self._target.attachments
        if attachments is None or outcome not in _WRITTEN:
            return outcome, message
        if outcome is Outcome.UNCHANGED and not attachments.may_repeat:
            return outcome, message
        # Also where the status stood there already: the files may have been refused last time.
        files = Attach(self._name, attachments, self._facts)
        attached, words = files.run(remote, dry_run=dry_run)
        if attached is Outcome.UNCHANGED:
            return outcome, message
        return attached, "; ".join(filter(None, (message, words)))

    def _status(self, remote: Remote, *, dry_run: bool) -> Result:
        target, current, record = self._target, None, None
        if target.read or (target.etag and not dry_run):
            current = self._read(remote)
            record = target.read.record(current.body) if target.read else current.body
            if current.status in _GONE or (target.read and record is None):
                asked = f"{target.read.method if target.read else 'GET'} {self._read_path()}"
                return Outcome.MISSING, f"{asked}: answered {current.status}"
            self._keep(record)
        changes = [*self._changes(record if target.read else None)]
        if target.read and not changes:
            return Outcome.UNCHANGED, ""
        if dry_run:
            return Outcome.APPLIED, f"would {target.method} {self._path}: {'; '.join(changes)}"
        outcome, message = self._send(remote, self._headers(current))
        return outcome, message or "; ".join(changes)

    def _fill_in(self) -> None:
        target, values = self._target, self._facts.value
        assert target.path is not None  # noqa: S101 - the settings see to it
        assert target.body is not None  # noqa: S101
        if self._keeps and not self._facts.kept:
            # What is kept is known only after reading.
            late = any(name.startswith(KEPT) for name in target.path.names)
            self._path = str(target.path) if late else target.path.path(values)
            return
        self._path = target.path.path(values)
        self._params = filled(target.params, values)
        self._body = target.body.render(self._facts)

    @property
    def _keeps(self) -> dict[str, Expression]:
        return self._target.read.keep if self._target.read else {}

    def _keep(self, record: Any) -> None:
        """Keep of *record* what the write names, and fill that in."""
        if keep := self._keeps:
            kept = {name: path(record) for name, path in keep.items()}
            self._facts = replace(self._facts, kept=kept)
            self._fill_in()

    def _read(self, remote: Remote) -> Answer:
        read, values = self._target.read or ReadBack(), self._facts.value
        return remote.read(
            read.method,
            self._read_path(),
            params=filled(read.params, values, read.base64url) or None,
            json=read.body.render(self._facts) if read.body else None,
            allow=_GONE,
        )

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
            yield str(path), path, template.render(self._facts)
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
                params=self._params or None,
                json=self._body,
                headers=headers,
                idempotent=target.may_repeat,
                allow=allow,
            )
            return self._judge(remote, answer)
        except UnclearError as error:
            return Outcome.UNKNOWN, f"it was sent, but its answer is not understood: {error}"
        except TransientError as error:
            if not error.maybe_applied:
                raise
            return (Outcome.RETRY if target.may_repeat else Outcome.UNKNOWN), str(error)

    def _judge(self, remote: Remote, answer: Answer) -> Result:
        outcome = self._outcome(remote, answer)
        if outcome is Outcome.APPLIED:
            return outcome, ""
        place = f"{self._target.method} {self._path}: answered {answer.status}"
        words = self._words(answer)
        return outcome, f"{place}: {spelled(words)[:300]}" if words else place

    def _words(self, answer: Answer) -> Any:
        try:
            return self._target.message(answer.body) if self._target.message else None
        except ValueError:
            return None

    def _outcome(self, remote: Remote, answer: Answer) -> Outcome:
        for rule in self._target.outcomes:
            if rule.fits(answer.status, answer.body):
                return rule.outcome
        if 200 <= answer.status < 300 and answer.is_page:
            msg = "it is a page for people, as of a login, and not of the API"
            raise UnclearError(msg)
        if 200 <= answer.status < 300:
            return Outcome.REJECTED if answer.tells_error else Outcome.APPLIED
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
    """Whether the ERP shows *new* already: empty is empty, fields it adds do not count.

    Nor does the order of a list of words.
    """
    if _empty(old) or _empty(new):
        return _empty(old) and _empty(new)
    if isinstance(new, dict):
        return isinstance(old, dict) and all(same(old.get(name), new[name]) for name in new)
    if isinstance(new, list):
        return isinstance(old, list) and _same_entries(old, new)
    if isinstance(new, (int, float, Decimal)) and not isinstance(new, bool):
        return _number(old) == _number(new)
    return spelled(old) == spelled(new)


def _same_entries(old: list[Any], new: list[Any]) -> bool:
    if all(isinstance(each, str) for each in (*old, *new)):
        return sorted(old) == sorted(new)
    return len(old) == len(new) and all(map(same, old, new))


def _number(value: Any) -> Decimal | None:
    """*value* as a number: 62.50 is 62.5, and so is the text "62.50"."""
    try:
        number = None if isinstance(value, bool) else Decimal(str(value))
        return number if number is not None and number.is_finite() else None
    except ArithmeticError:
        return None


def _empty(value: Any) -> bool:
    return value is None or value in ("", [], {})


def _shown(value: Any) -> str:
    text = json.dumps(value, default=str) if isinstance(value, (dict, list)) else spelled(value)
    return textwrap.shorten(text, 120) or "(empty)"
