"""The last lines of what happened, with how long ago the component began when they came.

Knows nothing of TouchDesigner. Python 3.9, standard library only.
"""

from typing import List, Optional, Tuple

LINES = 200


class LogModel:
    """A list that forgets its oldest lines; the same line once more is counted."""

    def __init__(self) -> None:
        self._began: Optional[float] = None
        self._lines: List[Tuple[float, str, int]] = []

    def add(self, line: str, now: float) -> None:
        """Take in a line."""
        self._began = now if self._began is None else self._began
        line = " ".join(line.split())
        if self._lines and self._lines[-1][1] == line:
            self._lines[-1] = (now - self._began, line, self._lines[-1][2] + 1)
        else:
            self._lines = [*self._lines[1 - LINES:], (now - self._began, line, 1)]

    def rows(self) -> List[List[str]]:
        """A row for each line: seconds, text; the oldest first."""
        return [["seconds", "text"]] + [[f"{at:.1f}", line if times == 1 else f"{line} ({times} times)"]
                                        for at, line, times in self._lines]
