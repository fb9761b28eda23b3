"""Facts of the machine that figures were taken on. It measures nothing."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

PACKAGES: Final = ("av", "simplejpeg", "numpy", "opencv-python-headless", "python-osc", "aiohttp")


def machine_facts() -> dict[str, Any]:
    """Processor, cores, memory, system and versions; nothing that names a person or a folder."""
    return {"when": datetime.now(UTC).strftime("%Y-%m-%d"), "processor": _processor(),
            "cores": f"{os.cpu_count()} cores", "memory": _memory(),
            "load": round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None,
            "system": f"{platform.system()} {platform.release()}", "python": f"Python {platform.python_version()}",
            "versions": {name: _version(name) for name in PACKAGES}, "ffmpeg": ffmpeg_version()}


def ffmpeg_version() -> str | None:
    """The version of the ffmpeg command on PATH, None without one."""
    command = shutil.which("ffmpeg")
    if command is None:
        return None
    answer = subprocess.run([command, "-hide_banner", "-version"], capture_output=True, text=True, check=False)
    words = answer.stdout.split()
    return words[2] if len(words) > 2 else None


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        names = [line.partition(":")[2].strip() for line in info.read_text().splitlines()
                 if line.startswith("model name")]
        if names:
            return names[0]
    return platform.processor() or platform.machine()


def _memory() -> str | None:
    if not hasattr(os, "sysconf") or "SC_PHYS_PAGES" not in os.sysconf_names:
        return None
    return f"{os.sysconf('SC_PHYS_PAGES') * os.sysconf('SC_PAGE_SIZE') / 1e9:.0f} GB"
