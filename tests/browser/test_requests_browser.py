"""Staff ask customers in a browser, on a desk and on a phone; every page can be used by anybody."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator

import pytest

from exempt.model.access import Role
from exempt.model.requesting import RequestState, Way
from exempt.services import request_steps, requesting
from exempt.services.certificates import Act
from exempt.services.mailing import mail_due
from exempt.services.policy import Policy
from exempt.services.post import Post
from exempt.services.pull import Reading
from exempt.wiring import Exempt
from support.cards import make_cards, on_card
from support.fake_connector import MAILS, Remote, open_fake
from support.live import DESK, PHONE, Live, Window, lives
from support.records import DAY, NOW, TODAY
from support.stores import connected, enter

pytestmark = pytest.mark.xdist_group("browser-requests")

Open = Callable[..., Window]
POST = Post(url="https://exempt.example")


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """One whose mails have links, though it answers elsewhere."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Exempt, "post", POST)
        with lives(tmp_path_factory.mktemp("live")) as made:
            yield made


@pytest.fixture(scope="module", autouse=True)
def asked(live: Live) -> None:
    """Customers of Northwind, some of whom were asked."""
    store, act = live.store, Act("dana@northwind.example", NOW, Policy())
    mail = connected(store, "mail", company="n", capabilities=MAILS)
    names = ("Lone Star Industrial Supply LLC", "Acme", "Bluebonnet Schools", "Cactus Health",
             "Dry Creek Ranch", "Eagle Aviation")  # fmt: skip
    ids = make_cards(
        store,
        *(on_card(name, number=f"C-1032{n}", email=f"ap@c{n}.example", exempt=True,
                  ship_to_zones=["TX", "CA", "NY", "WA", "OR"])
          for n, name in enumerate(names)),
        on_card("Mute & Sons", number="C-7", exempt=True, ship_to_zones=["TX"]),
        company="n",
    )  # fmt: skip
    with store.writing() as tx:
        tx.connections.company("n", "Northwind", None)
        enter(tx, ids[0], "CA", expiration_date=TODAY + 12 * DAY)
        enter(tx, ids[0], "WA")
    for number, customer_id in enumerate(ids[1:5]):
        wish = requesting.Wish(customer_id, ["US-TX", "US-CA", "US-NY", "US-WA"][: number + 1])
        requesting.make(store, wish, act, POST)
    remote = Remote()
    reading = Reading(store, mail, open_fake("mail", remote, MAILS), lambda: NOW, post=POST)
    mail_due(reading)
    with store.writing() as tx:
        request_steps.opened(tx, 2, NOW)
        request_steps.opened(tx, 3, NOW + dt.timedelta(minutes=5))
        request_steps.submitted(tx, 3, NOW + dt.timedelta(hours=1))
    request_steps.cancelled(store, 4, act)


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/requests", "requests"),
        ("/requests/3", "request"),
        ("/requests/new", "who"),
        ("/requests/new?customer=C-10320", "new"),
        ("/requests/bulk", "bulk"),
        ("/mail-templates", "templates"),
        ("/mail-templates/request", "template"),
    ],
)
@pytest.mark.parametrize("width", [PHONE, DESK])
def test_each_page_on_a_phone_and_on_a_desk(window: Open, path: str, name: str, width: int) -> None:
    here = window(width, role=Role.ADMINISTRATOR)
    here.go(path)
    here.check(f"{name}-{width}")


def test_asking_a_customer_with_a_look_at_the_mail(window: Open, live: Live) -> None:
    """A28 to A31."""
    here = window(DESK, role=Role.REVIEWER)
    here.go("/requests")
    here.page.get_by_role("link", name="New request").click()
    here.page.get_by_label("Customer").fill("C-10325")
    here.page.get_by_role("button", name="Continue").click()
    page = here.page
    assert page.get_by_label("E-mail address").input_value() == "ap@c5.example"
    assert page.get_by_label("Oregon").is_disabled()
    page.get_by_label("New York").uncheck()
    page.get_by_label("Your message").fill("Before Friday, please.")
    page.get_by_role("button", name="Preview").click()
    assert "Before Friday, please." in page.locator(".q-mail").inner_text()
    page.get_by_label("E-mail address").fill("cfo@c5.example")
    page.get_by_role("button", name="Send request").click()
    assert page.get_by_role("status").inner_text().strip() == "The request goes to cfo@c5.example."
    with live.store.reading() as tx:
        (request,) = [row for row in tx.requests.all() if row.customer_name == "Eagle Aviation"]
    assert request.jurisdictions == ("US-CA", "US-TX", "US-WA")
    assert (request.message, request.own_recipient) == ("Before Friday, please.", True)
    here.check("asked")


def test_a_link_is_shown_once_without_scripts(window: Open, live: Live) -> None:
    """F12, and that nothing needs a script."""
    here = window(PHONE, role=Role.REVIEWER, scripts=False)
    here.go("/requests/1")
    page = here.page
    page.locator("summary", has_text="Send again").click()
    page.get_by_label("How").select_option(Way.LINK.value)
    page.get_by_role("button", name="Send", exact=True).click()
    link = page.get_by_label("Link to pass on").input_value()
    assert link.startswith("https://exempt.example/r/")
    assert len(link.rpartition("/")[2]) == 43
    here.go("/requests/1")
    assert link not in page.content()


def test_cancelling(window: Open, live: Live) -> None:
    """F22."""
    here = window(DESK, role=Role.REVIEWER)
    here.go("/requests/2")
    here.page.locator("summary", has_text="Cancel request").click()
    here.page.get_by_role("button", name="Cancel request").click()
    assert "The request is cancelled." in here.page.content()
    with live.store.reading() as tx:
        assert request_steps.get(tx, 2).state == RequestState.CANCELLED
    here.go("/requests?state=cancelled")
    assert here.page.get_by_role("row").count() == 3


def test_changing_the_words_of_a_mail(window: Open) -> None:
    """F13."""
    here = window(DESK, role=Role.ADMINISTRATOR)
    here.go("/mail-templates/receipt")
    page = here.page
    page.get_by_label("Text").fill("Dear {{ custmer }}")
    page.get_by_role("button", name="Save").click()
    assert "custmer is not known: did you mean customer?" in page.content()
    page.get_by_label("Text").fill("Dear {{ customer }}, thanks.")
    page.get_by_role("button", name="Save").click()
    assert "Version 1 counts from now on" in page.get_by_role("status").inner_text()
    assert "Dear Lone Star Industrial Supply LLC, thanks." in page.locator(".q-mail").inner_text()
    with page.context.expect_page() as opened:
        page.get_by_role("button", name="Show the HTML").click()
    shown = opened.value
    shown.wait_for_load_state()
    assert "Dear Lone Star" in shown.locator("body").inner_text()
    colour = shown.evaluate("getComputedStyle(document.body).backgroundColor")
    assert colour == "rgb(243, 245, 244)", "its styles count, although it can run nothing"
