"""From the device to JPEG: planes, odd sizes, order, foreign encoders; pins, drift; sizes; calls that are replayed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
import torch

from server.errors import DeviceLost, InputError, OutOfMemory
from server.media.jpeg import decode_rgb, encode_rgb
from server.media.steps import rmse
from server.render.child.diffusion.canvas import canvas_around, canvas_within
from server.render.child.diffusion.conditioning import Conditioning
from server.render.child.diffusion.device import Device, choose_device, device_errors, kept_share
from server.render.child.diffusion.graphs import Replayed, ReplayedDenoiser
from server.render.child.diffusion.outgoing import Outgoing, device_encoder, fitting
from server.render.child.diffusion.pilot import FIRST, MOST, survey
from server.render.child.diffusion.pinning import Drift, Pins, blurred, shifted
from server.render.child.diffusion.speed import speed_for

CPU = choose_device("cpu")
CARD = Device(torch.device("cuda"), torch.bfloat16, "a card")


def waves(height: int, width: int, phase: float = 0.0) -> Any:
    """A smooth coloured picture (3, h, w)."""
    y, x = torch.meshgrid(torch.arange(height) / 40, torch.arange(width) / 50, indexing="ij")
    return torch.stack([torch.sin(x * 3 + phase), torch.cos(y * 4 + phase), torch.sin(x * 2 + y + phase)]) * 0.4 + 0.5


@pytest.mark.parametrize("size", [(64, 48), (63, 49), (17, 33)])
def test_frames_come_out_in_order_as_they_went_in(size: tuple[int, int]) -> None:
    pictures = torch.stack([waves(*size, phase) for phase in range(5)])
    with Outgoing(CPU, 95) as out:
        out.put(3, pictures[:2])
        out.put(5, pictures[2:])
        assert out.waiting == 5
        found = list(out.take())
    assert [number for number, _ in found] == [3, 4, 5, 6, 7]
    for (_, jpeg), picture in zip(found, pictures, strict=True):
        wanted = (picture * 255).round().to(torch.uint8).permute(1, 2, 0).numpy()
        assert rmse(decode_rgb(jpeg), wanted) < 3


def test_the_cards_encoder_is_taken_only_if_it_fits_into_a_movie() -> None:
    probe = torch.zeros((3, 16, 16), dtype=torch.uint8)

    def writes(chroma: str) -> Callable[[Any, int], bytes]:
        return lambda picture, quality: encode_rgb(picture.permute(1, 2, 0).numpy(), quality, chroma)

    def fails(picture: Any, quality: int) -> bytes:
        raise RuntimeError("nvjpeg")

    assert fitting(writes("420"), probe)[1] == "device"
    assert fitting(writes("444"), probe) == (None, "threads (the card's encoder writes 444 baseline)")
    assert fitting(fails, probe) == (None, "threads (the card's encoder failed: RuntimeError)")
    assert device_encoder(CPU) == (None, "threads")
    encoder = fitting(writes("420"), probe)[0]
    with Outgoing(CPU, 90, encoder) as out:
        out.put(1, waves(32, 32).unsqueeze(0))
        assert decode_rgb(next(out.take())[1]).shape == (32, 32, 3)


def test_a_card_that_is_lost_while_frames_are_fetched_is_told() -> None:
    def lost(*_: object) -> bytes:
        raise RuntimeError("CUDA error: unspecified launch failure")

    with Outgoing(CARD, 90) as out:
        out._waiting.append((1, out._pool.submit(lost)))
        with pytest.raises(DeviceLost, match="a card was lost"):
            next(out.take())


def test_pinned_frames_begin_and_end_with_the_pictures_themselves() -> None:
    pictures, own = (waves(64, 96), waves(64, 96, 2)), (waves(64, 96, 0.3), waves(64, 96, 2.4))
    pins = Pins(pictures, own)
    found = pins.pinned(torch.stack([own[0], own[1]]), [0.0, 1.0])
    torch.testing.assert_close(found[0], pictures[0], atol=1e-4, rtol=0)
    torch.testing.assert_close(found[1], pictures[1], atol=1e-4, rtol=0)
    middle = pins.pinned(torch.stack([torch.zeros(3, 64, 96) + 0.2 * waves(64, 96)]), [0.5])
    wanted = (pictures[0].mean() + pictures[1].mean()) / 2
    assert abs(float(middle.mean() - wanted)) < 0.02


@pytest.mark.parametrize("end", [0, 1])
def test_detail_of_an_end_is_gone_long_before_its_light_and_both_before_the_middle(end: int) -> None:
    rows, columns = torch.meshgrid(torch.arange(64), torch.arange(96), indexing="ij")
    # A checkerboard is all detail, and neither moves the mean nor, beside so strong waves, the spread.
    board = (((rows + columns) % 2) * 2 - 1).float().expand(3, -1, -1) * 0.02
    plain = waves(64, 96)
    pictures = (plain + board, plain) if end == 0 else (plain, plain + board)
    pins = Pins(pictures, (plain, plain))

    def detail(since: float) -> float:
        place = since if end == 0 else 1 - since
        return float((pins.pinned(plain.unsqueeze(0), [place])[0] * board).mean() / (board * board).mean())

    base = float((plain * board).mean() / (board * board).mean())
    assert detail(0.0) - base == pytest.approx(1.0, abs=0.15)
    assert 0.2 < detail(0.1) - base < 0.8
    assert abs(detail(0.25) - base) < 0.1


def test_blur_keeps_light_and_small_pictures() -> None:
    picture = waves(40, 50)
    assert abs(float(blurred(picture, 8).mean() - picture.mean())) < 0.02
    assert float(blurred(picture, 8).std()) < float(picture.std())
    torch.testing.assert_close(blurred(torch.ones(3, 4, 5), 12), torch.ones(3, 4, 5))


def test_detail_moves_with_what_it_belongs_to() -> None:
    picture = torch.zeros(1, 32, 64)
    picture[:, 10:14, 20:24] = 1
    drift = Drift((0.0, 0.2), torch.stack([torch.zeros(2, 8, 16), torch.full((2, 8, 16), -0.125)]))
    moved = shifted(picture, drift.at(0.2))
    assert float(moved[0, 14:18, 28:32].min()) > 0.99
    torch.testing.assert_close(shifted(picture, drift.at(0.0)), picture)
    assert float(drift.at(0.1).mean()) == pytest.approx(-0.0625)


def test_a_pilot_sees_speed_and_motion() -> None:
    rows, columns = np.mgrid[0:120, 0:160]
    rng = np.random.default_rng(1)
    spots = [(rng.uniform(0, 160), rng.uniform(0, 120), rng.uniform(4, 12)) for _ in range(60)]

    def at(place: float, moved: float = 30.0) -> Any:
        # Nothing happens for half of the way, then everything does.
        x = columns - moved * max(0.0, 2 * place - 1)
        light = sum(np.exp(-((x - a) ** 2 + (rows - b) ** 2) / (2 * s * s)) for a, b, s in spots)
        return np.clip(np.stack([light * 200, light * 120, 255 - light * 150], -1), 0, 255).astype(np.uint8)

    asked: list[list[float]] = []

    def several(places: Sequence[float]) -> list[Any]:
        asked.append(list(places))
        return [at(place) for place in places]

    found = survey((at(0), at(1)), several)
    assert asked[0] == list(FIRST[1:-1])
    assert len(FIRST) - 2 <= found.looked <= MOST - 2
    assert found.pace.place(0.5) > 0.6
    assert found.drifts[0] is None
    assert found.drifts[1] is not None
    # Looking back from before the end, things were 30 pixels of 160 a whole way further left at double speed.
    back = found.drifts[1].at(0.1)
    assert float(back[0].median()) == pytest.approx(0.1 * 2 * 30 / 160, rel=0.35)
    still = survey((at(0), at(0)), lambda places: [at(0) for _ in places])
    assert still.pace.place(0.25) == 0.25


def test_sizes_are_made_divisible_and_said() -> None:
    assert (canvas_within((1000, 565)).made, canvas_around((1000, 565)).made) == ((1000, 560), (1000, 568))
    assert canvas_around((1024, 576)).note == ""
    assert "painted at 1000×568" in canvas_around((1000, 565)).note
    assert canvas_around((1024, 576)).half().made == (512, 288)
    assert canvas_around((20, 20)).made == (64, 64)
    for make in (canvas_around, canvas_within):
        with pytest.raises(InputError, match="larger than models paint"):
            make((8000, 4000))


def test_calls_are_recorded_once_for_each_shape_and_replayed() -> None:
    recorded: list[tuple[int, ...]] = []

    def recorder(function: Callable[..., Any], inputs: Sequence[Any]) -> tuple[Callable[[], None], Any]:
        recorded.append(tuple(inputs[0].shape))
        output = function(*inputs)
        return lambda: output.copy_(function(*inputs)), output

    signs: list[int] = []
    call = Replayed(lambda a, b: a * 2 + b, recorder, lambda: signs.append(1))
    one = call(torch.ones(2, 3), torch.zeros(3).expand(2, 3))
    two = call(torch.full((2, 3), 5.0), torch.ones(2, 3))
    assert float(one.mean()) == 2
    assert float(two.mean()) == 11
    call(torch.ones(4, 3), torch.ones(4, 3))
    assert recorded == [(2, 3), (4, 3)]
    assert len(signs) == 2
    denoiser = ReplayedDenoiser(lambda latents, times, c: latents + times.reshape(-1, 1) + (
        0 if c.pooled is None else c.pooled.sum()), recorder)
    assert float(denoiser(torch.ones(1, 2), torch.ones(1), Conditioning(torch.ones(1, 1)))[0, 0]) == 2
    wide = Conditioning(torch.ones(1, 1), torch.ones(1, 3), torch.ones(1, 6))
    assert float(denoiser(torch.ones(1, 2), torch.ones(1), wide)[0, 0]) == 5


def test_nothing_is_compiled_without_a_card() -> None:
    assert speed_for(CPU, None).said == "plain"
    assert speed_for(CARD, None, wanted=False).recorder is None


@pytest.mark.parametrize(("wanted", "dtype", "words"), [
    ("tpu", "auto", "auto, cpu, mps, cuda"), ("cuda:x", "auto", "auto, cpu, mps, cuda"), ("cpu", "int4", "auto, bf16"),
    ("cpu:1", "auto", "auto, cpu, mps, cuda")])
def test_a_device_that_there_is_not_is_refused(wanted: str, dtype: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        choose_device(wanted, dtype)


@pytest.mark.skipif(torch.cuda.is_available() or torch.backends.mps.is_available(), reason="there is a GPU")
def test_without_a_card_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match="no CUDA here"):
        choose_device("cuda")
    with pytest.raises(InputError, match="no Metal GPU"):
        choose_device("mps")
    assert "processor" in choose_device("auto").note
    assert choose_device("cpu").note == ""


def test_the_reserve_is_left_to_others() -> None:
    assert kept_share(24 << 30, 2 << 30) == pytest.approx(22 / 24)
    assert kept_share(2 << 30, 4 << 30) == 0.1
    CPU.leave(1 << 30)
    assert CPU.used() == {}


def test_a_card_that_is_lost_or_full_is_told_apart() -> None:
    with pytest.raises(DeviceLost, match="a card was lost"), device_errors(CARD):
        raise RuntimeError("CUDA error: an illegal memory access was encountered\nmore")
    with pytest.raises(OutOfMemory, match="memory of a card is full"), device_errors(CARD):
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 3 GiB")
    with pytest.raises(RuntimeError, match="shapes"), device_errors(CARD):
        raise RuntimeError("shapes do not match")
    with pytest.raises(RuntimeError, match="CUDA error"), device_errors(CPU):
        raise RuntimeError("CUDA error: not on a processor")
