"""`interscene rehearse`: a server and stand-ins that are linked, open movies and report what they show."""

from __future__ import annotations

import socket
from fractions import Fraction
from pathlib import Path

import pytest

from server.app.children import Child
from server.errors import InputError
from server.media.numbered import write_numbered
from server.protocol.encode import message
from server.protocol.osc import Message, messages

PATIENCE = 20.0


def answer(ear: socket.socket, port: int, address: str) -> object:
    """What the server says to `address ?`."""
    ear.sendto(message(address, "?"), ("127.0.0.1", port))
    while True:
        for heard in messages(ear.recv(65536)):
            if isinstance(heard, Message) and heard.address == address:
                return heard.args[0]


def test_two_stand_ins_show_a_song(tmp_path: Path) -> None:
    write_numbered(tmp_path / "song" / "a.mov", 30, 64, 64, Fraction(30))
    arguments = ("rehearse", str(tmp_path / "song"), "--standins", "2", "--open-ms", "0", "--no-browser", "--osc-port",
                 "0", "--http-port", "0", "--media-dir", str(tmp_path))
    with (Child("the rehearsal", "cli", *arguments) as child,
          socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ear):
        assert "2 stand-in decks" in child.line_with("rehearsal")
        port = int(child.line_with("listening osc=").split("osc=")[1].split()[0])
        ear.settimeout(PATIENCE)
        linked, tries = "", 0
        while linked.count("stand-in") < 2 and tries < 2000:
            linked, tries = str(answer(ear, port, "/system/state/renderers")), tries + 1
        assert sorted(linked.split(",")) == ["stand-in 1", "stand-in 2"]
        tries = 0
        while answer(ear, port, "/deck/1/state/movie") != "song/a.mov" and tries < 2000:
            tries += 1
        assert answer(ear, port, "/deck/1/state/frames") == 30


@pytest.mark.parametrize("count", ["0", "99"])
def test_a_number_of_stand_ins_that_makes_no_sense(count: str) -> None:
    import cli
    from server.app import rehearse

    parser, _ = cli.parser_for("rehearse")
    with pytest.raises(InputError, match="--standins"):
        rehearse.run(parser.parse_args(["--standins", count]))
