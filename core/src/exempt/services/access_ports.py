"""What the services need for people, their sessions and keys: a store, and passwords."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple, Protocol

from exempt.errors import RefusedError
from exempt.model.access import Right, Role


@dataclass(frozen=True)
class User:
    """Somebody who signs in.

    Attributes:
        email: In small letters; no other user has it.
        company_ids: The companies that they see, with those below; None = all.
        password_hash: None = they sign in otherwise, or have not yet been here.
        totp_sealed: The secret of their second factor.
        totp_step: The last step of it that was used.
        recovery: The SHA-256 of the recovery codes that are left.
        subject: Who they are to the provider of OpenID Connect.
    """

    id: int
    email: str
    name: str
    role: Role
    made_at: dt.datetime
    made_by: str
    company_ids: frozenset[int] | None = None
    password_hash: str | None = field(default=None, repr=False)
    totp_sealed: str | None = field(default=None, repr=False)
    totp_step: int | None = field(default=None, repr=False)
    recovery: tuple[str, ...] = field(default=(), repr=False)
    subject: str | None = field(default=None, repr=False)
    disabled_at: dt.datetime | None = None
    signed_in_at: dt.datetime | None = None

    @property
    def has_second_factor(self) -> bool:
        """Whether they give a code of their phone when they sign in."""
        return self.totp_sealed is not None

    @property
    def may_sign_in(self) -> bool:
        """Whether nobody disabled them."""
        return self.disabled_at is None


class LinkPurpose(StrEnum):
    """What a link that is used once is for.

    ``first`` makes the first administrator, ``invitation`` lets somebody who was
    added choose a password, ``password`` lets them choose another.
    """

    FIRST = "first"
    INVITATION = "invitation"
    PASSWORD = "password"  # noqa: S105 - a purpose


class UserLink(NamedTuple):
    """A link that is used once; ``user_id`` is None for the first administrator's."""

    purpose: LinkPurpose
    user_id: int | None
    expires_at: dt.datetime
    used_at: dt.datetime | None

    def works(self, at: dt.datetime) -> bool:
        """Whether it may be used."""
        return self.used_at is None and at < self.expires_at


class Users(Protocol):
    """People who sign in, and the links that let them choose a password."""

    def alone(self) -> None:
        """Let no other transaction change users until this one ends."""
        ...

    def add(self, user: User) -> int:
        """Add somebody whose e-mail nobody has yet; returns their id, whatever *user* says."""
        ...

    def get(self, user_id: int, *, to_change: bool = False) -> User | None:
        """The user with this id.

        With *to_change*, nobody else changes it until the transaction ends.
        """
        ...

    def by_email(self, email: str) -> User | None:
        """The user with this e-mail, in small letters."""
        ...

    def by_subject(self, subject: str) -> User | None:
        """The user whom the provider of OpenID Connect calls so."""
        ...

    def all(self) -> list[User]:
        """Everybody, by e-mail; who is disabled too."""
        ...

    def save(self, user: User) -> None:
        """Keep them in this state."""
        ...

    def make_link(
        self,
        token_hash: str,
        purpose: LinkPurpose,
        user_id: int | None,
        at: dt.datetime,
        until: dt.datetime,
    ) -> None:
        """Keep a new link; what was made for the same before works no more."""
        ...

    def link(self, token_hash: str) -> UserLink | None:
        """The link with this token, whether it works or not."""
        ...

    def use_link(self, token_hash: str, at: dt.datetime) -> bool:
        """Use a link up; False when it does not work any more."""
        ...

    def end_links(self, user_id: int | None, at: dt.datetime) -> None:
        """Let no link of somebody work any more; None = none of the first administrator's."""
        ...


class Session(NamedTuple):
    """Somebody signed in in one browser.

    Attributes:
        complete: Whether the second factor was given, too, or none is asked for.
        address, agent: From where, and with what.
    """

    id_hash: str
    user_id: int
    made_at: dt.datetime
    seen_at: dt.datetime
    address: str
    agent: str
    complete: bool


class Sessions(Protocol):
    """Who is signed in; the ids are known to browsers, and here are their hashes."""

    def begin(self, session: Session) -> None:
        """Keep a new one."""
        ...

    def find(self, id_hash: str) -> Session | None: ...  # noqa: D102

    def of(self, user_id: int) -> list[Session]:
        """Those of one user, the one seen last first."""
        ...

    def seen(self, id_hash: str, at: dt.datetime) -> None:
        """Remember that they are still there."""
        ...

    def end(self, id_hash: str) -> None:
        """End one; it may have ended before."""
        ...

    def end_of(self, user_id: int, *, but: str | None = None) -> int:
        """End all of a user *but* one; returns how many there were."""
        ...

    def end_old(self, seen_before: dt.datetime, made_before: dt.datetime) -> int:
        """End those that nobody uses any more, or that lasted too long; how many."""
        ...


