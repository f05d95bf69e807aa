"""What the address of a list says, and what is kept of lists: views, and the company switcher."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

pytest.importorskip("fastapi", reason="needs exempt[web]")

from starlette.datastructures import QueryParams

from exempt.errors import NotFoundError, RefusedError
from exempt.model.access import Role
from exempt.services import saved_views
from exempt.web.console.listing import LISTS, Asked, Column, Lister
from support.access import user
from support.pages import Whole, whole_in
from support.records import NOW

COLUMNS = (
    Column("name", "Name", sort=True, fixed=True),
    Column("ends", "Ends", sort=True),
    Column("state", "State"),
    Column("kind", "Kind", hidden=True),
)


@pytest.fixture
def things() -> Iterator[Lister]:
    """A list of nothing in particular."""
    yield Lister("/things", columns=COLUMNS, filters=("state", "kind"), sort="ends")
    del LISTS["/things"]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Whole]:
    with whole_in(tmp_path_factory.mktemp("whole")) as made:
        yield made


def asked(things: Lister, query: str) -> Asked:
    return things.asked(QueryParams(query))


def test_a_bare_address_asks_for_the_first_page_as_the_list_is_made(things: Lister) -> None:
    plain = asked(things, "")
    assert (plain.page, plain.offset, plain.limit, plain.sort) == (1, 0, 50, "ends")
    assert plain.columns == ("name", "ends", "state")
    assert (plain.descending, plain.dense, plain.narrowed) == (False, False, False)
    assert plain.address() == "/things"


@pytest.mark.parametrize(
    "query",
    [
        "sort=kind",
        "sort=%00",
        "page=0",
        "page=-1",
        "page=%D9%A3",
        "page=99999999999",
        "size=7",
        "columns=nothing",
        "state=",
        "state=a%00b",
        "unknown=1",
    ],
)
def test_what_makes_no_sense_is_as_if_it_were_not_there(things: Lister, query: str) -> None:
    assert asked(things, query) == asked(things, "")


def test_links_carry_on_what_is_asked_and_begin_at_the_first_page(things: Lister) -> None:
    here = asked(things, "words=acme&state=TX&state=CA&sort=-name&page=3&size=100&rows=compact")
    assert (here.page, here.offset, here.descending, here.dense) == (3, 200, True, True)
    assert here.filters("state") == ("TX", "CA")
    later = asked(things, here.query(page=4))
    assert (later.page, later.words, later.filters("state")) == (4, "acme", ("TX", "CA"))
    narrower = asked(things, here.query(state="TX"))
    assert (narrower.page, narrower.filters("state"), narrower.sort) == (1, ("TX",), "name")
    assert asked(things, here.query(state=None)).filters("state") == ()


def test_a_fixed_column_is_always_shown(things: Lister) -> None:
    assert asked(things, "columns=kind").columns == ("name", "kind")
    assert asked(things, "columns=kind&columns=state").columns == ("name", "state", "kind")


def test_what_is_kept_of_a_view_has_neither_page_nor_strangers(things: Lister) -> None:
    assert things.cleaned("state=TX&page=9&unknown=1&sort=ends") == "state=TX"


def test_a_view_is_kept_replaced_and_removed_by_its_person_only(whole: Whole) -> None:
    store = whole.exempt.store
    mine, other = user(store, email="a@acme.example").id, user(store, email="b@acme.example").id
    for query in ("state=TX", "state=CA"):
        saved_views.keep(store, mine, "/things", name="  My  view ", query=query, at=NOW)
    with store.reading() as tx:
        (view,) = tx.saved_views.of(mine, "/things")
        assert tx.saved_views.of(other, "/things") == []
    assert (view.name, view.query) == ("My view", "state=CA")
    assert not saved_views.remove(store, other, view.id)
    assert saved_views.remove(store, mine, view.id)
    assert not saved_views.remove(store, mine, view.id)


def test_a_view_is_renamed_by_its_person_only(whole: Whole) -> None:
    store = whole.exempt.store
    mine, other = user(store, email="d@acme.example").id, user(store, email="e@acme.example").id
    for name in ("Texas", "Ohio"):
        saved_views.keep(store, mine, "/things", name=name, query="state=TX", at=NOW)
    with store.reading() as tx:
        ohio, texas = tx.saved_views.of(mine, "/things")
    for who, path in ((other, "/things"), (mine, "/elsewhere")):
        with pytest.raises(NotFoundError):
            saved_views.rename(store, who, path, texas.id, name="Mine")
    with pytest.raises(RefusedError, match="another one is called Ohio"):
        saved_views.rename(store, mine, "/things", texas.id, name="Ohio")
    assert saved_views.rename(store, mine, "/things", texas.id, name=" The  south ") == texas
    with store.reading() as tx:
        assert tx.saved_views.of(mine, "/things") == [ohio, texas._replace(name="The south")]


def test_a_view_needs_a_name_and_there_is_an_end_to_them(whole: Whole) -> None:
    store = whole.exempt.store
    mine = user(store, email="c@acme.example").id
    for name, query in (("", ""), ("x" * 61, ""), ("a\nb\0", ""), ("long", "x" * 2001)):
        with pytest.raises(RefusedError):
            saved_views.keep(store, mine, "/things", name=name, query=query, at=NOW)
    for number in range(saved_views.MOST):
        saved_views.keep(store, mine, "/things", name=f"view {number}", query="", at=NOW)
    with pytest.raises(RefusedError, match="remove one first"):
        saved_views.keep(store, mine, "/things", name="one more", query="", at=NOW)
    saved_views.keep(store, mine, "/things", name="view 1", query="words=a", at=NOW)


def test_the_page_keeps_views_of_lists_that_there_are(whole: Whole, things: Lister) -> None:
    role = Role.VIEWER
    form = {"path": "/things", "name": "Texas", "query": "state=TX&evil=1"}
    answer = whole.post("/views", form, role)
    assert answer.headers["location"] == "/things?state=TX"
    assert (
        whole.post("/views", form | {"path": "https://elsewhere.example"}, role).status_code == 404
    )
    refused = whole.post("/views", form | {"name": ""}, role)
    assert refused.headers["location"] == "/things?state=TX"


def test_the_switcher_takes_no_company_that_is_not_there(whole: Whole) -> None:
    assert whole.post("/company", {"company": "nobody"}, Role.VIEWER).status_code == 404
    chosen = whole.post("/company", {"company": "n", "next": "/requests?page=1"}, Role.VIEWER)
    assert chosen.headers["location"] == "/requests?page=1"
    assert "__Host-company=n;" in chosen.headers["set-cookie"]
    back = whole.post("/company", {"company": "", "next": "https://elsewhere.example"}, Role.VIEWER)
    assert back.headers["location"] == "/"
