"""What the system knows of this process: its memory, and packets that its UDP ports could not hold."""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

_PAGE: Final = 4096
_STATM: Final = Path("/proc/self/statm")
_UDP: Final = (Path("/proc/net/udp"), Path("/proc/net/udp6"))


def resident_memory(statm: Path = _STATM) -> int | None:
    """Bytes of memory in use; on macOS the most there ever was; None where nothing tells."""
    if statm.exists():
        page = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else _PAGE
        return int(statm.read_text(encoding="ascii").split()[1]) * page
    libraries = getattr(ctypes, "windll", None)
    return windows_memory(libraries) if libraries is not None else _most_memory()


class _Counters(ctypes.Structure):
    """PROCESS_MEMORY_COUNTERS."""

    _fields_ = (("cb", ctypes.c_uint32), ("faults", ctypes.c_uint32), ("peak", ctypes.c_size_t),
                ("resident", ctypes.c_size_t), *((f"other{n}", ctypes.c_size_t) for n in range(6)))


def windows_memory(libraries: Any) -> int | None:
    """The working set of this process, as kernel32 tells it."""
    kernel = libraries.kernel32
    kernel.GetCurrentProcess.restype = ctypes.c_void_p
    kernel.K32GetProcessMemoryInfo.argtypes = (ctypes.c_void_p, ctypes.c_void_p, ctypes.c_uint32)
    counters = _Counters()
    counters.cb = ctypes.sizeof(counters)
    done = kernel.K32GetProcessMemoryInfo(kernel.GetCurrentProcess(), ctypes.byref(counters), counters.cb)
    return int(counters.resident) if done else None


def _most_memory() -> int | None:
    try:
        import resource
    except ImportError:
        return None
    most = int(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
    return most if sys.platform == "darwin" else most * 1024


def overflowed(ports: Iterable[int], tables: Iterable[Path] = _UDP) -> int | None:
    """Packets that the system threw away because nobody had read the ones before; None where it does not tell."""
    wanted, dropped, told = set(ports), 0, False
    for table in tables:
        if not table.exists():
            continue
        told = True
        for line in table.read_text(encoding="ascii").splitlines()[1:]:
            words = line.split()
            if int(words[1].rpartition(":")[2], 16) in wanted:
                dropped += int(words[-1])
    return dropped if told else None
