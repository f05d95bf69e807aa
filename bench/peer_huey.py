# /// script
# requires-python = ">=3.11"
# dependencies = ["huey>=3.5,<4"]
# ///
"""Huey: a task for each of N statuses, pushed at LATENCY by so many threads; prints the rate."""

from __future__ import annotations

import sys
import tempfile
import threading
import time
from pathlib import Path

from huey import SqliteHuey

number, latency, lanes = int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])
folder = Path(tempfile.mkdtemp(prefix="bench-huey-"))
huey = SqliteHuey(filename=str(folder / "huey.db"), fsync=True)
done, all_done = [0], threading.Event()
lock = threading.Lock()


@huey.task()
def push(_number: int) -> None:
    """One status."""
    time.sleep(latency)
    with lock:
        done[0] += 1
        if done[0] == number:
            all_done.set()


for each in range(number):
    push(each)
consumer = huey.create_consumer(workers=lanes, periodic=False, initial_delay=0.01, max_delay=0.05)
began = time.perf_counter()
consumer.start()
all_done.wait()
print(number / (time.perf_counter() - began))
consumer.stop()
