"""Shell of the parameter pages and callbacks inside TouchDesigner: what hands change is sent, what moves is told.

Decides nothing about messages. Python 3.9; `td` exists in TouchDesigner only.
"""

import time
from typing import Any, Callable, Dict, List, Sequence, Tuple

from td_extensions.dns_sd import GROUP, PORT, Found, question
from td_extensions.multicast import Multicast
from td_extensions.panel_model import PanelModel, read_table
from td_extensions.server_finder import ServerFinder
from td_extensions.settings_model import USUAL_SERVER
from td_extensions.state_model import MASK, RATE, StateModel


class PanelExt:
    """Called by the Parameter Execute DAT and by the link."""

    def __init__(self, ownerComp: Any) -> None:  # noqa: N803 - TouchDesigner's name
        self.ownerComp = ownerComp
        table = ownerComp.op("source/interscene_endpoints")
        self._model = PanelModel(read_table(table.text) if table is not None else [])
        self._state = StateModel()
        self._dirty = False
        self._finder = ServerFinder()
        self._network = Multicast()

    def onDestroyTD(self) -> None:  # noqa: N802 - TouchDesigner's name
        """Leave no sockets behind."""
        self._network.close()

    __delTD__ = onDestroyTD

    # by hand ----------------------------------------------------------------------------------

    def ValueChange(self, par: Any) -> None:  # noqa: N802
        """Somebody changed a parameter; or the server did, which says nothing new."""
        self._guarded(lambda: self._value_changed(par), par.name)

    def _value_changed(self, par: Any) -> None:
        link = self.ownerComp.ext.LinkExt
        link.Changed(par.name)
        if par.name == "Playdeck":
            self._turn_to(par.eval())
        message = self._model.changed(par.name, par.eval(), *self._which())
        if message is not None and link.Renderer is not None:
            link.Renderer.tell(message[0], *message[1])

    def Pulse(self, par: Any) -> None:  # noqa: N802
        """Somebody pressed a button."""
        self._guarded(lambda: self._pulsed(par), par.name)

    def _pulsed(self, par: Any) -> None:
        link = self.ownerComp.ext.LinkExt
        own = {"Clearcontrols": link.Clear, "Reconnect": self.Reconnect, "Rebuild": self.Rebuild, "Probe": self.Probe}
        if par.name in own:
            own[par.name]()
            return
        message = self._model.pulsed(par.name, *self._which())
        if message is not None and link.Renderer is not None:
            link.Renderer.tell(message[0], *message[1])

    def Reconnect(self) -> None:  # noqa: N802
        """Say hello anew, and look for servers."""
        self._finder.again()
        self.ownerComp.ext.LinkExt.Start()

    def Rebuild(self) -> None:  # noqa: N802
        """Build the component again from what is embedded in it; from the next frame on, not under our own feet."""
        self._run("rebuild", "interscene_builder")

    def Probe(self) -> None:  # noqa: N802
        """Look at what this TouchDesigner really does."""
        self._run("run_from_component", "interscene_probe_td")

    # from the server --------------------------------------------------------------------------

    def Heard(self, address: str, args: List[Any]) -> None:  # noqa: N802
        """Take in a message that is not about pictures."""
        moment = self._state.heard(address, args)
        self._dirty = True
        if moment is not None:
            self.Call(*moment)
        self._follow(address, args)

    def Turn(self, linked: bool, peers: Tuple[str, ...]) -> None:  # noqa: N802
        """Once a frame: renew the subscription, hand on channels and prompts, look for servers."""
        now = time.perf_counter()
        self._find(linked, peers, now)
        if self._state.renew(linked, now):
            self.ownerComp.ext.LinkExt.Renderer.tell("/system/subscribe", MASK, RATE)
        if self._dirty:
            self._dirty = False
            for moment in self._state.pictures():
                self.Call(*moment)
            self.ownerComp.op("script_state").cook(force=True)
            self._prompts()

    def Servers(self) -> List[Found]:  # noqa: N802
        """The servers that can be found."""
        return self._finder.found

    def Channels(self) -> Dict[str, float]:  # noqa: N802
        """What the CHOP `state` has."""
        return self._state.numbers

    def Rows(self) -> List[List[str]]:  # noqa: N802
        """What the DAT `info` has of the server's words."""
        return self._state.rows()

    def Call(self, name: str, info: Dict[str, Any]) -> None:  # noqa: N802
        """Call an artist's function. What is wrong in it is said, and the show goes on."""
        par = getattr(self.ownerComp.par, "Callbacks", None)
        dat = par.eval() if par is not None else self.ownerComp.op("callbacks")
        if dat is None:
            return
        try:
            function = getattr(dat.module, name, None)
            if function is not None:
                function(info)
        except Exception as error:  # noqa: BLE001 - the border of an artist's function
            self.ownerComp.ext.LinkExt.Say(f"{dat.path} {name}: {type(error).__name__}: {error}")

    # ------------------------------------------------------------------------------------------

    def _guarded(self, action: Callable[[], object], name: str) -> None:
        """The border of what is put into parameters: what makes no sense is said, and nothing is sent."""
        try:
            action()
        except Exception as error:  # noqa: BLE001 - the border to what an artist wrote into a parameter
            self.ownerComp.ext.LinkExt.Say(f"the parameter {name}: {type(error).__name__}: {error}")

    def _follow(self, address: str, args: List[Any]) -> None:
        """Have a parameter say what the server says; one that an artist has given an expression is left alone."""
        follows = self._model.heard(address, args, self._which()[0])
        par = getattr(self.ownerComp.par, follows[0], None) if follows is not None else None
        if par is None or follows is None or par.eval() == follows[1] or not _constant(par):
            return
        par.val = follows[1]
        self._model.holds(follows[0], par.eval())

    def _find(self, linked: bool, peers: Tuple[str, ...], now: float) -> None:
        """Ask the network for servers now and then, and offer those that answer."""
        asked = self._finder.due(linked, now)
        if asked:
            self._network.ask(question(), GROUP, PORT, peers)
        packets = self._network.heard()
        for data, sender in packets:
            self._finder.heard(data, sender)
        if not self._finder.listening(now):
            self._network.close()
        par = getattr(self.ownerComp.par, "Server", None)
        if not (asked or packets) or par is None or par.menuNames is None:
            return
        names, labels = self._finder.menu(USUAL_SERVER)
        if (par.menuNames, par.menuLabels) != (names, labels):
            par.menuNames, par.menuLabels = names, labels

    def _turn_to(self, deck: int) -> None:
        """Have the page say what is so on another deck."""
        known: Dict[str, Any] = {**self._state.numbers, **self._state.texts}
        for key, value in known.items():
            owner, _, name = key.partition("/")
            if owner == f"deck{deck}":
                self._follow(f"/deck/{deck}/state/{name}", [value])

    def _prompts(self) -> None:
        wanted = getattr(self.ownerComp.par, "Prompt", None)
        for number in range(1, 65):
            deck = self.ownerComp.op(f"deck{number}")
            if deck is None:
                return
            text = self._state.texts.get(f"deck{number}/prompt", "") if wanted is not None and wanted.eval() else ""
            deck.ext.DeckExt.Prompt(text)

    def _which(self) -> Sequence[Any]:
        par = self.ownerComp.par
        deck, mark, axis = (getattr(par, name, None) for name in ("Playdeck", "Marknumber", "Axisname"))
        return (int(deck.eval()) if deck is not None else 1, int(mark.eval()) if mark is not None else 1,
                str(axis.eval()) if axis is not None else "seed")

    def _run(self, function: str, module: str) -> None:
        td: Any = __import__("td")
        dat = self.ownerComp.op(f"source/{module}")
        if dat is None:
            self.ownerComp.ext.LinkExt.Say(f"this component was built without {module}; build it from the repository")
            return
        td.run(f"op('{dat.path}').module.{function}(op('{self.ownerComp.path}'))", delayFrames=1)


def _constant(par: Any) -> bool:
    return str(getattr(par.mode, "name", par.mode)).endswith("CONSTANT")
