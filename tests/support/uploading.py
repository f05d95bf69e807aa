"""Files that customers send through the portal."""

from __future__ import annotations

import base64
import io

import httpx

from exempt.model.requesting import Submission, SubmissionWay
from exempt.services import papers, submissions
from exempt.services.files import Kept
from support.browsing import Browser, Premises

UPLOADS = "/portal/uploads"
TYPE = "application/offset+octet-stream"


def put_to_draft(premises: Premises, guest: Browser, content: bytes = b"%PDF-1.7 given") -> Kept:
    """A file that was put to what a customer is filling in."""
    site = premises.site
    held = (site.store, site.documents, site.inspector)
    kept = papers.take_in(*held, "given.pdf", io.BytesIO(content), premises.now)
    request_id = guest.request_id
    draft = submissions.start(site.store, request_id, SubmissionWay.UPLOAD, premises.now)
    submissions.add_file(site.store, draft.id, kept, premises.now)
    return kept


def begin(guest: Browser, size: int, name: str = "form.pdf", **headers: str) -> httpx.Response:
    """Begin an upload."""
    told = base64.b64encode(name.encode()).decode()
    metadata = f"filename {told},filetype YXBwbGljYXRpb24vcGRm"
    given = {"tus_resumable": "1.0.0", "upload_length": str(size), "upload_metadata": metadata}
    return guest.send("POST", UPLOADS, **{**given, **headers})


def go_on(
    guest: Browser, path: str, offset: int | str, content: bytes, **headers: str
) -> httpx.Response:
    """Send the next part."""
    given = {"tus_resumable": "1.0.0", "upload_offset": str(offset), "content_type": TYPE}
    return guest.send("PATCH", path, content, **{**given, **headers})


def come_to(guest: Browser, path: str) -> int:
    """How far an upload has come."""
    return int(guest("HEAD", path, tus_resumable="1.0.0").headers["upload-offset"])


def draft_of(premises: Premises, guest: Browser) -> Submission:
    """What the customer is filling in."""
    with premises.store.reading() as tx:
        (draft,) = tx.submissions.of_requests([guest.request_id])
    return draft
