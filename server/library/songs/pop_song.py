"""A run of Pop-Diffusion as the beginning of a song: what of it means something to Stable Diffusion.

The run's own files are kept as they are beside it.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Final

from server.errors import InputError, MissingFile
from server.library.formats.generation_settings import FILE_NAME as SETTINGS
from server.library.formats.generation_settings import format_settings
from server.library.formats.oddity import Oddities, listed
from server.library.formats.pop_mapping import Mapped, to_stable_diffusion
from server.library.formats.pop_settings import RunFile, parse_pop_settings, run_file
from server.library.formats.prompt_definitions import FILE_NAME as DEFINITIONS
from server.library.formats.prompt_definitions import SETTINGS as COLUMNS
from server.library.formats.prompt_definitions import new_definitions
from server.library.songs.import_plan import ImportPlan, PlannedFile, open_planned

_WHAT: Final = "settings"
_LARGEST: Final = 64 << 20


def add_run_as_song(plan: ImportPlan) -> None:
    """Where a plan has runs and no definitions, make definitions and settings of the last run that can be read."""
    if DEFINITIONS in plan.files:
        return
    runs = sorted((run.run, file.target) for file in plan.files.values()
                  if (run := run_file(file.target.rpartition("/")[2])) is not None and run.what == _WHAT)
    for _, target in reversed(runs):
        try:
            with open_planned(plan.files[target]) as file:
                pop = parse_pop_settings(file.read(_LARGEST + 1), Oddities(target))
        except (InputError, MissingFile, OSError):
            continue  # it is said when the run's files are read or copied
        _add(plan, target, to_stable_diffusion(pop))
        return


def _add(plan: ImportPlan, source: str, mapped: Mapped) -> None:
    name = target_name(run_file(source.rpartition("/")[2]))
    table = new_definitions((*COLUMNS[:2],)).table
    seed = str(mapped.seed if mapped.seed is not None else 1)
    table = table.with_rows([{"name": f"{name}_{scene.frame}", "prompt": scene.prompt, "seeds": seed,
                              "negative_prompt": scene.negative_prompt} for scene in mapped.scenes])
    made = {DEFINITIONS: table.bytes()} if mapped.scenes else {}
    if mapped.settings and SETTINGS not in plan.files:
        made[SETTINGS] = format_settings(mapped.settings)
    for target, data in made.items():
        plan.add(PlannedFile(target, len(data), data=data))
        plan.say(source, "it is a run of Pop-Diffusion", f"what of it Stable Diffusion knows is written as {target}")
    if mapped.seed is None and mapped.scenes:
        plan.say(source, "it does not say its seed", "the pictures get the seed 1")
    for sentence in mapped.said:
        plan.say(source, sentence, "used that way")
    reasons: defaultdict[str, list[str]] = defaultdict(list)
    for setting, reason in mapped.left_out.items():
        reasons[reason].append(setting)
    for reason, settings in reasons.items():
        plan.say(source, f"not used here: {listed(settings, 30)}", f"kept in the run's file; {reason}", note=True)


def target_name(run: RunFile | None) -> str:
    """What the prompts of a run are called: its batch, without the hyphens at which older programs cut names."""
    return (run.batch if run is not None else "run").replace("-", "_").replace("/", "_")
