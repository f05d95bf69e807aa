"""The web server's application."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.applications import Starlette
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp

from exempt.web import assets, mishaps, sandbox
from exempt.web.console import (
    access_lists,
    account,
    asking,
    audit,
    audit_packages,
    certificate_edit,
    certificates,
    connecting,
    customer_card,
    customer_form,
    customer_links,
    customers,
    deliveries,
    delivery,
    employees,
    files,
    home,
    imports,
    imports_customers,
    imports_employees,
    imports_sales,
    jobs,
    keys,
    mail_templates,
    nexus,
    nexus_state,
    nexus_warnings,
    order,
    orders,
    presence,
    products,
    rates,
    registrations,
    reports,
    requests,
    review,
    search,
    settings,
    signing_in,
    source_rows,
    sources,
    still_ordering,
    users,
    views,
)
from exempt.web.console import certificate as certificate_page
from exempt.web.deciding import Decisions, deciding_of
from exempt.web.guard import Guard
from exempt.web.hooks import Hooks, Receive
from exempt.web.limiting import Limiter
from exempt.web.looks import Looks, Sights
from exempt.web.pages import Page, Pages
from exempt.web.portal import certificate, finding, given, signing, uploads, visiting
from exempt.web.portal import files as portal_files
from exempt.web.site import Site

PARTS: tuple[Pages, ...] = (
    signing_in.pages,
    settings.pages,
    jobs.pages,
    delivery.pages,
    deliveries.pages,
    audit.pages,
    search.pages,
    still_ordering.pages,
    home.pages,
    account.pages,
    access_lists.pages,
    users.pages,
    keys.pages,
    files.pages,
    imports.pages,
    imports_customers.pages,
    imports_sales.pages,
    imports_employees.pages,
    review.pages,
    certificates.pages,
    certificate_edit.pages,
    certificate_page.pages,
    orders.pages,
    order.pages,
    requests.pages,
    asking.pages,
    mail_templates.pages,
    nexus.pages,
    nexus_state.pages,
    registrations.pages,
    rates.pages,
    products.pages,
    presence.pages,
    nexus_warnings.pages,
    employees.pages,
    reports.pages,
    audit_packages.pages,
    customers.pages,
    customer_card.pages,
    customer_form.pages,
    customer_links.pages,
    sources.pages,
    source_rows.pages,
    connecting.pages,
    views.pages,
    visiting.pages,
    certificate.pages,
    signing.pages,
    given.pages,
    finding.pages,
    portal_files.pages,
)
"""The pages of the console and the portal, part by part."""


def all_pages() -> list[Page]:
    """Every page of the site."""
    return [page for part in PARTS for page in part.all]


def make_app(sights: Sights, receive: Receive | None = None, site: Site | None = None) -> ASGIApp:
    """Health and metrics; webhooks, where somebody can *receive* them; and the *site*, if any."""
    looks = Looks(sights)
    routes: list[BaseRoute] = [
        Route("/healthz", looks.healthz),
        Route("/readyz", looks.readyz),
        Route("/metrics", looks.metrics),
    ]
    if receive is not None:
        routes.append(Route("/hooks/{connection}", Hooks(receive).answer, methods=["POST"]))
    if site is not None:
        from exempt.web.api.app import mounted  # noqa: PLC0415 - half a second

        limiter = Limiter(site.api_calls_per_minute)
        routes.append(mounted(site, limiter))
        routes.append(assets.route())
        routes += [route for part in PARTS for route in part.routes(site)]
        routes += uploads.routes(site)
        if site.sandbox is not None:
            routes += sandbox.pages.routes(site)
        if site.quick is not None:
            deciding = deciding_of(site, site.quick, limiter)
            return Decisions(deciding, Guard(_pages(site, routes), site))
        return Guard(_pages(site, routes), site)
    return Guard(Starlette(routes=routes))


def _pages(site: Site, routes: Sequence[BaseRoute]) -> ASGIApp:
    return Starlette(routes=routes, exception_handlers=mishaps.handlers(site))
