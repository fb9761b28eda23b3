"""The queue on disk: in order, bounded, and there again after any end."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from toys import job

from server.errors import InputError, OutputError, QueueFull
from server.render.queue_file import HEADER, Queued, QueueFile

REPO = Path(__file__).resolve().parents[2]


def names(queue: QueueFile) -> list[str]:
    return [entry.job.id for entry in queue]


def filled(path: Path, count: int = 4) -> None:
    queue = QueueFile(path)
    for number in range(count):
        queue.put(Queued(job(f"j{number}")))
    queue.close()


def test_what_was_put_is_there_again_with_all_that_belongs_to_it(tmp_media: Path) -> None:
    path = tmp_media / "new" / "queue"
    entry = Queued(job("one", seed=10 ** 50, steps=3), "live", "phone", {"out": "a/b.mov", "frames": [1, 2]})
    first = QueueFile(path)
    first.put(entry)
    first.put(Queued(job("two"), "idle"))
    assert first.take() == entry
    first.close()

    again = QueueFile(path)

    assert names(again) == ["one", "two"]
    assert again.take() == entry
    assert again.end("one")
    assert not again.end("one")
    again.close()
    last = QueueFile(path)
    assert names(last) == ["two"]
    assert last.problems == ()
    last.close()


def test_the_urgent_go_first_and_clients_take_turns(tmp_path: Path) -> None:
    queue = QueueFile(tmp_path / "queue")
    for name, priority, client in (("i", "idle", "a"), ("q1", "queued", "a"), ("q2", "queued", "a"),
                                   ("q3", "queued", "b"), ("l", "live", "b")):
        queue.put(Queued(job(name), priority, client))  # type: ignore[arg-type]
    assert names(queue) == ["l", "q1", "q3", "q2", "i"]

    taken = queue.take()
    assert taken is not None
    queue.give_back(taken.job.id)

    order = []
    while (entry := queue.take()) is not None:
        order.append(entry.job.id)
    assert order == ["l", "q1", "q3", "q2", "i"]
    assert len(queue) == 5
    queue.close()


def test_it_holds_only_so_many_and_one_of_a_name(tmp_path: Path) -> None:
    queue = QueueFile(tmp_path / "queue", limit=2)
    queue.put(Queued(job("a")))
    with pytest.raises(InputError, match="'a'"):
        queue.put(Queued(job("a")))
    assert queue.take() is not None
    queue.put(Queued(job("b")))
    with pytest.raises(QueueFull, match="cancel some"):
        queue.put(Queued(job("c")))
    with pytest.raises(InputError, match="text, numbers"):
        queue.put(Queued(job("d"), about={"odd": object()}))
    queue.end("a")
    queue.put(Queued(job("c")))
    assert len(queue) == 2
    queue.close()


def test_two_programs_do_not_share_it(tmp_path: Path) -> None:
    queue = QueueFile(tmp_path / "queue")
    if os.name == "posix":
        with pytest.raises(OutputError, match="another program"):
            QueueFile(tmp_path / "queue")
    queue.close()
    QueueFile(tmp_path / "queue").close()


def test_cut_off_anywhere_the_records_before_are_there(tmp_path: Path) -> None:
    filled(tmp_path / "whole", 3)
    data = (tmp_path / "whole").read_bytes()
    seen = set()
    for end in [*range(0, len(data), 7), len(data)]:
        path = tmp_path / f"cut-{end}"
        path.write_bytes(data[:end])
        queue = QueueFile(path)
        seen.add(len(queue))
        assert names(queue) == [f"j{number}" for number in range(len(queue))]
        assert queue.problems == ()
        queue.put(Queued(job("more")))
        queue.close()
        again = QueueFile(path)
        assert names(again)[-1] == "more"
        again.close()
    assert seen == {0, 1, 2, 3}


@settings(max_examples=60)
@given(place=st.integers(0, 10_000), bit=st.integers(0, 7))
def test_damaged_anywhere_it_is_set_aside_or_read(place: int, bit: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "queue"
        filled(path, 3)
        data = bytearray(path.read_bytes())
        data[place % len(data)] ^= 1 << bit
        path.write_bytes(data)

        queue = QueueFile(path)

        assert names(queue) == [f"j{number}" for number in range(len(queue))]
        assert len(queue) < 3
        [problem] = queue.problems
        assert "damaged-1" in problem
        assert path.with_name("queue.damaged-1").read_bytes() == bytes(data)
        queue.put(Queued(job("more")))
        queue.close()


def test_a_foreign_file_is_set_aside(tmp_path: Path) -> None:
    (tmp_path / "queue").write_bytes(b"something else altogether, and long enough")
    queue = QueueFile(tmp_path / "queue")
    assert len(queue) == 0
    assert "does not begin like one" in queue.problems[0]
    queue.close()
    assert (tmp_path / "queue").read_bytes() == HEADER


def test_what_is_over_is_thrown_out_of_the_file(tmp_path: Path) -> None:
    filled(tmp_path / "queue", 20)
    large = (tmp_path / "queue").stat().st_size
    queue = QueueFile(tmp_path / "queue")
    for number in range(19):
        queue.end(f"j{number}")
    queue.close()

    again = QueueFile(tmp_path / "queue")

    assert (tmp_path / "queue").stat().st_size < large / 10
    assert names(again) == ["j19"]
    again.put(Queued(job("next")))
    again.close()
    last = QueueFile(tmp_path / "queue")
    assert names(last) == ["j19", "next"]
    last.close()


def test_a_full_disk_is_said_and_leaves_the_queue_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    queue = QueueFile(tmp_path / "queue")
    queue.put(Queued(job("kept")))

    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(OutputError, match="disk is full"):
            queue.put(Queued(job("lost")))
    queue.put(Queued(job("next")))
    queue.close()
    again = QueueFile(tmp_path / "queue")
    assert names(again) == ["kept", "next"]
    assert again.problems == ()
    again.close()


WRITER = """
import sys
from pathlib import Path
from toys import job
from server.render.queue_file import Queued, QueueFile
queue = QueueFile(Path(sys.argv[1]))
for number in range(10_000):
    queue.put(Queued(job(f"j{number}")))
    if number % 3 == 2:
        queue.end(f"j{number - 1}")
    print(number, flush=True)
"""


@pytest.mark.parametrize("after", [1, 8, 17])
def test_killed_at_any_instant_nothing_that_was_said_is_lost(tmp_path: Path, after: int) -> None:
    told = {**os.environ, "PYTHONPATH": os.pathsep.join((str(REPO), str(Path(__file__).parent)))}
    with subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path / "queue")], stdout=subprocess.PIPE,
                          env=told) as writer:
        assert writer.stdout is not None
        for _ in range(after):
            said = int(writer.stdout.readline())
        writer.kill()
        said = max([said, *(int(line) for line in writer.stdout if line.endswith(b"\n"))])

    queue = QueueFile(tmp_path / "queue", limit=20_000)

    kept = set(names(queue))
    assert {f"j{number}" for number in range(said + 1) if number % 3 != 1} <= kept
    assert not {f"j{number}" for number in range(1, said, 3)} & kept
    assert queue.problems == ()
    queue.close()
