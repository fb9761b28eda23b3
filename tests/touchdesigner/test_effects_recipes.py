"""The recipes of docs/touchdesigner.md for an artist's own effects run as they stand there."""

from __future__ import annotations

import re
import socket
import textwrap
from pathlib import Path
from typing import Any

import pytest
from component_builder import REPOSITORY
from show_in_td import Together, together

from server.protocol.encode import message

PAGE = (REPOSITORY / "docs" / "touchdesigner.md").read_text(encoding="utf-8")
RECIPES = [textwrap.dedent(found) for found in re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)]


def recipe(word: str) -> str:
    return next(text for text in RECIPES if word in text)


def hand(stage: Together, address: str, *args: str | float, port: int = 0) -> None:
    """What a controller sends, handed on by the server; or what the server says to the second port."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
        out.sendto(message(address, *args), ("127.0.0.1", stage.ports[port]))
    stage.run(0.1)


def made(stage: Together, kind: str, name: str) -> Any:
    return stage.comp.parent().create(kind, name)


def test_a_menu_follows_osc_and_the_hand(media: Path) -> None:
    with together(media) as stage:
        effects = made(stage, "baseCOMP", "effects")
        menu = effects.appendCustomPage("Effects").appendMenu("Effect")[0]
        menu.menuNames = ["blur", "hue", "edge"]
        amount = effects.customPages[0].appendFloat("Amount")[0]
        amount.enableExpr = "me.par.Effect == 'blur'"
        dat = made(stage, "chopexecuteDAT", "follow")
        dat.par.chop, dat.par.valuechange, dat.text = stage.comp.op("controls"), True, recipe("FX/index")
        hand(stage, "/FX/index", 0)
        hand(stage, "/FX/index", 1)
        assert menu.eval() == "hue"
        menu.val = "edge"
        stage.run(0.2)
        assert menu.eval() == "edge", "the hand's word stays until the controller moves"
        hand(stage, "/FX/index", 0)
        assert menu.eval() == "blur"
        hand(stage, "/FX/index", 99)
        assert menu.eval() == "edge"
        assert "'blur'" in amount.enableExpr
        assert f"`{amount.enableExpr}`" in PAGE


def test_a_mapping_changes_with_the_song(media: Path) -> None:
    with together(media) as stage:
        ranges = made(stage, "tableDAT", "ranges")
        for row in (["default", "0", "1"], ["winter", "0.5", "0.7"]):
            ranges.appendRow(row)
        mapping = made(stage, "textDAT", "mapping")
        mapping.text = recipe("def hue")
        assert mapping.module.hue() == 0.0, "before any song and any controller"
        hand(stage, "/FX/hue", 0.5)
        assert mapping.module.hue() == pytest.approx(0.5)
        hand(stage, "/deck/1/state/song", "winter", port=1)
        stage.run(0.6)
        assert mapping.module.hue() == pytest.approx(0.6)


def test_the_first_callback_of_the_page_runs(media: Path) -> None:
    with together(media) as stage:
        words = made(stage, "textTOP", "text_title")
        stage.comp.op("callbacks").text = recipe("onPicture").replace("'text_title'", f"'{words.path}'")
        for picture, prompt in (("0001", "a"), ("0002", "a river in winter")):
            hand(stage, "/deck/1/state/prompt", prompt, port=1)
            hand(stage, "/deck/1/state/picture", picture, port=1)
        assert words.par.text.eval() == "a river in winter"
