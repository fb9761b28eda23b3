"""`python -m server.render.child PORT`: the process that makes pictures and transitions, behind everything else.

The token of its server comes as the first line on stdin, which is then held open: when it ends, so does this process.
"""

from __future__ import annotations

import os
import sys

from server.render.lowest import die_with, go_behind, go_first_when_memory_ends


def main() -> int:
    """Work until the server goes."""
    # Before anything heavy is imported: what a library starts inherits it.
    behind = go_behind()
    go_first_when_memory_ends()
    die_with(os.getppid())
    token = sys.stdin.buffer.readline()

    from server.render.child.session import Session

    return Session(int(sys.argv[1]), token, behind=behind).run()


if __name__ == "__main__":
    code = main()
    # Threads of libraries that hang at the end must not keep it.
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
