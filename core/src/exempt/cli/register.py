"""The certificate register, shown on the command line."""

from __future__ import annotations

import datetime as dt
import math
import shlex
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from pydantic import TypeAdapter, ValidationError

from exempt.cli.output import count, one_line, print_json, print_table, say, short
from exempt.data import jurisdictions
from exempt.errors import RefusedError
from exempt.model.address import Jurisdiction
from exempt.model.certificate import Certificate, ExemptionReason
from exempt.model.record import Day
from exempt.rules.objections import ObjectionSeverity
from exempt.rules.status import HINTS, REQUEST_OFFERED, CertificateStatus, certificate_status
from exempt.services import certificates
from exempt.services.certificates import Act, Done
from exempt.services.recheck import closed_orders
from exempt.services.requests import usable_email
from exempt.services.rows import CertificateFilter, CertificatePage, CertificateSort, Uncovered
from exempt.services.sheet import Looked, Part, look, sheet_of, words
from exempt.wiring import Exempt

SORTS: Mapping[str, CertificateSort] = {sort.value: sort for sort in CertificateSort}

_COLOURS = {
    CertificateStatus.ACTIVE: "green",
    CertificateStatus.FUTURE: "green",
    CertificateStatus.EXPIRING_SOON: "yellow",
    CertificateStatus.PENDING: "yellow",
}
_SEVERITIES = {ObjectionSeverity.REFUSE: ("✗", "red"), ObjectionSeverity.WARN: ("!", "yellow")}
