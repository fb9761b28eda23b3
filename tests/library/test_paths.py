"""Names from the network: what is let through stays in the media folder, on every system."""

from __future__ import annotations

import ntpath
import posixpath
import sys
from pathlib import Path, PureWindowsPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.errors import PathRefused
from server.library.paths import inside, safe_name

ALPHABET = st.sampled_from(["..", "CON", "nul", "C:", "//", *"ab. /\\:~*?\"'<>|$%!-_0123\x00\x07\n\u2028é😀ß"])
NAMES = st.one_of(st.text(max_size=40), st.lists(ALPHABET, max_size=12).map("".join))


@pytest.mark.parametrize(("text", "expected"), [
    ("clip.mov", "clip.mov"),
    ("song/clip.mov", "song/clip.mov"),
    (r"1_Show\Emit\a.mov", "1_Show/Emit/a.mov"),
    ("./song//clip.mov", "song/clip.mov"),
    ("my song/take 2 (final).mov", "my song/take 2 (final).mov"),
    ("😀 “quoted” 'name' \"x\".mov", "😀 “quoted” 'name' \"x\".mov"),
    ("console.mov", "console.mov"),
    ("a..b.mov", "a..b.mov"),
    ("..hidden", "..hidden"),
    ("com10.mov", "com10.mov"),
    ("%2e%2e/clip.mov", "%2e%2e/clip.mov"),
])
def test_ordinary_names_pass(text: str, expected: str) -> None:
    assert safe_name(text) == expected


@pytest.mark.parametrize("text", [
    "", "   ", ".", "./.", "..", "../clip.mov", "song/../../clip.mov", r"song\..\clip.mov", ".. /clip.mov", ".../x",
    "/etc/passwd", "//host/share/clip.mov", r"\\host\share\clip.mov", r"\\?\C:\clip.mov", r"\\.\pipe\x",
    r"\clip.mov", r"/\host/share",
    "C:clip.mov", r"C:\clip.mov", "c:/clip.mov", "clip.mov:stream", "clip.mov::$DATA",
    "http://host/clip.mov", "file:///etc/passwd", "rtsp:host", "smb://host/share",
    "clip\x00.mov", "clip\n.mov", "\x1b[2Jclip", "clip\x85.mov", "clip\ud800.mov",
    "CON", "nul", "NUL.mov", "song/aux.tar.gz", "COM1", "lpt9.mov", "com¹.mov", "nul .mov", "prn.", "conin$",
    "a" * 256 + ".mov", "é" * 200, "a/" * 600,
])
def test_what_could_lead_elsewhere_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(PathRefused) as caught:
        safe_name(text)

    message = str(caught.value)
    assert "\n" not in message
    assert message.isprintable()
    assert len(message) < 250


@given(NAMES)
def test_every_name_is_refused_or_stays_below_any_root(text: str) -> None:
    try:
        name = safe_name(text)
    except PathRefused as refusal:
        name = ""
        message = str(refusal)
    if not name:
        assert message.isprintable()
        return
    for root, path in (("/media", posixpath), (r"D:\media", ntpath)):
        joined = path.normpath(path.join(root, name))
        assert joined.startswith(root + path.sep)
        assert path.normpath(path.dirname(joined)).startswith(root)
    assert not PureWindowsPath(name).drive
    # From Python 3.13 on "reserved" also means quotes and question marks, which are only unusual.
    assert sys.version_info >= (3, 13) or not PureWindowsPath(name).is_reserved()
    assert safe_name(name) == name


def test_a_name_resolves_below_the_root(tmp_path: Path) -> None:
    assert inside(tmp_path, r"song\clip.mov") == tmp_path / "song" / "clip.mov"


def test_links_may_stay_inside_but_not_lead_out(tmp_path: Path) -> None:
    root, outside = tmp_path / "media", tmp_path / "outside"
    root.mkdir()
    outside.mkdir()
    (outside / "secret.mov").touch()
    (root / "clip.mov").touch()
    _link(root / "alias.mov", root / "clip.mov")
    _link(root / "out.mov", outside / "secret.mov")
    _link(root / "away", outside)
    _link(root / "round", root / "round")

    assert inside(root, "alias.mov") == root / "alias.mov"
    for name in ("out.mov", "away/secret.mov", "away/new.mov", "round/clip.mov"):
        with pytest.raises(PathRefused):
            inside(root, name)


def test_the_root_itself_may_be_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "clip.mov").touch()
    _link(tmp_path / "media", tmp_path / "real")

    assert inside(tmp_path / "media", "clip.mov").is_file()


def _link(path: Path, target: Path) -> None:
    try:
        path.symlink_to(target, target_is_directory=target.is_dir())
    except OSError:
        pytest.skip("this system lets nobody make links")
