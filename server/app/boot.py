"""Which start of this computer it is: monotonic times mean something within one only. Knows no other clock."""

from __future__ import annotations

import contextlib
import ctypes
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

LINUX: Final = Path("/proc/sys/kernel/random/boot_id")
MAC: Final = b"kern.bootsessionuuid"
WINDOWS: Final = r"SYSTEM\CurrentControlSet\Control\Session Manager\Memory Management\PrefetchParameters"
_LONGEST: Final = 64


def boot_id(system: str = sys.platform) -> str:
    """A text that is another one after every start of the computer; empty where the system tells none."""
    ask = _ASK.get(system)
    if ask is None:
        return ""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        return ask()
    return ""


def linux_boot(path: Path = LINUX) -> str:
    """What the kernel made up when it started. Raises OSError."""
    return path.read_text(encoding="ascii").strip()[:_LONGEST]


def mac_boot(library: Any = None) -> str:
    """The same on macOS, by sysctl. Raises OSError, AttributeError."""
    libc = library or ctypes.CDLL(None)
    text, size = ctypes.create_string_buffer(_LONGEST), ctypes.c_size_t(_LONGEST)
    if libc.sysctlbyname(MAC, text, ctypes.byref(size), None, 0) != 0:
        raise OSError("the system does not tell which start it is")
    return text.value.decode("ascii")


def windows_boot(registry: Any = None) -> str:
    """Windows counts its starts. Raises OSError; ValueError where it does not count."""
    if registry is None:
        import winreg

        registry = winreg
    with registry.OpenKey(registry.HKEY_LOCAL_MACHINE, WINDOWS) as key:
        count, _ = registry.QueryValueEx(key, "BootId")
    return f"windows {int(count)}"


_ASK: Final[Mapping[str, Callable[[], str]]] = MappingProxyType(
    {"linux": linux_boot, "darwin": mac_boot, "win32": windows_boot})
