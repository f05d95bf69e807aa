"""Files of certificates: taken in, described, handed out by short-lived addresses, and printed."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from fastapi import File, Path, Response, UploadFile
from pydantic import Field

from exempt.model.access import Right
from exempt.model.paper import Refusal
from exempt.rules.papers import MAX_BYTES
from exempt.services import certificates, handing_out, papers, printing, scoped
from exempt.services.files import Kept
from exempt.services.papers import PaperRefused
from exempt.web.api.bodies import Body
from exempt.web.api.calls import Call, Called
from exempt.web.api.certificate_bodies import CertificateFile
from exempt.web.api.operations import Id, Operations
from exempt.web.handing_out import pdf
from exempt.web.problems import Kind, Problem, Wrong, invalid

operations = Operations("Files", "The documents of certificates.")

FILE_MAX = MAX_BYTES
"""Bytes of a file; what stands around it in a body comes on top."""

AROUND = 64 * 1024

Sha256 = Annotated[str, Path(pattern=r"^[0-9a-f]{64}$", description="The SHA-256 of its bytes.")]


class FileList(Body):
    """The files of a certificate, the oldest first."""

    data: tuple[CertificateFile, ...]


class StoredFile(Body):
    """A file, and what is known of it.

    Attributes:
        pages: How many pages it has; null = nobody looked into it yet.
        removed: What its copy that is shown is without, such as `JavaScript`.
    """

    sha256: str
    name: str
    media_type: str
    size: int
    pages: int | None
    removed: tuple[str, ...]


class UrlWanted(Body):
    """What kind of address is wanted.

    Attributes:
        copy_shown: The copy in which nothing can run, and not the file as it came.
        seconds: How long it is to work.
    """

    copy_shown: bool = Field(default=True)
    seconds: Annotated[int, Field(ge=1, le=3600)] = 300


class FileUrl(Body):
    """An address from which the file can be fetched without a key, for a while."""

    url: str
    expires_at: dt.datetime


@operations.get("/certificates/{certificate_id}/files", Right.READ, 404)
def list_files(call: Called, certificate_id: Id) -> FileList:
    """List the files of a certificate."""
    with call.store.reading() as tx:
        found = scoped.certificate(tx, certificate_id, call.caller)
    return FileList(data=tuple(CertificateFile(**dict(each)) for each in found.files))


@operations.post(
    "/certificates/{certificate_id}/files",
    Right.EDIT,
    404,
    503,
    status_code=201,
    body_max=FILE_MAX + AROUND,
)
def add_file(
    call: Called,
    certificate_id: Id,
    file: Annotated[UploadFile, File(description="A PDF, JPEG, PNG or TIFF of 50 MB at most.")],
) -> CertificateFile:
    """Put a file to a certificate: its bytes are kept as they come, once they were looked into.

    What is encrypted, corrupt or of another kind is refused.
    """
    with call.store.reading() as tx:
        scoped.certificate(tx, certificate_id, call.caller)
    kept = _taken_in(call, file)
    attached = certificates.attach_kept(call.store, certificate_id, kept, call.act)
    call.made(f"/files/{attached.sha256}")
    return CertificateFile(**dict(attached))


def _taken_in(call: Call, file: UploadFile) -> Kept:
    site = call.site
    try:
        return papers.take_in(
            site.store,
            site.documents,
            site.inspector,
            file.filename or "file",
            file.file,
            site.clock(),
        )
    except PaperRefused as error:
        if error.refusal in {Refusal.NO_ROOM, Refusal.UNCHECKED}:
            raise Problem(Kind.UNAVAILABLE, str(error), headers={"Retry-After": "60"}) from None
        if error.refusal is Refusal.TOO_LARGE:
            raise Problem(Kind.TOO_LARGE, str(error)) from None
        raise invalid([Wrong("pointer", "/file", str(error))]) from None


@operations.get(
    "/certificates/{certificate_id}/print",
    Right.READ,
    404,
    409,
    response_class=Response,
    responses={200: {"content": {"application/pdf": {}}, "description": "A PDF."}},
)
def print_certificate(call: Called, certificate_id: Id) -> Response:
    """Print a certificate as a PDF: its sheet, then the pages of its files."""
    with call.store.reading() as tx:
        scoped.certificate(tx, certificate_id, call.caller)
    content = printing.printed(call.site.press, certificate_id, call.act.at, call.caller)
    return pdf(content, f"certificate-{certificate_id}.pdf")


@operations.get("/files/{sha256}", Right.READ, 404)
def get_file(call: Called, sha256: Sha256) -> StoredFile:
    """What is known of a file."""
    use = handing_out.for_staff(call.store, call.caller, sha256)
    paper = papers.known(call.store, sha256)
    return StoredFile(
        sha256=sha256,
        name=use.name,
        media_type=use.media_type,
        size=use.size,
        pages=paper.pages if paper else None,
        removed=paper.removed if paper else (),
    )


@operations.post("/files/{sha256}/url", Right.READ, 404, status_code=201)
def make_file_url(call: Called, sha256: Sha256, wanted: UrlWanted) -> FileUrl:
    """Make an address from which a file can be fetched without a key, for an hour at most."""
    use = handing_out.for_staff(call.store, call.caller, sha256)
    token, until = handing_out.make_link(
        call.site.keys,
        call.caller,
        sha256,
        call.act.at,
        company_id=use.company_id,
        copy=wanted.copy_shown,
        lasts=dt.timedelta(seconds=wanted.seconds),
    )
    return FileUrl(url=f"{call.site.url}/file-links/{token}", expires_at=until)