class ApiKey(NamedTuple):
    """A key by which a program calls.

    Attributes:
        prefix: The part of it that is no secret, and by which it is found.
        secret_hash: SHA-256 of the whole key.
        company_ids: The companies that it is for, with those below; None = all.
    """

    id: int
    prefix: str
    secret_hash: str
    name: str
    company_ids: frozenset[int] | None
    rights: frozenset[Right]
    made_at: dt.datetime
    made_by: str
    expires_at: dt.datetime | None
    used_at: dt.datetime | None
    revoked_at: dt.datetime | None

    def works(self, at: dt.datetime) -> bool:
        """Whether one may call with it."""
        return self.revoked_at is None and (self.expires_at is None or at < self.expires_at)


class ApiKeys(Protocol):
    """Keys of programs."""

    def add(self, key: ApiKey) -> int:
        """Keep a new one; returns its id, whatever *key* says."""
        ...

    def get(self, key_id: int) -> ApiKey | None: ...  # noqa: D102

    def find(self, prefix: str) -> ApiKey | None:
        """The one with this prefix, whether it works or not."""
        ...

    def all(self) -> list[ApiKey]:
        """All of them, the newest first; revoked ones too."""
        ...

    def used(self, key_id: int, at: dt.datetime) -> None:
        """Remember when somebody called with it last."""
        ...

    def revoke(self, key_id: int, at: dt.datetime) -> bool:
        """Let it work no more; False when it does not already."""
        ...


class Attempts(Protocol):
    """What was tried, by name: an account, an address, a link."""

    def alone(self, name: str) -> None:
        """Let no other transaction try the same until this one ends."""
        ...

    def add(self, name: str, at: dt.datetime) -> None:
        """Remember a try."""
        ...

    def since(self, name: str, since: dt.datetime) -> Sequence[dt.datetime]:
        """The tries after *since*, oldest first."""
        ...

    def forget(self, name: str, at: dt.datetime | None = None) -> None:
        """Forget all tries of that name, or just those of one moment."""
        ...

    def end_old(self, before: dt.datetime) -> int:
        """Forget all that was tried before then; how many."""
        ...


class Passwords(Protocol):
    """Hashes passwords, slowly on purpose."""

    def hash(self, password: str) -> str:
        """What is kept of a password."""
        ...

    def verify(self, password: str, known: str | None) -> tuple[bool, str | None]:
        """Whether *password* is the one that *known* was made of.

        With None it is not, which takes as long. The second value is what to
        keep from now on, where *known* was made with weaker parameters.
        """
        ...


class NoPasswords(Passwords):
    """Where nobody signs in with a password."""

    def hash(self, password: str) -> str:  # noqa: ARG002
        """See `Passwords`.

        Raises:
            RefusedError: Always.
        """
        msg = "passwords are not used here"
        raise RefusedError(msg)

    def verify(self, password: str, known: str | None) -> tuple[bool, str | None]:  # noqa: ARG002
        """See `Passwords`."""
        return False, None


class Begun(NamedTuple):
    """A signing in that a provider of OpenID Connect is at.

    Attributes:
        url: Where the browser goes.
        state, nonce, verifier: What must come back, or be shown, in the end.
    """

    url: str
    state: str
    nonce: str
    verifier: str


class Identity(NamedTuple):
    """Who somebody is, as a provider of OpenID Connect says.

    Attributes:
        subject: The issuer and its own name of them, which never changes.
        email: In small letters; "" where it told none.
        email_verified: Whether it made sure that it is theirs.
    """

    subject: str
    email: str
    email_verified: bool
    name: str


class IdentityProvider(Protocol):
    """A provider of OpenID Connect, where staff have accounts already.

    Attributes:
        label: What it is called on the page.
    """

    label: str

    def begin(self, back: str) -> Begun:
        """Begin a signing in that comes *back* to this address.

        Raises:
            RefusedError: It does not answer, or not as it should.
        """
        ...

    def finish(self, begun: Begun, code: str, back: str) -> Identity:
        """Who has signed in there.

        Raises:
            RefusedError: It does not say so, or what it says is not for us.
        """
        ...


@dataclass(frozen=True)
class Access:
    """How staff sign in.

    Attributes:
        second_factor: Whether who has a password must have a second factor, too.
        words: Words about this installation that are in no good password.
        provider: Where they may sign in instead of here.
        domains: Whose verified e-mail is in one of these gets an account with
            ``default_role`` when they first come from there; None = nobody.
    """

    passwords: Passwords = field(default_factory=NoPasswords)
    second_factor: bool = True
    words: tuple[str, ...] = ()
    provider: IdentityProvider | None = None
    domains: frozenset[str] = frozenset()
    default_role: Role | None = None
