"""The words that generative pictures are described with, and what each of them means. It draws nothing."""

from __future__ import annotations

from typing import Final

PATTERNS: Final[dict[str, tuple[str, ...]]] = {
    "plasma": ("liquid", "lava"), "voronoi": ("cells", "tissue"), "flow": ("streams", "currents"),
    "coral": ("labyrinth", "maze", "brain"), "kaleidoscope": ("mandala",), "rings": ("circles", "target"),
    "rays": ("beams", "sunburst"), "spiral": ("vortex", "whirlpool"), "waves": ("sea", "dunes", "hills"),
    "lightning": ("thunder", "bolts"), "stars": ("starfield", "night", "galaxy"), "bokeh": ("lights", "bubbles"),
    "marble": ("stone", "veins"), "truchet": ("tubes", "knots", "tiles"), "fractal": ("julia",),
    "gradient": ("haze", "sky", "fade"),
}
PALETTES: Final[dict[str, tuple[str, ...]]] = {
    "ember": ("red", "orange", "fire", "scarlet"), "gold": ("yellow", "golden", "amber", "honey"),
    "moss": ("green", "forest", "leaf", "olive"), "tide": ("teal", "turquoise", "cyan", "mint"),
    "lagoon": ("blue", "azure", "ocean", "water"), "violet": ("purple", "indigo", "ultraviolet"),
    "rose": ("pink", "magenta", "blossom"), "silver": ("grey", "gray", "white", "monochrome", "black", "steel"),
    "dusk": ("sunset", "evening"), "verdigris": ("patina", "bronze", "copper"), "aurora": ("northern", "polar"),
    "rainbow": ("colourful", "colorful", "spectrum", "multicolour", "multicolor"),
}
DENSITIES: Final[dict[str, tuple[str, ...]]] = {
    "sparse": ("large", "wide", "few", "big", "minimal"), "dense": ("fine", "tiny", "many", "small", "busy"),
}
SYMMETRIES: Final[dict[str, tuple[str, ...]]] = {
    "mirrored": ("mirror", "symmetric", "symmetrical"), "quartered": ("fourfold", "cross"),
    "rosette": ("sixfold", "flower", "radial"),
}
LIGHTS: Final[dict[str, tuple[str, ...]]] = {
    "soft": ("misty", "dreamy", "blurred", "foggy"), "bright": ("light", "sunny", "pale"),
    "dark": ("deep", "gloomy", "shadow"), "neon": ("glowing", "electric", "vivid"),
}
MOTIONS: Final[dict[str, tuple[str, ...]]] = {
    "swirling": ("twisted", "swirl", "turning"), "drifting": ("streaked", "wind", "fast", "motion"),
    "bursting": ("exploding", "zoom", "explosion"), "rippling": ("wavy", "trembling", "water-like"),
}
FIELDS: Final[dict[str, dict[str, tuple[str, ...]]]] = {
    "pattern": PATTERNS, "palette": PALETTES, "density": DENSITIES, "symmetry": SYMMETRIES, "light": LIGHTS,
    "motion": MOTIONS,
}
"""What a picture is described by: for each, its words, and others that mean the same."""
SMALL: Final = frozenset((
    "a", "an", "and", "at", "by", "from", "in", "into", "more", "of", "on", "over", "some", "the", "through", "to",
    "very", "with"))
"""Words that change nothing."""
