"""Who may do what: roles of people, rights of people and of API keys."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple


class Right(StrEnum):
    """What somebody may do.

    ==========  ====================================================================
    read        see certificates, customers, orders, requests and their files
    decide      ask which certificate covers an order
    edit        enter and change certificates and customers
    request     ask customers for certificates
    review      accept and reject what customers send in
    administer  manage people, keys, words of mails and webhooks
    ==========  ====================================================================
    """

    READ = "read"
    DECIDE = "decide"
    EDIT = "edit"
    REQUEST = "request"
    REVIEW = "review"
    ADMINISTER = "administer"


class Role(StrEnum):
    """What somebody is in the tax department."""

    VIEWER = "viewer"
    REVIEWER = "reviewer"
    ADMINISTRATOR = "administrator"


RIGHTS: Mapping[Role, frozenset[Right]] = {
    Role.VIEWER: frozenset({Right.READ, Right.DECIDE}),
    Role.REVIEWER: frozenset(Right) - {Right.ADMINISTER},
    Role.ADMINISTRATOR: frozenset(Right),
}
"""The rights of each role."""


class Caller(NamedTuple):
    """Whoever calls, a person or a program.

    Attributes:
        name: As histories tell it: ``dana@acme.example``, or ``api:erp``.
        rights: What they may do.
        company_ids: Of which companies; None = of all.
        user_id: The person's; None = a program.
        key_id: The API key's; None = a person.
        role: The person's.
        title: How pages address them.
    """

    name: str
    rights: frozenset[Right]
    company_ids: frozenset[int] | None = None
    user_id: int | None = None
    key_id: int | None = None
    role: Role | None = None
    title: str = ""

    def may(self, right: Right) -> bool:
        """Whether they may do that."""
        return right in self.rights

    def sees(self, company_id: int) -> bool:
        """Whether what belongs to that company is theirs to see."""
        return self.company_ids is None or company_id in self.company_ids
