"""What the pages and the API have of one Exempt: its services' ports, and how it is set up."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from exempt.errors import RefusedError
from exempt.model.custom import CustomField
from exempt.model.formdata import FormBook
from exempt.rules.form_definitions import shipped_book
from exempt.services.access_ports import Access
from exempt.services.backfill_ports import Parts as Tables
from exempt.services.certificates import Act
from exempt.services.deciding import Asking
from exempt.services.file_templates import BlankWriter
from exempt.services.files import Documents
from exempt.services.form_ports import FormPrinter
from exempt.services.letters import LetterPrinter
from exempt.services.papers import Inspector
from exempt.services.policy import Policy
from exempt.services.ports import Clock, Store
from exempt.services.post import Post
from exempt.services.printing import Press
from exempt.services.reading import Reader
from exempt.services.secret_ports import Keys
from exempt.services.setting_rows import SettingTable
from exempt.services.sheet import Printer
from exempt.services.stewarding import Steward
from exempt.services.tables_out import WorkbookWriter
from exempt.services.uploads import Parts


class Mail(NamedTuple):
    """A mail as it was sent; ``path`` is the file that it lies in."""

    to: str
    subject: str
    text: str
    path: str


class Sandbox(NamedTuple):
    """What a sandbox adds to a site.

    Attributes:
        advance: Puts the clock forward; returns what it shows then.
        mails: What was sent, the newest first.
        writes: What each system was told last, in words by its record's number.
    """

    advance: Callable[[dt.timedelta], dt.datetime]
    mails: Callable[[], Sequence[Mail]]
    writes: Callable[[], Mapping[str, Mapping[str, str]]] = dict


@dataclass(frozen=True)
class Site:
    """One Exempt as its pages know it; `exempt.wiring.site` makes it.

    Attributes:
        url: Its public address, without a slash at its end; links in mails begin with it.
        name: Whose it is: the name of the seller, where there is one; "" otherwise.
        inspector: Looks into files and draws their pages; see `exempt.services.papers`.
        parts: Where uploads lie until they are whole.
        contacts: By the key of a company: the address that customers may write to.
        post: How customers are written to.
        letter_printer: Makes letters of requests; None without the extra ``documents``.
        requests_enabled: Whether customers can be asked for certificates at all.
        link_days: How long the link of a request works.
        expiring_soon_days: See the setting of that name.
        forms: What is known of the forms of states.
        reader: Reads what documents say; None = nobody does.
        access: How staff sign in.
        hosts: The names under which it may be called, with their port; none = any.
        trusted_proxies: Networks whose word on where a call came from is believed.
        customer_fields: The seller's own fields of customers, by key; ``certificate_fields``
            those of certificates.
        customer_addresses: By connection: where its system shows a customer, ``{id}``
            being its id there.
        sandbox: What a sandbox adds; None = it is none.
        steward: Keeps the connections; see `exempt.services.stewarding`.
        quick: Finds customers in the thread of the loop; None where that would hold it up.
        printer: Makes printable pages of certificates; None without the extra
            ``documents``, as with the next.
        form_printer: Makes PDFs of what is filled in on-line; None without the
            extra ``documents``.
        workbook_writer: Writes Excel workbooks; None without the extra ``spreadsheets``.
        tables: Keeps and reads files that are imported; ``blank_writer`` writes templates of them.
        settings: What is set, explained, without a secret.
    """

    store: Store
    documents: Documents
    policy: Policy
    clock: Clock
    keys: Keys
    inspector: Inspector
    parts: Parts
    url: str
    name: str = ""
    contacts: Mapping[str, str] = field(default_factory=dict)
    post: Post = field(default_factory=Post)
    letter_printer: LetterPrinter | None = None
    requests_enabled: bool = True
    link_days: int = 30
    expiring_soon_days: int = 30
    forms: FormBook = field(default_factory=shipped_book)
    reader: Reader | None = None
    form_printer: FormPrinter | None = None
    printer: Printer | None = None
    workbook_writer: WorkbookWriter | None = None
    tables: Tables | None = None
    blank_writer: BlankWriter | None = None
    quick: Asking | None = None
    sandbox: Sandbox | None = None
    settings: Callable[[], Sequence[SettingTable]] = list
    steward: Steward | None = None
    session_idle: dt.timedelta = dt.timedelta(minutes=30)
    session_length: dt.timedelta = dt.timedelta(hours=12)
    access: Access = field(default_factory=Access)
    hosts: tuple[str, ...] = ()
    trusted_proxies: tuple[str, ...] = ()
    api_calls_per_minute: int = 6000
    api_origins: tuple[str, ...] = ()
    customer_fields: Mapping[str, CustomField] = field(default_factory=dict)
    customer_addresses: Mapping[str, str] = field(default_factory=dict)
    certificate_fields: Mapping[str, CustomField] = field(default_factory=dict)

    @property
    def press(self) -> Press:
        """What is needed to print a certificate."""
        if self.printer is None:
            msg = "certificates cannot be printed: pip install 'exempt[documents]'"
            raise RefusedError(msg)
        return Press(
            self.store,
            self.documents,
            self.inspector,
            self.printer,
            self.policy,
            self.expiring_soon_days,
        )

    def act(self, by: str) -> Act:
        """Something that *by* does now."""
        return Act(by, self.clock(), self.policy)

    @property
    def secure(self) -> bool:
        """Whether browsers reach it through TLS, so that cookies may say so."""
        return self.url.startswith("https://")


Routes = Callable[[Site], list[object]]
"""Makes the routes of a part of the site."""
