"""What the services need of the certificate register."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from exempt.model.certificate import (
    AttachedFile,
    Certificate,
    CertificateDetails,
    Change,
    Coverage,
    ReviewStatus,
)
from exempt.model.decision import ManualChoice
from exempt.model.pushing import CertificateFile
from exempt.rules.history import FieldChange
from exempt.services.rows import CertificateFilter, CertificatePage, CustomerRow, Subject


class Certificates(Protocol):
    """The certificate register."""

    def add(
        self,
        details: CertificateDetails,
        review_status: ReviewStatus,
        at: dt.datetime,
        *,
        by: str,
        source: str,
    ) -> int:
        """Enter a certificate; returns its id."""
        ...

    def save(self, certificate: Certificate) -> bool:
        """Keep it in this state and raise its version; False when its version is no longer that."""
        ...

    def get(self, certificate_id: int) -> Certificate | None: ...  # noqa: D102

    def find(self, certificate_ids: Collection[int]) -> list[Certificate]:
        """Those certificates, in this order; unknown ones are absent."""
        ...

    def any_of(self, company_id: int) -> bool:
        """Whether a customer of the company has any certificate, whatever its state."""
        ...

    def coverages(self, customer_ids: Collection[int]) -> dict[int, list[Coverage]]:
        """What customers may use, by customer: their own, and those of their billing customer."""
        ...

    def held_by_each(self, customer_ids: Collection[int]) -> dict[int, list[Coverage]]:
        """As `coverages`, but where several hold a certificate that a customer may use, of each."""
        ...

    def ending(self, first: dt.date, last: dt.date) -> set[int]:
        """The customers with an accepted certificate that ends in these days, in some state."""
        ...

    def holds(self, certificate_ids: Collection[int]) -> dict[tuple[int, int, str], dt.date]:
        """How long certificates hold by sales, by certificate, customer and jurisdiction."""
        ...

    def set_holds(self, holds: Mapping[tuple[int, int, str], dt.date | None]) -> None:
        """Remember how long certificates hold by sales; None = not by sales."""
        ...

    def ids_after(self, after: int, limit: int) -> list[int]:
        """The next certificates' ids."""
        ...

    def rules(self) -> str | None:
        """By which rules holds were worked out last."""
        ...

    def remember_rules(self, rules: str) -> None:
        """Remember by which rules all holds were worked out."""
        ...

    def attach(self, certificate_id: int, file: AttachedFile) -> None:
        """Remember a document of a certificate; its bytes are kept elsewhere."""
        ...

    def detach(self, certificate_id: int, sha256: str) -> bool:
        """Forget a document of a certificate; False when it has none with these bytes."""
        ...

    def files(self, certificate_ids: Collection[int]) -> tuple[CertificateFile, ...]:
        """The documents of certificates, to be opened on demand."""
        ...


class Search(Protocol):
    """Lists of certificates and customers for people."""

    def certificates(
        self, filters: CertificateFilter, on: dt.date, soon_days: int
    ) -> CertificatePage:
        """The certificates that fit, and how many there are of each status."""
        ...

    def customers(self, words: str) -> list[CustomerRow]:
        """Those with exactly this number, e-mail or name, capitals or not, or this ``id:12``."""
        ...


class History(Protocol):
    """Who changed what, and when; only ever added to."""

    def add(
        self,
        subject: Subject,
        subject_id: int,
        changes: Sequence[FieldChange],
        at: dt.datetime,
        by: str,
    ) -> None:
        """Remember that *by* changed these fields."""
        ...

    def of(self, subject: Subject, subject_id: int) -> list[Change]:
        """The changes of one thing, oldest first."""
        ...


class Choices(Protocol):
    """What somebody decided for orders by hand."""

    def of(self, order_ids: Collection[int]) -> dict[int, ManualChoice]:
        """Those that count, by order."""
        ...

    def orders(self, certificate_id: int) -> list[int]:
        """The orders for which this certificate was chosen, while that counts."""
        ...

    def make(self, choice: ManualChoice) -> None: ...  # noqa: D102

    def end(self, order_id: int, reason: str, at: dt.datetime) -> bool:
        """Let what was decided count no more; False when nothing was."""
        ...

    def all_of(self, order_id: int) -> list[ManualChoice]:
        """Those of one order, oldest first."""
        ...
