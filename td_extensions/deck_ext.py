"""Shell of one deck inside TouchDesigner: carries out on Movie File In TOPs what the plain model wants shown.

Decides nothing about pictures. Python 3.9; `td` exists in TouchDesigner only, and is looked for when it is used.
"""

from typing import Any, Dict, List, Optional, Tuple

from td_extensions.deck_model import DeckModel, Shown
from td_extensions.media_path import movie_path, why_not
from td_extensions.reels import REELS
from td_extensions.renderer_model import RendererModel
from td_extensions.standing_model import StandingModel

PATIENCE = 0.5
"""Seconds after which TouchDesigner's word on reading ahead is no longer waited for."""
OPEN_LIMIT = 30.0
"""Seconds after which an opening is given up."""
LOOK_EVERY = 1.0
PROFILES: Dict[str, Tuple[Tuple[str, Any], ...]] = {
    "play": (("prereadframes", 10), ("frametimeout", 100), ("frametimeoutstrat", "keep")),
    "scrub": (("prereadframes", 3), ("frametimeout", 50), ("frametimeoutstrat", "seeking")),
}
"""How movies are read: far ahead for even motion, or little and quickly for a hand that moves to and fro."""


class Opening:
    """A file that is being opened on a reel."""

    def __init__(self, clip: int, path: str, begun: float) -> None:
        self.clip = clip
        self.path = path
        self.begun = begun
        self.open_since: Optional[float] = None
        self.failing = False


