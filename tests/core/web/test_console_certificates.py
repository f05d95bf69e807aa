"""The list of certificates: what it shows, whose they are, and many of them handled at once."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import httpx
import pytest

pytest.importorskip("fastapi", reason="needs exempt[web]")

from exempt.model.access import Role
from exempt.rules.status import CertificateStatus
from exempt.services import certificates
from exempt.services.post import Post
from exempt.services.rows import CertificateFilter
from support.access import signed_in
from support.browsing import Premises, premises_in
from support.fake_connector import MAILS
from support.pages import Whole, whole_in
from support.records import DAY, NOW, TODAY
from support.registered import Register, registered
from support.review_pages import post
from support.stores import connected, everything

V, R = Role.VIEWER, Role.REVIEWER

SOON = CertificateFilter(statuses=(CertificateStatus.EXPIRING_SOON,))


@pytest.fixture(scope="module")
def looked_at(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Whole, Register]]:
    """One that nobody changes."""
    with whole_in(tmp_path_factory.mktemp("whole")) as made:
        yield made, registered(made.exempt.store)


@pytest.fixture
def whole(tmp_path: Path) -> Iterator[Whole]:
    with whole_in(tmp_path) as made:
        yield made


@pytest.fixture
def register(whole: Whole) -> Register:
    return registered(whole.exempt.store)


def text(answer: httpx.Response) -> str:
    """What a page says, without its tags."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.text)).split())


def shown(answer: httpx.Response) -> list[str]:
    """The numbers of the certificates of a list."""
    return re.findall(r'<span class="c-cut" title="([A-Z]+)">', answer.text)


def archived(whole: Whole, register: Register) -> set[str]:
    with whole.exempt.store.reading() as tx:
        return {
            number
            for number, each in register.ids.items()
            if certificates.get(tx, each).archived_date
        }


# --- the list ----------------------------------------------------------------------------


def test_the_list_shows_the_newest_first_with_hostile_names_as_they_are(
    looked_at: tuple[Whole, Register],
) -> None:
    answer = looked_at[0].call("GET", "/certificates", V)
    assert shown(answer)[:3] == ["LASTS", "ONCE", "NEXT"]
    assert "Cactus &lt;b&gt;&amp; Sons&lt;/b&gt;" in answer.text
    assert "<b>& Sons" not in answer.text
    assert "Dec 2, 2026 in 12 days" in text(answer)
    assert "+22" in text(answer)


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("status=expiring_soon", ["SOON"]),
        ("status=expired&status=invalid", ["BAD", "GONE"]),
        ("review=pending", ["WAITS"]),
        ("review=rejected", ["BAD"]),
        ("kind=single_use", ["ONCE"]),
        ("state=US-NV", ["LASTS", "MANY"]),
        ("reason=charitable", []),
        ("ends_within=30", ["SOON"]),
        ("ends=0-30", ["SOON"]),
        ("ends=past", ["GONE"]),
        ("ends=91", []),
        (f"ends_from={TODAY}&ends_to={TODAY + 30 * DAY}", ["SOON"]),
        ("words=lone+star&sort=entered", ["SOON", "LASTS"]),
        ("words=3-GONE-TX", ["GONE"]),
        ("words=id:2", ["MANY"]),
        ("customer=1&status=active", ["LASTS"]),
        ("sort=number&status=active&status=future", ["LASTS", "MANY", "NEXT", "ONCE"]),
        ("sort=-customer&status=active", ["MANY", "LASTS", "ONCE"]),
        ("sort=expires&status=expired&status=expiring_soon", ["GONE", "SOON"]),
    ],
)  # fmt: skip
def test_the_address_says_what_is_listed(
    looked_at: tuple[Whole, Register], asked: str, found: list[str]
) -> None:
    assert shown(looked_at[0].call("GET", f"/certificates?{asked}", V)) == found


@pytest.mark.parametrize(
    "asked",
    ["status=nonsense", "review=maybe", "ends=soon", "ends_within=-1", "ends_from=x", "state=XX"],
)
def test_what_makes_no_sense_in_an_address_is_as_if_it_were_not_there(
    looked_at: tuple[Whole, Register], asked: str
) -> None:
    assert len(shown(looked_at[0].call("GET", f"/certificates?{asked}", V))) == 9


@pytest.mark.parametrize("narrowed", ["", "state=US-CA", "words=c-1005", "ends=0-30"])
def test_counts_by_status_are_those_of_the_filtered_lists(
    looked_at: tuple[Whole, Register], narrowed: str
) -> None:
    """A02."""
    whole = looked_at[0]
    page = whole.call("GET", f"/certificates?{narrowed}", V).text
    tabs = page[page.index('aria-label="Certificate status"') :]
    counts = re.findall(r'<span class="many">([0-9,]+)</span>', tabs)[:8]
    lists = [
        len(shown(whole.call("GET", f"/certificates?{narrowed}&status={status.value}", V)))
        for status in CertificateStatus
    ]
    assert int(counts[0]) == sum(lists) == sum(map(int, counts[1:]))
    assert sorted(map(int, counts[1:])) == sorted(lists)


