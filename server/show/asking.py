"""What a command means by the values of now: a question with `?`, and a change that counts from a value."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from server.errors import OutOfRange
from server.protocol.command import Command
from server.show.view import SYSTEM, system_values, value
from server.units import Seconds

if TYPE_CHECKING:
    from server.show.show import Show


def asked(show: Show, command: Command, now: Seconds) -> tuple[Any, ...] | None:
    """The values that a question is about; None where there are none now."""
    address = command.row.address
    if address.startswith(SYSTEM):
        return system_values(show.state, show.counts()).get(address.removeprefix(SYSTEM))
    return value(show.state, address, command.where, now)


def absolute(show: Show, command: Command, now: Seconds) -> Command:
    """Turn `+ 5` into the value that it means now. Raises OutOfRange."""
    found = value(show.state, command.row.address, command.where, now)
    if found is None:
        raise OutOfRange(f"{command.row.address} has no value to count from now")
    arg = command.row.args[0]
    result = found[0] + command.args[0] if command.relative == "+" else found[0] * command.args[0]
    low = -math.inf if arg.low is None else arg.low
    high = math.inf if arg.high is None else arg.high
    if command.row.continuous:
        result = min(max(result, low), high)
    elif not low <= result <= high:
        raise OutOfRange(f"{arg.name} would become {result:g}; it lies between {low:g} and {high:g}")
    result = round(result) if arg.tag in "ih" else float(result)
    return replace(command, args=(result, *command.args[1:]), relative="")
