"""`python -m server [SONG …]`: the verb `serve` without the command line around it."""

from __future__ import annotations

import argparse
import sys

from server.app import serve
from server.errors import IntersceneError


def main() -> int:
    """Serve; an error is one line on stderr and exit code 1."""
    parser = argparse.ArgumentParser(prog="python -m server", description=serve.HELP)
    serve.add_arguments(parser)
    parser.set_defaults(no_supervisor=True)
    try:
        return serve.run(parser.parse_args())
    except IntersceneError as error:
        sys.stderr.write(f"interscene: {error}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main())
