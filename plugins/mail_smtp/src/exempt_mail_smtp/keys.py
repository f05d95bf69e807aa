"""The key of a message in its Message-ID and in its envelope's sender, and read back from there.

``<k.TOKEN@domain>``: a token is the key with all but small letters, digits
and hyphens written as ``=HH``, so that a server which changes the case of
letters does no harm. A key whose token would be too long for a header leaves
only a digest there, ``<d.DIGEST@domain>``: its mail is still recognised as the
same, but what bounces of it cannot be told.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator

_PLAIN = re.compile(r"[a-z0-9-]")
_TOKEN = r"(?:[a-z0-9-]|=(?:2[1-9a-f]|[3-6][0-9a-f]|7[0-9a-e]))+"  # noqa: S105 - a pattern
_TOKEN_MAX = 200
_LOCAL_PART_MAX = 64  # RFC 5321, section 4.5.3.1.1


def token(key: str) -> str | None:
    """*key* as an address can carry it; None when it would be too long."""
    made = "".join(c if _PLAIN.fullmatch(c) else f"={ord(c):02x}" for c in key)
    return made if len(made) <= _TOKEN_MAX else None


def digest(key: str) -> str:
    """What stands for a key that is too long: 40 hexadecimal digits."""
    return hashlib.sha256(key.encode()).hexdigest()[:40]


def message_id(key: str, domain: str) -> str:
    """``<…@domain>``: whoever gets a mail twice can see that it is the same."""
    made = token(key)
    return f"<k.{made}@{domain}>" if made else f"<d.{digest(key)}@{domain}>"


def return_address(address: str, key: str) -> str:
    """*address* with the key in it, ``tax+KEY@domain``, so that what returns tells it.

    As it is where the key, or the whole, is too long for an address.
    """
    local, _, domain = address.rpartition("@")
    made = token(key)
    tagged = f"{local}+{made}"
    return f"{tagged}@{domain}" if made and len(tagged) <= _LOCAL_PART_MAX else address


def keys_of_message_ids(text: str, domain: str) -> Iterator[str]:
    """The keys in the Message-IDs of *domain* that stand in *text*, in their order."""
    pattern = rf"<k\.({_TOKEN})@{re.escape(domain)}>"
    for found in re.finditer(pattern, text, re.IGNORECASE):
        yield _key(found[1])


def keys_of_addresses(text: str, address: str) -> Iterator[str]:
    """The keys in the `return_address`es of *address* that stand in *text*."""
    local, _, domain = address.rpartition("@")
    pattern = rf"(?<![\w.+-]){re.escape(local)}\+({_TOKEN})@{re.escape(domain)}(?![\w.-])"
    for found in re.finditer(pattern, text, re.IGNORECASE):
        yield _key(found[1])


def _key(found: str) -> str:
    escaped = re.compile(r"=([0-9a-f]{2})")
    return escaped.sub(lambda pair: chr(int(pair[1], 16)), found.lower())[:255]
