"""A real browser without a window, driven over its debugging protocol."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import shutil
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import cv2
import numpy as np
from numpy.typing import NDArray

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
FLAGS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars",
         "--no-first-run", "--disable-background-networking", "--disable-component-update", "--mute-audio",
         "--remote-debugging-port=0")
PATIENCE = 30.0


def find_chromium() -> str | None:
    """The browser of this machine; None when there is none."""
    return next((path for path in map(shutil.which, NAMES) if path), None)


class Tab:
    """One page. Whatever it reports as an error is kept in `errors`."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._waiting: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._reader = asyncio.create_task(self._read())
        self.errors: list[str] = []

    async def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        number = len(self._waiting) + 1
        self._waiting[number] = asyncio.get_running_loop().create_future()
        await self._socket.send_json({"id": number, "method": method, "params": parameters})
        return await asyncio.wait_for(self._waiting[number], PATIENCE)

    async def open(self, url: str, width: int = 1280, height: int = 800, *, phone: bool = False) -> None:
        for domain in ("Page", "Runtime", "Log"):
            await self.call(f"{domain}.enable")
        await self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, mobile=phone,
                        deviceScaleFactor=2 if phone else 1)
        if phone:
            await self.call("Emulation.setTouchEmulationEnabled", enabled=True)
        await self.call("Page.navigate", url=url)

    async def evaluate(self, expression: str) -> Any:
        """The value of an expression in the page; promises are waited for."""
        said = await self.call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in said:
            raise AssertionError(f"{expression}: {said['exceptionDetails']}")
        return said["result"].get("value")

    async def until(self, expression: str) -> Any:
        """The value of an expression once it is true."""
        return await self.evaluate(
            "new Promise((resolve, reject) => { const end = performance.now() + 20000; (function look() {"
            f" let value; try {{ value = {expression} }} catch (e) {{ value = false }}"
            " if (value) resolve(value); else if (performance.now() > end)"
            f" reject(new Error({json.dumps('never true: ' + expression)} + document.body.innerText.slice(0, 400)));"
            " else setTimeout(look, 20) })() })")

    async def picture(self, canvas: str) -> NDArray[np.uint8]:
        """What is on a canvas, RGB (height, width, 3)."""
        url = await self.evaluate(f"document.querySelector({json.dumps(canvas)}).toDataURL('image/png')")
        return _rgb(url.partition(",")[2])

    async def screenshot(self) -> NDArray[np.uint8]:
        """The whole window, RGB."""
        return _rgb((await self.call("Page.captureScreenshot", format="png"))["data"])

    async def mouse(self, kind: str, x: float, y: float, **more: Any) -> None:
        """`mouseMoved`, `mousePressed`, `mouseReleased`."""
        await self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, **more)

    async def key(self, key: str, code: str = "") -> None:
        text = key if len(key) == 1 else ""
        await self.call("Input.dispatchKeyEvent", type="keyDown", key=key, code=code, text=text)
        await self.call("Input.dispatchKeyEvent", type="keyUp", key=key, code=code)

    async def box(self, selector: str) -> dict[str, float]:
        """Where an element is: x, y, width, height in the window."""
        value = await self.evaluate(f"document.querySelector({json.dumps(selector)}).getBoundingClientRect().toJSON()")
        return dict(value)

    async def close(self) -> None:
        self._reader.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._reader

    async def _read(self) -> None:
        async for message in self._socket:
            said = json.loads(message.data)
            if "id" in said:
                future = self._waiting[said["id"]]
                if not future.done():
                    future.set_result(said.get("result", {"error": said.get("error")}))
            elif said["method"] == "Runtime.exceptionThrown":
                self.errors.append(str(said["params"]["exceptionDetails"].get("exception", {}).get("description")))
            elif said["method"] == "Log.entryAdded" and said["params"]["entry"]["level"] == "error":
                self.errors.append(f"{said['params']['entry']['text']} {said['params']['entry'].get('url', '')}")


def _rgb(png: str) -> NDArray[np.uint8]:
    picture = cv2.imdecode(np.frombuffer(base64.b64decode(png), np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    return np.ascontiguousarray(picture[..., ::-1], dtype=np.uint8)


class Browser:
    """One browser with a profile of its own, for any number of tabs."""

    def __init__(self, chromium: str) -> None:
        self._profile = tempfile.TemporaryDirectory(prefix="chromium-", ignore_cleanup_errors=True)
        self._process = subprocess.Popen([chromium, *FLAGS, f"--user-data-dir={self._profile.name}", "about:blank"],
                                         stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        # It writes its port into its profile when it listens.
        file, end = Path(self._profile.name, "DevToolsActivePort"), time.monotonic() + PATIENCE
        while not (file.exists() and "\n" in file.read_text()):
            if self._process.poll() is not None or time.monotonic() > end:
                self.close()
                raise OSError(f"{chromium} does not start")
            time.sleep(0.02)
        self._port = int(file.read_text().splitlines()[0])

    def close(self) -> None:
        self._process.terminate()
        self._process.wait()
        self._profile.cleanup()

    @contextlib.asynccontextmanager
    async def tab(self) -> AsyncIterator[Tab]:
        """A new tab, closed with the block."""
        base = f"http://127.0.0.1:{self._port}/json"
        async with aiohttp.ClientSession() as session:
            async with session.put(f"{base}/new?about:blank") as response:
                target = await response.json()
            async with session.ws_connect(target["webSocketDebuggerUrl"], max_msg_size=0) as socket:
                tab = Tab(socket)
                yield tab
                await tab.close()
            async with session.get(f"{base}/close/{target['id']}") as response:
                await response.read()
