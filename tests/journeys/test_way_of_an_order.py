"""From a billing system and an ERP to a decision, back to both, and a mail to the customer.

Against programs that nobody here wrote: localstripe, read back with Stripe's own
client, and aiosmtpd; and the sandbox ERP and a CSV file. The command line does it all.
"""

from __future__ import annotations

import datetime as dt
import importlib.util
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from peers.smtp_peer import Peer, run_peer
from peers.stripe_server import KEY, judge_of, run_stripe
from support.workspace import Workspace

stripe = pytest.importorskip("stripe", reason="needs the package stripe, the judge")
erp = pytest.importorskip("exempt_erp_generic.sandbox", reason="exempt-erp-generic is missing")
for plugin in ("exempt_billing_stripe", "exempt_hris_csv", "exempt_mail_smtp"):
    pytest.importorskip(plugin, reason=f"{plugin} is missing")
pytestmark = [
    pytest.mark.peer,
    pytest.mark.skipif(
        importlib.util.find_spec("localstripe") is None, reason="needs the package localstripe"
    ),
]

AUSTIN = {"line1": "410 Congress Ave", "city": "Austin", "state": "TX", "country": "US"}
MIAMI = {"line1": "91 Biscayne Blvd", "city": "Miami", "state": "FL", "country": "US"}


@pytest.fixture(scope="module")
def stripe_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a running localstripe."""
    with run_stripe(tmp_path_factory.mktemp("peer")) as address:
        yield address


@pytest.fixture
def judge(stripe_url: str) -> Iterator[Any]:
    """Stripe's own client, on an emptied account."""
    with judge_of(stripe_url) as client:
        yield client


@pytest.fixture
def smtp(tmp_path: Path) -> Iterator[Peer]:
    """A real SMTP server."""
    folder = tmp_path / "smtp"
    folder.mkdir()
    with run_peer(folder) as peer:
        yield peer


@pytest.fixture
def books() -> Any:
    """The ERP's books."""
    return erp.Books()


@pytest.fixture
def work(
    tmp_path: Path, database_url: str, stripe_url: str, smtp: Peer, books: Any
) -> Iterator[Workspace]:
    """A seller with a billing system, an ERP, an HR export and a mail server."""
    folder = tmp_path / "work"
    folder.mkdir()
    (folder / "staff.csv").write_text(
        "Employee ID,Full name,Work location,Home state,Start date,SSN\n"
        'E1,Ana Ruiz,"Austin, TX",TX,2019-03-04,078-05-1120\n'
    )
    with erp.serve(books) as url:
        yield Workspace(
            folder,
            database_url,
            {
                "billing": {
                    "connector": "billing_stripe",
                    "settings": {"api_key": "env:STRIPE_KEY", "base_url": stripe_url},
                },
                "erp": {"connector": "erp_generic", "settings": erp.settings_for(url)},
                "hr": {"connector": "hris_csv", "settings": {"path": "staff.csv"}},
                "mail": {
                    "connector": "mail_smtp",
                    "settings": {
                        "host": "127.0.0.1",
                        "port": smtp.port,
                        "security": "none",
                        "sender": "Tax Team <tax@northwind.example>",
                    },
                },
            },
            {"STRIPE_KEY": KEY, "EXEMPT_SANDBOX_ERP_KEY": erp.KEY},
            now=dt.datetime.now(dt.UTC).isoformat(),
        )


def buyer(judge: Any, number: str, name: str, address: dict[str, str]) -> Any:
    """A customer of the billing system, flagged exempt, with one paid-for plan."""
    made = judge.customers.create(
        {
            "name": name,
            "email": f"{number.lower()}@buyer.example",
            "address": address,
            "tax_exempt": "exempt",
            "metadata": {"customer_number": number},
        }
    )
    judge.invoice_items.create({"customer": made.id, "amount": 120000, "currency": "usd"})
    judge.invoices.finalize_invoice(judge.invoices.create({"customer": made.id}).id)
    return made


def plain(mail: EmailMessage) -> str:
    """The words of a mail."""
    body: Any = mail.get_body(("plain",))
    return str(body.get_content())


