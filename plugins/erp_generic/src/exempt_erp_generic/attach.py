"""Writes certificates' files to the ERP, each by the calls that the settings describe."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from exempt import CertificateFile, Outcome, PermanentError, TransientError
from exempt_erp_generic.facts import Facts
from exempt_erp_generic.multipart import FormPart, encoded
from exempt_erp_generic.queries import filled
from exempt_erp_generic.remote import Remote
from exempt_erp_generic.template import spelled
from exempt_erp_generic.writing import AttachmentCall, Attachments

_FILE = "{file}"


class Attach:
    """The files of one item.

    Args:
        name: As the settings call the write, for errors.
        facts: Of the item, with what the read before the write kept.
    """

    def __init__(self, name: str, attachments: Attachments, facts: Facts) -> None:
        self._name = f"{name}.attachments"
        self._settings, self._facts = attachments, facts

    def run(self, remote: Remote, *, dry_run: bool) -> tuple[Outcome, str]:
        """Write the files that are not there yet; ``unchanged`` where that is none.

        The status was written before, and the words say so where a file was refused.

        Raises:
            ConfigError: The credentials were refused, or lack a permission.
            TransientError: The ERP cannot be reached, and surely has not got the file.
        """
        new: list[str] = []
        try:
            for facts in self._missing(remote):
                new.append(str(facts.attachment_name))
                if not dry_run:
                    self._send(remote, facts)
        except TransientError as error:
            if not error.maybe_applied and not new:
                raise
            safe = self._settings.may_repeat or not error.maybe_applied
            return (Outcome.RETRY if safe else Outcome.UNKNOWN), f"a file was not written: {error}"
        except (PermanentError, ValueError, OSError) as error:
            return Outcome.REJECTED, f"the status was written, and a file was not: {error}"
        if not new:
            return Outcome.UNCHANGED, ""
        verb = "would attach" if dry_run else "attached"
        return Outcome.APPLIED, f"{verb} {', '.join(new)}"

    def _missing(self, remote: Remote) -> Iterator[Facts]:
        """The facts of each file that the ERP does not have."""
        if not self._facts.item.files:
            return
        there = self._there(remote)
        for file in self._facts.item.files:
            facts = self._of(file)
            if facts.attachment_name in there:
                continue
            if file.size > self._settings.size_max:
                msg = f"{file.name} has {file.size:,} bytes, more than size_max of {self._name}"
                raise ValueError(msg)
            yield facts

    def _of(self, file: CertificateFile) -> Facts:
        facts = replace(self._facts, file=file)
        return replace(facts, attachment_name=self._settings.name.fill(facts.value))

    def _there(self, remote: Remote) -> frozenset[str]:
        existing, facts = self._settings.existing, self._facts
        if existing is None:
            return frozenset()
        answer = remote.read(
            existing.method,
            existing.path.path(facts.value),
            params=filled(existing.params, facts.value, existing.base64url) or None,
            json=existing.body.render(facts) if existing.body else None,
        )
        found = [] if answer.ignored else existing.names(answer.body)
        if isinstance(found, list):
            return frozenset(map(spelled, found))
        msg = f"{self._name}.existing.names: {existing.names} leads to no list: correct the path"
        raise PermanentError(msg)

    def _send(self, remote: Remote, facts: Facts) -> None:
        for number, call in enumerate(self._settings.calls):
            answer = remote.call(
                call.method,
                call.path.path(facts.value),
                params=filled(call.params, facts.value) or None,
                idempotent=call.method == "PUT",
                **_content(call, facts),
            )
            if answer.tells_error:
                msg = f"{self._name}.calls.{number}: answered {answer.status} with an error"
                raise PermanentError(msg)
            kept = {name: path(answer.body) for name, path in call.keep.items()}
            for name, value in kept.items():
                if value is None:
                    path = call.keep[name]
                    msg = f"{self._name}.calls.{number}.keep.{name}: there is nothing at {path}"
                    raise PermanentError(msg)
            facts = replace(facts, kept={**facts.kept, **kept})


def _content(call: AttachmentCall, facts: Facts) -> dict[str, Any]:
    """What the call carries, as options of `Client.request`."""
    if call.body is not None:
        return {"json": call.body.render(facts), "headers": call.headers}
    media_type = facts.file.media_type if facts.file else "application/octet-stream"
    if call.raw:
        content = facts.content()
    else:
        content, media_type = encoded(_parts(call, facts, media_type))
    return {"content": content, "headers": {"Content-Type": media_type, **call.headers}}


def _parts(call: AttachmentCall, facts: Facts, media_type: str) -> Iterator[FormPart]:
    for name, body in call.json_parts.items():
        table = json.dumps(body.render(facts), default=float)
        yield FormPart(name, table.encode(), "application/json")
    for name, text in call.multipart.items():
        if text.text == _FILE:
            yield FormPart(name, facts.content(), media_type, facts.attachment_name)
        else:
            yield FormPart(name, text.fill(facts.value).encode())
