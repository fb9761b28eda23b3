"""The processes of a server, as the system tells of them: who they are, and what they hold. Linux only."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final, NamedTuple

_PROC: Final = Path("/proc")


class Held(NamedTuple):
    """Bytes of memory, open files and threads of a process; None where the system does not tell."""

    resident: int | None
    files: int | None
    threads: int | None


def held(pid: int, proc: Path = _PROC) -> Held:
    """What a process holds now; all None for one that is gone."""
    try:
        own = proc / str(pid)
        pages = int((own / "statm").read_text(encoding="ascii").split()[1])
        files, threads = (sum(1 for _ in (own / name).iterdir()) for name in ("fd", "task"))
        return Held(pages * os.sysconf("SC_PAGE_SIZE"), files, threads)
    except (OSError, ValueError, IndexError, AttributeError):
        return Held(None, None, None)


def children(pid: int, proc: Path = _PROC) -> dict[int, str]:
    """Its child processes, and their command lines."""
    found = {}
    try:
        processes = [each for each in proc.iterdir() if each.name.isdecimal()]
    except OSError:
        return {}
    for each in processes:
        try:
            # The name of a program may hold spaces and brackets.
            facts = (each / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
            if int(facts[1]) == pid:
                line = (each / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
                found[int(each.name)] = line.strip()
        except (OSError, ValueError, IndexError):
            continue
    return found
