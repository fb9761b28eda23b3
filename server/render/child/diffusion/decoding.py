"""Pictures to latents and back: the full KL autoencoder, or the tiny one for an eighteenth. It knows no files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import torch

from server.errors import RenderError
from server.render.child.diffusion.device import Device

Tensor = Any
_CHANNELS: Final = 4
_MOST_AT_ONCE: Final = 1 << 21
"""Pixels that a full decoder is given at once: it needs a few thousand bytes for each."""


@dataclass(frozen=True, slots=True)
class Coder:
    """One autoencoder on its device; `form` is tiny or full. Latents are as the UNet has them: scaled, float32."""

    vae: Any
    form: str
    scale: float
    shift: float
    device: Device
    decoded: Callable[[Tensor], Tensor]
    """The decoder itself: latents in its own scale and numbers to pixels from -1 to 1."""

    @staticmethod
    def of(vae: Any, family: str, device: Device) -> Coder:
        """Put an autoencoder on the device, in numbers that it bears. Raises RenderError for one of another family."""
        form = "tiny" if type(vae).__name__ == "AutoencoderTiny" else "full"
        if int(vae.config.latent_channels) != _CHANNELS:
            raise RenderError(f"this VAE has {vae.config.latent_channels} latent channels, and models of {family} have "
                              f"{_CHANNELS}; take one that was made for {family}")
        # SDXL's full decoder overflows in fp16 unless it was mended for it, and says so in its configuration.
        tender = form == "full" and device.dtype == torch.float16 and getattr(vae.config, "force_upcast", True)
        dtype = torch.float32 if tender else device.dtype
        vae = vae.to(device.place, dtype).eval().requires_grad_(False)
        if device.kind != "cpu":
            vae = vae.to(memory_format=torch.channels_last)
        scale = float(getattr(vae.config, "scaling_factor", 1.0) or 1.0)
        shift = float(getattr(vae.config, "shift_factor", 0.0) or 0.0)
        return Coder(vae, form, scale, shift, device, lambda latents: vae.decode(latents, return_dict=False)[0])

    @property
    def factor(self) -> int:
        """Pixels to a latent, across and down."""
        return 8

    def encode(self, pictures: Tensor) -> Tensor:
        """Latents (frames, 4, h / 8, w / 8) of pictures (frames, 3, h, w) from 0 to 1."""
        scaled = (pictures * 2 - 1).to(self.device.place, self.vae.dtype)
        found = self.vae.encode(scaled)
        # The mean, not a sample: the same picture has the same latents.
        latents = found.latents if self.form == "tiny" else found.latent_dist.mode()
        return (latents.float() - self.shift) * self.scale

    def decode(self, latents: Tensor) -> Tensor:
        """Pictures (frames, 3, h, w) of latents, about 0 to 1, float32."""
        unscaled = (latents / self.scale + self.shift).to(self.vae.dtype)
        pixels = latents.shape[-1] * latents.shape[-2] * self.factor ** 2
        at_once = max(1, _MOST_AT_ONCE // pixels) if self.form == "full" else latents.shape[0]
        parts = [self.decoded(part).float() for part in unscaled.split(at_once)]
        return torch.cat(parts) / 2 + 0.5


def finite(pictures: Tensor, device: Device) -> Tensor:
    """The pictures themselves. Raises RenderError when there are no numbers in them: then they would be black."""
    if bool(torch.isfinite(pictures).all()):
        return pictures
    raise RenderError(f"the model's numbers do not fit into {device.facts()['dtype']} and its pictures are black; take "
                      "a VAE that was mended for it, or another model")
