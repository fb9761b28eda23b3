"""A strict stand-in for TouchDesigner's Python: what its documentation does not name is refused.

    td = FakeTouchDesigner("2023.12600", commercial=False, clock=ManualClock(), cook_rate=59.94, jitter=0.001,
                           folder=str(tmp_path), quirks=Quirks(...))
    with td.installed():                       # `import td` works in plain files
        td.execute("exec(open(r'…').read())")  # a line in the Textport; every script's names are there
    comp = td.root.op("project1").op("interscene")
    td.view(comp.op("out1"))                   # only what is viewed cooks
    td.frame(10); td.seconds(2.0)              # frames; a ManualClock is moved by them and by stalls
    td.disk.open_time = lambda path, chance: 0.3   # or NEVER; td.disk.opens, .held, .decode_time
    td.failures  td.stalls  td.textport  td.sent  td.project.written  comp.errors(True)
    td.close()

`pictures.Picture` of a TOP: `top._picture`, uint8 RGBA, top row first. NotInTheFake means: teach the fake.
"""

from __future__ import annotations

from fake_td.errors import NotInTheFake, tdAttributeError, tdError, tdTypeError
from fake_td.frames import ManualClock
from fake_td.movie_reading import NEVER
from fake_td.parameters import ParMode
from fake_td.quirks import Quirks
from fake_td.touchdesigner import BUILDS, FakeTouchDesigner, real_clock

__all__ = ["BUILDS", "NEVER", "FakeTouchDesigner", "ManualClock", "NotInTheFake", "ParMode", "Quirks", "real_clock",
           "tdAttributeError", "tdError", "tdTypeError"]
