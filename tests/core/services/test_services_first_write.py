"""The first write to a source waits until its company has a certificate at all."""

from __future__ import annotations

import pytest

from exempt.services import duties
from exempt.services.first_write import LOOK_AGAIN
from exempt.services.running import Ended
from support.fake_connector import WRITES
from support.records import NOW, customer, order
from support.world import Source, World

LONE_STAR = customer("C-1", name="Lone Star", exempt=True)
PINE_TREE = customer("C-2", name="Pine Tree", exempt=True)
UNTAXED = order("O-1", tax_applicable=False)
SAID = "2 exemptions that the source shows would be taken away"


@pytest.fixture
def erp(any_world: World) -> Source:
    """A source that shows one customer and one order as exempt; nothing was written to it yet."""
    source = any_world.connect("erp", WRITES)
    source.remote.put(LONE_STAR, UNTAXED)
    return source


def test_an_empty_register_takes_nothing_away(erp: Source) -> None:
    done = erp.sync()
    assert erp.remote.pushed == []
    assert SAID in done.held_back
    assert "enter or import the certificates first" in done.held_back
    assert sorted(erp.owed()) == ["C-1", "O-1"], "it stays owed"


def test_a_rehearsal_says_so_too(erp: Source) -> None:
    done = erp.rehearse()
    assert SAID in done.held_back
    assert len(done.would_write) == 2


def test_the_daemon_says_so_and_looks_again_later(
    erp: Source, caplog: pytest.LogCaptureFixture
) -> None:
    erp.sync(write_back=False)
    assert duties.push(erp.job()) == Ended(next_at=NOW + LOOK_AGAIN)
    assert erp.remote.pushed == []
    assert SAID in caplog.text


def test_the_first_certificate_of_anybody_lets_it_go_on(erp: Source) -> None:
    erp.remote.put(PINE_TREE)
    erp.sync()
    erp.world.certify("Pine Tree")
    done = erp.sync()
    assert (done.held_back, erp.owed()) == ("", [])
    assert erp.remote.pushed


def test_the_certificate_of_another_company_does_not(erp: Source) -> None:
    other = erp.world.connect("other", WRITES, company="other company")
    other.remote.put(customer("C-9", name="Elsewhere"))
    other.sync()
    erp.world.certify("Elsewhere")
    assert SAID in erp.sync().held_back


def test_where_nothing_is_taken_away_an_empty_register_holds_nothing_back(
    any_world: World,
) -> None:
    erp = any_world.connect("erp", WRITES)
    erp.remote.put(customer("C-1", resale_certificate_number="FF-1"), order())
    assert erp.sync().held_back == ""
    assert erp.remote.pushed


def test_who_was_written_to_before_is_written_to_again(erp: Source) -> None:
    erp.remote.put(customer("C-1", resale_certificate_number="FF-1"), order("O-1"))
    erp.sync()
    assert erp.remote.pushed
    erp.remote.put(LONE_STAR)
    done = erp.sync()
    assert (done.held_back, erp.owed()) == ("", [])


def test_without_write_back_nothing_is_said(erp: Source) -> None:
    assert erp.sync(write_back=False).held_back == ""
