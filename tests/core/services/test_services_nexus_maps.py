"""The map shows one company's exposures, with its own presences and registrations."""

from __future__ import annotations

import datetime as dt
from xml.etree import ElementTree as ET

from exempt.model.presence import PresenceKind
from exempt.rules.country_map import Class
from exempt.rules.registrations import RegistrationDetails
from exempt.services.exposures import exposures
from exempt.services.nexus_maps import map_of, tiles
from exempt.services.policy import Policy
from exempt.services.presence_ports import NewPresence
from exempt.services.registrations import add
from support.nexus import company_id, sale, sell
from support.records import NOW, TODAY
from support.world import Source, World

SVG = "{http://www.w3.org/2000/svg}"


def titles(world: World) -> dict[str, str]:
    """What is said of each state, by its letters."""
    with world.store.reading() as tx:
        company = next(row for row in tx.cards.companies() if row.key == "northwind")
        picture = ET.fromstring(map_of(tx, company, TODAY, Policy()))  # noqa: S314 - our own
    return {
        group.findtext(f"{SVG}text", ""): group.findtext(f"{SVG}title", "")
        for group in picture.iter(f"{SVG}g")
        if group.find(f"{SVG}title") is not None
    }


def test_each_state_says_how_it_stands(world: World, erp: Source) -> None:
    sell(erp, sale("O-1", "KS", "2026-03-10", 150_000), sale("O-2", "CO", "2026-03-10", 90_000))
    row = RegistrationDetails(jurisdiction="KS", registered_from=dt.date(2026, 4, 1))
    with world.store.writing() as tx:
        northwind = company_id(tx, "northwind")
        stock = NewPresence("US-NV", PresenceKind.INVENTORY, dt.date(2024, 5, 1))
        tx.presence.add(northwind, [stock], NOW, "anna")
    add(world.store, northwind, [row], world.act())
    said = titles(world)
    assert len(said) == 52
    assert said["KS"] == (
        "Kansas: 150.0 % of its threshold; met from 2026-03-10, collect from 2026-03-11;"
        " registered since 2026-04-01"
    )
    assert said["CO"] == "Colorado: 90.0 % of its threshold"
    assert said["NV"] == "Nevada: 0.0 % of its threshold; physical nexus since 2024-05-01"
    assert said["OR"] == "Oregon: no sales tax"


def test_what_only_related_companies_sold_is_not_drawn_as_the_companys_own(world: World) -> None:
    """California adds the sales of a whole tree; who sold nothing there has nothing to collect."""
    west = world.connect("west", company="west")
    with world.store.writing() as tx:
        tx.connections.company("northwind", "Northwind", None)
        tx.connections.company("west", "West", "northwind")
    sell(west, sale("O-1", "CA", "2026-03-10", 300_000))
    with world.store.reading() as tx:
        company = next(row for row in tx.cards.companies() if row.key == "northwind")
        views = exposures(tx, {company.id}, TODAY, Policy())
        drawn = tiles(views)["US-CA"][0]
        both = tiles(exposures(tx, None, TODAY, Policy()))["US-CA"]
    assert (drawn.kind, drawn.label) == (Class.NO_SALES, "–")
    assert drawn.said == (
        "California: no sales of its own; those of related companies are 60.0 % of the threshold"
    )
    assert both[0].kind is Class.MIDDLE, "of several companies the one that sells there"
    assert both[1] is not None
    assert both[1].company.key == "west"