def test_the_status_is_that_of_today(whole: Whole, register: Register) -> None:
    """A01: nothing runs in the night."""
    with whole.exempt.store.reading() as tx:
        past = tx.certificate_lists.page(SOON, TODAY + 13 * DAY, 30)
        now = tx.certificate_lists.page(SOON, TODAY, 30)
    assert (now.total, past.total) == (1, 0)


def test_what_no_field_shows_is_told_with_the_way_out(looked_at: tuple[Whole, Register]) -> None:
    answer = looked_at[0].call("GET", "/certificates?customer=1&ends_from=2026-01-01", V)
    assert "Just certificates of Lone Star Industrial Supply LLC. Show others too" in text(answer)
    assert "Just those that end from Jan 1, 2026. Show others too" in text(answer)
    assert 'href="/certificates?ends_from=2026-01-01"' in answer.text


def test_pages_behind_the_end_and_lists_without_rows_say_so(
    looked_at: tuple[Whole, Register],
) -> None:
    page = looked_at[0].call
    assert "The list ends before this page" in text(page("GET", "/certificates?page=9", V))
    assert "No certificate fits" in text(page("GET", "/certificates?words=nobody", V))


def test_an_empty_register_says_how_to_begin(whole: Whole) -> None:
    assert "No certificates yet" in text(whole.call("GET", "/certificates", R))
    assert "Add certificate" not in text(whole.call("GET", "/certificates", V))


def test_a_new_one_can_be_asked_for_from_the_row_where_that_is_offered(
    looked_at: tuple[Whole, Register],
) -> None:
    """A08, A10, A12."""
    for number, offered in (("SOON", True), ("GONE", True), ("OLD", True), ("NEXT", False)):
        page = looked_at[0].call("GET", f"/certificates?words={number}", R).text
        assert ("?do=request#request" in page) == offered, number


def test_all_that_fit_are_exported_safe_against_formulas(whole: Whole, register: Register) -> None:
    with whole.exempt.store.reading() as tx:
        before = certificates.get(tx, register.ids["NEXT"])
    details = before.details.model_copy(update={"notes": "=HYPERLINK(1)"})
    certificates.edit(whole.exempt.store, before.id, details, whole.site.act("x"), seen=1)
    answer = whole.call("GET", "/certificates/export?as=csv&size=50&page=3&state=US-GA", V)
    head, *rows = csv.reader(io.StringIO(answer.text.removeprefix("\ufeff")))
    assert head[:3] == ["Id", "Number", "Customer"]
    assert [(row[1], row[10]) for row in rows] == [("MANY", "active"), ("NEXT", "future")]
    assert rows[1][-1] == "'=HYPERLINK(1)"


# --- many at once ------------------------------------------------------------------------


def bulk(whole: Whole, do: str, ids: list[int], role: Role = R, **more: str) -> httpx.Response:
    form: dict[str, str | list[str]] = {"do": do, "ids": [str(each) for each in ids], **more}
    return whole.post("/certificates/bulk", form, role)


def test_those_that_are_ticked_are_archived_when_that_was_confirmed(
    whole: Whole, register: Register
) -> None:
    wanted = [register.ids["SOON"], register.ids["OLD"]]
    answer = bulk(whole, "archive", wanted)
    assert "Archive 2 certificates?" in text(answer)
    assert archived(whole, register) == {"OLD"}
    found = re.search(r'name="chosen" value="([0-9,]+)"', answer.text)
    assert found
    done = whole.post("/certificates/bulk/archive", {"chosen": found[1]}, R)
    assert done.status_code == 303
    assert archived(whole, register) == {"OLD", "SOON"}


def test_all_that_fit_can_be_meant(whole: Whole, register: Register) -> None:
    answer = bulk(whole, "archive", [register.ids["SOON"]], all="yes", query="state=US-CA")
    assert "Archive 3 certificates?" in text(answer)
    ids = {register.ids[number] for number in ("WAITS", "ONCE", "LASTS")}
    assert (
        set(map(int, re.findall(r'name="chosen" value="([0-9,]+)"', answer.text)[0].split(",")))
        == ids
    )


def test_whoever_would_be_asked_is_shown_and_who_not_with_the_reason(
    whole: Whole, register: Register
) -> None:
    wanted = [register.ids[number] for number in ("GONE", "MANY")]
    said = text(bulk(whole, "request", wanted))
    assert "0 customers to ask" in said, "nobody sends mail here"
    assert "Its company has no connection that sends mail" in said
    assert "Alabama: The one on file is active, and has no end." in said


