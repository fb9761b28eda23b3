"""A curator that begins each answer and ends in the middle of it: it is started in place of the real one."""

from __future__ import annotations

import json
import sys


def main() -> None:
    asked = json.loads(sys.stdin.readline())
    sys.stdout.write(json.dumps({"say": "answer", "ticket": asked["ticket"], "bytes": 100}) + "\nhalf of it")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
