"""Songs for the page without a disk: one song, and a record of what was asked."""

from __future__ import annotations

import json
from concurrent.futures import Future
from typing import Any

import numpy as np

from server.errors import InputError, LibraryError
from server.media.jpeg import encode_rgb

SONG = "0123456789ab"
PICTURE = "ba9876543210"
SCENES = ("aaaaaaaaaaaa", "bbbbbbbbbbbb")


class FakeSongs:
    """Implements the port."""

    def __init__(self) -> None:
        self.moved: list[tuple[str, ...]] = []
        self.version = 1
        self.jpeg = encode_rgb(np.full((36, 64, 3), 90, dtype=np.uint8), 80)

    def songs(self) -> list[dict[str, Any]]:
        return [{"id": SONG, "name": "ring", "kind": "pictures", "movies": []}]

    def song(self, song: str) -> Future[bytes]:
        return self._answer(song, json.dumps({
            "name": "ring", "version": self.version, "pictures": [
                ["a-1", PICTURE, "a picture", 0, "v", "", 0], ["b-2", PICTURE[::-1], "another", 0, "v", "", 0]],
            "scenes": [["a", SCENES[0], [0]], ["b", SCENES[1], [1]]], "edges": {"missing": [0, 1]}, "reasons": [],
            "sequences": [], "stories": [], "undo": ""}).encode())

    def thumb(self, song: str, picture: str) -> Future[bytes]:
        return self._answer(song, self.jpeg)

    def strip(self, movie: str) -> Future[bytes]:
        return self._answer(movie, self.jpeg)

    def move(self, song: str, picture: str, source: str, target: str) -> Future[bytes]:
        self.moved.append((song, picture, source, target))
        return self._answer(song, f"moved from {source} to {target}".encode())

    def undo(self, song: str) -> Future[bytes]:
        if not self.moved:
            return self._answer(song, InputError("there is nothing to undo"))
        self.moved.pop()
        return self._answer(song, b"undone")

    def _answer(self, song: str, answer: bytes | Exception) -> Future[bytes]:
        if song != SONG:
            raise LibraryError("there is no such song")
        future: Future[bytes] = Future()
        if isinstance(answer, bytes):
            future.set_result(answer)
        else:
            future.set_exception(answer)
        return future
