"""Pictures and transitions by diffusion models. With its neighbours here the only place that imports torch."""

from server.render.child.diffusion.generator import DiffusionGenerator

__all__ = ["DiffusionGenerator"]
