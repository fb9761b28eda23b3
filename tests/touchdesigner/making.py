"""What the fixture `make_td` gives: a function that makes TouchDesigners."""

from __future__ import annotations

from collections.abc import Callable

from fake_td import FakeTouchDesigner

MakeTd = Callable[..., FakeTouchDesigner]
