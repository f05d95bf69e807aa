"""What a list shows, to be saved: every row that its filters name, as CSV or Excel workbook.

@pages.get("/certificates/export", may=Right.READ, slow=True)
def export(call: Call) -> Response:
    return exports.send(call, certificates.sheet(call.site.store, ...), "certificates")

Such a page is slow, so that it waits in a thread of its own kind.
"""

from __future__ import annotations

import logging

from starlette.exceptions import HTTPException
from starlette.responses import Response

from exempt.errors import RefusedError
from exempt.services.tables_out import Form, Sheet, spooled
from exempt.web import handing_out as out
from exempt.web.pages import Call

_log = logging.getLogger("exempt.web")

_TYPES = {
    Form.CSV: "text/csv; charset=utf-8",
    Form.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def send(call: Call, sheet: Sheet, name: str) -> Response:
    """*sheet* as a file to be saved; ``as=xlsx`` in the address makes it a workbook, else CSV.

    Args:
        name: Of the file, without the day and the suffix, which are put behind it.
    """
    out.check_context(call.request)
    form = Form.XLSX if call.query.get("as") == Form.XLSX else Form.CSV
    try:
        file = spooled(sheet, form, call.site.workbook_writer)
    except RefusedError as error:
        raise HTTPException(422, str(error)) from None
    # Looking changes nothing in the database: who took data out stands in the log.
    _log.info("exported", extra={"table": name, "form": str(form), "user": call.by.user_id})
    return out.saved(file, f"{name}-{call.site.clock().date()}.{form}", _TYPES[form])
