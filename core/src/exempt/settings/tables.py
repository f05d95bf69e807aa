"""The tables of the settings file, with what each setting means."""

from __future__ import annotations

import re
from ipaddress import ip_network
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    IPvAnyNetwork,
    StringConstraints,
    ValidationInfo,
    WrapValidator,
    field_validator,
)

from exempt.data.pack import SHIPPED
from exempt.errors import SettingsError
from exempt.model.custom import CustomField, CustomKey
from exempt.model.decision import Profile
from exempt.model.nexus import Counts
from exempt.model.record import Day
from exempt.rules.lookback import EVERYTHING
from exempt.rules.ownership import OWNABLE
from exempt.rules.schedules import Schedule, parse, seconds
from exempt.rules.validity import REVIEW_AFTER_YEARS
from exempt.settings.console import Console
from exempt.settings.nexus import MAIL_ADDRESS, Nexus
from exempt.settings.oidc import Oidc
from exempt.settings.references import Reference

_ADDRESS = re.compile(r"^[^\s/]*:([0-9]{1,5})\Z")

Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")]
Since = Annotated[
    Day, WrapValidator(lambda value, day: EVERYTHING if value == "all" else day(value))
]


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class General(_Table):
    """The table ``[exempt]``."""

    database: str = Field(
        "sqlite:///exempt.db",
        description="Where everything is kept: sqlite:///PATH, postgresql://…, or a reference.",
    )
    documents: str = Field("documents", description="The folder of certificate files.")
    decision_profile: Profile = Field(
        Profile.DEFAULT, description="Which rule chooses a certificate: default or r2."
    )
    expiring_soon_days: Annotated[int, Field(ge=0, le=366)] = Field(
        30, description="How many days before its end a certificate counts as expiring soon."
    )
    portal_url: str | None = Field(
        None, description="Where customers upload certificates; without it they answer the mail."
    )
    rules_pack: str = Field(
        SHIPPED,
        description="Which pack of state rules counts: exempt, or an installed one, see"
        " exempt plugins.",
    )
    rules_folder: Annotated[str, Field(min_length=1)] | None = Field(
        None,
        description="A folder with a pack of your own, states.csv and reasons.csv, in place of an"
        " installed one; with nexus_thresholds.csv and taxability.csv, or with nothing but these.",
    )
    forms_folder: Annotated[str, Field(min_length=1)] | None = Field(
        None,
        description="A folder with definitions of further forms to read and to fill in, a TOML"
        " file each.",
    )
    review_after_years: Annotated[int, Field(ge=1, le=10)] = Field(
        REVIEW_AFTER_YEARS, description="When to look again at a certificate without an end."
    )

    @field_validator("rules_folder")
    @classmethod
    def _one_pack(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is not None and info.data.get("rules_pack", SHIPPED) != SHIPPED:
            msg = "stands beside rules_pack, which names another pack: keep one of the two"
            raise ValueError(msg)
        return value


class CompanySettings(_Table):
    """A table ``[companies.KEY]``: one of the seller's legal entities."""

    name: Annotated[str, Field(min_length=1, max_length=200)] = Field(description="Its name.")
    parent: Name | None = Field(None, description="The key of the company it belongs to.")
    contact: Annotated[str, Field(max_length=200, pattern=MAIL_ADDRESS)] | None = Field(
        None, description="The e-mail address of its tax department, shown to customers."
    )
    fiscal_year_begins: Annotated[int, Field(ge=1, le=12)] = Field(
        1, description="The month in which its fiscal year begins; Puerto Rico counts by it."
    )


class ConnectionSettings(_Table):
    """A table ``[connections.NAME]``: one account of one outside system."""

    connector: str = Field(description="Which connector: see exempt plugins.")
    company: Name = Field(description="The key of the company whose account it is.")
    write_back: bool = Field(
        default=False, description="Whether exemption status is written to it; else it only waits."
    )
    since: Since | None = Field(
        None,
        description='The first day of history that is read, or "all"; else orders are read for as'
        " many years as nexus.lookback wants, and everything else whole.",
    )
    page_size: Annotated[int, Field(ge=1, le=10_000)] = Field(
        1000, description="The most records to read and store at once."
    )
    schedule: Schedule | None = Field(
        None,
        description="When the daemon reads it, in place of daemon.pull: 15m, a line of cron, or"
        " never.",
    )
    rate_per_second: Annotated[float, Field(gt=0, le=10_000)] | None = Field(
        None, description="The most calls a second, in place of what its connector keeps to."
    )
    pushes_at_once: Annotated[int, Field(ge=1, le=32)] | None = Field(
        None,
        description="How many batches are written to it at once, in place of what its connector"
        " says.",
    )
    owns: tuple[Literal[*OWNABLE], ...] = Field(  # type: ignore[valid-type]
        (),
        description="The fields of customers that it has the last word on: name, number, code,"
        " tax_id, email, address, bill_to.",
    )
    counts: Counts = Field(
        Counts.ALL,
        description="Which of its documents are sales for nexus: all, orders, invoices (each with"
        " credits), or none; so that no sale counts twice where systems show the same.",
    )
    marketplace: bool = Field(
        default=False,
        description="Whether all its sales are a marketplace's that collects the tax itself.",
    )
    customer_page: Annotated[str, Field(pattern=r"^https?://[^\s]*\{id\}[^\s]*$")] | None = Field(
        None,
        description="The address under which the system shows a customer, {id} being its id there:"
        " the console links to it.",
    )
    settings: dict[str, Any] = Field(
        default_factory=dict, description="The connector's own settings: see its guide."
    )
    settings_file: Annotated[str, Field(min_length=1)] | None = Field(
        None,
        description="A TOML file with the connector's own settings, in place of settings; editors"
        " complete it by its schema.",
    )

    @field_validator("schedule")
    @classmethod
    def _parsed(cls, value: str | None) -> str | None:
        if value is not None:
            parse(value)
        return value


class Daemon(_Table):
    """The table ``[daemon]``: what runs by itself, and when; see exempt run."""

    listen: str = Field(
        "127.0.0.1:8080",
        description="Where webhooks, health and metrics are served: HOST:PORT.",
    )
    metrics_token: Reference | None = Field(
        None,
        description="A reference to a secret that shows /metrics and the details of /readyz to"
        " whoever sends it; without one they are shown to this machine only.",
    )
    time_zone: str = Field("UTC", description="The time zone of schedules, as America/New_York.")
    pull: Schedule = Field(
        "15m",
        description="When connections are read: an interval as 15m or 2h, a line of cron, or"
        " never.",
    )
    daily: Schedule = Field(
        "10 0 * * *", description="When statuses are carried on to a new day, and notices sent."
    )
    send_notices: bool = Field(
        default=False,
        description="Whether customers are written to by themselves: expiry_notices, reminders.",
    )
    expiry_notices: tuple[Annotated[int, Field(ge=0, le=366)], ...] = Field(
        (30, 7, 0), description="How many days before a certificate ends its customer is told."
    )
    reminders: tuple[Annotated[int, Field(ge=1, le=366)], ...] = Field(
        (7, 21), description="How many days after a request its customer is reminded of it."
    )
    at_once: Annotated[int, Field(ge=2, le=64)] = Field(
        16, description="How many jobs a worker does at once, at most one of a kind a connection."
    )
    hook_timeout: Schedule = Field(
        "10m", description="How long a connector may take for one answer before it is given up."
    )
    memory: Annotated[int, Field(ge=200, le=1_000_000)] = Field(
        1000, description="At how many megabytes a worker starts itself anew."
    )
    drain: Schedule = Field(
        "60s", description="How long a worker that is stopped waits for pages and batches."
    )
    keep_runs: Annotated[int, Field(ge=1, le=3650)] = Field(
        7, description="How many days the history of runs is kept."
    )
    keep_webhooks: Annotated[int, Field(ge=1, le=3650)] = Field(
        30, description="How many days webhooks are kept as they came."
    )
    log: Literal["text", "json"] = Field("text", description="How the log is written.")

    @field_validator("listen")
    @classmethod
    def _address(cls, value: str) -> str:
        found = _ADDRESS.match(value)
        if found is None or int(found[1]) > 65_535:
            msg = "is no address: write HOST:PORT, as 127.0.0.1:8080"
            raise ValueError(msg)
        return value

    @field_validator("time_zone")
    @classmethod
    def _known(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (KeyError, ValueError, OSError):
            msg = "is no time zone: write it as America/New_York"
            raise ValueError(msg) from None
        return value

    @field_validator("pull", "daily")
    @classmethod
    def _parsed(cls, value: str) -> str:
        parse(value)
        return value

    @field_validator("hook_timeout", "drain")
    @classmethod
    def _duration(cls, value: str) -> str:
        if seconds(value) > seconds("1d"):
            msg = "is too long: write 1d or less"
            raise ValueError(msg)
        return value


class Web(_Table):
    """The table ``[web]``: the API, the portal and the console; see exempt web."""

    url: Annotated[str, Field(pattern=r"^https?://[^/\s?#@]+$")] | None = Field(
        None,
        description="The address under which customers and staff reach it, as"
        " https://exempt.example.com: links in mails begin with it. Without one there are no"
        " links, and pages are for this machine.",
    )
    secret_key: Reference | None = Field(
        None,
        description="A reference to a secret that seals and signs; without one a key is made in"
        " the file exempt.key beside the settings.",
    )
    events_to: tuple[IPvAnyNetwork, ...] = Field(
        (),
        description="Networks in the house that webhooks of ours may go to, as 10.0.0.0/8; without"
        " them they go to public addresses only.",
    )
    trusted_proxies: tuple[str, ...] = Field(
        (),
        description="Addresses or networks of proxies whose X-Forwarded-For is believed, as"
        " 10.0.0.0/8.",
    )
    virus_scanner: Annotated[str, Field(pattern=r"^unix:/[^\s]+$")] | None = Field(
        None,
        description="Where clamd listens, as unix:/run/clamav/clamd.ctl: it looks at papers first,"
        " and while it does not answer, none is taken.",
    )
    session_idle: Schedule = Field(
        "30m", description="After how long without a sign of life staff sign in again."
    )
    session_length: Schedule = Field("12h", description="How long staff stay signed in at most.")
    second_factor: Literal["optional", "required"] = Field(
        "required",
        description="Whether staff who sign in with a password give a code of their phone, too.",
    )
    oidc: Oidc | None = Field(
        None, description="Signing in with accounts that staff have elsewhere."
    )
    api_calls_per_minute: Annotated[int, Field(ge=1, le=10_000_000)] = Field(
        6000, description="How many calls of the API a key may make in a minute."
    )
    api_origins: tuple[Annotated[str, Field(pattern=r"^https?://[^/\s?#@]+$")], ...] = Field(
        (),
        description="Origins, as https://shop.example.com, whose pages may call the API in a"
        " browser; none need it where servers call.",
    )

    @field_validator("trusted_proxies")
    @classmethod
    def _networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for each in value:
            try:
                ip_network(each, strict=False)
            except ValueError:
                msg = f"{each} is no address or network: write it as 10.0.0.0/8"
                raise ValueError(msg) from None
        return value

    @field_validator("session_idle", "session_length")
    @classmethod
    def _duration(cls, value: str) -> str:
        if seconds(value) > seconds("7d"):
            msg = "is too long: write 7d or less"
            raise ValueError(msg)
        return value


class RequestSettings(_Table):
    """The table ``[requests]``: how customers are asked for certificates."""

    enabled: bool = Field(
        default=True,
        description="Whether customers can be asked at all; else nobody is written to.",
    )
    link_days: Annotated[int, Field(ge=1, le=366)] = Field(
        30, description="How many days the link of a request works."
    )
    staff_notices: bool = Field(
        default=True, description="Whether reviewers get a mail when something waits for them."
    )


class CustomFields(_Table):
    """The table ``[custom_fields]``: fields of your own, by their keys.

    Each has a ``title``, a ``kind`` (text, number, date, yes_no or choice) and,
    for a choice, its ``choices``.
    """

    customers: dict[CustomKey, CustomField] = Field(
        default_factory=dict, description="Of customers; an import has a column of that title."
    )
    certificates: dict[CustomKey, CustomField] = Field(
        default_factory=dict, description="Of certificates."
    )


class SettingsFile(_Table):
    """The whole file."""

    exempt: General = Field(default_factory=General)
    companies: dict[Name, CompanySettings] = Field(default_factory=dict)
    connections: dict[Name, ConnectionSettings] = Field(default_factory=dict)
    console: Console = Field(default_factory=Console)
    custom_fields: CustomFields = Field(default_factory=CustomFields)
    daemon: Daemon = Field(default_factory=Daemon)
    nexus: Nexus = Field(default_factory=Nexus)
    requests: RequestSettings = Field(default_factory=RequestSettings)
    web: Web = Field(default_factory=Web)

    def parents_first(self) -> list[str]:
        """The keys of companies, each after the one it belongs to.

        Raises:
            SettingsError: A parent does not exist, or a company belongs to itself.
        """
        ordered: list[str] = []
        waiting = dict(self.companies)
        while waiting:
            ready = [k for k, c in waiting.items() if c.parent is None or c.parent in ordered]
            if not ready:
                orphans = [k for k, c in waiting.items() if c.parent not in self.companies]
                key = next(iter(orphans or waiting))
                msg = (
                    f"companies.{key}.parent: {waiting[key].parent!r} is no company above it:"
                    " name one that is, or leave it out"
                )
                raise SettingsError(msg)
            ordered += ready
            waiting = {k: c for k, c in waiting.items() if k not in ready}
        return ordered
