"""Writing what is owed: every outcome, every kind of error, and when it is tried again."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from exempt import Capability, ItemResult, Outcome, PushItem, Stream
from exempt.adapters.documents import LocalDocuments
from exempt.errors import (
    AuthError,
    ConfigError,
    ConnectorError,
    PermanentError,
    RateLimited,
    ScopeError,
    TransientError,
)
from exempt.services import certificates
from exempt.services.push import WAITS
from exempt.services.rows import DeliveryState, DeliveryTarget
from support.fake_connector import WRITES, WRITES_ORDERS, Answer
from support.records import NOW, customer, order
from support.stores import everything
from support.world import Source, World

MINUTE = dt.timedelta(minutes=1)


def sell(source: Source, *external_ids: str) -> None:
    """Orders of a customer with a free-form number: each is owed an exemption."""
    source.remote.put(customer(resale_certificate_number="FF-1"))
    source.remote.put(*(order(each) for each in external_ids))
    source.pull(Stream.CUSTOMERS)
    source.pull()
    assert source.owed() == list(external_ids)


@pytest.fixture
def owed(erp: Source) -> Source:
    """A connection that owes one order its exemption."""
    sell(erp, "O-1")
    return erp


def test_what_is_owed_is_written_once(owed: Source) -> None:
    assert owed.push() == {"applied": 1}
    written = owed.remote.order()
    assert (written.tax_applicable, written.certificate_number) == (False, "FF-1")
    last = owed.last()
    assert (last.state, last.attempts, last.done_at) == (DeliveryState.SENT, 1, NOW)
    assert owed.push() == {}
    owed.pull()
    assert owed.owed() == [], "and reading it back owes nothing"


@pytest.mark.parametrize(
    ("outcome", "state", "message"),
    [
        pytest.param(Outcome.APPLIED, "sent", "so it is: applied", id="applied: done"),
        pytest.param(Outcome.UNCHANGED, "sent", "so it is: unchanged", id="unchanged: done"),
        pytest.param(Outcome.REJECTED, "dead", "so it is: rejected",
                     id="rejected: a person decides"),
        pytest.param(Outcome.MISSING, "dead", "so it is: missing", id="missing: a person decides"),
        pytest.param(Outcome.CONFLICT, "pending", "so it is: conflict", id="conflict: tried again"),
        pytest.param(Outcome.RETRY, "pending", "so it is: retry", id="retry: tried again"),
        pytest.param(Outcome.UNKNOWN, "pending", "so it is: unknown", id="unknown: tried again"),
        pytest.param(None, "pending", "the connector gave no result for it",
                     id="no answer counts as retry"),
    ],
)  # fmt: skip
def test_an_outcome(owed: Source, outcome: Answer, state: str, message: str) -> None:
    owed.remote.answers["O-1"] = [outcome]
    counted = outcome.value if isinstance(outcome, Outcome) else "retry"
    assert owed.push() == {counted: 1}
    last = owed.last()
    assert (last.state, last.outcome, last.message) == (state, counted, message)
    assert last.due_at == (NOW + MINUTE if state == "pending" else NOW)
    with owed.world.store.reading() as tx:
        assert len(tx.deliveries.dead()) == (state == "dead")


READ_AGAIN = [Outcome.CONFLICT, Outcome.UNKNOWN]


@pytest.mark.parametrize("outcome", READ_AGAIN)
def test_what_may_have_changed_is_read_again(owed: Source, outcome: Outcome) -> None:
    owed.remote.answers["O-1"] = [outcome]
    owed.push()
    assert owed.remote.fetched[-1][1].ids == ("O-1",)
    assert owed.owed() == ["O-1"], "it does not show it, so it is still owed"


@pytest.mark.parametrize("outcome", READ_AGAIN)
def test_what_was_written_after_all_is_done(owed: Source, outcome: Outcome) -> None:
    owed.remote.answers["O-1"] = [outcome]
    shown = order(tax_applicable=False, certificate_number="FF-1", updated_at=NOW)
    owed.remote.put(shown)
    owed.push()
    assert owed.owed() == []
    assert (owed.last().state, owed.last().outcome) == (DeliveryState.SENT, "unchanged")
    assert owed.last().message == "read again: the source shows it"


def test_after_a_conflict_what_is_then_needed_is_owed(owed: Source) -> None:
    owed.remote.answers["O-1"] = [Outcome.CONFLICT]
    owed.remote.put(order(customer_external_id="C-9", tax_applicable=False, updated_at=NOW))
    assert owed.push() == {"conflict": 1, "applied": 1}
    assert [item.version for item in owed.remote.pushed] == [1, 2]
    assert owed.remote.order().tax_applicable is True
    assert owed.remote.order().certificate_number is None


def test_an_order_that_was_closed_meanwhile_is_owed_nothing(owed: Source) -> None:
    owed.remote.answers["O-1"] = [Outcome.CONFLICT]
    owed.remote.put(order(closed=True, updated_at=NOW))
    owed.push()
    assert owed.owed() == []


def test_what_cannot_be_read_again_is_tried_again(world: World) -> None:
    source = world.connect("blind", WRITES_ORDERS)
    sell(source, "O-1")
    source.remote.answers["O-1"] = [Outcome.UNKNOWN]
    before = len(source.remote.fetched)
    blind = world.connect("blind", [Capability.PUSH_ORDERS], remote=source.remote)
    blind.push()
    assert len(source.remote.fetched) == before
    assert blind.owed() == ["O-1"]


@pytest.mark.parametrize(
    ("error", "counted", "state", "due_in"),
    [
        pytest.param(TransientError("cut off", maybe_applied=True), "unknown", "pending", MINUTE,
                     id="perhaps applied: read again before it is tried again"),
        pytest.param(PermanentError("no such API"), "rejected", "dead", dt.timedelta(),
                     id="an error for good: all of the batch waits for a person"),
        pytest.param(ValueError("a slip"), "rejected", "dead", dt.timedelta(),
                     id="a stray error counts as one for good"),
        pytest.param(SystemExit(3), "rejected", "dead", dt.timedelta(),
                     id="so does leaving the program"),
    ],
)  # fmt: skip
def test_an_error_of_a_batch(
    erp: Source, error: BaseException, counted: str, state: str, due_in: dt.timedelta
) -> None:
    sell(erp, "O-1", "O-2")
    erp.remote.faults["push_exemption_status"] = [error] * 3
    assert erp.push() == {counted: 2}
    for external_id in ("O-1", "O-2"):
        last = erp.last(external_id)
        assert (last.state, last.due_at, last.attempts) == (state, NOW + due_in, 1)
        assert (last.message or "").startswith("erp: ")
    asked_again = [request.ids for _, request in erp.remote.fetched if request.ids]
    assert asked_again == ([("O-1", "O-2")] if counted == "unknown" else [])


@pytest.mark.parametrize("error", [ValueError("a slip"), PermanentError("no"), SystemExit(3)])
def test_one_poisoned_item_costs_the_others_nothing(erp: Source, error: BaseException) -> None:
    sell(erp, "O-1", "O-2", "O-3")
    erp.remote.faults["push_exemption_status"] = [error, None, error]
    assert erp.push() == {"applied": 2, "rejected": 1}
    states = {each: erp.last(each).state for each in ("O-1", "O-2", "O-3")}
    assert states == {"O-1": "sent", "O-2": "dead", "O-3": "sent"}


@pytest.mark.parametrize("error", [AuthError, ScopeError, ConfigError, TransientError, RateLimited])
def test_what_stops_all_leaves_all_as_it_was(erp: Source, error: type[ConnectorError]) -> None:
    """A person must act, or nobody is at home: nothing was tried."""
    sell(erp, "O-1", "O-2")
    before = everything(erp.world.store)
    erp.remote.faults["push_exemption_status"] = [error("the key was refused")]
    with pytest.raises(error, match="erp: the key was refused"):
        erp.push()
    assert everything(erp.world.store) == before


def test_what_was_written_before_an_error_stays_written(world: World) -> None:
    source = world.connect("erp", push_batch_max=2)
    sell(source, *(f"O-{n}" for n in range(5)))
    source.remote.faults["push_exemption_status"] = [None, ConfigError("revoked")]
    with pytest.raises(ConfigError):
        source.push()
    assert source.owed() == ["O-2", "O-3", "O-4"]


@pytest.mark.parametrize(("size", "batches"), [(1, [1] * 5), (2, [2, 2, 1]), (5, [5]), (100, [5])])
def test_a_batch_is_as_large_as_the_connector_takes(
    world: World, size: int, batches: list[int]
) -> None:
    source = world.connect("erp", push_batch_max=size)
    sell(source, *(f"O-{n}" for n in range(5)))
    assert source.push() == {"applied": 5}
    assert source.remote.batches == batches
    assert [sum(batch.outcomes.values()) for batch in source.batches] == batches


def test_one_item_of_a_batch_fails_by_itself(world: World) -> None:
    source = world.connect("erp", push_batch_max=2)
    sell(source, "O-1", "O-2", "O-3")
    source.remote.answers["O-1"] = [Outcome.RETRY]
    assert source.push() == {"applied": 2, "retry": 1}
    assert source.owed() == ["O-1"]


def test_pushing_stops_between_batches(world: World) -> None:
    source = world.connect("erp", push_batch_max=1)
    sell(source, "O-1", "O-2", "O-3")
    assert source.push(stop=iter([False, True]).__next__) == {"applied": 1}
    assert source.owed() == ["O-2", "O-3"]


def test_what_a_batch_did_not_come_to_before_it_was_stopped_counts_no_try(world: World) -> None:
    source = world.connect("erp")
    sell(source, "O-1", "O-2", "O-3")
    source.remote.answers = {"O-2": [Outcome.RETRY], "O-3": [None]}
    assert source.push(stop=iter([False, True, True]).__next__) == {"applied": 1}
    assert source.owed() == ["O-2", "O-3"]
    last = source.last("O-2")
    assert (last.attempts, last.due_at) == (0, NOW), "they go out at once when it goes on"


@pytest.mark.parametrize(
    ("changes", "written"),
    [
        pytest.param({"tax_applicable": True}, 2, id="somebody taxes the order meanwhile"),
        pytest.param({}, 1, id="it is only read, as it was written"),
    ],
)
def test_what_is_changed_there_while_it_is_written_is_written_again(
    owed: Source, changes: dict[str, bool], written: int
) -> None:
    write = owed.remote.write

    def write_and_read(item: PushItem, *, dry_run: bool) -> Answer:
        owed.remote.write = write  # type: ignore[method-assign]
        answer = write(item, dry_run=dry_run)
        owed.world.now += dt.timedelta(seconds=1)
        owed.remote.put(owed.remote.order().model_copy(update=changes))
        owed.pull()
        owed.world.now += dt.timedelta(seconds=1)
        return answer

    owed.remote.write = write_and_read  # type: ignore[method-assign]
    assert owed.push() == {"applied": written}
    assert owed.remote.order().tax_applicable is False
    assert list(owed.remote.written.values()) == [1] * written, "each with a key of its own"


def test_what_is_tried_in_vain_waits_longer_each_time_and_then_for_a_person(
    owed: Source,
) -> None:
    assert [wait // MINUTE for wait in WAITS] == [1, 5, 30, 120, 360]
    owed.remote.answers["O-1"] = [Outcome.RETRY] * 9
    for tries, wait in enumerate(WAITS, start=1):
        assert owed.push() == {"retry": 1}
        last = owed.last()
        assert (last.state, last.attempts) == (DeliveryState.PENDING, tries)
        assert last.due_at == owed.world.now + wait
        owed.world.now += wait - dt.timedelta(microseconds=1)
        assert owed.push() == {}, "not before its time"
        owed.world.now = last.due_at
    assert owed.push() == {"retry": 1}
    assert (owed.last().state, owed.last().attempts) == (DeliveryState.DEAD, 6)
    owed.world.now += dt.timedelta(days=30)
    assert owed.push() == {}, "it is given up until a person says otherwise"


def test_a_later_retry_that_the_remote_asks_for_one_item(owed: Source) -> None:
    asks = ItemResult(key="k", outcome=Outcome.RETRY, retry_after=dt.timedelta(hours=3))
    owed.remote.answers["O-1"] = [asks]
    owed.push()
    assert owed.last().due_at == NOW + dt.timedelta(hours=3)


def test_a_key_is_the_same_in_every_try_and_another_for_another_state(owed: Source) -> None:
    owed.remote.answers["O-1"] = [Outcome.RETRY, None]
    for _ in range(3):
        owed.push()
        owed.world.now += 10 * MINUTE
    same = {item.key for item in owed.remote.pushed}
    assert (len(owed.remote.pushed), len(same)) == (3, 1)
    changed = customer(resale_certificate_number="FF-2", updated_at=owed.world.now)
    owed.remote.put(changed)
    owed.pull(Stream.CUSTOMERS)
    owed.push()
    first, *_, last = owed.remote.pushed
    assert first.key != last.key
    assert (first.version, last.version) == (1, 2)
    assert sorted(owed.remote.written.values()) == [1, 1], "no key was carried out twice"


def test_keys_of_two_things_and_of_two_installations_differ(world: World, tmp_path: Path) -> None:
    both = world.connect("both", WRITES)
    other = world.connect("other")
    for source in (both, other):
        source.remote.put(customer("1", number=source.row.name, resale_certificate_number="FF"))
        source.remote.put(order("1", customer_external_id="1"))
        source.sync()
    keys = [item.key for source in (both, other) for item in source.remote.pushed]
    assert len(keys) == len(set(keys)) == 3


def test_what_is_superseded_while_it_is_written_is_written_anew(owed: Source) -> None:
    """The customer changes while the push is on its way; the later state is owed and written."""

    def change(hook: str) -> None:
        if hook == "push_exemption_status":
            owed.remote.before = lambda _hook: None
            owed.remote.put(customer(resale_certificate_number="FF-2", updated_at=NOW))
            owed.pull(Stream.CUSTOMERS)

    owed.remote.before = change
    assert owed.push() == {"applied": 2}
    assert owed.remote.order().certificate_number == "FF-2"
    assert [item.certificate_number for item in owed.remote.pushed] == ["FF-1", "FF-2"]
    assert owed.owed() == []


def test_the_files_of_a_certificate_go_along(
    world: World, erp: Source, documents: LocalDocuments, tmp_path: Path
) -> None:
    erp.remote.put(customer(exempt=True), order())
    erp.pull(Stream.CUSTOMERS)
    erp.pull()
    certificate, _ = world.certify("C-1", "TX")
    (tmp_path / "cert.pdf").write_bytes(b"%PDF-1.7")
    certificates.attach(world.store, certificate, documents, tmp_path / "cert.pdf", world.act())
    erp.push()
    (item,) = erp.remote.pushed
    (file,) = item.files
    with file.open() as opened:
        assert (file.name, opened.read()) == ("cert.pdf", b"%PDF-1.7")


def test_the_whole_desired_state_is_written(world: World, erp: Source) -> None:
    erp.remote.put(customer(exempt=True), order())
    erp.pull(Stream.CUSTOMERS)
    erp.pull()
    world.certify("C-1", "TX")
    erp.push()
    (item,) = erp.remote.pushed
    assert (item.external_id, item.version, item.tax_applicable) == ("O-1", 1, False)
    (status,) = item.jurisdictions
    assert (status.jurisdiction, status.exempt) == ("US-TX", True)
    assert status.exemption_reason == "resale"
    assert status.signed_date is not None
    assert item.certificate_number == status.certificate_number == "N-1"


def test_a_rehearsal_says_what_would_be_written_and_writes_nothing(world: World) -> None:
    source = world.connect("erp", WRITES, push_batch_max=2)
    source.remote.put(customer(exempt=True, resale_certificate_number="FF-1"))
    source.remote.put(order("O-1"), order("O-2"), order("O-3", tax_applicable=False))
    before = everything(world.store)
    done = source.rehearse()
    would = {(d.external_id, item.certificate_number, r.outcome) for d, item, r in done.would_write}
    assert would == {
        ("O-1", "FF-1", "applied"),
        ("O-2", "FF-1", "applied"),
        ("O-3", "FF-1", "applied"),
        ("C-1", None, "unchanged"),
    }
    assert everything(world.store) == before
    assert source.remote.pushed == []
    assert source.remote.order("O-1").tax_applicable is None


def test_a_message_of_any_length_is_kept_in_part(owed: Source) -> None:
    long = ItemResult(key="k", outcome=Outcome.REJECTED, message="x" * 5000)
    owed.remote.answers["O-1"] = [long]
    owed.push()
    assert owed.last().message == "x" * 2000


def test_pushing_customers_and_orders_in_one_batch(world: World) -> None:
    source = world.connect("erp", WRITES)
    source.remote.put(customer(exempt=False), order())
    source.sync(write_back=False)
    world.certify("C-1", "TX")
    assert source.push() == {"applied": 2}
    assert source.remote.batches == [2]
    assert source.last("C-1", DeliveryTarget.CUSTOMER).state is DeliveryState.SENT
