"""Models from disk: folders, single files, decoders, LoRAs; what does not fit is refused; nothing touches a network."""

from __future__ import annotations

import json
import shutil
import socket
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import single_files
import tiny_models
import torch
from recorded import HASHES, SIZE, Recorded, describe
from safetensors.torch import load_file, save_file

from server.errors import InputError, RenderError
from server.index.jpeg import jpeg_header
from server.library.models.adding import Wanted, add_model
from server.library.models.registry import Registry
from server.render.child.diffusion import DiffusionGenerator, loading
from server.render.child.diffusion.device import choose_device
from server.render.child.diffusion.shelf import Shelf
from server.render.job import End, PictureJob, TransitionJob

CPU = choose_device("cpu")


@pytest.fixture
def some(models: Path, tmp_media: Path) -> Path:
    """A models folder of one's own, with the tiny 1.x model in it."""
    shutil.copytree(models / "sd1", tmp_media / "sd1")
    return tmp_media


def loaded(folder: Path, recipe: str, **more: Any) -> loading.Loaded:
    return loading.load(Shelf(folder).choose(recipe), CPU, lambda *_: None, **more)


def picture_job(**more: Any) -> PictureJob:
    settings: dict[str, Any] = {"prompt": "a red cat", "seed": 7, "size": (64, 64), "model": HASHES["sd1"][:16], **more}
    return PictureJob("p", settings.pop("prompt"), settings.pop("seed"), settings.pop("size"), settings.pop("model"),
                      **settings)


@pytest.mark.parametrize("family", ["sd1", "sd2", "sdxl"])
def test_a_picture_can_be_made_again_from_its_facts(generators: dict[str, DiffusionGenerator], family: str) -> None:
    made = generators[family].picture(picture_job(model=HASHES[family][:16], seed=10 ** 30), Recorded())
    header = jpeg_header(made.jpeg)
    assert (header.width, header.height, header.chroma) == (64, 64, "420")
    facts = made.facts
    again = generators[family].picture(picture_job(
        prompt=facts["prompt"], seed=int(facts["seed"]), size=tuple(facts["size"]), model=facts["model"],
        steps=facts["steps"], guidance=facts["guidance"], decoder="full"), Recorded())
    assert again.jpeg == made.jpeg
    assert generators[family].picture(picture_job(model=HASHES[family][:16]), Recorded()).jpeg != made.jpeg


def test_a_picture_of_565_rows_has_560_and_it_is_said(generators: dict[str, DiffusionGenerator]) -> None:
    control = Recorded()
    made = generators["sd1"].picture(picture_job(size=(64, 565)), control)
    assert jpeg_header(made.jpeg).height == 560
    assert ("size", "64×565 is not divisible by 8: made at 64×560") in control.notes
    assert made.facts["size"] == [64, 560]


def test_nothing_touches_a_network(some: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object, **__: object) -> None:
        raise AssertionError("somebody asked the network")

    monkeypatch.setattr(socket.socket, "connect", never)
    monkeypatch.setattr(socket, "getaddrinfo", never)
    assert loaded(some, HASHES["sd1"][:16]).unet is not None


def test_the_tiny_decoder_is_taken_when_there_is_one_and_else_it_is_said(
    some: Path, ends: tuple[bytes, bytes]
) -> None:
    job = TransitionJob("j", End(ends[0], "a"), End(ends[1], "b"), "bridge", 4, SIZE, Fraction(30),
                        model=HASHES["sd1"][:16], even=False)
    generator = DiffusionGenerator(some, {"device": "cpu"})
    list(generator.transition(job, Recorded()))
    assert generator.facts["decoder"] == "full"
    assert any("no tiny decoder" in note for note in generator.facts["notes"])
    tiny_models.write_tiny_vae(some / "taesd")
    describe(some / "taesd", "d4" * 32, "taesd", "vae", "sd1", form="tiny")
    frames = list(generator.transition(job, Recorded()))
    assert (generator.facts["decoder"], generator.facts["notes"]) == ("tiny", [])
    list(generator.transition(replace(job, decoder="full"), Recorded()))
    assert generator.facts["decoder"] == "full"
    assert len(frames) == 2


def test_parts_of_another_family_are_refused(some: Path) -> None:
    tiny_models.write_vae(some / "xlvae")
    describe(some / "xlvae", "e5" * 32, "sdxl vae", "vae", "sdxl", form="kl")
    describe(some / "oil", "f6" * 32, "oil", "lora", "sd2", path="oil.safetensors")
    for part, words in (("e5e5e5", "sdxl vae is a VAE for sdxl, and tiny sd1 is sd1"),
                        ("f6f6f6", "oil is a LoRA for sd2"), ("zzzzzz", "there is no model zzzzzz")):
        with pytest.raises(InputError, match=words):
            Shelf(some).choose(f"{HASHES['sd1']}+{part}")
    with pytest.raises(InputError, match="is a vae: it is added to a model"):
        Shelf(some).choose("e5e5e5e5")
    describe(some / "oil", "f6" * 32, "oil", "lora", "sd1", path="oil.safetensors")
    with pytest.raises(InputError, match="from -4 to 4"):
        Shelf(some).choose(f"{HASHES['sd1']}+f6f6f6*many")


