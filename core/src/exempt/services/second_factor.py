"""The second factor: a code of the phone (RFC 6238), or one of ten recovery codes.

A code counts for one step of 30 seconds and its neighbours, since clocks
differ, and each step once. A recovery code has 120 random bits, so that its
plain SHA-256 may be kept (ASVS 6.5.2), and counts once.
"""

from __future__ import annotations

import base64
import datetime as dt
import hmac
import re
import secrets
from dataclasses import dataclass, field, replace

from exempt.services.access_ports import Session, User
from exempt.services.secret_ports import Keys, hashed

STEP = 30
"""Seconds."""

RECOVERY_CODES = 10

ISSUER = "Exempt"

PROPOSED_FOR = dt.timedelta(minutes=15)


@dataclass(frozen=True)
class Proposal:
    """A second factor that somebody may set up.

    Attributes:
        secret: For the phone, in base 32.
        address: The same as ``otpauth://…``, for a QR code.
        sealed: The same, to be sent back with a first code.
    """

    secret: str = field(repr=False)
    address: str = field(repr=False)
    sealed: str = field(repr=False)


def propose(keys: Keys, user: User, session: Session, at: dt.datetime) -> Proposal:
    """A new secret; it counts from the first right code on, within this session."""
    import pyotp  # noqa: PLC0415 - an extra

    secret = pyotp.random_base32(32)
    until = (at + PROPOSED_FOR).isoformat()
    sealed = keys.seal(f"{session.id_hash} {until} {secret}")
    return Proposal(secret, _address(secret, user), sealed)


def reopened(
    keys: Keys, user: User, session: Session, sealed: str, at: dt.datetime
) -> Proposal | None:
    """The proposal that was *sealed* so; see `proposed`."""
    secret = proposed(keys, session, sealed, at)
    return Proposal(secret, _address(secret, user), sealed) if secret else None


def _address(secret: str, user: User) -> str:
    import pyotp  # noqa: PLC0415 - an extra

    return pyotp.TOTP(secret).provisioning_uri(name=user.email, issuer_name=ISSUER)


def proposed(keys: Keys, session: Session, sealed: str, at: dt.datetime) -> str | None:
    """The secret that was proposed in *session*; None = too long ago, or in another.

    Raises:
        RefusedError: It was not proposed by us.
    """
    owner, until, secret = keys.unseal(sealed).split(" ")
    ours = owner == session.id_hash and at < dt.datetime.fromisoformat(until)
    return secret if ours else None


def recover(user: User) -> tuple[User, list[str]]:
    """*user* with new recovery codes in place of those before."""
    codes = [_recovery_code() for _ in range(RECOVERY_CODES)]
    return replace(user, recovery=tuple(hashed(_letters(code)) for code in codes)), codes


def set_up(keys: Keys, user: User, secret: str, step: int) -> tuple[User, list[str]]:
    """*user* with this second factor, of which *step* was used; and new recovery codes."""
    return recover(replace(user, totp_sealed=keys.seal(secret), totp_step=step))


def used(keys: Keys, user: User, code: str, at: dt.datetime) -> User | None:
    """*user* once this code of theirs is used up; None = it is wrong, or was used.

    Raises:
        RefusedError: The secret was sealed with another key.
    """
    if user.totp_sealed is None:
        return None
    if re.fullmatch(r"[0-9]{6}", _letters(code)):
        step = right_step(keys.unseal(user.totp_sealed), _letters(code), at, user.totp_step)
        return None if step is None else replace(user, totp_step=step)
    given = hashed(_letters(code))
    if not any(hmac.compare_digest(given, each) for each in user.recovery):
        return None
    return replace(user, recovery=tuple(each for each in user.recovery if each != given))


def right_step(secret: str, code: str, at: dt.datetime, after: int | None) -> int | None:
    """The step that *code* is of: this one or a neighbour, but none up to *after*."""
    import pyotp  # noqa: PLC0415 - an extra

    now = int(at.timestamp()) // STEP
    generator, given = pyotp.TOTP(secret), _letters(code).encode()
    for step in (now, now - 1, now + 1):
        fits = hmac.compare_digest(generator.generate_otp(step).encode(), given)
        if fits and (after is None or step > after):
            return step
    return None


def _recovery_code() -> str:
    text = base64.b32encode(secrets.token_bytes(15)).decode().lower()
    return "-".join(text[start : start + 4] for start in range(0, len(text), 4))


def _letters(code: str) -> str:
    """What was typed, without blanks and hyphens, in small letters."""
    return re.sub(r"[\s-]", "", code).lower()
