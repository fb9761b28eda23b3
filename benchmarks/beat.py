"""A bare loop that sleeps to absolute deadlines and sends a number: the best that this machine lets Python do.

Started as `python -m benchmarks.beat PORT SECONDS`; standard library only, no more than it needs.
"""

from __future__ import annotations

import socket
import sys
import time

RATE = 60


def beat(port: int, seconds: float) -> None:
    """Send tick 0, 1, 2 … to a local port, each at its deadline."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
        start = time.perf_counter()
        for number in range(1, int(seconds * RATE)):
            while (left := start + number / RATE - time.perf_counter()) > 0:
                time.sleep(left)
            out.sendto(number.to_bytes(4, "big"), ("127.0.0.1", port))


if __name__ == "__main__":
    beat(int(sys.argv[1]), float(sys.argv[2]))
