"""E-mail addresses, as people write them and as SMTP takes them."""

from __future__ import annotations

import re
from email.headerregistry import Address

_PLAIN = r"[^\s<>@,;:\"()\[\]\\]+@[^\s<>@,;:\"()\[\]\\]+"
_MAILBOX = re.compile(rf'"?(?P<name>[^<>"]*?)"?\s*<(?P<named>{_PLAIN})>|(?P<bare>{_PLAIN})')


def mailbox(text: str, what: str) -> Address:
    """The address in *text*: ``ana@example.com`` or ``Ana Ruiz <ana@example.com>``.

    A domain beyond ASCII is written the way DNS takes it.

    Args:
        text: One address.
        what: What it is, for the error; the address itself is not shown.

    Raises:
        ValueError: It is none, or it has a line break or another control character.
    """
    found = _MAILBOX.fullmatch(text.strip())
    if found is None or not text.strip().isprintable():
        msg = f"{what} is no e-mail address: write 'ana@example.com' or 'Ana <ana@example.com>'"
        raise ValueError(msg)
    local, _, domain = (found["named"] or found["bare"]).rpartition("@")
    try:
        ascii_domain = domain.encode("idna").decode()
    except UnicodeError:
        msg = f"{what} has no valid domain: write 'ana@example.com'"
        raise ValueError(msg) from None
    return Address(found["name"] or "", local, ascii_domain)
