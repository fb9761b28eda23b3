"""Bad input over real UDP: the component says what is wrong, and keeps the last picture."""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from component_builder import embedded
from fake_td import NEVER
from show_in_td import STALL, TOLERANCE, Together, restarted, together
from virtual_server import VirtualServer

from server.media.numbered import read_number
from td_project import builder


def says(stage: Together, word: str) -> bool:
    """Whether the component says it on itself or in its log."""
    return any(word in line for line in [*stage.log(), str(stage.comp.par.Status.eval()), stage.comp.errors(True),
                                         stage.comp.warnings(True)])


def test_a_movie_that_touchdesigner_cannot_open(media: Path, tmp_path: Path) -> None:
    folder = tmp_path / "media"
    shutil.copytree(media, folder)
    with together(folder, open_time=lambda path, chance: 0.3) as stage:
        stage.load("a.mov")
        assert stage.do("/deck/1/load", "b.mov", 0.0) == (), "the server has looked at it"
        (folder / "b.mov").write_bytes(b"this is no movie" * 100)
        begin = len(stage.seen)
        stage.run(1.5)
        assert says(stage, "TouchDesigner cannot open b.mov; check it with: interscene verify")
        assert "b.mov" in stage.comp.par.Status.eval()
        assert {(seen.number or 9999) // 1000 for seen in stage.seen[begin:]} == {0}, "the last movie stays"
        stage.load("c.mov")


def overwrite(path: Path) -> None:
    """Its pictures are noise; the place of each stays."""
    data = bytearray(path.read_bytes())
    data[len(data) // 8:] = random.Random(1).randbytes(len(data) - len(data) // 8)
    path.write_bytes(data)


HARMS: dict[str, Callable[[Path], object]] = {
    "deleted": Path.unlink, "overwritten": overwrite, "cut short": lambda path: os.truncate(path, 20_000)}


@pytest.mark.parametrize("harm", HARMS)
def test_a_movie_that_vanishes_or_changes_while_it_is_shown(media: Path, tmp_path: Path, harm: str) -> None:
    folder = tmp_path / "media"
    shutil.copytree(media, folder)
    with together(folder, open_time=lambda path, chance: 0.05) as stage:
        stage.load("a.mov")
        begin = len(stage.seen)
        HARMS[harm](folder / "a.mov")
        stage.run(3.0)
        assert all(seen.picture.max() > 0 for seen in stage.seen[begin:]), "never black"
        assert {(seen.number or 0) // 1000 for seen in stage.seen[begin:]} == {0}
        if harm != "deleted":  # who has it open reads on, on the systems that let it be deleted
            assert says(stage, "a.mov cannot be read any more")
            assert "a.mov" in stage.comp.par.Status.eval()
        if harm == "overwritten":
            stage.run(4.0)
            assert stage.server is not None
            assert "it is opened anew" in " ".join(one.text for one in stage.server.show.complaints)
            assert all(seen.picture.max() > 0 for seen in stage.seen[begin:]), "nor while it is tried once more"
            return  # that it cannot be opened is now to be read for a while
        stage.load("b.mov")
        stage.run(1.0)
        assert "linked" in stage.comp.par.Status.eval()


def test_two_components_on_the_same_ports(media: Path) -> None:
    with together(media, open_time=lambda path, chance: 0.1) as stage:
        stage.load("a.mov")
        with stage.td.installed():
            parent = stage.td.create(stage.td.root, "baseCOMP", "elsewhere")
            other, _ = builder.build(stage.td.td, embedded(), "0", parent, decks=1)
        for name in ("Streamport", "Eventport", "Server", "Sizew", "Sizeh"):
            other.par[name].val = stage.comp.par[name].eval()
        stage.td.view(other.op("out1"))
        stage.run(1.5)
        for movie in ("b.mov", "c.mov", "a.mov"):
            stage.load(movie)
            stage.run(0.5)
            assert stage.difference(stage.seen[-1]) <= TOLERANCE
            number = read_number(np.ascontiguousarray(other.op("out1")._picture[..., :3]))
            assert number == stage.seen[-1].number, "both hear everything"


def test_a_movie_that_vanishes_before_it_is_opened(media: Path, tmp_path: Path) -> None:
    folder = tmp_path / "media"
    shutil.copytree(media, folder)
    with together(folder, open_time=lambda path, chance: 0.3) as stage:
        stage.load("a.mov")
        stage.do("/deck/1/load", "b.mov", 0.0)
        (folder / "b.mov").unlink()
        stage.run(1.5)
        assert says(stage, "b.mov")
        assert (stage.seen[-1].number or 0) < 1000
        assert stage.seen[-1].number is not None
        stage.load("c.mov")
        assert (stage.seen[-1].number or 0) // 1000 == 2


def test_an_opening_that_never_ends(media: Path) -> None:
    with together(media, open_time=lambda path, chance: NEVER if path.endswith("b.mov") else 0.05) as stage:
        stage.comp.op("source/interscene_deck_ext").module.OPEN_LIMIT = 1.0  # half a minute otherwise
        stage.load("a.mov")
        stage.do("/deck/1/load", "b.mov", 0.0)
        stage.run(2.0)
        assert says(stage, "b.mov")
        assert stage.seen[-1].number is not None
        assert stage.seen[-1].number < 1000
        stage.load("c.mov")
        assert not stage.td.stalls or max(stall.seconds for stall in stage.td.stalls) < STALL


def test_a_wrong_media_folder(media: Path, tmp_path: Path) -> None:
    with together(media, open_time=lambda path, chance: 0.05) as stage:
        stage.load("a.mov")
        stage.comp.par.Mediafolder = str(tmp_path / "elsewhere")
        stage.run(0.1)
        stage.do("/deck/1/load", "b.mov", 0.0)
        stage.run(1.0)
        assert says(stage, "Media Folder")
        assert stage.seen[-1].number is not None
        stage.comp.par.Mediafolder = ""
        stage.run(0.2)
        stage.load("c.mov")


def test_a_second_server_is_not_followed(media: Path) -> None:
    with together(media, open_time=lambda path, chance: 0.05) as stage:
        stage.load("a.mov")
        stage.do("/deck/1/pause")
        stage.do("/deck/1/frame", 33)
        stage.run(0.1)
        other = VirtualServer(media, session=9, now=stage.clock.now)
        try:
            from server.protocol.stream import StreamTemplate

            packet = StreamTemplate(1).pack(7, [(1, 77.0, 0.0, 1.0), (0, 0.0, 0.0, 0.0), (0, 0.0, 0.0, 0.0)])
            for _ in range(60):
                other.socket.sendto(packet, ("127.0.0.1", stage.ports[0]))
                stage.run(1 / 60)
        finally:
            other.close()
        stage.run(0.5)
        assert stage.seen[-1].number == 33
        assert says(stage, "another server")


def test_ports_that_another_program_has(media: Path) -> None:
    import socket

    with together(media) as stage, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("0.0.0.0", 0))
        stage.load("a.mov")
        stage.comp.par.Eventport = taken.getsockname()[1]
        stage.run(2.0)
        assert says(stage, str(taken.getsockname()[1]))
        assert stage.seen[-1].number is not None
        stage.comp.par.Eventport = stage.ports[1]
        stage.run(2.0)
        stage.load("b.mov")


NONSENSE = [("Server", "nonsense"), ("Server", "no such host:99999"), ("Server", ""), ("Streamport", -5),
            ("Eventport", 999999), ("Sizew", -1), ("Sizeh", 10**9), ("Fit", "sideways"), ("Readprofile", "fast"),
            ("Lostserver", "panic"), ("Mediafolder", "\0"), ("Name", "")]


@pytest.mark.parametrize(("par", "value"), NONSENSE)
def test_parameters_set_to_nonsense(media: Path, par: str, value: object) -> None:
    from fake_td import tdError

    with together(media, commercial=False, open_time=lambda path, chance: 0.05) as stage:
        stage.load("a.mov")
        target = getattr(stage.comp.par, par)
        before = target.eval()
        try:
            target.val = value
        except tdError:
            return  # TouchDesigner itself refuses it
        stage.run(0.6)
        assert stage.seen[-1].picture.max() > 0, "the last picture stays"
        target.val = before
        stage.run(1.0)
        stage.load("b.mov")
        assert stage.seen[-1].number is not None


def test_a_license_that_limits_pictures(media: Path) -> None:
    with together(media, commercial=False, open_time=lambda path, chance: 0.05) as stage:
        stage.load("a.mov")
        stage.comp.par.Sizew, stage.comp.par.Sizeh = 1920, 1080
        stage.until(lambda: says(stage, "1280"))
        assert max(stage.out._picture.shape[:2]) <= 1280
        assert stage.seen[-1].picture.max() > 0


def test_a_component_of_another_version_is_not_waited_for_and_says_so(media: Path) -> None:
    with together(media, open_time=lambda path, chance: 0.05) as stage:
        stage.load("a.mov")
        assert stage.server is not None
        stage.comp.op("source/interscene_link_model").module.PROTOCOL = 99
        stage.comp.op("source/interscene_renderer_model").module.PROTOCOL = 99
        stage.comp.par.Name = "tomorrow"
        stage.server = restarted(stage, session=2)
        stage.run(3.0)
        assert says(stage, "speaks protocol 1, this component 99")
        assert "protocol" in stage.comp.par.Status.eval()
        assert stage.seen[-1].number is not None, "the last picture stays"
        assert stage.server.show.renderers.present() == []
        told = [complaint.text for complaint in stage.server.show.complaints if "protocol" in complaint.text]
        assert told == ["tomorrow speaks protocol 99, this server 1: use one version of both"]


def test_a_hello_from_an_unknown_version_is_answered_in_words(media: Path) -> None:
    with together(media) as stage:
        assert stage.server is not None
        stage.load("a.mov")
        from server.protocol.encode import message

        welcome = message("/system/welcome", "tomorrow", 99, 60.0, 1, str(media), 77)
        stage.server.socket.sendto(welcome, ("127.0.0.1", stage.ports[1]))
        stage.run(0.5)
        assert says(stage, "protocol 99")
        assert stage.seen[-1].number is not None