class DeckExt:
    """Called by the link once a frame. Everything that it writes is written only when it changes."""

    def __init__(self, ownerComp: Any) -> None:  # noqa: N803 - TouchDesigner's name
        self.ownerComp = ownerComp
        self.number = ownerComp.digits or 1
        self._files = [_dependency("") for _ in range(REELS)]
        self._serials: Dict[int, int] = {}
        self._openings: Dict[int, Opening] = {}
        self._ready: Dict[int, str] = {}
        self._told: Dict[int, Tuple[Optional[int], int]] = {}
        self._written: Dict[str, Any] = {}
        self._tops: Dict[int, int] = {}
        self._doubtful = True
        self._looked = 0.0
        self._standing = StandingModel()
        self._troubles: Dict[int, str] = {}
        self.smooth = False
        self._profile: Optional[str] = None

    def File(self, reel: int) -> str:  # noqa: N802 - an artist's verb
        """The file of a reel, as the expression of its TOP asks for it. Nothing is open before the server is there."""
        return str(self._files[reel].val)

    # what the artist chose --------------------------------------------------------------------

    def Shape(self, width: int, height: int, fit: str) -> None:  # noqa: N802
        """Make every picture this large, fitted in one of TouchDesigner's ways."""
        names = [f"fit_player{reel}" for reel in range(REELS)] + ["constant_black", "text_prompt"]
        for name in names:
            self._write(name, "resolutionw", width)
            self._write(name, "resolutionh", height)
        for reel in range(REELS):
            self._write(f"fit_player{reel}", "fit", fit)

    def Read(self, profile: str, smooth: bool) -> None:  # noqa: N802
        """Read movies by a profile; smooth blends neighbouring frames."""
        self.smooth = smooth
        turned, self._profile = self._profile not in (None, profile), profile
        for reel in range(REELS):
            for name, value in PROFILES.get(profile, PROFILES["play"]):
                if turned or self._of_a_profile(reel, name):
                    self._write(f"player{reel}", name, value)
            self._write(f"player{reel}", "interp", smooth)

    def _of_a_profile(self, reel: int, name: str) -> bool:
        """Whether a parameter has a value of ours; another one is an artist's, and stays until the profile changes."""
        top = self._top(reel)
        par = getattr(top.par, name, None) if top is not None else None
        return par is None or par.eval() in [dict(profile)[name] for profile in PROFILES.values()]

    def Prompt(self, text: str) -> None:  # noqa: N802
        """Words over the picture."""
        self._write("text_prompt", "text", text)

    def Forget(self) -> None:  # noqa: N802
        """Begin anew: another model says which files are to be open."""
        self.Renew()
        self._serials.clear()

    def Renew(self) -> None:  # noqa: N802
        """Write everything anew when the next frame is cooked: somebody else's hand was here."""
        self._written.clear()
        self._doubtful = True

    def Missing(self) -> List[str]:  # noqa: N802
        """The operators that cannot be done without and are gone."""
        names = [f"{kind}_player{reel}" for reel in range(REELS) for kind in ("fit", "level")]
        names += [f"player{reel}" for reel in range(REELS)]
        return [f"{self.ownerComp.name}/{name}" for name in names if self.ownerComp.op(name) is None]

    def Close(self) -> None:  # noqa: N802
        """Let go of every file."""
        for reel in range(REELS):
            self._unload(reel)
            self._write(f"level_player{reel}", "opacity", 0.0)
        self._serials.clear()

    # once a frame -----------------------------------------------------------------------------

    def Cook(self, renderer: RendererModel, folder: str, even: float, now: float,  # noqa: N802
             gain: float = 1.0) -> None:
        """Show what is to be shown at `even`; say what has become ready."""
        model = renderer.decks[self.number]
        if self._doubtful:
            self._reclaim()
        for shown in model.shown(even):
            if self._serials.get(shown.reel, 0) != shown.serial:
                self._thread(renderer, shown, folder, now)
        for reel, opening in list(self._openings.items()):
            self._poll(renderer, reel, opening, folder, now)
        if now - self._looked >= LOOK_EVERY:
            self._looked = now
            self._look(renderer, model, now)
            self._look_for_standing(renderer, model.shown(even), now)
        whole = model.shown(even)
        for shown in whole:
            self._show(shown, gain)
        self._report(renderer, whole)
        prepared = model.prepared
        reel = REELS if prepared is None or prepared.reel is None else prepared.reel
        self._write("switch_preview", "index", reel)

    def Trouble(self) -> str:  # noqa: N802
        """What is wrong with what is seen, in words; empty while nothing is."""
        return next(iter(self._troubles.values()), "")

    def Health(self) -> Tuple[int, float, float]:  # noqa: N802
        """Pre-read misses, the longest decode in milliseconds, and megabytes on the graphics card."""
        misses, decode, memory = 0, 0.0, 0.0
        for reel in range(REELS):
            info = self.ownerComp.op(f"info_player{reel}")
            misses += int(_channel(info, "pre_read_misses"))
            decode = max(decode, _channel(info, "last_frame_decode_time"))
            memory += float(getattr(self._top(reel), "gpuMemory", 0) or 0) / 1e6
        return misses, decode, memory

    def Rows(self, model: DeckModel, now: float) -> List[List[object]]:  # noqa: N802
        """What there is to know about each reel, for the table."""
        return [[self.number, shown.reel, shown.clip or "", shown.path or "",
                 "opening" if shown.opening else ("open" if shown.path else ""),
                 "" if shown.frame is None else shown.frame, self._top(shown.reel).lastIndexUploaded,
                 round(shown.level, 3)] for shown in model.shown(now)]

    # ------------------------------------------------------------------------------------------

    def _thread(self, renderer: RendererModel, shown: Shown, folder: str, now: float) -> None:
        """Have the file open on a reel that the model wants there."""
        self._serials[shown.reel] = shown.serial
        self._unload(shown.reel)
        if shown.path is None or shown.clip is None:
            return
        try:
            path = movie_path(folder, shown.path)
        except ValueError as refused:
            renderer.failed(self.number, shown.clip, str(refused), now)
            return
        top = self._top(shown.reel)
        self._write(f"player{shown.reel}", "index", shown.start)
        self._files[shown.reel].val = path
        self._openings[shown.reel] = Opening(shown.clip, path, now)
        top.preload(shown.start)

    def _unload(self, reel: int) -> None:
        self._openings.pop(reel, None)
        self._ready.pop(reel, None)
        self._told.pop(reel, None)
        self._troubles.pop(reel, None)
        self._standing.forget(reel)
        if self._files[reel].val:
            self._files[reel].val = ""
            # The memory is kept for the next movie, which is of the same size if people are careful.
            try:
                self._top(reel).unload(cacheMemory=True)
            except TypeError:  # of a build that cannot keep it
                self._top(reel).unload()

    def _poll(self, renderer: RendererModel, reel: int, opening: Opening, folder: str, now: float) -> None:
        """Look how far an opening is."""
        top = self._top(reel)
        if now <= opening.begun:
            return  # what it says may still be about the file before
        if top.isOpen:
            opening.open_since = now if opening.open_since is None else opening.open_since
            if not top.isFullyPreRead and now - opening.open_since < PATIENCE:
                return
            del self._openings[reel]
            self._ready[reel] = opening.path
            top.cook(force=True)  # uploaded while it is hidden, so that a take costs nothing
            renderer.opened(self.number, opening.clip, int(top.numImages), now)
        elif top.isInvalid or _channel(self.ownerComp.op(f"info_player{reel}"), "open_failed") > 0.0:
            if not opening.failing:  # it may still say so of the file before
                opening.failing = True
                top.cook(force=True)
                return
            del self._openings[reel]
            renderer.failed(self.number, opening.clip, why_not(folder, opening.path), now)
        elif now - opening.begun > OPEN_LIMIT:
            del self._openings[reel]
            renderer.failed(self.number, opening.clip, f"TouchDesigner did not open {opening.path} within "
                            f"{OPEN_LIMIT:g} s", now)
        elif now - opening.begun > PATIENCE:
            top.cook(force=True)  # in case that reading ahead alone opens nothing

    def _look(self, renderer: RendererModel, model: DeckModel, now: float) -> None:
        """Notice movies that were lost while they were open."""
        for player in model.players:
            reel = player.reel
            if reel in self._ready and player.open_id is not None and player.state == "ready":
                top = self._top(reel)
                if top.isInvalid or not (top.isOpen or top.isOpening):
                    renderer.failed(self.number, player.open_id, f"{player.path} was lost while it was open", now)

    def _look_for_standing(self, renderer: RendererModel, whole: List[Shown], now: float) -> None:
        """Notice pictures that do not follow, and say why that may be."""
        for shown in whole:
            if shown.clip is None or shown.level <= 0.0 or shown.reel not in self._ready:
                continue
            top = self._top(shown.reel)
            uploaded = int(top.lastIndexUploaded)
            if not self._standing.stands(shown.reel, shown.clip, shown.frame, uploaded, int(top.totalCooks), now):
                self._troubles.pop(shown.reel, None)
                continue
            # Said again and again, the same frame tells the server that it stands, and is not merely not looked at.
            renderer.shown(self.number, shown.clip, uploaded)
            if shown.reel not in self._troubles:
                self._troubles[shown.reel] = (f"deck {self.number}: {shown.path} cannot be read any more, or far too "
                                              "slowly; the last picture stays. Check it with: interscene verify")
                renderer.say(self._troubles[shown.reel])

    def _show(self, shown: Shown, gain: float) -> None:
        self._write(f"level_player{shown.reel}", "opacity", round(shown.level * gain, 6))
        if shown.position is None or shown.reel not in self._ready:
            return
        self._write(f"player{shown.reel}", "index", shown.position if self.smooth else shown.frame)

    def _report(self, renderer: RendererModel, whole: List[Shown]) -> None:
        """Say which frames were uploaded since; TouchDesigner may be late, and that is what is said."""
        for shown in whole:
            if shown.clip is None or shown.reel not in self._ready:
                continue
            uploaded = (shown.clip, int(self._top(shown.reel).lastIndexUploaded))
            if uploaded[1] >= 0 and self._told.get(shown.reel) != uploaded:
                self._told[shown.reel] = uploaded
                renderer.shown(self.number, shown.clip, uploaded[1])

    def _top(self, reel: int) -> Any:
        return self.ownerComp.op(f"player{reel}")

    def _reclaim(self) -> None:
        """See to it that every file is ours again; one that is not, or that a new operator is to have, is reopened."""
        for reel in range(REELS):
            top, expression = self._top(reel), f"parent().ext.DeckExt.File({reel})"
            if top is None:
                continue
            ours = top.par.file.expr == expression and _mode(top.par.file) == "EXPRESSION"
            if not ours or top.id != self._tops.get(reel):
                self._tops[reel] = top.id
                self._serials.pop(reel, None)
                top.par.file.expr = expression
        self._doubtful = False

    def _write(self, name: str, par: str, value: Any) -> None:
        """Set a parameter if that is news; one that this build lacks was reported when the component was built."""
        if self._written.get(f"{name}.{par}") == value:
            return
        self._written[f"{name}.{par}"] = value
        op = self.ownerComp.op(name)
        found = getattr(op.par, par, None) if op is not None else None
        if found is not None:
            found.val = value


def _mode(par: Any) -> str:
    """How a parameter gets its value: CONSTANT, EXPRESSION, EXPORT or BIND."""
    return str(getattr(par.mode, "name", par.mode)).rpartition(".")[2]


def _channel(chop: Any, name: str) -> float:
    channel = chop[name] if chop is not None else None
    return 0.0 if channel is None else float(channel.eval())


def _dependency(value: Any) -> Any:
    """A value that expressions follow."""
    td: Any = __import__("td")
    tdu = getattr(td, "tdu", None) or __import__("tdu")
    return tdu.Dependency(value)
