"""People who sign in, on the command line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from exempt.cli.output import print_json, print_table, say
from exempt.errors import RefusedError
from exempt.model.access import Role
from exempt.services import users
from exempt.services.access_ports import User
from exempt.services.certificates import Act
from exempt.services.companies import find
from exempt.services.companies import keys as company_keys
from exempt.services.ports import Transaction
from exempt.services.users import Details, Linked
from exempt.wiring import Exempt
from exempt.wiring.access import first_link, welcome_link


def show(exempt: Exempt, *, as_json: bool) -> None:
    """``exempt users list``."""
    with exempt.store.reading() as tx:
        keys = company_keys(tx)
        found = [_shown(user, keys) for user in tx.users.all()]
    if as_json:
        print_json(found)
        return
    print_table(
        "Users",
        ("E-mail", "Name", "Role", "Companies", "Code", "Signed in", "State"),
        [
            (
                one["email"],
                one["name"],
                one["role"],
                "all" if one["companies"] is None else ", ".join(one["companies"]),
                "yes" if one["second_factor"] else "no",
                "never" if one["signed_in_at"] is None else f"{one['signed_in_at']:%Y-%m-%d %H:%M}",
                one["state"],
            )
            for one in found
        ],
        whole={"E-mail", "Role", "Signed in", "State"},
    )
    if not found:
        say("There is nobody yet: exempt users link prints the link for the first administrator.")


def add(
    exempt: Exempt,
    act: Act,
    email: str,
    name: str,
    role: Role,
    companies: Sequence[str] | None,
    *,
    as_json: bool,
) -> None:
    """``exempt users add``."""
    exempt.settle()
    with exempt.store.reading() as tx:
        ids = company_ids(tx, companies)
    linked = users.add(exempt.store, Details(email, name, role, ids), by=act.by, at=act.at)
    _say_link(exempt, linked, as_json=as_json)


def change_role(
    exempt: Exempt, act: Act, email: str, role: Role, companies: Sequence[str] | None
) -> None:
    """``exempt users role``."""
    exempt.settle()
    with exempt.store.reading() as tx:
        user, ids = users.named(tx, email), company_ids(tx, companies)
    details = Details(user.email, user.name, role, ids)
    users.change(exempt.store, user.id, details, by=act.by, at=act.at)
    say(f"{user.email} is {role} now.")


def disable(exempt: Exempt, act: Act, email: str) -> None:
    """``exempt users disable``."""
    user = users.disable(exempt.store, _id_of(exempt, email), by=act.by, at=act.at)
    say(f"{user.email} is disabled, and signed out everywhere.")


def enable(exempt: Exempt, act: Act, email: str) -> None:
    """``exempt users enable``."""
    user = users.enable(exempt.store, _id_of(exempt, email), by=act.by, at=act.at)
    say(f"{user.email} may sign in again.")


def link(
    exempt: Exempt, act: Act, email: str | None, *, drop_second_factor: bool, as_json: bool
) -> None:
    """``exempt users link``."""
    if email is not None:
        user_id = _id_of(exempt, email)
        if drop_second_factor:
            users.drop_second_factor(exempt.store, user_id, by=act.by, at=act.at)
        linked = users.link(exempt.store, user_id, by=act.by, at=act.at)
        _say_link(exempt, linked, as_json=as_json)
        return
    address = first_link(exempt, "")
    if address is None:
        msg = "there is an administrator already: name whom the link is for"
        raise RefusedError(msg)
    if as_json:
        print_json({"email": None, "link": address})
        return
    say("Whoever opens this within an hour becomes the first administrator:")
    say(address, wrap=False)


def company_ids(tx: Transaction, keys: Sequence[str] | None) -> frozenset[int] | None:
    """The ids of companies with these keys; None = all."""
    if not keys:
        return None
    companies = tx.cards.companies()
    return frozenset(find(companies, key).id for key in keys)


def _say_link(exempt: Exempt, linked: Linked, *, as_json: bool) -> None:
    address = welcome_link(exempt, linked.token)
    if as_json:
        print_json({"email": linked.user.email, "link": address})
        return
    say(f"Pass this on to {linked.user.email}; it works once:")
    say(address, wrap=False)


def _id_of(exempt: Exempt, email: str) -> int:
    with exempt.store.reading() as tx:
        return users.named(tx, email).id


def _shown(user: User, keys: dict[int, str]) -> dict[str, Any]:
    ids = user.company_ids
    invited = user.password_hash is None and user.subject is None
    state = "invited" if invited else "active"
    return {
        "email": user.email,
        "name": user.name,
        "role": user.role.value,
        "companies": None if ids is None else sorted(keys.get(each, "?") for each in ids),
        "second_factor": user.has_second_factor,
        "signed_in_at": user.signed_in_at,
        "state": state if user.may_sign_in else "disabled",
    }
