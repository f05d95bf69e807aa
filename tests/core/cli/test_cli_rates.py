"""Exchange rates on the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from exempt.services import recounting
from exempt.services.policy import Policy
from support.desk import Desk
from support.records import TODAY, order


def table(desk: Desk, *rows: str) -> str:
    """A file of rates."""
    path = desk.folder / "rates.csv"
    path.write_text("\n".join(["currency,day,rate", *rows]), encoding="utf-8")
    return str(path)


def test_there_are_none(desk: Desk) -> None:
    assert desk.run("rates", "list") == "There are no rates.\n"
    assert desk.run("rates", "list", "eur") == "There are no rates of EUR.\n"
    assert desk.json("rates", "list") == {"rates": [], "set_aside": []}


def test_rates_are_taken_in_and_listed(desk: Desk) -> None:
    file = table(desk, "EUR,2026-01-02,1.0823", "GBP,2026-01-02,1.25")
    said = desk.run("rates", "import", file, "--source", "the bank")
    assert said == "2 rates are new or changed, 0 were there.\n"
    assert desk.run("rates", "import", file, "--source", "the bank").startswith("0 rates are new")
    listed = desk.run("rates", "list", "EUR")
    assert "2026-01-02" in listed
    assert "the bank" in listed
    assert "2026-11-20 by anna" in listed
    assert "GBP" not in listed
    (rate,) = desk.json("rates", "list", "GBP")["rates"]
    assert (rate["rate"], rate["day"], rate["added_by"]) == ("1.25", "2026-01-02", "anna")


def test_what_is_set_aside_is_shown_until_a_rate_is_there(desk: Desk) -> None:
    desk.sell(order("E-1", currency="EUR"), order("E-2", currency="EUR", ship_to=None))
    said = desk.run("rates", "list")
    assert "Set aside for want of a rate" in said
    assert "100.00 EUR" in said
    assert "not known" in said
    done = desk.json("rates", "import", table(desk, f"EUR,{TODAY},1.5"))
    assert done == {"changed": 1, "unchanged": 0, "mistakes": [], "recounted": ["erp"]}
    again = desk.run("rates", "import", table(desk, f"EUR,{TODAY},1.6"))
    assert "Counted anew in the background: orders of erp." in again
    world = desk.erp.world
    recounting.recount(world.store, Policy(), lambda: world.now, lambda: False)
    assert desk.json("rates", "list")["set_aside"] == []


def test_mistakes_are_named_and_nothing_is_taken(desk: Desk) -> None:
    rows = ["EUR,2026-01-02,1.1", *["EURO,2026-01-02,1"] * 51]
    said = desk.run("rates", "import", table(desk, *rows), code=1)
    assert "rates.csv, row 3, column currency: 'EURO' is no currency" in said
    assert "… and 1 more mistake." in said
    assert said.endswith("Nothing was taken in.\n")
    told = desk.json("rates", "import", table(desk, "EUR,2026-01-02,x"), code=1)
    assert [(each["row"], each["column"]) for each in told["mistakes"]] == [(2, "rate")]
    assert desk.json("rates", "list")["rates"] == []


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"currency,day,rate\n\xff", "is not in UTF-8: save it as CSV UTF-8"),
        (None, "does not exist"),
    ],
    ids=["another encoding", "no file"],
)
def test_a_file_that_cannot_be_read(
    desk: Desk, tmp_path: Path, content: bytes | None, said: str
) -> None:
    path = tmp_path / "other.csv"
    if content is not None:
        path.write_bytes(content)
    assert said in desk.refused("rates", "import", str(path))
