"""What words like swirling, mirrored or soft do to a drawn picture. It knows no patterns."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from server.media.canvas import TAU, Canvas, Floats
from server.media.warp import blur, sample

_TRAIL: Final = 5
"""A trail is doubled so many times."""


def _taken(canvas: Canvas, light: Floats, x: Floats, y: Floats) -> Floats:
    """The light at other places of the plane; beyond its edges it is mirrored."""
    columns = (x * np.float32(canvas.unit) + np.float32(canvas.width / 2 - 0.5)).astype(np.float32)
    rows = (y * np.float32(canvas.unit) + np.float32(canvas.height / 2 - 0.5)).astype(np.float32)
    return np.asarray(sample(light, columns, rows), dtype=np.float32)


def _polar(canvas: Canvas) -> tuple[Floats, Floats]:
    return np.hypot(canvas.x, canvas.y), np.arctan2(canvas.y, canvas.x)


def swirling(canvas: Canvas, light: Floats) -> Floats:
    """Turn the middle further than the edge."""
    radius, angle = _polar(canvas)
    turned = angle + np.float32(2.6) * np.exp(-(radius / np.float32(0.34 * canvas.span)) ** 2)
    return _taken(canvas, light, radius * np.cos(turned), radius * np.sin(turned))


def rippling(canvas: Canvas, light: Floats) -> Floats:
    """Shake every line sideways by a fine wave."""
    pitch = TAU * np.float32(7 / canvas.span)
    far = np.float32(0.018 * canvas.span)
    return _taken(canvas, light, canvas.x + far * np.sin(canvas.y * pitch), canvas.y + far * np.sin(canvas.x * pitch))


def drifting(canvas: Canvas, light: Floats) -> Floats:
    """Draw the light out into one direction."""
    turn = canvas.between(-0.5, 0.5)
    step = np.float32(0.0045 * canvas.span)
    for number in range(_TRAIL):
        far = step * np.float32(2 ** number)
        light = np.maximum(light * np.float32(0.97), np.float32(0.5) * (
            light + _taken(canvas, light, canvas.x - far * np.cos(turn), canvas.y - far * np.sin(turn))))
    return light


def bursting(canvas: Canvas, light: Floats) -> Floats:
    """Draw the light out from the middle, further the further it is."""
    for number in range(_TRAIL):
        share = np.float32(1 - 0.011 * 2 ** number)
        light = np.maximum(light * np.float32(0.96), np.float32(0.5) * (
            light + _taken(canvas, light, canvas.x * share, canvas.y * share)))
    return light


def mirrored(canvas: Canvas, light: Floats) -> Floats:
    """The left half, and itself beside it."""
    return np.asarray(np.where((canvas.x > 0)[..., None], light[:, ::-1], light))


def quartered(canvas: Canvas, light: Floats) -> Floats:
    """One corner, four times."""
    light = mirrored(canvas, light)
    return np.asarray(np.where((canvas.y > 0)[..., None], light[::-1], light))


def rosette(canvas: Canvas, light: Floats) -> Floats:
    """One wedge, mirrored six times around the middle."""
    radius, angle = _polar(canvas)
    wedge = np.float32(np.pi / 6)
    folded = np.abs(angle % (2 * wedge) - wedge) + np.float32(0.3)
    return _taken(canvas, light, radius * np.cos(folded), radius * np.sin(folded))


def soft(canvas: Canvas, light: Floats) -> Floats:
    """Mist: what is bright spreads, what is sharp is not."""
    near, far = blur(light, canvas.height / 90), blur(light, canvas.height / 22)
    return np.asarray(0.62 * near + 0.42 * far + 0.02, dtype=np.float32)


def bright(_canvas: Canvas, light: Floats) -> Floats:
    """Two thirds of a stop more, and shadows opened."""
    return np.asarray(1.55 * light ** np.float32(0.78), dtype=np.float32)


def dark(_canvas: Canvas, light: Floats) -> Floats:
    """A stop and a half less, and shadows closed."""
    return np.asarray(0.62 * light ** np.float32(1.35), dtype=np.float32)


def neon(canvas: Canvas, light: Floats) -> Floats:
    """Pure colours that glow in the dark."""
    grey = light.mean(axis=2, keepdims=True)
    pure = np.maximum(grey + np.float32(1.9) * (light - grey), 0)
    pure = 1.3 * pure ** np.float32(1.25)
    return np.asarray(pure + 0.75 * blur(pure, canvas.height / 30), dtype=np.float32)


Finish = Callable[[Canvas, Floats], Floats]
FINISHES: Final[dict[str, Finish]] = {
    "swirling": swirling, "rippling": rippling, "drifting": drifting, "bursting": bursting,
    "mirrored": mirrored, "quartered": quartered, "rosette": rosette,
    "soft": soft, "bright": bright, "dark": dark, "neon": neon,
}
"""Each (canvas, light (height, width, 3) linear) → light of the same shape."""
