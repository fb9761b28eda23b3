"""Where the server's pictures are, and why nobody answers there: asked beside the main thread.

Touches no operator. Python 3.9, standard library only.
"""

import http.client
import threading
from contextlib import closing
from typing import Optional
from urllib.parse import quote

SPELLINGS = ("{host}/ws{token}", "ws://{host}/ws{token}", "ws://{host}:{port}/ws{token}")
"""Ways to name a path to a WebSocket DAT, of which Derivative's page names none; tried in turn until one works."""
WAIT = 3.0
"""Seconds that an answer may take."""
_UPGRADE, _TOKEN, _NAME, _FULL = 426, 401, 403, 503


class WhyNot:
    """Asks the server's port by plain HTTP what is wrong, one question at a time."""

    def __init__(self) -> None:
        self._thread: Optional[threading.Thread] = None
        self._words = ""

    @property
    def asking(self) -> bool:
        """Whether a question is under way, or its answer not yet taken."""
        return self._thread is not None

    def ask(self, host: str, port: int, token: str) -> None:
        """Begin to ask."""
        self._thread = threading.Thread(target=self._work, args=(host, port, token), name="live deck", daemon=True)
        self._thread.start()

    def answer(self) -> str:
        """The answer in words, once; empty while there is none."""
        if self._thread is None or self._thread.is_alive():
            return ""
        self._thread = None
        return self._words

    def _work(self, host: str, port: int, token: str) -> None:
        self._words = why_not(host, port, token)


def why_not(host: str, port: int, token: str) -> str:
    """What is wrong at a server's port. Blocks for seconds; never raises."""
    place = f"{host}:{port}"
    try:
        with closing(http.client.HTTPConnection(host, port, timeout=WAIT)) as connection:
            connection.request("GET", "/ws" + (f"?token={quote(token, safe='')}" if token else ""))
            answer = connection.getresponse()
            return words(place, answer.status, answer.read(300).decode("utf-8", "replace"), token)
    except ConnectionRefusedError:
        return f"nobody listens at {place}; HTTP Port is the port of the server's page, and the server has to run"
    except (OSError, OverflowError, http.client.HTTPException, ValueError) as error:
        return f"{place} cannot be reached ({type(error).__name__}: {error}); look at HTTP Port and the firewall"


def words(place: str, status: int, body: str, token: str) -> str:
    """What an HTTP status at the address of the pictures means."""
    if status == _TOKEN:
        wrong = "the Token is wrong" if token else "the server asks for a token"
        return f"{wrong}: put what stands behind token= in the address that the server at {place} said when it started"
    if status == _UPGRADE:
        return (f"the server at {place} is there and lets us in, but this TouchDesigner's WebSocket DAT does not get "
                "through; run the Probe")
    if status in (_NAME, _FULL):
        return f"{place} says: {' '.join(body.split())[:200]}"
    return f"something else answers at {place} ({status}); HTTP Port is the port of the server's page"
