"""The file of a certificate replaced by another one."""

from __future__ import annotations

from exempt.errors import ConflictError
from exempt.model.certificate import AttachedFile
from exempt.rules.history import FieldChange
from exempt.services import certificates
from exempt.services.certificates import Act, file_told
from exempt.services.files import Kept
from exempt.services.ports import Store
from exempt.services.rows import Subject


def replace_file(store: Store, certificate_id: int, old: str, kept: Kept, act: Act) -> AttachedFile:
    """Put a file that is kept already in place of the one whose SHA-256 is *old*.

    The bytes of the old one stay kept, and the history names them.

    Raises:
        ConflictError: Somebody replaced it since.
        NotFoundError: There is no such certificate.
    """
    with store.writing() as tx:
        before = {each.sha256: each for each in certificates.get(tx, certificate_id).files}
        if old not in before or not tx.certificates.detach(certificate_id, old):
            msg = f"certificate {certificate_id}: somebody replaced this file: look at it again"
            raise ConflictError(msg)
        file = AttachedFile(**kept._asdict(), added_at=act.at, added_by=act.by)
        tx.certificates.attach(certificate_id, file)
        change = FieldChange("file", file_told(before[old]), file_told(file))
        tx.history.add(Subject.CERTIFICATE, certificate_id, [change], act.at, act.by)
    return file