def test_the_way_of_an_order(work: Workspace, judge: Any, smtp: Peer, books: Any) -> None:
    """One customer has a certificate for Texas; another one has none for Florida."""
    covered = buyer(judge, "C-1001", "Lone Star Supply Co.", AUSTIN)
    lacking = buyer(judge, "C-1003", "Biscayne Builders", MIAMI)

    checked = work.json("check")
    assert all(not answer["problems"] for answer in checked.values()), checked

    read = {result["connection"]: result for result in work.json("sync")}
    assert all(result["problem"] is None for result in read.values()), read
    assert read["billing"]["read"]["orders"]["new"] == 2
    assert read["erp"]["read"]["orders"]["new"] == 12
    assert read["hr"]["read"]["employees"]["new"] == 1
    assert not books.journal, "write_back is off"

    cards = {card["number"]: card for card in work.json("customers", "list")["customers"]}
    assert cards["C-1001"]["sources"] == 2, "billing and ERP share one card, by the number"

    added = work.json(
        "certificates", "add", "--customer", "C-1001", "--state", "TX=1-23-4567890-1",
        "--reason", "resale", "--signed", "2024-02-01",
    )  # fmt: skip
    assert added["orders_changed"] >= 2

    (explained,) = work.json("explain", "SO-5001")
    assert explained["decision"]["ground"] == "certificate"
    (explained,) = work.json("explain", "SO-5005")
    assert explained["decision"]["ground"] == "no_certificate"
    assert explained["decision"]["steps"] == []

    rehearsed = {r["connection"]: r["would_write"] for r in work.json("sync", "--dry-run")}
    assert not books.journal, "a rehearsal writes nothing"
    assert judge.customers.retrieve(lacking.id).tax_exempt == "exempt"
    foretold = {w["external_id"]: (w["old"], w["new"]) for w in rehearsed["billing"]}
    assert foretold[lacking.id] == ("exempt", "FL taxed")

    work.write_settings(write_back=True)
    written = {r["connection"]: r["written"] for r in work.json("sync")}
    assert set(written["billing"]) <= {"applied", "unchanged"}
    assert judge.customers.retrieve(lacking.id).tax_exempt == "none"
    seen = judge.customers.retrieve(covered.id).to_dict()
    assert seen["tax_exempt"] == "exempt"
    assert seen["metadata"]["exempt_numbers"] == "TX=1-23-4567890-1"
    assert seen["metadata"]["exempt_signed"] == "TX=2024-02-01"
    assert books.find("orders", "SO-5001")["certificate_no"] == "1-23-4567890-1"
    assert books.find("orders", "SO-5005")["taxable"] is True
    assert set(books.applied.values()) == {1}

    writes = len(books.journal)
    again = {r["connection"]: r["written"] for r in work.json("sync")}
    assert not any(again.values()), again
    assert len(books.journal) == writes, "a second run finds nothing to do"

    again = work.json("orders", "replay", "--all")
    assert (again["agree"], again["otherwise"], again["rule_gone"]) == (14, 0, {})
    assert work.json("orders", "recheck")["orders"] == []
    assert work.json("certificates", "list", "lone star")["counts"]["active"] == 1
    assert work.json("certificates", "export", str(work.folder / "audit"))["printed"] == 1

    work.run("requests", "send", "C-1003")
    assert "asked before" in work.run("requests", "send", "C-1003")
    (mail,) = smtp.mails()
    assert "Florida" in plain(mail)
    assert mail["From"] == "Tax Team <tax@northwind.example>"


def test_a_new_customers_first_order_makes_its_card_once(work: Workspace, judge: Any) -> None:
    """And what changes there is on the card after the next run."""
    work.run("sync", "billing")
    assert work.json("customers", "list")["customers"] == []
    made = buyer(judge, "C-7", "Acme Tools", AUSTIN)
    work.run("sync", "billing")
    work.run("sync", "billing")
    (card,) = work.json("customers", "list")["customers"]
    assert (card["name"], card["flagged_exempt"]) == ("Acme Tools", True)
    judge.customers.update(made.id, {"name": "Acme Tools & Dies", "email": "ap@acme.example"})
    work.run("sync", "billing")
    (card,) = work.json("customers", "list")["customers"]
    assert (card["name"], card["email"]) == ("Acme Tools & Dies", "ap@acme.example")
