"""The words of mails: looked at, tried with an example, and replaced; every version is kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from exempt.errors import NotFoundError, RefusedError
from exempt.model.messages import Purpose
from exempt.services import cards
from exempt.services.certificates import Act
from exempt.services.links import address_of
from exempt.services.mail_html import Part, as_html, parts
from exempt.services.mail_templates import Mistake, mistakes, render
from exempt.services.mail_texts import BUILT_IN, BUTTONS, Words
from exempt.services.owed_mails import EXAMPLE, PLACEHOLDER, words_for
from exempt.services.ports import Store, Transaction
from exempt.services.post import Post
from exempt.services.request_ports import TemplateRow
from exempt.services.wording import one_line

PURPOSES = tuple(BUILT_IN)
"""The kinds of mails whose words can be replaced."""


class UnusableError(RefusedError):
    """The words cannot be used; each of its ``mistakes`` names a field and a line."""

    def __init__(self, found: Sequence[Mistake]) -> None:
        super().__init__("\n".join(map(str, found)))
        self.mistakes = tuple(found)


class Current(NamedTuple):
    """The words that count for a company, or for all (None).

    Attributes:
        row: As somebody wrote them; None = they are built in.
    """

    purpose: Purpose
    company_id: int | None
    words: Words
    row: TemplateRow | None

    @property
    def own(self) -> bool:
        """Whether somebody wrote them for just this company."""
        return self.row is not None and self.row.company_id == self.company_id


class Preview(NamedTuple):
    """A mail as an example customer would get it."""

    subject: str
    text: str
    html: str
    parts: list[Part]


def current(store: Store, purpose: Purpose, company_id: int | None) -> Current:
    """What counts now."""
    with store.reading() as tx:
        row = tx.templates.newest(purpose, company_id)
        return Current(purpose, company_id, words_for(tx, purpose, company_id), row)


def versions(store: Store, purpose: Purpose, company_id: int | None) -> list[TemplateRow]:
    """What was written for just this company, or for all; the newest first."""
    with store.reading() as tx:
        return tx.templates.versions(purpose, company_id)


def save(
    store: Store, purpose: Purpose, company_id: int | None, words: Words, act: Act
) -> TemplateRow:
    """Let *words* count from now on, also for mails that wait; the same ones change nothing.

    Raises:
        UnusableError: They cannot be used; nothing was saved.
    """
    words = Words(words.subject.strip(), words.text.replace("\r\n", "\n").rstrip() + "\n")
    if found := mistakes(words, EXAMPLE | {"company": "Northwind", "link": PLACEHOLDER}):
        raise UnusableError(found)
    with store.writing() as tx:
        before = tx.templates.newest(purpose, company_id)
        if before and before.company_id == company_id and _says(before) == words:
            return before
        return tx.templates.add(purpose, company_id, words.subject, words.text, act.at, act.by)


def _says(row: TemplateRow) -> Words:
    return Words(row.subject, row.text)


def preview(
    store: Store,
    purpose: Purpose,
    company_id: int | None,
    words: Words | None,
    post: Post,
    *,
    customer_id: int | None = None,
) -> Preview:
    """A mail by *words*, or by those that count, to an example or to a customer.

    Raises:
        UnusableError: The words cannot be used.
        NotFoundError: There is no such customer, or company.
    """
    with store.reading() as tx:
        facts = _facts(tx, company_id, customer_id, post)
        words = words or words_for(tx, purpose, company_id)
    if found := mistakes(words, facts):
        raise UnusableError(found)
    said = render(words, facts)
    html = as_html(said.subject, said.text, link=facts["link"], button=BUTTONS[purpose])
    shown = parts(said.text, facts["link"], BUTTONS[purpose])
    return Preview(said.subject, said.text, html, shown)


def _facts(
    tx: Transaction, company_id: int | None, customer_id: int | None, post: Post
) -> dict[str, Any]:
    """What an example tells, for a company: the first one where it does not matter."""
    companies = {company.id: company for company in tx.cards.companies()}
    facts: dict[str, Any] = {**EXAMPLE, "portal_url": post.portal_url or ""}
    if customer_id is not None:
        card = cards.get(tx, customer_id)
        company_id, facts["customer"] = card.company_id, one_line(card.name)
    if company_id is not None and company_id not in companies:
        msg = f"company {company_id}: there is none: see exempt companies list"
        raise NotFoundError(msg)
    mine = companies.get(company_id) if company_id else next(iter(companies.values()), None)
    facts["company"] = one_line(mine.name) if mine else "Northwind"
    if mine and mine.key in post.contacts:
        facts["contact"] = post.contacts[mine.key]
    facts["link"] = address_of(post.url, PLACEHOLDER) if post.url else ""
    return facts
