"""A plugin that asks the network when it is imported."""

from __future__ import annotations

import socket

socket.getaddrinfo("127.0.0.1", 80)
