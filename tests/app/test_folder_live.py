"""A request left as a file becomes a transition of the song, in a whole server."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

from graph_song import make_song
from running import Client, running

PATIENCE = 60.0


def test_a_file_asks_for_a_transition_and_another_says_when_it_is_done(tmp_path: Path) -> None:
    make_song(tmp_path / "media" / "ring", (("a-1", "b-2"), ("c-3", "d-4")), size=(64, 64), frames=5)
    folder, pause = tmp_path / "wishes", threading.Event()

    def told(name: str, state: str) -> dict[str, Any]:
        answer: dict[str, Any] = {}
        for _ in range(round(PATIENCE / 0.1)):
            path = folder / "answer" / f"{name}.json"
            answer = json.loads(path.read_text("utf-8")) if path.exists() else answer
            if answer.get("state") == state:
                return answer
            pause.wait(0.1)
        raise AssertionError(answer)

    with (running(tmp_path / "media", generate="auto", generate_ahead="no", request_dir=str(folder)) as parts,
          Client(parts) as client):
        assert client.ask("/song", "ring") == ()
        wishes = {"k1": {"from": "b", "to": "c", "frames": 5}, "k2": {"from": "b", "to": "nobody"}}
        for name, wish in wishes.items():
            (folder / "request" / f"{name}.json").write_text(json.dumps({"transition": wish}), encoding="utf-8")
        done = told("k1", "done")
        assert (done["job"], done["from"], done["to"]) == ("1", "b-2", "c-3")
        assert "nobody" in told("k2", "refused")["reason"]
    assert (tmp_path / "media" / "ring" / "transitions" / "b-2 to c-3.mov").is_file()
    assert list((folder / "request").iterdir()) == []


def test_without_the_setting_no_folder_is_looked_at(tmp_path: Path) -> None:
    make_song(tmp_path / "media" / "ring", (("a-1", "b-2"),), size=(64, 64), frames=5)
    with running(tmp_path / "media"):
        assert "folder requests" not in {thread.name for thread in threading.enumerate()}
