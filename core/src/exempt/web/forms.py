"""Forms that come in: read up to a limit, and only from our own pages."""

from __future__ import annotations

from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request

from exempt.web.cookies import anchor
from exempt.web.site import Site
from exempt.web.typed import storable

FIELDS_MAX = 1000
FIELD_BYTES_MAX = 1024 * 1024
TOKEN = "form_token"  # noqa: S105 - the name of a field
_PURPOSE = "form"


def token_for(site: Site, request: Request) -> str:
    """What a form of this browser must send along."""
    return site.keys.sign(_PURPOSE, anchor(site, request))


async def read_form(request: Request) -> FormData:
    """The form, its fields and files; files lie on disk."""
    try:
        form = await request.form(max_fields=FIELDS_MAX, max_part_size=FIELD_BYTES_MAX)
    except ClientDisconnect:
        raise HTTPException(400) from None  # nobody will read that
    said = form.multi_items()
    return FormData([(n, storable(v) if isinstance(v, str) else v) for n, v in said])


def check_origin(site: Site, request: Request) -> None:
    """Refuse what another site's page has sent (ASVS 3.5)."""
    fetched = request.headers.get("sec-fetch-site", "same-origin")
    origin = request.headers.get("origin", "null")
    host = request.headers.get("host", "")
    # Under the policy no-referrer, a page's own forms come with the origin "null", too.
    foreign = origin not in {"null", site.url} and origin.partition("://")[2] != host
    if fetched not in {"same-origin", "none"} or foreign:
        raise HTTPException(403)


def check_token(site: Site, request: Request, form: FormData) -> None:
    """Refuse a form that was not made for this browser."""
    given = form.get(TOKEN) or request.headers.get("x-form-token") or ""
    known = anchor(site, request)
    fits = isinstance(given, str) and site.keys.signed(_PURPOSE, known, given)
    if not known or not fits:
        raise HTTPException(403, "The form has expired: load the page again, and send it once more")
