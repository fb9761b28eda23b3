"""The limit of open files is raised for the server, and never lowered."""

from __future__ import annotations

import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows counts no sockets among files")

# In a process of its own: a limit that was lowered for a test would stay for the others.
PROGRAM = """
import resource, sys
from server.app.file_limit import raise_file_limit
soft, hard, wanted = map(int, sys.argv[1:])
resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
print(raise_file_limit(wanted), *resource.getrlimit(resource.RLIMIT_NOFILE))
"""


@pytest.mark.parametrize(("soft", "hard", "wanted", "found"), [
    (128, 1000, 500, "500 500 1000"),
    (128, 400, 500, "400 400 400"),
    (600, 1000, 500, "600 600 1000"),
])
def test_as_many_files_as_are_wanted_or_may_be(soft: int, hard: int, wanted: int, found: str) -> None:
    said = subprocess.run([sys.executable, "-c", PROGRAM, str(soft), str(hard), str(wanted)], capture_output=True,
                          text=True, check=True)
    assert said.stdout.strip() == found
