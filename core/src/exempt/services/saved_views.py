"""Views of lists that somebody wants to see again."""

from __future__ import annotations

import datetime as dt

from exempt.errors import NotFoundError, RefusedError
from exempt.services.ports import Store, Transaction
from exempt.services.view_ports import SavedView

MOST = 30
"""Views of one list that a person keeps."""

LONGEST_NAME = 60
LONGEST_QUERY = 2000
"""Characters."""


def of(tx: Transaction, user_id: int, path: str) -> list[SavedView]:
    """Those of a user and a list, by name."""
    return tx.saved_views.of(user_id, path)


def keep(store: Store, user_id: int, path: str, *, name: str, query: str, at: dt.datetime) -> None:
    """Keep a view by *name*, in place of one that has that name.

    Raises:
        RefusedError: It has no name, one that is too long, or there are too many.
    """
    name = _name(name)
    if len(query) > LONGEST_QUERY:
        msg = "view: it filters by too much to be kept: choose less"
        raise RefusedError(msg)
    with store.writing() as tx:
        kept = tx.saved_views.of(user_id, path)
        if len(kept) >= MOST and name not in {view.name for view in kept}:
            msg = f"view: {MOST} views of a list are kept: remove one first"
            raise RefusedError(msg)
        tx.saved_views.save(user_id, path, name, query, at)


def rename(store: Store, user_id: int, path: str, view_id: int, *, name: str) -> SavedView:
    """Call a view of that person's and list's *name*; how it was.

    Raises:
        NotFoundError: That person has none such of this list.
        RefusedError: It has no name, one that is too long, or that another one has.
    """
    name = _name(name)
    with store.writing() as tx:
        kept = {view.id: view for view in tx.saved_views.of(user_id, path)}
        if view_id not in kept:
            msg = f"view {view_id}: there is none such"
            raise NotFoundError(msg)
        if name in {view.name for view in kept.values() if view.id != view_id}:
            msg = f"view: another one is called {name}: choose another name"
            raise RefusedError(msg)
        tx.saved_views.rename(view_id, name)
    return kept[view_id]


def remove(store: Store, user_id: int, view_id: int) -> bool:
    """Keep it no more; False where that person has none such."""
    with store.writing() as tx:
        return tx.saved_views.remove(user_id, view_id)


def _name(text: str) -> str:
    name = " ".join(text.split())
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        msg = f"view: a name has 1 to {LONGEST_NAME} characters: choose another"
        raise RefusedError(msg)
    return name
