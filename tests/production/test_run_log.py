"""What was made before says what will fit and how long it takes; a log that nobody can read costs nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from server.production.run_log import BATCHES, FILE, KEPT, Run, RunLog, forecast, seconds_a_frame, stepped_down

RUN = Run("RTX 3060", "sd1", "bridge", 1024, 576, 8, 1, "tiny", fits=True, frames=80, seconds=8.0)
SIDES = st.sampled_from((256, 512, 1024))
RUNS = st.lists(st.builds(Run, st.just("gpu"), st.just("m"), st.just("bridge"), SIDES, SIDES, st.sampled_from(BATCHES),
                          st.just(1), st.sampled_from(("tiny", "full")), st.booleans()), max_size=12)


def test_what_failed_at_less_fails_at_more_and_what_fitted_at_more_fits() -> None:
    failed = replace(RUN, fits=False)
    assert forecast([failed], RUN).fits is False
    assert forecast([failed], replace(RUN, batch=16)).fits is False
    assert "1024×576 in batches of 8" in forecast([failed], RUN).why
    assert forecast([failed], replace(RUN, batch=4)).fits is None
    assert forecast([RUN], replace(RUN, batch=4)).fits is True
    assert forecast([RUN], replace(RUN, batch=16)).fits is None


def test_other_cards_models_and_decoders_say_nothing() -> None:
    for other in (replace(RUN, device="RTX 4090"), replace(RUN, model="sdxl"), replace(RUN, decoder="full")):
        assert forecast([replace(other, fits=False)], RUN).fits is None


def test_a_card_that_got_more_memory_is_believed() -> None:
    assert forecast([replace(RUN, fits=False), RUN], RUN).fits is True
    assert forecast([RUN, replace(RUN, fits=False)], RUN).fits is False


def test_it_steps_down_to_smaller_batches_then_to_the_small_decoder() -> None:
    full = replace(RUN, decoder="full", batch=16)
    assert stepped_down([], full) == full
    assert stepped_down([replace(full, batch=4, fits=False)], full) == replace(full, batch=2)
    none_full = [replace(full, batch=1, fits=False)]
    assert stepped_down(none_full, full) == replace(full, decoder="tiny")
    assert stepped_down([*none_full, replace(none_full[0], decoder="tiny")], full) is None


@given(RUNS, RUNS.map(lambda runs: runs[0] if runs else RUN))
def test_what_it_steps_down_to_is_not_known_to_fail(runs: list[Run], wanted: Run) -> None:
    found = stepped_down(runs, wanted)
    if found is not None:
        assert forecast(runs, found).fits is not False
        assert found.load <= wanted.load
        assert (found.width, found.height) == (wanted.width, wanted.height)


def test_the_time_of_a_frame_is_that_of_the_last_runs_by_pixels_and_steps() -> None:
    slow = replace(RUN, seconds=80.0)
    assert seconds_a_frame([], RUN) is None
    assert seconds_a_frame([RUN], RUN) == 0.1
    assert seconds_a_frame([slow] + [RUN] * 5, replace(RUN, steps=4)) == 0.4
    assert seconds_a_frame([replace(RUN, fits=False, frames=0)], RUN) is None


def test_runs_are_kept_from_one_time_to_the_next(tmp_path: Path) -> None:
    RunLog(tmp_path / "models").add(RUN)
    log = RunLog(tmp_path / "models")
    log.add(replace(RUN, fits=False))
    assert RunLog(tmp_path / "models").runs == [RUN, replace(RUN, fits=False)] == log.runs


def test_lines_that_make_no_sense_are_left_out_and_old_ones_go(tmp_path: Path) -> None:
    RunLog(tmp_path).add(RUN)
    path = tmp_path / FILE
    good = path.read_text()
    path.write_text(good * (KEPT + 5) + "nonsense\n[]\n" + good.replace("1024", '"wide"') + good.replace("1024", "-1"))
    log = RunLog(tmp_path)
    assert set(log.runs) == {RUN}
    log.add(RUN)
    assert len(RunLog(tmp_path).runs) <= KEPT


def test_a_log_that_cannot_be_written_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "models").write_text("a file")
    log = RunLog(tmp_path / "models")
    log.add(RUN)
    log.add(replace(RUN, fits=False))
    assert log.runs == [RUN, replace(RUN, fits=False)]