def test_those_that_are_ticked_are_given_out_to_whoever_looks(
    whole: Whole, register: Register
) -> None:
    answer = bulk(whole, "export", [2, 3], V)
    assert answer.headers["location"] == "/certificates/export?ids=2,3&as=csv"
    rows = csv.reader(io.StringIO(whole.call("GET", answer.headers["location"], V).text))
    assert [row[1] for row in rows][1:] == ["MANY", "GONE"]


@pytest.mark.parametrize("do", ["archive", "request"])
def test_whoever_only_looks_does_nothing_to_many(whole: Whole, register: Register, do: str) -> None:
    assert bulk(whole, do, [1], V).status_code == 403
    assert whole.post(f"/certificates/bulk/{do}", {"chosen": "1"}, V).status_code == 403
    assert archived(whole, register) == {"OLD"}


def test_nothing_ticked_is_told(whole: Whole, register: Register) -> None:
    assert bulk(whole, "archive", []).status_code == 303


# --- asking ------------------------------------------------------------------------------


@pytest.fixture
def mailing(tmp_path: Path) -> Iterator[tuple[Premises, Register]]:
    """One whose company sends mail."""
    with premises_in(tmp_path) as premises:
        register = registered(premises.store)
        connected(premises.store, "mail", company="n", capabilities=MAILS)
        object.__setattr__(premises.site, "post", Post(url=premises.site.url))
        yield premises, register


def asked(premises: Premises) -> list[tuple[str, tuple[str, ...]]]:
    with premises.store.reading() as tx:
        return [(row.recipient, tuple(row.jurisdictions)) for row in tx.requests.all()]


def test_customers_of_ticked_certificates_are_asked_once_each_for_what_they_lack(
    mailing: tuple[Premises, Register],
) -> None:
    """A35."""
    premises, register = mailing
    dana = premises.staff(R)
    ids = [register.ids[number] for number in ("SOON", "GONE", "MANY")]
    planned = post(dana, "/certificates/bulk", do="request", ids=ids)
    assert "2 customers to ask" in text(planned)
    chosen = ",".join(map(str, ids))
    answer = post(dana, "/certificates/bulk/request", chosen=chosen)
    assert answer.headers["location"] == "/requests"
    both = [("ap@c-1001.example", ("US-TX",)), ("ap@c-1002.example", ("US-TX",))]
    assert sorted(asked(premises)) == both
    again = post(dana, "/certificates/bulk", do="request", ids=ids)
    assert "0 customers to ask" in text(again)
    assert "It was asked for on Nov 20, 2026" in text(again)
    post(dana, "/certificates/bulk/request", chosen=chosen)
    assert sorted(asked(premises)) == both


def test_the_request_of_one_goes_to_the_address_that_was_typed(
    mailing: tuple[Premises, Register],
) -> None:
    """A30, A31."""
    premises, register = mailing
    dana = premises.staff(R)
    page = dana.get(f"/certificates/{register.ids['SOON']}?do=request").text
    form = page[page.index('action="/requests/new"') :]
    fields = dict(re.findall(r'name="(customer|way|jurisdictions)" value="([^"]+)"', form))
    answer = post(dana, "/requests/new", **fields, recipient="new@lone.example", do="send")
    assert answer.status_code == 303
    assert asked(premises) == [("new@lone.example", ("US-TX",))]
    after = dana.get(f"/certificates/{register.ids['SOON']}")
    assert "Request new certificate It was asked for on Nov 20, 2026" in text(after)


# --- another company's -------------------------------------------------------------------


def test_certificates_of_another_company_are_not_there(whole: Whole, register: Register) -> None:
    with whole.exempt.store.writing() as tx:
        other = tx.connections.company("other", "Other", None)
    whole._cookies[R] = signed_in(whole.exempt.store, R, company_ids=[other], at=NOW, secure=True)
    before = everything(whole.exempt.store)
    assert shown(whole.call("GET", "/certificates", R)) == []
    assert "Lone Star" not in whole.call("GET", "/certificates?customer=1", R).text
    assert "SOON" not in whole.call("GET", "/certificates/export?as=csv&ids=1", R).text
    assert whole.call("GET", "/certificates/1", R).status_code == 404
    assert whole.call("GET", "/certificates/1/edit", R).status_code == 404
    for what in ("edit", "archive", "take-back", "files", "entries", "entries/1/remove"):
        sent = {"seen": "1", "text": "mine", "state": "US-TX"}
        assert whole.post(f"/certificates/1/{what}", sent, R).status_code == 404, what
    whole.post("/certificates/bulk/archive", {"chosen": "1,2,3"}, R)
    sent = {"customer": "id:1", "state": "US-TX", "signed_date": "2026-01-01"}
    answer = whole.post("/certificates/new", sent, R)
    assert (answer.status_code, "Lone Star" in answer.text) == (422, False)
    after = everything(whole.exempt.store)
    assert {name for name in before if before[name] != after[name]} <= {"session"}
