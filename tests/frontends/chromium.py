"""The real browser of these tests: the one that benchmarks drive, too."""

from __future__ import annotations

from benchmarks.browser import FLAGS, Browser, Tab, find_chromium

__all__ = ["FLAGS", "Browser", "Tab", "find_chromium"]
