"""What belongs together: states and customers that goods go to, records of sources, merges."""

from __future__ import annotations

from collections.abc import Callable

from starlette.exceptions import HTTPException
from starlette.responses import Response

from exempt.errors import ConflictError, ExemptError, NotFoundError
from exempt.model.access import Right
from exempt.model.customer import CustomerCard
from exempt.services import cards, customers, joining, merging, scoped
from exempt.services.certificates import Act
from exempt.services.ports import Store
from exempt.web.console.customer_card import BASE, found, named, ship_to_tab, sources_tab
from exempt.web.console.customers import states
from exempt.web.pages import Call, Pages
from exempt.web.typed import number_of

pages = Pages()


def first_up(error: object) -> str:
    """What an error says, as a sentence."""
    sentence = str(error)
    return f"{sentence[:1].upper()}{sentence[1:]}"


def decided(changed: int) -> str:
    """How many decisions followed."""
    if not changed:
        return "No open order is decided otherwise."
    return f"{changed:,} open order{'' if changed == 1 else 's'} decided anew."


# --- ship-to -----------------------------------------------------------------------------


@pages.post(f"{BASE}/zones", may=Right.EDIT)
def add_zone(call: Call) -> Response:
    """Add states that its goods go to."""
    card = found(call)
    known = dict(states())
    chosen = [text for text in call.texts("state") if text in known]
    if not chosen:
        return ship_to_tab(call, card, "Choose a state to add.")
    zones = tuple(sorted({*card.ship_to_zones, *chosen}))
    said = ", ".join(known[code] for code in chosen)
    return _zones(call, card, zones, f"{said} added.")


@pages.post(f"{BASE}/zones/remove", may=Right.EDIT)
def remove_zone(call: Call) -> Response:
    """Its goods go to a state no more."""
    card, state = found(call), call.text("state")
    if state not in card.ship_to_zones:
        return ship_to_tab(call, card, "That state is no ship-to state of this customer any more.")
    zones = tuple(zone for zone in card.ship_to_zones if zone != state)
    return _zones(call, card, zones, f"{dict(states()).get(state, state)} removed.")


def _zones(call: Call, card: CustomerCard, zones: tuple[str, ...], said: str) -> Response:
    details = card.details.model_copy(update={"ship_to_zones": zones})
    try:
        done = cards.edit(
            call.site.store, card.id, details, call.site.act(call.by.name), seen=card.version
        )
    except ConflictError:
        wrong = "Somebody changed this customer at the same moment: look at it, and try again."
        return ship_to_tab(call, card, wrong)
    except ExemptError as error:
        return ship_to_tab(call, card, first_up(error))
    return call.go(f"/customers/{card.id}/ship-to", f"{said} {decided(done.orders_changed)}")


@pages.post(f"{BASE}/ship-to/link", may=Right.EDIT)
def link_ship_to(call: Call) -> Response:
    """Link a customer number: goods of the one go to the other."""
    card, words = found(call), call.text("words")
    if not words:
        return ship_to_tab(call, card, "Write the number of the customer to link.")
    try:
        other = _other(call, card, words)
        pair = (other, card) if call.text("as") == "bill_to" else (card, other)
        act = call.site.act(call.by.name)
        changed = cards.link_ship_to(call.site.store, pair[0].id, pair[1].id, act)
    except ExemptError as error:
        return ship_to_tab(call, card, first_up(error), words=words)
    said = f"Goods of {pair[0].name} go to {pair[1].name}, too. {decided(changed)}"
    return call.go(f"/customers/{card.id}/ship-to", said)


@pages.post(f"{BASE}/ship-to/unlink", may=Right.EDIT)
def unlink_ship_to(call: Call) -> Response:
    """Undo that."""
    card = found(call)
    with call.site.store.reading() as tx:
        other = named(call, tx, _number(call.text("other")))
    below = other.id in card.ship_to_ids and call.text("as") != "bill_to"
    pair = (card, other) if below else (other, card)
    act = call.site.act(call.by.name)
    try:
        done = cards.unlink_ship_to(call.site.store, pair[0].id, pair[1].id, act)
    except ExemptError as error:
        return ship_to_tab(call, card, first_up(error))
    said = f"{pair[1].name} is no ship-to customer of {pair[0].name} any more."
    if done.said_by:
        said = f"The link by hand is gone; {done.said_by} still says that they belong together."
    return call.go(f"/customers/{card.id}/ship-to", f"{said} {decided(done.orders_changed)}")


