"""Archives of songs: what belongs below a folder is read, the rest is refused one by one."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_formats import refusal, said

from server.errors import InputError, MissingFile
from server.library.formats.oddity import Oddities
from server.library.formats.tar_archives import Archive, archive_name, list_archive, open_member, read_member


def member(name: str, kind: bytes = tarfile.REGTYPE, target: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


def archive(path: Path, *members: tuple[str | tarfile.TarInfo, bytes], form: int = tarfile.GNU_FORMAT) -> Path:
    with tarfile.open(path, "w", format=form) as tar:
        for one, data in members:
            info = member(one) if isinstance(one, str) else one
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return path


def listed(path: Path) -> tuple[Archive, str]:
    oddities = Oddities(path.name)
    return list_archive(path, oddities), said(oddities)


@pytest.mark.parametrize("form", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT, tarfile.USTAR_FORMAT])
def test_what_is_in_an_archive(tmp_media: Path, form: int) -> None:
    long = "transition_images/a-1001 to b-2/" + "f" * 60 + ".png"
    path = archive(tmp_media / "emit_20240501_120000.tar", ("./", b""), ("./prompt_images/Düne_1.png", b"one"),
                   (long, b"two" * 400), ("story/trans_sequence.csv", b""), form=form)
    found, words = listed(path)
    assert set(found.members) == {"prompt_images/Düne_1.png", long, "story/trans_sequence.csv"} | (
        set() if "./" not in found.members else {"./"})
    assert read_member(found, "prompt_images/Düne_1.png") == b"one"
    with open_member(found, long) as file:
        assert [file.read(5), len(file.read()), file.read()] == [b"twotw", 1195, b""]
    assert found.whole
    assert found.size() == 1203
    assert words in ("", f"{path.name}: './' names no file; it is left out")


def test_what_would_leave_the_folder_is_refused_one_by_one(tmp_media: Path) -> None:
    path = archive(tmp_media / "a.tar", ("/etc/passwd", b"x"), ("../up.png", b"x"), ("a/../../up.png", b"x"),
                   ("C:\\windows\\a.png", b"x"), ("..\\up.png", b"x"), ("con.png", b"x"), ("a\nb.png", b"x"),
                   (member("link", tarfile.SYMTYPE, "/etc/passwd"), b""),
                   (member("hard", tarfile.LNKTYPE, "good.png"), b""), (member("pipe", tarfile.FIFOTYPE), b""),
                   (member("disk", tarfile.BLKTYPE), b""), ("good.png", b"kept"))
    found, words = listed(path)
    assert list(found.members) == ["good.png"]
    assert read_member(found, "good.png") == b"kept"
    assert words.count("it is left out") == 11
    for part in ("'/etc/passwd' is an absolute path", "'link' is a link", "'pipe' is no plain file",
                 "leads out or nowhere"):
        assert part in words


def test_the_later_of_two_files_counts(tmp_media: Path) -> None:
    found, words = listed(archive(tmp_media / "a.tar", ("a.png", b"old"), ("./a.png", b"newer")))
    assert read_member(found, "a.png") == b"newer"
    assert "'./a.png' is in the archive twice" in words


@pytest.mark.parametrize("cut", [100, 512, 600, 1024, 1030, 1600])
def test_an_archive_that_is_cut_short_gives_its_whole_files(tmp_media: Path, cut: int) -> None:
    path = archive(tmp_media / "a.tar", ("a.png", b"a" * 10), ("b.png", b"b" * 700))
    path.write_bytes(path.read_bytes()[:cut])
    if cut < 512:
        with pytest.raises(InputError, match="no tar archive"):
            listed(path)
        return
    found, words = listed(path)
    assert not found.whole
    assert set(found.members) <= {"a.png"}
    assert "fetch" in words
    for name in found.members:
        assert read_member(found, name) == b"a" * 10


@pytest.mark.parametrize(
    ("data", "words"),
    [(b"PK\x03\x04" * 200, "no tar archive"), (b"\x1f\x8b" + b"x" * 600, "compressed"), (b"text", "no tar archive")],
)
def test_what_is_no_archive_is_refused(tmp_media: Path, data: bytes, words: str) -> None:
    (tmp_media / "a.tar").write_bytes(data)
    with pytest.raises(InputError, match=words):
        listed(tmp_media / "a.tar")


def test_an_archive_without_files_and_none_at_all(tmp_media: Path) -> None:
    assert listed(archive(tmp_media / "a.tar"))[0].members == {}
    (tmp_media / "b.tar").write_bytes(b"")
    assert listed(tmp_media / "b.tar")[0].members == {}
    with pytest.raises(MissingFile):
        listed(tmp_media / "nowhere.tar")
    with pytest.raises(MissingFile, match="is not in"):
        read_member(listed(tmp_media / "a.tar")[0], "x")


def test_a_large_file_is_not_read_whole(tmp_media: Path) -> None:
    found, _ = listed(archive(tmp_media / "a.tar", ("a.png", b"x" * 100)))
    with pytest.raises(InputError, match="100 bytes"):
        read_member(found, "a.png", most=99)


def test_names_of_archives() -> None:
    assert archive_name("emit_transitions_20240501_120000.tar") == ("emit", "20240501_120000", True)
    assert archive_name("my song_2_20240501_120000.tar") == ("my song_2", "20240501_120000", False)
    assert archive_name("emit.tar") is None


@given(damage=st.lists(st.tuples(st.integers(0, 3000), st.binary(min_size=1, max_size=9)), max_size=4))
def test_a_damaged_archive_gives_files_or_an_error_in_words(tmp_path_factory: pytest.TempPathFactory,
                                                            damage: list[tuple[int, bytes]]) -> None:
    path = archive(tmp_path_factory.mktemp("tar") / "a.tar", ("a.png", b"a" * 10), ("b/c.png", b"b" * 700))
    data = bytearray(path.read_bytes())
    for place, new in damage:
        data[place:place + len(new)] = new
    path.write_bytes(data)
    words = refusal(lambda: listed(path))
    if words:
        assert "a.tar" in words
        return
    found, _ = listed(path)
    for name, one in found.members.items():
        assert len(read_member(found, name)) == one.size
