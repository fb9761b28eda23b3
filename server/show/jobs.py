"""Jobs as the show deals with them: orders go to whoever makes things, what comes back becomes state."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from server.protocol.command import Command
from server.show.events import (
    Grew,
    Jobbed,
    JobOrder,
    JobTold,
    Made,
    NeedDetour,
    NeedJob,
    NeedTransition,
    Standing,
    Stunted,
    WorkerTold,
)
from server.show.making_state import Making
from server.show.song_map import SongMap
from server.units import Seconds

if TYPE_CHECKING:
    from server.show.show import Show

ASKED_MAX: Final = 256
"""Orders of people that wait for the number of their job."""
OPENING: Final[Seconds] = 0.2
"""How long a renderer takes to open a movie, before one has been timed."""
FORGETS: Final = 0.8
"""How much of the longest time to open counts after each shorter one."""


class Jobs:
    """The book of what was asked for. Everything goes out as an event, and nothing is waited for."""

    def __init__(self, show: Show) -> None:
        self._show = show
        self._asked: dict[int, Command] = {}
        self._ticket = 0
        self.opening: Seconds = OPENING

    @property
    def making(self) -> Making:
        return self._show.state.making

    def put(self, making: Making) -> None:
        self._show.state = replace(self._show.state, making=making)

    def opened(self, seconds: Seconds) -> None:
        """A renderer has opened a movie in this time."""
        self.opening = max(seconds, self.opening * FORGETS)

    # asking -----------------------------------------------------------------------------------

    def want(self, number: int, graph: SongMap, start: str, end: str, *, live: bool) -> None:
        """A walk lacks a transition."""
        making = self.making
        self._show.emit(NeedTransition(number, graph.folder, start, end, making.recipe, self.opening,
                                       live and making.makes))

    def ask(self, command: Command, event: NeedJob | NeedDetour) -> None:
        """Have something made for a person; who asked hears its number."""
        if len(self._asked) >= ASKED_MAX:
            del self._asked[next(iter(self._asked))]
        self._ticket += 1
        self._asked[self._ticket] = command
        if isinstance(event, NeedJob):
            event = replace(event, client=f"{command.source.kind} {command.source.host}:{command.source.port}")
        self._show.emit(replace(event, ticket=self._ticket))

    def order(self, order: JobOrder) -> None:
        self._show.emit(order)

    def relax(self, number: int) -> None:
        """A deck goes elsewhere: what it waited for and does not play is no longer urgent."""
        current = self._show.state.deck(number).current
        route = current.route if current is not None else None
        played = {hop.job for hop in route.hops} if route is not None else set()
        for job in self.making.open_jobs():
            if job.live and job.deck == number and job.id not in played:
                self._show.emit(JobOrder("relax", job.id))

    def standing(self, number: int, picture: str) -> None:
        """A deck has come to a picture: what may follow can be begun."""
        graph, making = self._show.state.song(number).graph, self.making
        if graph is not None and making.attached and making.ahead and picture:
            self._show.emit(Standing(number, graph.folder, picture, making.recipe))

    # hearing ----------------------------------------------------------------------------------

    def heard(self, news: Made, now: Seconds) -> None:
        """Take in what the maker says."""
        if isinstance(news, Jobbed):
            self._answered(news, now)
        elif isinstance(news, JobTold):
            before = self.making.job(news.job.id)
            self.put(self.making.with_job(news.job))
            if news.job.state == "failed" and (before is None or before.state != "failed"):
                self._show.tell(f"job {news.job.id}, {_what(news)}, failed: {news.job.reason}", "job")
            elif news.job.rung and (before is None or before.rung != news.job.rung):
                self._show.tell(f"job {news.job.id}, {_what(news)}: {news.job.rung}", "job")
        elif isinstance(news, WorkerTold):
            self.put(replace(self.making, worker=news.worker, attached=news.attached))
            if news.note:
                self._show.tell(news.note, "worker")
        elif isinstance(news, Grew):
            self._show.growth.grew(news, now)
        elif isinstance(news, Stunted):
            self._show.growth.stunted(news.job, now)

    def _answered(self, news: Jobbed, now: Seconds) -> None:
        command = self._asked.pop(news.ticket, None)
        if command is None:
            return
        if news.error:
            self._show.refuse(command, news.code, news.error, now)
        else:
            self._show.acknowledge(command, news.job)


def _what(news: JobTold) -> str:
    job = news.job
    return f"{job.first} to {job.second}" if job.what != "picture" else job.first