def _other(call: Call, card: CustomerCard, words: str) -> CustomerCard:
    """The customer of the same company that *words* name."""
    with call.site.store.reading() as tx:
        mine = {row.key for row in scoped.companies(tx, call.by) if row.id == card.company_id}
        return scoped.customer(tx, customers.named(tx, words, mine).id, call.by)


def _number(text: str) -> int:
    number = number_of(text)
    if number is None:
        raise HTTPException(422)
    return number


# --- records of sources ------------------------------------------------------------------


@pages.post(f"{BASE}/sources/link", may=Right.EDIT)
def link_source(call: Call) -> Response:
    """Put a record of a source on this card."""
    card = found(call)
    connection, external_id = call.text("connection"), call.text("external_id")

    def move(store: Store, act: Act) -> cards.CardDone:
        _mine(call, card, connection, external_id)
        return joining.link(store, connection, external_id, card.id, act)

    typed = {"connection": connection, "external_id": external_id}
    return _moved(call, card, move, f"{connection} {external_id} is on this card now.", typed)


@pages.post(f"{BASE}/sources/split", may=Right.EDIT)
def split_source(call: Call) -> Response:
    """Give a record of a source a card of its own."""
    card = found(call)
    connection, external_id = call.text("connection"), call.text("external_id")

    def move(store: Store, act: Act) -> cards.CardDone:
        _mine(call, card, connection, external_id)
        return joining.split(store, connection, external_id, act)

    return _moved(call, card, move, f"{connection} {external_id} has a card of its own now.", {})


def _mine(call: Call, card: CustomerCard, connection: str, external_id: str) -> None:
    """Say of a record of another company that there is none."""
    with call.site.store.reading() as tx:
        whose = customers.company_of_record(tx, connection, external_id)
    if whose != card.company_id:
        msg = f"{connection or 'source'} {external_id}: no customer of that source"
        raise NotFoundError(msg)


def _moved(
    call: Call,
    card: CustomerCard,
    move: Callable[[Store, Act], cards.CardDone],
    said: str,
    typed: dict[str, str],
) -> Response:
    try:
        done = move(call.site.store, call.site.act(call.by.name))
    except ExemptError as error:
        return sources_tab(call, card, first_up(error), **typed)
    to = f"/customers/{done.card.id}/sources"
    return call.go(to, f"{said} {decided(done.orders_changed)}")


# --- merging -----------------------------------------------------------------------------


@pages.get(f"{BASE}/merge", may=Right.EDIT)
def merge_form(call: Call) -> Response:
    """Which other card is the same customer, and what a merge would do."""
    return _merge_page(call, found(call), call.query.get("other", "").strip()[:200])


def _merge_page(call: Call, card: CustomerCard, words: str, wrong: str = "") -> Response:
    preview = None
    if words:
        try:
            other = _other(call, card, words)
            with call.site.store.reading() as tx:
                preview = merging.preview(tx, cards.get(tx, card.id), other)
        except NotFoundError as error:
            wrong = wrong or first_up(error)
    if preview and preview.wrong:
        wrong = wrong or preview.wrong
    return call.page(
        "customers/merge.html",
        422 if wrong else 200,
        card=card,
        words=words,
        preview=preview if preview and not preview.wrong else None,
        wrong=wrong,
    )


@pages.post(f"{BASE}/merge", may=Right.EDIT)
def merge(call: Call) -> Response:
    """Let this card stand for another one, too."""
    card = found(call)
    with call.site.store.reading() as tx:
        other = named(call, tx, _number(call.text("other")))
    words = f"id:{other.id}"
    seen = (call.text("seen"), call.text("seen_other"))
    if seen != (str(card.version), str(other.version)):
        wrong = "One of the two was changed meanwhile: look again at what would move."
        return _merge_page(call, card, words, wrong)
    try:
        done = joining.merge(call.site.store, card.id, other.id, call.site.act(call.by.name))
    except ExemptError as error:
        return _merge_page(call, card, words, first_up(error))
    said = f"This card stands for {other.name} (id {other.id}), too. "
    return call.go(f"/customers/{done.card.id}", said + decided(done.orders_changed))
