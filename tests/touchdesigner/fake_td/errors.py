"""What TouchDesigner raises. `tdAttributeError` is an AttributeError, so `getattr(op.par, name, None)` works."""

from __future__ import annotations


class tdError(Exception):  # noqa: N801 - TouchDesigner's name
    """Anything that TouchDesigner refuses."""


class tdAttributeError(tdError, AttributeError):  # noqa: N801 - TouchDesigner's name
    """An operator, parameter or member that does not exist."""


class tdTypeError(tdError, TypeError):  # noqa: N801 - TouchDesigner's name
    """A value of the wrong kind."""


class NotInTheFake(AssertionError):
    """Something that TouchDesigner has and this fake does not know: the fake is to be taught, or the code changed.

    No Exception handler of the code under test may hide it.
    """
