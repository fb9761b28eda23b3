"""Transitions by models: how fast to JPEG bytes in another process, beside a compiled pipeline of diffusers.

`python -m benchmarks.generation_gpu --json OUT`: real architectures with random weights on a CUDA card; without one the
same in miniature on the processor (`--toy`), which proves that it runs and nothing else.
"""

from __future__ import annotations

import argparse
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from diffusers import DiffusionPipeline
from diffusers.utils import logging as diffusers_logging
from torch.utils.flop_counter import FlopCounterMode
from transformers.utils import logging as transformers_logging

from benchmarks.figures import Figure, absent, report, text_table, write_report
from benchmarks.generation_models import SUBJECTS, Subject, write_model
from benchmarks.machine import machine_facts
from benchmarks.paired import median, middle_half, percentile, ratios, rounds_of
from server.errors import InputError
from server.media.jpeg import encode_rgb
from server.render.child.diffusion import DiffusionGenerator
from server.render.child.diffusion.conditioning import Conditioning
from server.render.child.diffusion.denoiser import PlainDenoiser
from server.render.child.diffusion.device import choose_device
from server.render.child.generator import Stop
from server.render.job import End, TransitionJob
from server.render.local_pool import LocalPool, PoolOptions

SUBJECT: Final = "generation"
QUALITY: Final = 88
AHEAD: Final = 1.5
"""Times as fast as the pipeline, at least."""
SHARE: Final = 40.0
"""Per cent of the measured bf16 matrix rate."""
FPS: Final = 100.0
FIRST_MS: Final = 50.0
CANCEL_MS: Final = 60.0


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is done: on a card with real models, or in miniature."""

    toy: bool
    quick: bool
    size: tuple[int, int]
    batch: int
    frames: int
    rounds: int
    tries: int
    """First frames and cancellings."""
    folder: Path
    say: Callable[[str], None] = field(default=lambda _line: None)

    @property
    def place(self) -> str:
        """Torch's name of the device."""
        return "cpu" if self.toy else "cuda"

    def limit(self, value: float) -> float | None:
        """A limit where it was meant: on a card."""
        return None if self.toy else value


class Listener:
    """A sink that waits for the end of a job in another process."""

    def __init__(self) -> None:
        self.over = threading.Event()
        self.trouble = ""

    def started(self, *_: object) -> None:
        """See `pool.Sink`, as the others."""

    def frame(self, *_: object) -> None: ...
    def progress(self, *_: object) -> None: ...
    def note(self, *_: object) -> None: ...

    def done(self, *_: object) -> None:
        self.over.set()

    def failed(self, job: str, code: str, text: str, retry: bool) -> None:
        self.trouble = f"{job}: {text} ({code}{', another try may go better' if retry else ''})"
        self.over.set()


class Timed:
    """The control of a generator in this process, in a hurry; it can be cut short at a moment."""

    def __init__(self, stop_at: float = float("inf")) -> None:
        self.stop_at = stop_at

    def between(self) -> None:
        if time.perf_counter() >= self.stop_at:
            raise Stop

    def now(self) -> float:
        return time.perf_counter()

    def due(self, number: int) -> float | None:
        return 0.05 + number / 30

    def launch_ms(self) -> float:
        return float("inf")

    def alive(self) -> None: ...
    def loaded(self, *_: object) -> None: ...
    def preparing(self, *_: object) -> None: ...
    def stepped(self, *_: object) -> None: ...
    def note(self, *_: object) -> None: ...


def measure(plan: Plan) -> list[Figure]:
    """All figures: the card's own rate, then each architecture."""
    if plan.toy:
        torch.set_num_threads(1)
    rate = matmul_rate(plan)
    figures = [Figure(SUBJECT, "bf16 matrix multiplication, as measured", rate / 1e12, "TFLOP/s")]
    with worker(plan) as pool:
        for subject in SUBJECTS:
            plan.say(f"{subject.name}: writing random weights")
            recipe = write_model(plan.folder, subject, toy=plan.toy, place=plan.place)
            figures += of_subject(plan, subject, recipe, rate, pool)
    return figures


