"""Models taken into the models folder: told apart, copied whole or not at all, found, removed."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

import model_files as files
import pytest

import cli
from server.errors import Cancelled, InputError, LibraryError, MissingFile, OutputError
from server.library.models.adding import Wanted, add_model, look_at
from server.library.models.model import read_model
from server.library.models.registry import Registry


@pytest.fixture
def registry(tmp_media: Path) -> Registry:
    return Registry(tmp_media / "models")


@pytest.mark.parametrize(("name", "tensors", "what"), [
    ("v1-5.safetensors", files.SD1, ("checkpoint", "sd1", "base", None, "")),
    ("sd_turbo.safetensors", files.SD2, ("checkpoint", "sd2", "turbo", None, "")),
    ("v2-1_768.safetensors", files.SD2, ("checkpoint", "sd2", "base", None, "")),
    ("sdxl_lightning_4step.safetensors", files.SDXL, ("checkpoint", "sdxl", "lightning", 4, "")),
    ("Hyper-SDXL-8steps-lora.safetensors", files.LORA_XL, ("lora", "sdxl", "hyper", 8, "")),
    ("lcm-lora-sdv1-5.safetensors", files.LORA_1, ("lora", "sd1", "lcm", None, "")),
    ("oil.safetensors", files.LORA_1, ("lora", "sd1", "", None, "")),
    ("sdxl_vae.safetensors", files.VAE, ("vae", "sdxl", "", None, "kl")),
    ("taesd.safetensors", files.TINY, ("vae", "sd1", "", None, "tiny")),
])
def test_a_file_is_told_by_its_tensors(
    tmp_media: Path, name: str, tensors: Mapping[str, Sequence[int]], what: tuple[object, ...]
) -> None:
    found = look_at(files.write(tmp_media / name, tensors))
    assert (found.kind, found.family, found.variant, found.steps, found.form) == what
    assert found.prediction == ("v_prediction" if "768" in name else "")


@pytest.mark.parametrize(("name", "tensors", "words"), [
    ("r.safetensors", files.REFINER, "refiner.*take the base model"),
    ("i.safetensors", files.INPAINTING, "9 input channels.*take the plain one"),
    ("f.safetensors", files.FLUX, "is Flux, which is not supported"),
    ("u.safetensors", files.UNKNOWN, "no model that is known here"),
    ("l.safetensors", {"x.lora_down.weight": [4, 4]}, "does not show which family"),
    ("v.safetensors", {"decoder.conv_in.weight": [8, 16, 3, 3]}, "16 latent channels"),
])
def test_what_is_not_for_here_is_refused_in_words(
    tmp_media: Path, name: str, tensors: Mapping[str, Sequence[int]], words: str
) -> None:
    with pytest.raises(InputError, match=words) as told:
        look_at(files.write(tmp_media / name, tensors))
    assert str(told.value).startswith(name)


@pytest.mark.parametrize("suffix", [".ckpt", ".pt", ".pth", ".bin", ".CKPT"])
def test_pickles_are_never_opened(tmp_media: Path, suffix: str, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_media / f"m{suffix}"
    path.write_bytes(b"\x80\x04.")
    monkeypatch.setattr(Path, "open", lambda *_, **__: pytest.fail("it was opened"))
    with pytest.raises(InputError, match=r"could run any program .* take the safetensors version"):
        look_at(path)


def test_what_is_missing_or_no_model_is_said(tmp_media: Path) -> None:
    with pytest.raises(MissingFile, match="there is no"):
        look_at(tmp_media / "none.safetensors")
    (tmp_media / "a.txt").write_text("x", encoding="utf-8")
    with pytest.raises(InputError, match="no model file"):
        look_at(tmp_media / "a.txt")
    with pytest.raises(InputError, match=r"has no model_index.json"):
        look_at(tmp_media)


def test_folders_are_told_and_must_be_whole(tmp_media: Path) -> None:
    plain = files.write_folder(tmp_media / "sd", scheduler={"_class_name": "LCMScheduler"})
    wide = files.write_folder(tmp_media / "xl", wide=True, scheduler={
        "_class_name": "EulerDiscreteScheduler", "timestep_spacing": "trailing", "prediction_type": "epsilon"})
    assert (look_at(plain).family, look_at(plain).variant) == ("sd1", "lcm")
    assert (look_at(wide).family, look_at(wide).variant, look_at(wide).prediction) == ("sdxl", "turbo", "epsilon")
    for gone, words in (("tokenizer/vocab.json", "tokenizer/vocab.json is missing"),
                        ("unet/config.json", "unet/config.json is missing"),
                        ("scheduler/scheduler_config.json", "scheduler_config.json is missing"),
                        ("vae/diffusion_pytorch_model.safetensors", "no safetensors weights in vae")):
        shutil.copytree(plain, tmp_media / "half")
        (tmp_media / "half" / gone).unlink()
        with pytest.raises(InputError, match=words):
            look_at(tmp_media / "half")
        shutil.rmtree(tmp_media / "half")
    (plain / "unet" / "diffusion_pytorch_model.safetensors").write_bytes(b"short")
    with pytest.raises(InputError, match=r"is not whole: unet/diffusion_pytorch_model.safetensors"):
        look_at(plain)


def test_a_shard_that_is_missing_is_named(tmp_media: Path) -> None:
    folder = files.write_folder(tmp_media / "sd")
    (folder / "unet" / "diffusion_pytorch_model.safetensors.index.json").write_text(
        json.dumps({"weight_map": {"a": "diffusion_pytorch_model-00002-of-00002.safetensors"}}), encoding="utf-8")
    with pytest.raises(InputError, match=r"00002-of-00002.safetensors is missing"):
        look_at(folder)


def test_a_file_is_copied_with_what_belongs_to_it(tmp_media: Path, registry: Registry) -> None:
    path = files.write(tmp_media / "My Model turbo.safetensors", files.SD2, {"modelspec.license": "openrail++"})
    path.with_suffix(".png").write_bytes(b"a picture")
    seen: list[tuple[int, int]] = []
    model = add_model(path, registry, Wanted(), lambda done, of: seen.append((done, of)))
    assert model.hash == hashlib.sha256(path.read_bytes()).hexdigest()
    assert (model.licence.name, model.still, model.variant) == ("openrail++", "My Model turbo.png", "turbo")
    assert (model.folder / model.path).read_bytes() == path.read_bytes()
    assert seen[-1][0] == seen[-1][1] == model.bytes
    assert registry.all() == [model]
    assert read_model(model.folder) == model
    # Again: it is there already, and nothing is left over.
    assert add_model(path, registry, Wanted(name="other")) == model
    assert [entry.name for entry in registry.folder.iterdir()] == [model.folder.name]


def test_a_folder_is_copied_without_pickles_and_second_precisions(tmp_media: Path, registry: Registry) -> None:
    folder = files.write_folder(tmp_media / "sd-turbo")
    (folder / "README.md").write_text("---\nlicense: other\nlicense_name: sai-nc-community\n---\n# X\n",
                                      encoding="utf-8")
    (folder / "LICENSE.md").write_text("Licence text\n", encoding="utf-8")
    (folder / "unet" / "diffusion_pytorch_model.bin").write_bytes(b"\x80\x04.")
    files.write(folder / "unet" / "diffusion_pytorch_model.fp16.safetensors", files.UNKNOWN)
    model = add_model(folder, registry, Wanted())
    kept = {path.relative_to(model.folder).as_posix() for path in model.folder.rglob("*") if path.is_file()}
    assert "unet/diffusion_pytorch_model.fp16.safetensors" in kept
    assert "unet/diffusion_pytorch_model.safetensors" not in kept
    assert not any(name.endswith(".bin") for name in kept)
    assert (model.licence.name, model.licence.file) == ("sai-nc-community", "LICENSE.md")
    assert model.variant == "turbo"


def test_cancelled_or_failed_nothing_is_left(tmp_media: Path, registry: Registry) -> None:
    path = files.write(tmp_media / "m.safetensors", files.SD1)
    with pytest.raises(Cancelled):
        add_model(path, registry, Wanted(), cancelled=lambda: True)

    def interrupt(done: int, of: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        add_model(path, registry, Wanted(), interrupt)
    assert list(registry.folder.iterdir()) == []
    with pytest.raises(InputError, match="a variant is one of"):
        add_model(path, registry, Wanted(variant="fast"))


def test_what_a_killed_program_left_goes_with_the_next(tmp_media: Path, registry: Registry) -> None:
    left = registry.folder / "half-1.part"
    left.mkdir(parents=True)
    (left / "model.json").write_text("{}", encoding="utf-8")
    (registry.folder / "half-1.part.claim").write_bytes(b"")
    assert registry.look() == ([], [])
    model = add_model(files.write(tmp_media / "m.safetensors", files.SD1), registry, Wanted())
    assert [entry.name for entry in registry.folder.iterdir()] == [model.folder.name]


def test_a_full_disk_is_said_before_anything_is_copied(
    tmp_media: Path, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = files.write(tmp_media / "m.safetensors", files.SD1)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(9, 9, 9))  # type: ignore[attr-defined]
    with pytest.raises(OutputError, match=r"has room for 9 B.*model_cache_dir"):
        add_model(path, registry, Wanted())
    assert not registry.folder.exists()


def test_a_link_is_the_same_file(tmp_media: Path, registry: Registry) -> None:
    path = files.write(tmp_media / "m.safetensors", files.SD1)
    model = add_model(path, registry, Wanted(link=True))
    assert (model.folder / model.path).samefile(path)


def test_models_are_found_and_put_together(tmp_media: Path, registry: Registry) -> None:
    models = {name: add_model(files.write(tmp_media / f"{name}.safetensors", tensors, {"n": name}), registry, Wanted())
              for name, tensors in (("base1", files.SD1), ("base2", files.SD2), ("oil1", files.LORA_1),
                                    ("oilxl", files.LORA_XL), ("vae1", files.VAE), ("vae xl", files.VAE))}
    assert registry.find("base1") == registry.find(models["base1"].hash[:10]) == models["base1"]
    with pytest.raises(InputError, match=r"no model 'nope'.*there are: base1 \("):
        registry.find("nope")
    assert registry.recipe(["base1", "oil1*0.8", "vae1"]) == "+".join(
        (models["base1"].short, models["oil1"].short + "*0.8", models["vae1"].short))
    # The decoders of 1.x and 2.x are the same.
    registry.recipe(["base2", "vae1"])
    for words, why in ((["base1", "oilxl"], "made for sdxl, and base1 is sd1"), (["base2", "vae xl"], "made for sdxl"),
                       (["oil1"], "no model to begin with"), (["base1", "base2"], "only LoRAs and VAEs")):
        with pytest.raises(InputError, match=why):
            registry.recipe(words)


def test_the_family_of_a_vae_can_be_said_and_of_nothing_else(tmp_media: Path, registry: Registry) -> None:
    vae = files.write(tmp_media / "fixed.safetensors", files.VAE)
    assert add_model(vae, registry, Wanted(family="sdxl")).family == "sdxl"
    with pytest.raises(InputError, match="checkpoint for sd1, as its shapes show, not for sdxl"):
        add_model(files.write(tmp_media / "m.safetensors", files.SD1), registry, Wanted(family="sdxl"))
    with pytest.raises(InputError, match="a family is one of sd1, sd2, sdxl"):
        add_model(vae, registry, Wanted(family="sd9"))


def test_a_damaged_document_is_said_and_disturbs_nothing(tmp_media: Path, registry: Registry) -> None:
    model = add_model(files.write(tmp_media / "m.safetensors", files.SD1), registry, Wanted())
    for text in ("{", "[]", "{}", json.dumps({**model.document(), "path": "../../x"})):
        other = registry.folder / "other"
        other.mkdir(exist_ok=True)
        (other / "model.json").write_text(text, encoding="utf-8")
        models, problems = registry.look()
        assert models == [model]
        assert "remove other, and add the model again" in problems[0]
        with pytest.raises(LibraryError):
            read_model(other)


def test_removing_is_whole_or_not_at_all(tmp_media: Path, registry: Registry) -> None:
    model = add_model(files.write(tmp_media / "m.safetensors", files.SD1), registry, Wanted())

    def busy(one: Path, two: Path) -> None:
        raise PermissionError(13, "in use")

    with pytest.raises(OutputError, match="stop what is using it"):
        registry.remove(model, rename=busy)
    assert registry.all() == [model]
    registry.remove(model)
    assert list(registry.folder.iterdir()) == []


def test_the_verb_adds_lists_and_removes(tmp_media: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = files.write(tmp_media / "sd_turbo.safetensors", files.SD2)
    where = ["--model-cache-dir", str(tmp_media / "models")]
    assert cli.main(["model", "list", *where]) == 0
    assert "no models in" in capsys.readouterr().out
    assert cli.main(["model", "add", str(path), *where]) == 0
    out = capsys.readouterr().out
    assert "Stable Diffusion 2.x, checkpoint, turbo" in out
    assert hashlib.sha256(path.read_bytes()).hexdigest() in out
    assert "not stated; look where it came from" in out
    assert cli.main(["model", "list", "--json", *where]) == 0
    assert json.loads(capsys.readouterr().out)[0]["family"] == "sd2"
    assert cli.main(["model", "remove", "sd_turbo", *where]) == 0
    assert cli.main(["model", "remove", "sd_turbo", *where]) == 1
    assert cli.main(["model", "add", *where]) == 1
    assert "needs a file or a folder" in capsys.readouterr().err
