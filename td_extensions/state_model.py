"""The server's state as it was told last: numbers for channels, and the moments that callbacks are about.

Knows nothing of TouchDesigner. Python 3.9, standard library only.
"""

from typing import Any, Dict, List, Optional, Sequence, Tuple

RENEW_EVERY = 60.0
"""Seconds between subscriptions; the server forgets after 150."""
MASK = "/deck/*/state/* /clock/state/* /system/state/song /job/* /error"
RATE = 10.0
CALLBACKS = (("onConnect", "A server answered: `server`."),
             ("onDisconnect", "The server is silent: `server`."),
             ("onReady", "A movie can be shown: `deck`, `clip`, `path`."),
             ("onTake", "Another clip is on screen: `deck`, `clip`."),
             ("onMark", "A mark was passed: `deck`, `mark`."),
             ("onPicture", "Another picture of the movie: `deck`, `picture`, `prompt`."),
             ("onTransition", "Another movie of the clip: `deck`, `movie`."),
             ("onJob", "A job of the server moved: `id`, `what`, `value`."),
             ("onError", "Something could not be done: `code`, `text`; `deck` where it is about one."))
"""Every callback with what it is told."""
_MOMENTS = {"clip": ("onTake", "clip"), "mark": ("onMark", "mark"), "picture": ("onPicture", "picture"),
            "movie": ("onTransition", "movie")}


class StateModel:
    """Takes in state messages; says which callback each of them is."""

    def __init__(self) -> None:
        self.numbers: Dict[str, float] = {}
        """Channel name → value: `deck1/frame`, `clock/beat`."""
        self.texts: Dict[str, str] = {}
        self._renewed: Optional[float] = None
        self._pictures: Dict[str, Dict[str, Any]] = {}

    def renew(self, linked: bool, now: float) -> bool:
        """Whether to subscribe now."""
        if not linked:
            self._renewed = None
            return False
        if self._renewed is not None and now - self._renewed < RENEW_EVERY:
            return False
        self._renewed = now
        return True

    def heard(self, address: str, args: Sequence[Any]) -> Optional[Tuple[str, Dict[str, Any]]]:
        """Take in a message. The callback that it is, and what there is to know; None where it is none."""
        parts = address.split("/")
        if not all(isinstance(arg, (int, float, str)) for arg in args):
            return None
        if parts[1:2] == ["job"] and len(parts) == 4 and args:
            return "onJob", {"id": parts[2], "what": parts[3], "value": args[0]}
        if len(args) != 1 or len(parts) < 4 or parts[-2] != "state":
            return None
        owner = parts[1] + (parts[2] if parts[1] == "deck" else "")
        key, value = f"{owner}/{parts[-1]}", args[0]
        if isinstance(value, str):
            before, self.texts[key] = self.texts.get(key), value
            if before is None or before == value or parts[-1] not in _MOMENTS or not value:
                return None
            name, what = _MOMENTS[parts[-1]]
            about = {"deck": int(parts[2]), what: value}
            if name == "onPicture":
                self._pictures[owner] = about
                return None
            return name, about
        self.numbers[key] = float(value)
        return None

    def pictures(self) -> List[Tuple[str, Dict[str, Any]]]:
        """The pictures since the last time, once all that came with them is taken in: their prompts come later."""
        found, self._pictures = self._pictures, {}
        return [("onPicture", {**about, "prompt": self.texts.get(f"{owner}/prompt", "")})
                for owner, about in found.items()]

    def rows(self) -> List[List[str]]:
        """The texts, for a table."""
        return [[key, self.texts[key]] for key in sorted(self.texts)]


def template() -> str:
    """The Callbacks DAT as it is before anybody has written in it."""
    lines = ['"""What is to happen when the show moves. Each function gets a dictionary; write into those you need."""']
    for name, about in CALLBACKS:
        lines += ["", "", f"def {name}(info):", f"    # {about}", "    return"]
    return "\n".join(lines) + "\n"
