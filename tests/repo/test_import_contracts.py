"""Who may import whom: the contracts hold, and each of them would notice."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from source_tree import REPO

LINT = "from importlinter.cli import lint_imports_command as run; run(['--no-logo', '--no-cache'])"
# One forbidden import each, and the contract that must notice it.
PLANTED = {
    "server/stray.py": ("", "server is layered"),
    "server/playback/planted.py": ("import server.show", "server is layered"),
    "server/library/planted.py": ("import server.production", "server is layered"),
    "server/playback/reads.py": ("import server.media", "playback is pure"),
    "server/protocol/planted.py": ("import numpy", "what can be said"),
    "server/index/planted.py": ("import av", "where every frame is"),
    "server/show/planted.py": ("import cv2", "codecs are touched"),
    "server/library/web.py": ("import aiohttp", "the web server lives"),
    "server/frontends/udp.py": ("import server.frontends.http", "frontends do not know each other"),
    "server/frontends/planted.py": ("import zeroconf", "zeroconf lives in one file"),
    "server/frontends/piano.py": ("import mido", "MIDI lives in one file"),
    "server/production/planted.py": ("import torch", "nothing here loads weights"),
    "server/render/planted.py": ("import diffusers", "nothing here loads weights"),
    "server/production/starts.py": ("import server.render.child.loop", "the worker is started, never imported"),
    "td_extensions/planted.py": ("import server.units", "what runs inside TouchDesigner"),
    "td_project/rehearsal/planted.py": ("import server.playback", "the stand-in deck sees"),
    "media_tools/planted.py": ("import server.show", "media tools are a thin shell"),
    "server/app/planted.py": ("import media_tools", "the server never imports tools"),
}


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run import-linter over a tree."""
    return subprocess.run(
        [sys.executable, "-c", LINT], cwd=folder, capture_output=True, encoding="utf-8", check=False
    )


def test_every_contract_is_kept() -> None:
    done = lint(REPO)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What import-linter says of a copy of the tree with every forbidden import in it."""
    tree = tmp_path_factory.mktemp("planted")
    shutil.copy(REPO / ".importlinter", tree)
    for package in ("server", "media_tools", "td_extensions", "td_project"):
        shutil.copytree(REPO / package, tree / package, ignore=shutil.ignore_patterns("__pycache__"))
    for name, (line, _) in PLANTED.items():
        with (tree / name).open("a", encoding="utf-8") as file:
            file.write(line + "\n")
    return " ".join(lint(tree).stdout.split())


@pytest.mark.parametrize("name", PLANTED)
def test_each_contract_notices_a_planted_import(name: str, planted: str) -> None:
    _, contract = PLANTED[name]
    verdict = re.search(re.escape(contract) + ".*?(KEPT|BROKEN)", planted)
    assert verdict
    assert verdict[1] == "BROKEN"
    assert name.removesuffix(".py").replace("/", ".").rpartition(".")[2] in planted
