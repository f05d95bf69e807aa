"""What the services need for links in mails, and for what customers send in through them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from typing import NamedTuple, Protocol

from exempt.model.paper import PageImage, Paper, Reading
from exempt.model.requesting import (
    Answers,
    Signature,
    Submission,
    SubmissionState,
    SubmissionWay,
    SubmittedFile,
)


class LinkRow(NamedTuple):
    """A link of a request; its token is known to whoever got the mail, and to nobody else."""

    id: int
    request_id: int
    expires_at: dt.datetime
    revoked_at: dt.datetime | None
    opened_at: dt.datetime | None

    def works(self, at: dt.datetime) -> bool:
        """Whether it may be followed."""
        return self.revoked_at is None and at < self.expires_at


class Links(Protocol):
    """The links of requests, and who is in the portal through one."""

    def make(self, request_id: int, token_hash: str, at: dt.datetime, until: dt.datetime) -> int:
        """Keep a new link; returns its id."""
        ...

    def find(self, token_hash: str) -> LinkRow | None:
        """The link with this token, whether it works or not."""
        ...

    def opened(self, link_id: int, at: dt.datetime) -> None:
        """Remember when it was followed first."""
        ...

    def revoke(self, request_id: int, at: dt.datetime) -> None:
        """Let no link of a request work any more, and end what goes on through them."""
        ...

    def revoke_one(self, link_id: int, at: dt.datetime) -> None:
        """The same for one link: the mail that it stood in did not go out."""
        ...

    def enter(self, id_hash: str, link_id: int, at: dt.datetime) -> None:
        """Somebody is in the portal through this link."""
        ...

    def entered(self, id_hash: str, since: dt.datetime) -> LinkRow | None:
        """Through which link somebody is in the portal who was seen after *since*."""
        ...

    def seen(self, id_hash: str, at: dt.datetime) -> None:
        """Remember that they are still there."""
        ...

    def leave(self, id_hash: str) -> None:
        """They have gone."""
        ...


class SubmissionView(NamedTuple):
    """A submission with what a list shows of it."""

    submission: Submission
    customer_name: str
    customer_number: str | None
    company_id: int
    company: str


class Submissions(Protocol):
    """What customers send in."""

    def start(self, request_id: int, customer_id: int, way: SubmissionWay, at: dt.datetime) -> int:
        """A new draft; returns its id."""
        ...

    def get(self, submission_id: int) -> Submission | None: ...  # noqa: D102

    def views(self, submission_ids: Collection[int]) -> list[SubmissionView]:
        """Those with these ids, in this order; unknown ones are absent."""
        ...

    def of_requests(self, request_ids: Collection[int]) -> list[Submission]:
        """All of these requests, oldest first."""
        ...

    def of_customers(self, customer_ids: Collection[int]) -> list[Submission]:
        """All of these customers, oldest first."""
        ...

    def of_certificate(self, certificate_id: int) -> Submission | None:
        """The one that a certificate was made of."""
        ...

    def save(
        self,
        submission_id: int,
        way: SubmissionWay,
        answers: Answers,
        at: dt.datetime,
        *,
        seen: int,
    ) -> bool:
        """Keep a draft in this state; False when it is none any more, or at another version."""
        ...

    def add_file(self, submission_id: int, file: SubmittedFile) -> int | None:
        """Put a file to a draft, whose version stays as it is; its id, None when it is no draft."""
        ...

    def drop_file(self, submission_id: int, file_id: int) -> bool:
        """Take a file from a draft; its bytes stay. False when there is none."""
        ...

    def submit(
        self,
        submission_id: int,
        certificate_id: int,
        signature: Signature | None,
        at: dt.datetime,
        *,
        seen: int,
    ) -> bool:
        """Let a draft wait for review; False when it does already, or is at another version."""
        ...

    def discard(self, submission_id: int, at: dt.datetime) -> bool:
        """Give a draft up; False when it is none any more."""
        ...

    def reviewed(
        self, submission_id: int, state: SubmissionState, at: dt.datetime, by: str
    ) -> bool:
        """Accept or reject what waits, or let it be withdrawn; False when it does not wait."""
        ...

    def waiting(
        self,
        company_ids: Collection[int] | None = None,
        *,
        after: tuple[dt.datetime, int] | None = None,
        limit: int = 100,
    ) -> list[SubmissionView]:
        """What waits for review, the oldest first; *after* goes on behind that moment and id."""
        ...

    def count_waiting(self, company_ids: Collection[int] | None = None) -> int:
        """How many wait."""
        ...

    def unnoticed(self) -> list[SubmissionView]:
        """What waits, and no staff was told of."""
        ...

    def noticed(self, submission_ids: Sequence[int], at: dt.datetime) -> None:
        """Staff were told of these."""
        ...


class FileUse(NamedTuple):
    """Where a file is used: once for each company and customer.

    Attributes:
        draft: It is of something that the customer has not sent in yet.
        given: The customer gave it.
    """

    name: str
    media_type: str
    size: int
    company_id: int
    customer_id: int
    draft: bool
    given: bool


class Papers(Protocol):
    """What is known of documents; see `exempt.model.paper`."""

    def get(self, sha256: str) -> Paper | None: ...  # noqa: D102

    def add(self, paper: Paper) -> None:
        """Keep what a document is; what was read in it stays."""
        ...

    def reading(self, sha256: str) -> Reading | None:
        """What was read in it; None = nobody has read it yet."""
        ...

    def save_reading(self, sha256: str, reading: Reading) -> None: ...  # noqa: D102

    def page(self, sha256: str, page: int, *, small: bool = False) -> PageImage | None:
        """The picture of a page, the first being 1, or the small one; None = not made yet."""
        ...

    def add_page(self, sha256: str, image: PageImage, *, small: bool = False) -> None:
        """Keep where the picture of a page is."""
        ...

    def unread(self, limit: int) -> list[Paper]:
        """Documents of submissions that wait, which nobody has read yet."""
        ...

    def uses(self, sha256: str) -> list[FileUse]:
        """Where a file is used, but for entries that were removed."""
        ...

    def named(self) -> dict[str, str]:
        """The hashes of all files that anything here stands on, with a name of each."""
        ...


class UploadRow(NamedTuple):
    """A file that is arriving in parts; see `exempt.services.uploads`."""

    token_hash: str
    submission_id: int
    name: str
    size: int


class Uploads(Protocol):
    """Files that are arriving in parts."""

    def begin(
        self, token_hash: str, submission_id: int, name: str, size: int, at: dt.datetime
    ) -> None:
        """Remember one that begins."""
        ...

    def get(self, token_hash: str) -> UploadRow | None: ...  # noqa: D102

    def of(self, submission_id: int) -> list[UploadRow]:
        """Those of a submission, the oldest first."""
        ...

    def moved(self, token_hash: str, received: int, at: dt.datetime) -> None:
        """Remember how far it has come."""
        ...

    def drop(self, token_hash: str) -> bool:
        """Forget one; False when it is forgotten already."""
        ...

    def forget(self, before: dt.datetime) -> list[str]:
        """Forget all that did not move since then; the hashes of their tokens."""
        ...

    def known(self) -> set[str]:
        """The hashes of the tokens of all."""
        ...