def test_a_vae_with_other_latents_is_refused(some: Path) -> None:
    from diffusers import AutoencoderKL

    AutoencoderKL(block_out_channels=(8, 8), norm_num_groups=4, latent_channels=16,
                  down_block_types=("DownEncoderBlock2D",) * 2, up_block_types=("UpDecoderBlock2D",) * 2
                  ).save_pretrained(some / "wide")
    describe(some / "wide", "e5" * 32, "wide", "vae", "sd1", form="kl")
    with pytest.raises(RenderError, match="has 16 latent channels, and models of sd1 have 4"):
        loaded(some, f"{HASHES['sd1']}+e5e5e5")


@pytest.mark.parametrize("gone", ["unet/config.json", "unet/diffusion_pytorch_model.safetensors",
                                  "text_encoder/config.json", "scheduler/scheduler_config.json"])
def test_a_model_that_is_no_longer_whole_is_one_line(some: Path, gone: str) -> None:
    (some / "sd1" / gone).unlink()
    with pytest.raises((RenderError, InputError), match=r"interscene model add|add the model again") as told:
        loaded(some, HASHES["sd1"])
    assert "\n" not in str(told.value)


def test_a_truncated_model_is_one_line(some: Path) -> None:
    path = some / "sd1" / "unet" / "diffusion_pytorch_model.safetensors"
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(RenderError, match="tiny sd1 cannot be loaded"):
        loaded(some, HASHES["sd1"])


@pytest.mark.parametrize(("part", "name"), [
    ("unet", "diffusion_pytorch_model.safetensors"), ("vae", "diffusion_pytorch_model.safetensors"),
    ("text_encoder", "model.safetensors")])
def test_missing_and_foreign_weights_are_refused(some: Path, models: Path, part: str, name: str) -> None:
    path = some / "sd1" / part / name
    weights = load_file(path)
    gone = next(key for key in sorted(weights) if key.endswith("weight"))
    save_file({key: tensor for key, tensor in weights.items() if key != gone}, path, {"format": "pt"})
    with pytest.raises(RenderError, match=r"weights of the model are missing|cannot be loaded"):
        loaded(some, HASHES["sd1"])
    save_file({key: tensor.repeat(*([2] * tensor.dim())) for key, tensor in weights.items()}, path, {"format": "pt"})
    with pytest.raises(RenderError, match="cannot be loaded"):
        loaded(some, HASHES["sd1"])


def test_a_model_without_numbers_in_its_pictures_is_told(some: Path, ends: tuple[bytes, bytes]) -> None:
    path = some / "sd1" / "vae" / "diffusion_pytorch_model.safetensors"
    weights = load_file(path)
    weights["decoder.conv_out.bias"] += float("nan")
    save_file(weights, path, {"format": "pt"})
    generator = DiffusionGenerator(some, {"device": "cpu"})
    with pytest.raises(RenderError, match="its pictures are black"):
        generator.picture(picture_job(), Recorded())
    job = TransitionJob("j", End(ends[0], "a"), End(ends[1], "b"), "bridge", 4, SIZE, model=HASHES["sd1"])
    with pytest.raises(RenderError, match="do not fit into fp32"):
        list(generator.transition(job, Recorded()))


