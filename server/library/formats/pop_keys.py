"""The settings of a Pop-Diffusion run: their names in both generations of files, and the type of each. A table.

Later files write `name_input` for what the person gave, before frame numbers were multiplied.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from server.library.formats.typed_values import Kind

INPUT: Final = "_input"
PROMPTS: Final = ("text_prompts", "image_prompts", "updated_antarctic_text_prompts")
"""Prompts by frame, which have a reader of their own."""


class PopKey(NamedTuple):
    """A setting by its plain name. `group`: what it belongs to, in words."""

    name: str
    kind: Kind
    group: str


def _keys(group: str, kind: Kind, names: str) -> list[PopKey]:
    return [PopKey(name, kind, group) for name in names.split()]


_TABLE: Final = (
    *_keys("run", "text", "batch_name overwrite_settings_file"),
    *_keys("run", "whole", "absolute_frame_multiplier max_frames"),
    *_keys("run", "switch", "key_frames"),
    *_keys("picture", "whole", "width height steps skip_steps seed"),
    *_keys("picture", "text", "init_image set_seed"),
    *_keys("picture", "number", "init_scale"),
    *_keys("captions of another machine", "text",
           "antarctic_prompt_frames antarctic_pre_string antarctic_post_string"),
    *_keys("captions of another machine", "whole", "antarctic_number_of_captions"),
    *_keys("CLIP guidance", "key frames",
           "clip_guidance_scale tv_scale range_scale sat_scale cutn_batches clamp_max eta cut_ic_pow"),
    *_keys("CLIP guidance", "switch", "skip_augs randomize_class clip_denoised clamp_grad fuzzy_prompt "
                                      "soft_limiter_on"),
    *_keys("CLIP guidance", "number", "rand_mag soft_limiter_knee cutn"),
    *_keys("CLIP guidance", "schedule", "cut_overview cut_innercut cut_icgray_p"),
    *_keys("diffusion model", "text", "diffusion_model diffusion_sampling_mode"),
    *_keys("diffusion model", "whole", "diffusion_steps"),
    *_keys("diffusion model", "switch", "use_secondary_model use_checkpoint check_model_SHA"),
    *_keys("CLIP models", "switch", "ViTB32 ViTB16 ViTL14 ViTL14_336px RN101 RN50 RN50x4 RN50x16 RN50x64"),
    *_keys("animation", "text", "animation_mode interp_spline padding_mode sampling_mode"),
    *_keys("animation", "key frames", "angle zoom translation_x translation_y translation_z frames_scale "
                                      "frames_skip_steps"),
    *_keys("animation", "list", "object_detection_zoom"),
    *_keys("depth and 3-D", "key frames", "rotation_3d_x rotation_3d_y rotation_3d_z midas_weight near_plane "
                                          "far_plane fov"),
    *_keys("depth and 3-D", "text", "midas_depth_model"),
    *_keys("depth and 3-D", "switch", "vr_mode turbo_mode"),
    *_keys("depth and 3-D", "number", "vr_eye_angle vr_ipd"),
    *_keys("depth and 3-D", "whole", "turbo_steps turbo_preroll"),
    *_keys("movie as a source", "text", "video_init_path"),
    *_keys("movie as a source", "whole", "extract_nth_frame"),
    *_keys("movie as a source", "switch", "video_init_seed_continuity"),
    *_keys("start from noise", "switch", "perlin_init"),
    *_keys("start from noise", "text", "perlin_mode"),
    *_keys("symmetry", "switch", "use_horizontal_symmetry use_vertical_symmetry"),
    *_keys("symmetry", "list", "transformation_percent"),
    *_keys("saving on the way", "list", "intermediate_saves"),
    *_keys("saving on the way", "switch", "intermediates_in_subfolder"),
    *_keys("movies made afterwards", "switch",
           "skip_video_for_run_all make_regular_video make_info_video make_unique_prompt_overlay_video "
           "make_prompt_overlay_video make_interpolation_video make_custom_text_overlay_video "
           "use_unique_prompt_as_custom_overlay"),
    *_keys("movies made afterwards", "number", "fps output_video_fps finished_video_length"),
    *_keys("movies made afterwards", "whole", "number_of_interpolations"),
    *_keys("movies made afterwards", "text", "frames_to_interpolate output_video ccmixter_search_url_or_keyword"),
    *_keys("accounts and disks", "switch", "mount_gdrive should_create_gist show_first_prompt_in_youtube_description"),
    *_keys("accounts and disks", "text", "gdrive_mountpoint gdrive_subdirectory github_username"),
)
KEYS: Final[Mapping[str, PopKey]] = MappingProxyType({key.name: key for key in _TABLE})


def plain_name(written: str) -> str:
    """The name of a setting without the ending of later files, where it is one of theirs."""
    bare = written.removesuffix(INPUT)
    return bare if bare in KEYS else written