def of_subject(plan: Plan, subject: Subject, recipe: str, rate: float, pool: LocalPool) -> list[Figure]:
    """Frames a second to JPEG bytes in this process beside the peer, share of the card's rate, waiting, cancelling."""
    plan.say(f"{subject.name}: warming up worker and pipeline")
    job = job_for(plan, subject, recipe)
    run(pool, job)
    peer = pipeline(plan, subject)
    peer(max(3, plan.frames // 4))
    plan.say(f"{subject.name}: measuring")
    taken = rounds_of({"ours": lambda _turn: run(pool, job), "peer": lambda _turn: peer(plan.frames)}, plan.rounds)
    made = plan.frames - 2
    speeds = [made / seconds for seconds in taken["ours"]]
    ahead = ratios([seconds / plan.frames for seconds in taken["peer"]], [seconds / made for seconds in taken["ours"]])
    work = flops_of_frame(plan, subject)
    reached = 100 * median(speeds) * work / rate
    note = f"{plan.size[0]}×{plan.size[1]}, {subject.steps} steps, batches of {plan.batch}, tiny decoder"
    fast = plan.limit(FPS) if subject.name == "SD-Turbo" else None
    return [
        Figure(SUBJECT, f"{subject.name}: frames a second to JPEG bytes in the parent", median(speeds), "fps", fast,
               spread=middle_half(speeds), rounds=plan.rounds, note=note),
        Figure(SUBJECT, f"{subject.name}: beside a compiled pipeline, frame by frame", median(ahead), "×",
               plan.limit(AHEAD), spread=middle_half(ahead), rounds=plan.rounds, note=note),
        Figure(SUBJECT, f"{subject.name}: of the measured bf16 rate", reached, "%", plan.limit(SHARE),
               note=f"{work / 1e12:.3f} TFLOP a frame"),
        *waiting(plan, subject, recipe)]


def waiting(plan: Plan, subject: Subject, recipe: str) -> list[Figure]:
    """Until the first made frame, warm, with and without the look ahead; and until a cancelled job has stopped."""
    generator = DiffusionGenerator(plan.folder, {"device": plan.place})
    figures = []
    for even, name in ((True, "first frame, even speed"), (False, "first frame, speed as it comes")):
        job = job_for(plan, subject, recipe, even=even, batches=())
        firsts = []
        for turn in range(plan.tries + 2):
            began = time.perf_counter()
            next(generator.transition(job, Timed()))
            if turn >= 2:
                firsts.append(1000 * (time.perf_counter() - began))
        figures.append(Figure(SUBJECT, f"{subject.name}: {name}, p99", percentile(firsts, 0.99), "ms",
                              plan.limit(FIRST_MS), at_least=False, rounds=plan.tries, note="warm"))
    stops = cancels(plan, generator, job_for(plan, subject, recipe, even=False))
    figures.append(Figure(SUBJECT, f"{subject.name}: until cancelled work has ended, p99", percentile(stops, 0.99),
                          "ms", plan.limit(CANCEL_MS), at_least=False, rounds=plan.tries))
    return figures


def cancels(plan: Plan, generator: DiffusionGenerator, job: TransitionJob) -> list[float]:
    """Milliseconds from the wish to the end of all work on the device, at places all over a transition."""
    device = choose_device(plan.place)
    list(generator.transition(job, Timed()))
    began = time.perf_counter()
    list(generator.transition(job, Timed()))
    whole = time.perf_counter() - began
    taken = []
    for turn in range(plan.tries):
        control = Timed(time.perf_counter() + whole * (0.1 + 0.7 * turn / plan.tries))
        try:
            for _ in generator.transition(job, control):
                pass
        except Stop:
            device.wait()
            taken.append(1000 * (time.perf_counter() - control.stop_at))
    return taken or [float("nan")]


def matmul_rate(plan: Plan) -> float:
    """The most operations a second of a large bf16 product; a small one without a card."""
    side = 512 if plan.toy else 8192
    one, two = (torch.randn(side, side, device=plan.place, dtype=torch.bfloat16) for _ in range(2))
    best = 0.0
    for _ in range(3 if plan.quick else 10):
        _wait(plan)
        began = time.perf_counter()
        for _ in range(4):
            one @ two
        _wait(plan)
        best = max(best, 4 * 2 * side ** 3 / (time.perf_counter() - began))
    return best


def flops_of_frame(plan: Plan, subject: Subject) -> float:
    """Operations of a frame: as many evaluations as steps, and one decoding; counted, not timed."""
    pipe = _loaded(plan, subject)
    height, width = plan.size[1] // 8, plan.size[0] // 8
    dtype = pipe.unet.dtype
    latents = torch.zeros(1, 4, height, width, device=plan.place, dtype=dtype)
    tokens = torch.zeros(1, 77, pipe.unet.config.cross_attention_dim, device=plan.place, dtype=dtype)
    more: list[Any] = []
    if subject.family == "sdxl":
        more = [torch.zeros(1, size, device=plan.place, dtype=dtype)
                for size in (pipe.text_encoder_2.config.projection_dim, 6)]
    counter = FlopCounterMode(display=False)
    with torch.inference_mode(), counter:
        for _ in range(subject.steps):
            PlainDenoiser(pipe.unet)(latents, torch.zeros(1, device=plan.place), Conditioning(tokens, *more))
        pipe.vae.decode(latents)
    return float(counter.get_total_flops())


def pipeline(plan: Plan, subject: Subject) -> Callable[[int], float]:
    """The peer: a compiled pipeline, called for each frame with ready embeddings and noise; seconds for so many."""
    pipe = _loaded(plan, subject)
    if not plan.toy:
        pipe.unet.to(memory_format=torch.channels_last)
        pipe.unet.compile_repeated_blocks(fullgraph=True)
    shape = (1, 4, plan.size[1] // 8, plan.size[0] // 8)
    noises = [torch.randn(shape, device=plan.place, dtype=pipe.unet.dtype) for _ in range(2)]
    with torch.inference_mode():
        said = [_said(pipe, prompt, plan.place) for prompt in ("a red cat", "a storm at sea")]
    names = ("prompt_embeds", "pooled_prompt_embeds") if subject.family == "sdxl" else ("prompt_embeds",)
    places = (0, 2)

    def frames(count: int) -> float:
        began = time.perf_counter()
        for number in range(count):
            share = number / count
            words = {name: torch.lerp(said[0][place], said[1][place], share)
                     for name, place in zip(names, places, strict=False)}
            picture = pipe(latents=torch.lerp(noises[0], noises[1], share), num_inference_steps=subject.steps,
                           guidance_scale=0.0, output_type="pt", width=plan.size[0], height=plan.size[1],
                           **words).images[0]
            bytes_of = (torch.nan_to_num(picture) * 255).round().clamp(0, 255).to(torch.uint8).permute(1, 2, 0)
            encode_rgb(bytes_of.contiguous().cpu().numpy(), QUALITY)
        return time.perf_counter() - began

    return frames


@contextmanager
def worker(plan: Plan) -> Iterator[LocalPool]:
    """The real worker process."""
    pool = LocalPool(time.perf_counter, PoolOptions(plan.folder, {"device": plan.place}))
    try:
        yield pool
    finally:
        pool.close()


def run(pool: LocalPool, job: TransitionJob) -> float:
    """Seconds until the last frame's bytes were here."""
    listener = Listener()
    began = time.perf_counter()
    pool.submit(job, listener)
    if not listener.over.wait(900) or listener.trouble:
        raise InputError(f"the worker made nothing: {listener.trouble or 'for a quarter of an hour'}")
    return time.perf_counter() - began


def job_for(plan: Plan, subject: Subject, recipe: str, *, even: bool = False,
            batches: Sequence[int] | None = None) -> TransitionJob:
    """A walk: the same work for each frame as the peer's."""
    rng = np.random.default_rng(1)
    ends = []
    for name, seed in (("a", 1), ("b", 2)):
        grain = rng.integers(0, 255, (plan.size[1] // 8, plan.size[0] // 8, 3), dtype=np.uint8)
        jpeg = encode_rgb(np.ascontiguousarray(grain.repeat(8, 0).repeat(8, 1)), QUALITY)
        ends.append(End(jpeg, name, name, "a red cat", seed=seed, source=recipe))
    return TransitionJob(f"{subject.family}-{time.perf_counter_ns()}", ends[0], ends[1], "walk", plan.frames, plan.size,
                         Fraction(30), QUALITY, model=recipe, steps=subject.steps, even=even,
                         batches=(plan.batch,) if batches is None else tuple(batches))


def _loaded(plan: Plan, subject: Subject) -> Any:
    pipe = DiffusionPipeline.from_pretrained(plan.folder / subject.family, local_files_only=True,
                                             dtype=torch.float32 if plan.toy else torch.bfloat16)
    pipe.set_progress_bar_config(disable=True)
    return pipe.to(plan.place)


def _said(pipe: Any, prompt: str, place: str) -> Any:
    return pipe.encode_prompt(prompt=prompt, device=torch.device(place), num_images_per_prompt=1,
                              do_classifier_free_guidance=False)


def _wait(plan: Plan) -> None:
    if not plan.toy:
        torch.cuda.synchronize()


def main(words: Sequence[str] | None = None) -> int:
    """Measure, print, store; 1 when a limit is missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.generation_gpu", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer rounds")
    parser.add_argument("--toy", action="store_true", help="in miniature on the processor, for trying the script out")
    parser.add_argument("--json", type=Path, metavar="OUT", help="store the figures and the facts of this machine")
    parser.add_argument("--folder", type=Path, help="where to put 10 GB of random weights, removed afterwards")
    options = parser.parse_args(words)
    for library in (diffusers_logging, transformers_logging):
        library.set_verbosity_error()
        library.disable_progress_bar()
    if not options.toy and not torch.cuda.is_available():
        print("there is no CUDA here: nothing is measured; --toy tries the script out")
        figures = [absent(SUBJECT, "everything", "there is no CUDA on this machine")]
    else:
        with tempfile.TemporaryDirectory(prefix="interscene-generation-", dir=options.folder) as folder:
            figures = measure(plan_for(Path(folder), toy=options.toy, quick=options.quick))
    print(text_table(figures))
    if options.json is not None:
        write_report(report(figures, machine(toy=options.toy), quick=options.quick), options.json)
    return int(any(figure.passed is False for figure in figures))


def plan_for(folder: Path, *, toy: bool, quick: bool) -> Plan:
    """How much is done."""
    if toy:
        return Plan(True, quick, (64, 64), 2, 7, 1 if quick else 3, 2 if quick else 10, folder, print)
    return Plan(False, quick, (1024, 576), 8, 66 if quick else 258, 2 if quick else 5, 10 if quick else 100, folder,
                print)


def machine(*, toy: bool) -> dict[str, Any]:
    """Facts of the machine, the card's included."""
    facts = {**machine_facts(), "toy": toy, "torch": torch.__version__}
    if torch.cuda.is_available():
        card = torch.cuda.get_device_properties(0)
        facts |= {"card": card.name, "card_memory": f"{card.total_memory / 1e9:.0f} GB", "cuda": torch.version.cuda,
                  "multiprocessors": card.multi_processor_count}
    return facts


if __name__ == "__main__":
    raise SystemExit(main())
