"""Reviewers are told of what waits by whichever run sends mail, as the settings say."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from exempt.adapters.engine.engine import Engine
from exempt.model.access import Role
from exempt.model.certificate import ReviewStatus
from exempt.services import certificates
from exempt.services.job_ports import JobKind
from exempt.wiring import Exempt, mails
from exempt.wiring.upkeep import Upkeep
from support.access import user
from support.engines import ByHand
from support.post import PostRoom, a_post_room
from support.records import NOW, act, customer, details
from support.stores import save_customers


class Idle(ByHand):
    """An engine that has nothing to forget."""

    def forget(self, before: float) -> int:
        return 0


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PostRoom]:
    with a_post_room(tmp_path, monkeypatch) as made:
        yield made


def opened(room: PostRoom, **requests: str) -> Exempt:
    """The installation, in which a shop has entered a certificate that waits."""
    path = room.settings()
    lines = "".join(f"{name} = {value}\n" for name, value in requests.items())
    table = f"\n[requests]\n{lines}\n[web]\nurl = 'https://exempt.example'\n"
    path.write_text(path.read_text(encoding="utf-8") + table, encoding="utf-8")
    environ = {**room.environment, "EXEMPT_TEST_DATABASE": room.database_url}
    exempt = Exempt(path, clock=lambda: NOW, environ=environ)
    connection = exempt.open("mail")
    row = exempt.register({"mail": connection})["mail"]
    connection.close()
    save_customers(exempt.store, row, customer("C-1", name="Acme"))
    user(exempt.store, Role.REVIEWER, email="dana@acme.example")
    with exempt.store.writing() as tx:
        new = details(customer_ids=(room.world.customer_id("Acme"),))
        certificates.enter(tx, new, act(), review_status=ReviewStatus.PENDING, source="api")
    return exempt


@pytest.mark.parametrize(
    ("requests", "told"),
    [({}, ["notice"]), ({"staff_notices": "false"}, [])],
    ids=["by itself", "switched off"],
)
def test_a_run_by_hand_tells_reviewers(
    room: PostRoom, requests: dict[str, Any], told: list[str]
) -> None:
    exempt = opened(room, **requests)
    mails.remind(exempt)
    exempt.close()
    assert [mail.purpose for mail in room.remote.sent] == told
    assert all("https://exempt.example/review" in mail.text for mail in room.remote.sent)


@pytest.mark.parametrize(
    ("requests", "asked"), [({}, True), ({"staff_notices": "false"}, False)], ids=["on", "off"]
)
def test_upkeep_finds_what_nobody_was_told_of(
    room: PostRoom, requests: dict[str, Any], asked: bool
) -> None:
    exempt = opened(room, **requests)
    with exempt.store.writing() as tx:
        tx.jobs.begin("mail:mail", "w", NOW)
        tx.jobs.end("mail:mail", NOW)
        tx.jobs.plan(JobKind.UPKEEP, None, None)
        mine = tx.jobs.get("upkeep")
    assert mine is not None
    Upkeep(exempt, cast("Engine", Idle(exempt.store))).upkeep(mine)
    with exempt.store.reading() as tx:
        job = tx.jobs.get("mail:mail")
    exempt.close()
    assert job is not None
    assert (job.asked > job.begun) == asked
