"""The lists of users and of API keys: few of each, so that all are read and narrowed here."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping

from starlette.responses import Response

from exempt.model.access import Right
from exempt.services import api_keys, companies, users
from exempt.services.access_ports import ApiKey, User
from exempt.services.tables_out import Sheet
from exempt.web.console import exports
from exempt.web.console.listing import Asked, Column, Lister
from exempt.web.pages import Call, Pages

pages = Pages()

USERS = Lister(
    "/users",
    columns=(
        Column("name", "Name", fixed=True),
        Column("role", "Role"),
        Column("companies", "Companies"),
        Column("factor", "Second factor"),
        Column("signed", "Signed in"),
        Column("state", "State"),
    ),
)
KEYS = Lister(
    "/keys",
    columns=(
        Column("name", "Name", fixed=True),
        Column("may", "May"),
        Column("companies", "Companies"),
        Column("used", "Used"),
        Column("ends", "Ends"),
        Column("state", "State"),
    ),
)
_USER_HEADS = ("Name", "E-mail", "Role", "Companies", "Second factor", "Signed in", "State")
_KEY_HEADS = ("Name", "Begins with", "May", "Companies", "Made", "By", "Used", "Ends", "State")


@pages.get("/users/export", may=Right.ADMINISTER, slow=True)
def export_users(call: Call) -> Response:
    """Everybody who fits, for a review of who may do what."""
    found, names = users_of(call, USERS.read(call))
    rows = [
        (
            *(user.name, user.email, user.role, _companies(user.company_ids, names)),
            *(factor_of(user), user.signed_in_at, state_of(user)),
        )
        for user in found
    ]
    return exports.send(call, Sheet("Users", _USER_HEADS, rows), "users")


@pages.get("/keys/export", may=Right.ADMINISTER, slow=True)
def export_keys(call: Call) -> Response:
    """All keys that fit; none of them could be called with what is told."""
    found, names = keys_of(call, KEYS.read(call))
    at = call.site.clock()
    rows = [
        (
            *(key.name, f"exk_live_{key.prefix}_", ", ".join(r for r in Right if r in key.rights)),
            *(_companies(key.company_ids, names), key.made_at, key.made_by, key.used_at),
            *(key.expires_at, key_state(key, at)),
        )
        for key in found
    ]
    return exports.send(call, Sheet("API keys", _KEY_HEADS, rows), "api-keys")


def users_of(call: Call, asked: Asked) -> tuple[list[User], Mapping[int, str]]:
    """The users that fit, and the names of all companies."""
    with call.site.store.reading() as tx:
        found = users.every(tx)
        names = companies.names(tx)
    words = asked.words.casefold()
    return [each for each in found if words in f"{each.name}\n{each.email}".casefold()], names


def keys_of(call: Call, asked: Asked) -> tuple[list[ApiKey], Mapping[int, str]]:
    """The keys that fit, and the names of all companies."""
    with call.site.store.reading() as tx:
        found = api_keys.every(tx)
        names = companies.names(tx)
    words = asked.words.casefold()
    return [each for each in found if words in f"{each.name}\n{each.prefix}".casefold()], names


def factor_of(user: User) -> str:
    """Whether somebody has a second factor; ``elsewhere`` = where they sign in."""
    return "on" if user.has_second_factor else "elsewhere" if user.subject else "off"


def state_of(user: User) -> str:
    """Whether somebody signs in."""
    if not user.may_sign_in:
        return "disabled"
    return "active" if user.password_hash or user.subject else "invited"


def key_state(key: ApiKey, at: dt.datetime) -> str:
    """Whether programs can call by a key."""
    return "works" if key.works(at) else "revoked" if key.revoked_at else "ended"


def _companies(ids: Collection[int] | None, names: Mapping[int, str]) -> str:
    return "all" if ids is None else ", ".join(sorted(names.get(each, "") for each in ids))
