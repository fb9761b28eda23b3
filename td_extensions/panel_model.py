"""The endpoint table as parameters: which there are, what one sends when it changes, and which state it follows.

Knows nothing of TouchDesigner; the table comes as JSON. Python 3.9, standard library only.
"""

import json
import shlex
from typing import Any, Dict, List, NamedTuple, Optional, Sequence, Tuple

DECK = "/deck/{n}/"
GLOBAL = ("/master/", "/clock/", "/song", "/select/", "/system/panic", "/system/engaged", "/snapshot/save",
          "/snapshot/recall", "/snapshot/undo")
STYLES = {"f": "Float", "i": "Int", "T": "Toggle", "s": "Str"}
FOLLOWED = {"freeze": "frozen", "file": None, "song": None, "frame": "frame"}
"""Where the state of a row has another name than the row."""
HELP = 300

Message = Tuple[str, List[Any]]


class Spec(NamedTuple):
    """One parameter of the page Play."""

    name: str
    label: str
    style: str
    address: str
    section: str = ""
    menu: Tuple[str, ...] = ()
    low: Optional[float] = None
    high: Optional[float] = None
    default: Any = None
    help: str = ""
    first: bool = False
    """Whether it begins a section of the page."""


def par_name(address: str) -> str:
    """`/deck/{n}/pulse/add` → `Pulseadd`: one capital, then small letters and digits, as TouchDesigner wants."""
    words = [word for word in address.replace(DECK, "/").split("/") if word and not word.startswith("{")]
    return "".join(words).replace("_", "").lower().capitalize()


def read_table(text: str) -> List[Dict[str, Any]]:
    """The rows of the endpoint table."""
    rows: List[Dict[str, Any]] = json.loads(text)["rows"]
    return rows


def specs(rows: Sequence[Dict[str, Any]]) -> List[Spec]:
    """The parameters that the page Play has, in the order of the table."""
    found = [Spec("Playdeck", "Deck", "Int", "", "Which", low=1, high=64, default=1, first=True,
                  help="The deck that this page acts on."),
             Spec("Marknumber", "Mark Number", "Int", "", "Which", low=1, high=999, default=1,
                  help="The mark that Mark, Mark Set and Mark Clear act on."),
             Spec("Axisname", "Axis Name", "Str", "", "Which", default="seed",
                  help="The axis of a grid movie that Axis acts on.")]
    section = "Which"
    for row in rows:
        if not _is_command(row):
            continue
        spec = _spec(row, first=row["section"] != section)
        taken = any(one.name == spec.name for one in found)
        found.append(spec._replace(name="Show" + spec.name.lower()) if taken else spec)
        section = row["section"]
    return found


def _is_command(row: Dict[str, Any]) -> bool:
    address: str = row["address"]
    ours = address.startswith(DECK) or address.startswith(GLOBAL)
    return bool(row["access"] != "r" and ours and address != "/clock/beats")


def _spec(row: Dict[str, Any], *, first: bool) -> Spec:
    address, args = row["address"], row["args"]
    label = " ".join(word.capitalize() for word in address.replace(DECK, "/").split("/")
                     if word and not word.startswith("{"))
    about = f"{row['doc']}  {address}"[:HELP]
    if not args:
        return Spec(par_name(address), label, "Pulse", address, row["section"], help=about, first=first)
    needed = [arg for arg in args if not arg["optional"]] or args
    if len(needed) > 1:
        words = " ".join(str(value) for value in row["example"])
        return Spec(par_name(address), label, "Str", address, row["section"], help=f"{about}, for example {words}",
                    first=first)
    arg = needed[0]
    style = "Menu" if arg["choices"] else STYLES.get(arg["tag"], "Str")
    default = row["default"] if row["default"] is not None else arg["default"]
    return Spec(par_name(address), label, style, address, row["section"], tuple(arg["choices"] or ()), arg["low"],
                arg["high"], default, about, first)


class PanelModel:
    """What a change of a parameter says to the server, and what the server's state says to parameters."""

    def __init__(self, rows: Sequence[Dict[str, Any]]) -> None:
        self._specs = {spec.name: spec for spec in specs(rows)}
        self._args = {row["address"]: row["args"] for row in rows}
        self._followers = {(_state_of(spec), spec.address.startswith(DECK)): spec for spec in self._specs.values()
                           if spec.address and spec.style != "Pulse"}
        self._told: Dict[str, Any] = {}

    def changed(self, name: str, value: Any, deck: int, mark: int, axis: str) -> Optional[Message]:
        """The message that a change by hand sends; None where it says nothing, or only repeats the server."""
        spec = self._specs.get(name)
        if spec is None or not spec.address or spec.style == "Pulse":
            return None
        if name in self._told and self._told.pop(name) == value:
            return None
        if spec.style == "Str" and not str(value).strip():
            return None
        return self._message(spec, self._values(spec, value), deck, mark, axis)

    def pulsed(self, name: str, deck: int, mark: int, axis: str) -> Optional[Message]:
        """The message that a button sends."""
        spec = self._specs.get(name)
        if spec is None or spec.style != "Pulse":
            return None
        return self._message(spec, [], deck, mark, axis)

    def heard(self, address: str, args: Sequence[Any], deck: int) -> Optional[Tuple[str, Any]]:
        """The parameter that a state message is about, and its value; None where no parameter follows it."""
        parts = address.split("/")
        if len(args) != 1 or len(parts) < 4 or parts[-2] != "state":
            return None
        of_deck = parts[1] == "deck"
        if of_deck and parts[2] != str(deck):
            return None
        spec = self._followers.get((parts[-1] if of_deck else f"{parts[1]}/{parts[-1]}", of_deck))
        if spec is None or (spec.menu and args[0] not in spec.menu):
            return None
        value = _of_style(spec.style, args[0])
        self._told[spec.name] = value
        return spec.name, value

    def holds(self, name: str, value: Any) -> None:
        """A parameter was set to what the server says, and this is what it made of it."""
        self._told[name] = value

    @staticmethod
    def _message(spec: Spec, values: List[Any], deck: int, mark: int, axis: str) -> Message:
        address = spec.address.replace("{n}", str(deck)).replace("{m}", str(mark)).replace("{name}", axis)
        return address, values

    def _values(self, spec: Spec, value: Any) -> List[Any]:
        needed = [arg for arg in self._args[spec.address] if not arg["optional"]]
        if spec.style != "Str" or len(needed) == 1:
            return [_of_style(spec.style, value)]
        words = _words(str(value))
        tags = [arg["tag"] for arg in self._args[spec.address]]
        tags += ["s"] * max(0, len(words) - len(tags))
        return [_of_tag(tags[index], word) for index, word in enumerate(words)]


def _state_of(spec: Spec) -> Optional[str]:
    if not spec.address.startswith(DECK):
        return spec.address[1:]
    name = spec.address[len(DECK):]
    return FOLLOWED.get(name, name)


def _words(text: str) -> List[str]:
    """What is written, word by word; a name with blanks stands in quotes."""
    lexer = shlex.shlex(text, posix=True)
    lexer.whitespace_split, lexer.quotes, lexer.escape, lexer.commenters = True, '"', "", ""
    try:
        return list(lexer)
    except ValueError:  # a quote that is never closed is a letter like any other
        return text.split()


def _of_style(style: str, value: Any) -> Any:
    kinds = {"Float": float, "Int": int, "Toggle": bool}
    return kinds[style](value) if style in kinds else str(value)


def _of_tag(tag: str, word: str) -> Any:
    try:
        return {"f": float, "i": int}[tag](word)
    except (KeyError, ValueError):
        return word
