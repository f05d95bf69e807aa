"""The pages of an Exempt where a shop can be connected, called by people of each role."""

from __future__ import annotations

import re
from html import unescape

import httpx

from exempt.model.access import Role
from exempt.services import sessions
from exempt.wiring.site import site_of
from exempt.wiring.web import app_of
from support.access import VISIT, user
from support.pages import URL, Whole
from support.records import NOW
from support.shop import ShopHouse


def said(answer: httpx.Response) -> str:
    """What a page says, without its tags."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.text)).split())


class ShopSite(Whole):
    """The site of a *house*; *company_ids* are those that its people may see, None = all."""

    def __init__(self, house: ShopHouse, company_ids: frozenset[int] | None = None) -> None:
        self.house, self.exempt = house, house.exempt
        self.site = site_of(self.exempt, URL)
        self.app = app_of(self.exempt, listens_at=URL)
        self._company_ids = company_ids
        self._cookies: dict[Role, dict[str, str]] = {}

    def name(self, role: Role) -> str:
        """What histories call somebody of that role."""
        whose = "all" if self._company_ids is None else "some"
        return f"{role}-of-{whose}@acme.example"

    def cookies(self, role: Role | None) -> dict[str, str]:
        if role is None:
            return super().cookies(role)
        if role not in self._cookies:
            someone = user(
                self.exempt.store, role, email=self.name(role), company_ids=self._company_ids
            )
            with self.exempt.store.writing() as tx:
                token = sessions.begin(tx, someone, VISIT, NOW)
            self._cookies[role] = {"__Host-sid": token}
        return self._cookies[role]

    def of(self, *companies: str) -> ShopSite:
        """The same, for people who see these companies only."""
        with self.exempt.store.reading() as tx:
            ids = {row.id for row in tx.cards.companies() if row.key in companies}
        return ShopSite(self.house, frozenset(ids))