def test_a_torchvision_that_does_not_fit_is_named(some: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def poisoned(*_: object) -> None:
        raise RuntimeError("operator torchvision::nms does not exist")

    monkeypatch.setattr(loading, "_parts_of_folder", poisoned)
    with pytest.raises(RenderError, match="pip uninstall torchvision"):
        loaded(some, HASHES["sd1"])


def write_lora(path: Path, width: int = 32, scale: float = 0.5) -> None:
    """A LoRA of one attention layer, in the layout of peft."""
    generator = torch.Generator().manual_seed(1)
    name = "unet.mid_block.attentions.0.transformer_blocks.0.attn2.to_k"
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file({f"{name}.lora_A.weight": torch.randn(4, width, generator=generator) * scale,
               f"{name}.lora_B.weight": torch.randn(64, 4, generator=generator) * scale}, path)


def test_a_lora_is_melted_in_with_its_weight_and_distils(some: Path) -> None:
    write_lora(some / "lcm" / "lcm.safetensors")
    describe(some / "lcm", "f6" * 32, "lcm lora", "lora", "sd1", variant="lcm", path="lcm.safetensors")
    weight = "mid_block.attentions.0.transformer_blocks.0.attn2.to_k.weight"
    plain, none, full = (loaded(some, HASHES["sd1"] + part) for part in ("", "+f6f6f6*0", "+f6f6f6"))
    parts = load_file(some / "lcm" / "lcm.safetensors")
    one, two = (next(tensor for name, tensor in parts.items() if mark in name) for mark in ("lora_A", "lora_B"))
    states = [model.unet.state_dict()[weight] for model in (plain, none, full)]
    torch.testing.assert_close(states[0], states[1])
    torch.testing.assert_close(states[2] - states[0], two @ one, atol=1e-4, rtol=1e-4)
    assert (plain.variant, full.variant) == ("turbo", "lcm")
    assert full.habit.solver == "renoise"
    assert full.chosen.recipe == f"{HASHES['sd1'][:16]}+{'f6' * 8}*1"


def test_a_lora_that_does_not_fit_is_refused(some: Path) -> None:
    write_lora(some / "wide" / "wide.safetensors", width=96)
    describe(some / "wide", "f6" * 32, "wide lora", "lora", "sd1", path="wide.safetensors")
    with pytest.raises(RenderError, match="wide lora does not fit tiny sd1"):
        loaded(some, HASHES["sd1"] + "+f6f6f6")
    save_file({"unet.nowhere.lora_A.weight": torch.ones(4, 4), "unet.nowhere.lora_B.weight": torch.ones(4, 4)},
              some / "wide" / "wide.safetensors")
    with pytest.raises(RenderError, match="wide lora"):
        loaded(some, HASHES["sd1"] + "+f6f6f6")


def test_a_single_file_is_the_same_model_and_says_what_it_lacks(some: Path) -> None:
    (some / "one").mkdir()
    single_files.write_single(some / "sd1", some / "one" / "one.safetensors")
    describe(some / "one", "ab" * 32, "one file", "checkpoint", "sd1", variant="turbo", path="one.safetensors")
    configs = some / "configs" / "sd1"
    for part in ("unet", "vae", "text_encoder"):
        (configs / part).mkdir(parents=True)
        shutil.copy(some / "sd1" / part / "config.json", configs / part)
    single = loaded(some, "ab" * 32, configs=some / "configs")
    folder = loaded(some, HASHES["sd1"])
    for part in ("unet",):
        for name, tensor in getattr(folder, part).state_dict().items():
            torch.testing.assert_close(getattr(single, part).state_dict()[name], tensor)
    for name, tensor in folder.coder("full").vae.state_dict().items():
        torch.testing.assert_close(single.coder("full").vae.state_dict()[name].reshape(tensor.shape), tensor)
    torch.testing.assert_close(single.text.encode("a red cat").conditioning.tokens,
                               folder.text.encode("a red cat").conditioning.tokens)
    shutil.rmtree(some / "sd1")
    with pytest.raises(RenderError, match=r"brings no vocabulary .* interscene model add FOLDER"):
        loaded(some, "ab" * 32, configs=some / "configs")
    tiny_models.write_tokenizer(some / "words", "<|endoftext|>")
    describe(some / "words", "cd" * 32, "words", "tokenizer", "sd1")
    assert loaded(some, "ab" * 32, configs=some / "configs").text.encode("a cat").chunks == 1


def test_the_configurations_of_single_files_are_those_of_the_published_models() -> None:
    from diffusers import AutoencoderKL, UNet2DConditionModel

    from server.render.child.diffusion.single_file import CONFIGS

    for family, millions in (("sd1", 860), ("sd2", 866), ("sdxl", 2567)):
        with torch.device("meta"):
            unet = UNet2DConditionModel.from_config(json.loads((CONFIGS / family / "unet" / "config.json").read_text()))
            vae = AutoencoderKL.from_config(json.loads((CONFIGS / family / "vae" / "config.json").read_text()))
        assert round(sum(each.numel() for each in unet.parameters()) / 1e6) == millions
        assert round(sum(each.numel() for each in vae.parameters()) / 1e6) == 84


def test_a_long_prompt_of_sdxl_has_pooled_text_and_its_end_counts(generators: dict[str, DiffusionGenerator],
                                                                  models: Path) -> None:
    model = loaded(models, HASHES["sdxl"])
    short, long = (model.text.encode(text) for text in ("a cat", "storm of sea " * 40))
    assert (short.chunks, short.tokens, tuple(short.conditioning.tokens.shape)) == (1, 4, (77, 96))
    assert long.chunks > 3
    assert long.conditioning.tokens.shape[0] == 77 * long.chunks
    assert long.conditioning.pooled is not None
    assert tuple(long.conditioning.pooled.shape) == (48,)
    mixed = model.text.encode("a cat::1 storm of sea::1")
    assert mixed.conditioning.pooled is not None
    pressed = model.text.encode("a (cat:1.4)")
    assert not torch.equal(pressed.conditioning.tokens, short.conditioning.tokens)
    assert model.text.encode("a cat") is short


def test_a_tiny_model_goes_the_whole_way_from_the_verb_to_frames(tmp_media: Path, ends: tuple[bytes, bytes]) -> None:
    folder = tiny_models.build(tmp_media / "sdxl-turbo", "sdxl", tiny_vae=True)
    model = add_model(folder, Registry(tmp_media / "models"), Wanted())
    assert (model.family, model.variant) == ("sdxl", "turbo")
    job = TransitionJob("j", End(ends[0], "a"), End(ends[1], "b"), "bridge", 4, SIZE, Fraction(30), model=model.short,
                        even=False)
    generator = DiffusionGenerator(tmp_media / "models", {"device": "cpu"})
    assert len(list(generator.transition(job, Recorded()))) == 2
    assert generator.facts["decoder"] == "tiny"
