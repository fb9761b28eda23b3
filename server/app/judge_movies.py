"""`python -m server.app.judge_movies`: judges each movie whose path comes on stdin, and ends when that closes."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from server.errors import IntersceneError
from server.render.lowest import go_behind


def main() -> int:
    """Answer each line with `judged`, or with why not."""
    go_behind()
    from server.index.opening import open_index
    from server.production.transition import judged

    for line in sys.stdin.buffer:
        movie = Path(os.fsdecode(line.rstrip(b"\n")))
        try:
            judged(movie, open_index(movie))
            said = "judged"
        except (IntersceneError, OSError) as reason:
            said = str(reason).replace("\n", " ")
        sys.stdout.buffer.write(said.encode("utf-8", "replace") + b"\n")
        sys.stdout.buffer.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
