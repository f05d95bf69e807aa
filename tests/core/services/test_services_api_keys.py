"""API keys: what may be one, who calls with it, and when it ends."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest

from exempt.adapters.store.store import SqlStore
from exempt.errors import NotFoundError, RefusedError
from exempt.model.access import Caller, Right
from exempt.services import api_keys
from exempt.services.api_keys import Made
from exempt.services.rows import Subject
from support.records import DAY, NOW
from support.world import World

SECOND = dt.timedelta(seconds=1)


@pytest.fixture
def store(world: World) -> SqlStore:
    return world.store


def make(store: SqlStore, **changes: Any) -> Made:
    """A key of the ERP that may decide."""
    given = {"rights": [Right.DECIDE], "by": "anna", "at": NOW, **changes}
    return api_keys.make(store, given.pop("name", "erp"), **given)


def caller(store: SqlStore, text: str, at: dt.datetime = NOW) -> Caller | None:
    with store.reading() as tx:
        return api_keys.caller_of(tx, text, at)


def test_whoever_has_the_key_may_what_the_key_may(store: SqlStore) -> None:
    made = make(store, name=" the\n erp ", rights=[Right.READ, Right.DECIDE])
    found = caller(store, made.text)
    assert found == Caller(
        name="api:the erp",
        rights=frozenset({Right.READ, Right.DECIDE}),
        key_id=made.key.id,
        title="the erp",
    )


def test_a_key_has_256_random_bits_and_only_their_hash_is_kept(store: SqlStore) -> None:
    texts = [make(store).text for _ in range(10)]
    assert len(set(texts)) == 10
    assert all(re.fullmatch(r"exk_live_[a-z0-9]{8}_[\w-]{43}", text) for text in texts)
    with store.reading() as tx:
        kept = repr(tx.api_keys.all())
    assert not any(text[-43:] in kept for text in texts)
    assert texts[0] not in repr(make(store))


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param(lambda text: text[:-1], id="cut off"),
        pytest.param(lambda text: text + "\n", id="with a line end"),
        pytest.param(lambda text: text.upper(), id="in capitals"),
        pytest.param(lambda text: text[:-1] + ("A" if text[-1] != "A" else "B"), id="changed"),
        pytest.param(lambda text: text.replace("exk_live_", "exk_test_"), id="of another kind"),
        pytest.param(lambda text: "exk_live_00000000_" + text[-43:], id="with another prefix"),
        pytest.param(lambda _text: "", id="nothing"),
        pytest.param(lambda _text: "é" * 60, id="nonsense"),
    ],
)
def test_what_is_not_the_key_is_nobody(store: SqlStore, changed: Any) -> None:
    made = make(store)
    assert caller(store, changed(made.text)) is None
    assert caller(store, made.text) is not None


def test_a_key_ends_after_its_days(store: SqlStore) -> None:
    made = make(store, days=30)
    assert caller(store, made.text, NOW + 30 * DAY - SECOND) is not None
    assert caller(store, made.text, NOW + 30 * DAY) is None


def test_a_revoked_key_is_worth_nothing_from_its_next_call_on(store: SqlStore) -> None:
    made = make(store)
    assert api_keys.revoke(store, made.key.id, by="bo", at=NOW).revoked_at == NOW
    assert caller(store, made.text) is None
    with pytest.raises(RefusedError, match="it was revoked before"):
        api_keys.revoke(store, made.key.id, by="bo", at=NOW)
    with pytest.raises(NotFoundError, match="key 99: there is none: see exempt keys list"):
        api_keys.revoke(store, 99, by="bo", at=NOW)
    with store.reading() as tx:
        told = [(c.field, c.new, c.changed_by) for c in tx.history.of(Subject.API_KEY, made.key.id)]
    assert told == [("made", "decide", "anna"), ("revoked", "yes", "bo")]


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"name": " "}, "give the key a name of 1 to 100 characters"),
        ({"name": "x" * 101}, "give the key a name of 1 to 100 characters"),
        ({"name": "e\x07rp"}, "give the key a name of 1 to 100 characters"),
        ({"rights": []}, "rights: name at least one of read, decide, edit"),
        ({"company_ids": []}, "companies: name at least one"),
        ({"days": 0}, "a key works for at least one"),
    ],
)
def test_what_is_no_key(store: SqlStore, changes: dict[str, Any], why: str) -> None:
    with pytest.raises(RefusedError, match=why):
        make(store, **changes)


def test_a_key_for_a_company_is_for_those_below_it_too(store: SqlStore) -> None:
    with store.writing() as tx:
        top = tx.connections.company("top", "Top", None)
        below = tx.connections.company("below", "Below", "top")
        far_below = tx.connections.company("far", "Far below", "below")
        tx.connections.company("other", "Other", None)
    found = caller(store, make(store, company_ids=[top]).text)
    assert found is not None
    assert found.company_ids == frozenset({top, below, far_below})


def test_the_last_use_is_remembered_once_a_minute(store: SqlStore) -> None:
    made, seen = make(store), []
    for seconds in (0, 59, 60, 119, 120):
        api_keys.remember_use(store, made.key.id, NOW + seconds * SECOND)
        with store.reading() as tx:
            key = tx.api_keys.get(made.key.id)
        assert key is not None
        assert key.used_at is not None
        seen.append((key.used_at - NOW).total_seconds())
    assert seen == [0, 0, 60, 60, 120]
    api_keys.remember_use(store, 99, NOW)
