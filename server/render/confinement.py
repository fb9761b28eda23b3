"""How a worker's process is started so that it cannot outlive us or disturb others, system by system.

POSIX: a group of its own; the worker itself asks to die with us (`lowest.py`). Windows: the idle class from the
first instruction on, and a job object that ends the worker when its last handle, ours, is closed by whatever end.
"""

from __future__ import annotations

import ctypes
import logging
import subprocess
import sys
from typing import Any, Final

log = logging.getLogger("interscene.render")

CREATE_NEW_PROCESS_GROUP: Final = 0x200
IDLE_PRIORITY_CLASS: Final = 0x40
_EXTENDED_LIMITS: Final = 9  # JobObjectExtendedLimitInformation
_KILL_ON_CLOSE: Final = 0x2000
_PROCESS_MEMORY: Final = 0x100


def start_options(system: str = sys.platform) -> dict[str, Any]:
    """Options of `subprocess.Popen` that keep Ctrl-C from the worker and, on Windows, make it the last in line."""
    if system == "win32":
        return {"creationflags": CREATE_NEW_PROCESS_GROUP | IDLE_PRIORITY_CLASS}
    return {"start_new_session": True}


class _Basic(ctypes.Structure):
    """JOBOBJECT_BASIC_LIMIT_INFORMATION."""

    _fields_ = (("process_time", ctypes.c_int64), ("job_time", ctypes.c_int64), ("flags", ctypes.c_uint32),
                ("least", ctypes.c_size_t), ("most", ctypes.c_size_t), ("processes", ctypes.c_uint32),
                ("affinity", ctypes.c_size_t), ("priority", ctypes.c_uint32), ("scheduling", ctypes.c_uint32))


class _Limits(ctypes.Structure):
    """JOBOBJECT_EXTENDED_LIMIT_INFORMATION."""

    _fields_ = (("basic", _Basic), ("io", ctypes.c_uint64 * 6), ("process_memory", ctypes.c_size_t),
                ("job_memory", ctypes.c_size_t), ("peak_process", ctypes.c_size_t), ("peak_job", ctypes.c_size_t))


class Confinement:
    """A Windows job object around one process; nothing on other systems. `memory` is bytes, 0 for no limit."""

    def __init__(self, process: subprocess.Popen[bytes], memory: int = 0, *, system: str = sys.platform,
                 library: Any = None, who: str = "the worker") -> None:
        self._kernel: Any = None
        self._job: Any = None
        if system != "win32":
            return
        self._kernel = library or ctypes.windll.kernel32  # type: ignore[attr-defined,unused-ignore]
        self._kernel.CreateJobObjectW.restype = ctypes.c_void_p
        self._job = self._kernel.CreateJobObjectW(None, None)
        limits = _Limits()
        limits.basic.flags = _KILL_ON_CLOSE | (_PROCESS_MEMORY if memory else 0)
        limits.process_memory = memory
        handle = ctypes.c_void_p(int(getattr(process, "_handle", 0)))
        held = self._job and self._kernel.SetInformationJobObject(
            ctypes.c_void_p(self._job), _EXTENDED_LIMITS, ctypes.byref(limits), ctypes.sizeof(limits)
        ) and self._kernel.AssignProcessToJobObject(ctypes.c_void_p(self._job), handle)
        if not held:
            log.warning("%s is in no job object: it ends when its connection does", who)

    def close(self) -> None:
        """Let go: on Windows this ends what is still inside."""
        if self._job:
            self._kernel.CloseHandle(ctypes.c_void_p(self._job))
            self._job = None
