"""Kept files handed out: to staff by company, to customers what they gave, to others by a link.

A link says for whom it was made and until when, and is signed: nothing of it
is kept, and nobody can make or change one.
"""

from __future__ import annotations

import base64
import datetime as dt
import json
import re
from typing import NamedTuple

from exempt.errors import NotFoundError
from exempt.model.access import Caller
from exempt.services.ports import Store
from exempt.services.secret_ports import Keys
from exempt.services.submission_ports import FileUse

LASTS = dt.timedelta(minutes=5)
LASTS_MOST = dt.timedelta(hours=1)

_PURPOSE = "file"
_HASH = re.compile(r"[0-9a-f]{64}")


class FileLink(NamedTuple):
    """What a signed link leads to.

    Attributes:
        copy: The copy that is shown, and not the file as it came.
        by: Who made it, as ``user:5`` or ``key:3``: names have no place in an address.
        company_id: Whose name of the file is told; None = of any who uses it.
    """

    sha256: str
    copy: bool
    until: dt.datetime
    by: str
    company_id: int | None = None


def for_staff(store: Store, caller: Caller, sha256: str) -> FileUse:
    """The file, as one of the companies that *caller* sees uses it.

    What customers have not sent in yet is nobody's but theirs.

    Raises:
        NotFoundError: There is no such file, or it is not theirs to see.
    """
    for use in _uses(store, sha256):
        if caller.sees(use.company_id) and not use.draft:
            return use
    raise _none_such()


def for_customer(store: Store, customer_id: int, sha256: str) -> FileUse:
    """The file, if this customer gave it.

    Raises:
        NotFoundError: They did not.
    """
    for use in _uses(store, sha256):
        if use.given and use.customer_id == customer_id:
            return use
    raise _none_such()


def for_anybody(store: Store, link: FileLink) -> FileUse:
    """The file that a signed link leads to, as the company uses it for which the link was made.

    Raises:
        NotFoundError: Nothing of it uses the file any more.
    """
    for use in _uses(store, link.sha256):
        if link.company_id in {None, use.company_id}:
            return use
    raise _none_such()


def _uses(store: Store, sha256: str) -> list[FileUse]:
    if not _HASH.fullmatch(sha256):
        return []
    with store.reading() as tx:
        return tx.papers.uses(sha256)


def _none_such() -> NotFoundError:
    return NotFoundError("file: there is none: go back to its certificate, and load it again")


# --- links -------------------------------------------------------------------------------


def make_link(
    keys: Keys,
    caller: Caller,
    sha256: str,
    at: dt.datetime,
    *,
    company_id: int | None = None,
    copy: bool = False,
    lasts: dt.timedelta = LASTS,
) -> tuple[str, dt.datetime]:
    """A link to a file that *caller* may see, see `for_staff`; its token, and until when it works.

    It works for an hour at most.
    """
    by = f"user:{caller.user_id}" if caller.key_id is None else f"key:{caller.key_id}"
    until = (at + min(lasts, LASTS_MOST)).replace(microsecond=0)
    said = json.dumps([sha256, copy, int(until.timestamp()), by, company_id], separators=(",", ":"))
    text = base64.urlsafe_b64encode(said.encode()).decode().rstrip("=")
    return f"{text}.{keys.sign(_PURPOSE, text)}", until


def follow_link(keys: Keys, token: str, at: dt.datetime) -> FileLink | None:
    """What a link leads to; None = it is none of ours, or too old."""
    text, _, signature = token.partition(".")
    if not token.isascii() or not keys.signed(_PURPOSE, text, signature):
        return None
    said = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    sha256, copy, until, by, company_id = json.loads(said)
    link = FileLink(sha256, copy, dt.datetime.fromtimestamp(until, dt.UTC), by, company_id)
    return link if at < link.until else None
