"""A planner that misbehaves as its first word says: it is started in place of the real one."""

from __future__ import annotations

import json
import os
import sys
import time


def tell(**facts: object) -> None:
    sys.stdout.write(json.dumps(facts) + "\n")
    sys.stdout.flush()


def main() -> None:
    script = os.environ["SCRIPTED_PLANNER"]
    if script == "dies":
        sys.exit(3)
    tell(say="hello", version=99 if script == "newer" else 1)
    if script == "babbles":
        sys.stdout.write("no json at all\n[1,2]\n{\"say\":\"route\"}\n{\"say\":7}\n" + "[" * 100_000 + "\n")
        for nonsense in ({"say": "route", "ticket": 1, "hops": [["a", "b", ["m", 1, 1, 0], 0, 1]], "note": ""},
                         {"say": "map", "folder": "x", "place": "x", "name": "x", "version": 1},
                         {"say": "part", "folder": "x", "rows": [1]}, {"say": "problem", "folder": []}):
            tell(**nonsense)
    for line in sys.stdin:
        asked = json.loads(line)
        if asked["say"] == "open":
            key = {"folder": asked["folder"], "version": 1}
            if script == "lost":
                tell(say="lost", folder=asked["folder"], text="there is no such song")
                continue
            tell(say="map", place=asked["folder"], name="song", **key)
            pictures = [["a-1", "a field", ["song/x.mov", 9, 30, 1], 0], ["b-2", "sea", None, 0]]
            tell(say="part", rows={"picture": pictures, "scene": [["s", [0, 1]]],
                                   "edge": [["song/x.mov", 0, 1]], "never": [[1]]}, **key)
            tell(say="whole", **key)
            if script == "deaf":
                time.sleep(600)
        elif asked["say"] in ("ends", "lacking"):
            sys.exit(3)
        elif asked["say"] == "route":
            if script == "hangs":
                time.sleep(600)
            if script == "opening":
                tell(say="opening", ticket=asked["ticket"])
                continue
            tell(say="route", ticket=asked["ticket"], note="",
                 hops=[["a-1", "b-2", ["song/x.mov", 9, 30, 1], 0, 8], ["b-2", "c-3", None, 0, 0]])


if __name__ == "__main__":
    main()
