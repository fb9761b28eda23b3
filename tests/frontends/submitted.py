"""Commands that a page has sent, waited for."""

from __future__ import annotations

from chromium import Tab
from fake_show import FakeShow


async def sent(tab: Tab, show: FakeShow, address: str, *args: object) -> None:
    """Wait until the show has a command; the page is asked meanwhile, so that time passes."""
    for _ in range(1000):
        if (address, list(args)) in [(each, values) for each, values, _ in show.submitted]:
            return
        await tab.evaluate("new Promise(requestAnimationFrame)")
    raise AssertionError(f"{address} {args} did not come, but {show.submitted}")
