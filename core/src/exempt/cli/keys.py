"""API keys, on the command line."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from exempt.cli.output import print_json, print_table, say
from exempt.cli.users import company_ids
from exempt.model.access import Right
from exempt.services import api_keys
from exempt.services.access_ports import ApiKey
from exempt.services.certificates import Act
from exempt.services.companies import keys as company_keys
from exempt.wiring import Exempt


def show(exempt: Exempt, *, as_json: bool) -> None:
    """``exempt keys list``."""
    at = exempt.clock()
    with exempt.store.reading() as tx:
        names = company_keys(tx)
        found = [_shown(key, names, at) for key in tx.api_keys.all()]
    if as_json:
        print_json(found)
        return
    print_table(
        "API keys",
        ("ID", "Name", "Begins with", "Rights", "Companies", "Used", "Ends", "State"),
        [
            (
                one["id"],
                one["name"],
                one["begins_with"],
                ", ".join(one["rights"]),
                "all" if one["companies"] is None else ", ".join(one["companies"]),
                _day(one["used_at"], "never"),
                _day(one["expires_at"], ""),
                one["state"],
            )
            for one in found
        ],
        right=(0,),
        whole={"Begins with", "Used", "Ends", "State"},
    )


def add(
    exempt: Exempt,
    act: Act,
    name: str,
    rights: Sequence[Right],
    companies: Sequence[str] | None,
    days: int | None,
    *,
    as_json: bool,
) -> None:
    """``exempt keys add``."""
    exempt.settle()
    with exempt.store.reading() as tx:
        ids, names = company_ids(tx, companies), company_keys(tx)
    made = api_keys.make(
        exempt.store, name, rights=rights, company_ids=ids, days=days, by=act.by, at=act.at
    )
    if as_json:
        print_json({**_shown(made.key, names, act.at), "key": made.text})
        return
    say(f"The key {made.key.name} has the number {made.key.id}. Keep it now, it is shown once:")
    say(made.text, wrap=False)


def revoke(exempt: Exempt, act: Act, key_id: int) -> None:
    """``exempt keys revoke``."""
    key = api_keys.revoke(exempt.store, key_id, by=act.by, at=act.at)
    say(f"The key {key.name} works no more.")


def _shown(key: ApiKey, names: dict[int, str], at: dt.datetime) -> dict[str, Any]:
    ended = "revoked" if key.revoked_at else "expired"
    ids = key.company_ids
    return {
        "id": key.id,
        "name": key.name,
        "begins_with": f"exk_live_{key.prefix}_",
        "rights": sorted(right.value for right in key.rights),
        "companies": None if ids is None else sorted(names.get(each, "?") for each in ids),
        "made_at": key.made_at,
        "made_by": key.made_by,
        "used_at": key.used_at,
        "expires_at": key.expires_at,
        "state": "works" if key.works(at) else ended,
    }


def _day(moment: dt.datetime | None, none: str) -> str:
    return none if moment is None else f"{moment:%Y-%m-%d}"
