"""What a process that looks into a file may use; its own first act is to give up the rest."""

from __future__ import annotations

import os
import resource

MEMORY = 768 * 1024 * 1024
CPU_SECONDS = 20
FILE_BYTES = 80 * 1024 * 1024
FILES = 64

_LIMITS = (
    (resource.RLIMIT_AS, MEMORY),
    (resource.RLIMIT_CPU, CPU_SECONDS),
    (resource.RLIMIT_FSIZE, FILE_BYTES),
    (resource.RLIMIT_NOFILE, FILES),
    (resource.RLIMIT_CORE, 0),
)


def give_up() -> None:
    """Take on the limits, for good, and let others go first."""
    for which, most in _LIMITS:
        _, hard = resource.getrlimit(which)
        allowed = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(which, (allowed, allowed))
    os.nice(5)
    os.umask(0o077)
