"""A plugin whose import takes long."""

from __future__ import annotations

import time

_BEGAN = time.process_time()
while time.process_time() < _BEGAN + 0.3:
    pass
