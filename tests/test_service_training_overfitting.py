"""Overfitting is named from the scores of pictures held out, and the best step from their distance."""

import json

import pytest

from icgan_demo.service.training.overfitting import BY_HEART, best_step, share_by_heart
from icgan_demo.service.training.run_files import Series


def series(path, lines):
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return Series(path)


def scores(seen, held_out, drawn, count=6):
    return [
        {"step": step, "score_seen": seen, "score_held_out": held_out, "score_drawn": drawn} for step in range(count)
    ]


@pytest.mark.parametrize(("held_out", "is_bad"), [(0.9, False), (0.1, True)])
def test_pictures_that_pass_for_drawn_ones_show_a_discriminator_that_learns_by_heart(tmp_path, held_out, is_bad):
    share = share_by_heart(series(tmp_path / "log.jsonl", scores(1.0, held_out, 0.0)))
    assert share == pytest.approx(1 - held_out)
    assert (share >= BY_HEART) is is_bad


def test_only_the_newest_scores_count(tmp_path):
    early, late = scores(1.0, 0.0, 0.0), scores(1.0, 1.0, 0.0)
    lines = early + [line | {"step": line["step"] + 6} for line in late]
    assert share_by_heart(series(tmp_path / "log.jsonl", lines)) == 0.0


@pytest.mark.parametrize(
    "lines", [[], scores(1.0, 0.1, 0.0, count=4), scores(0.01, 0.0, 0.0), [{"step": 1, "r1": 0.0}]]
)
def test_nothing_is_said_too_early(tmp_path, lines):
    assert share_by_heart(series(tmp_path / "log.jsonl", lines)) is None


def test_the_best_step_is_that_of_pictures_held_out_where_there_are_some(tmp_path):
    lines = [
        {"step": 0, "kd": 0.0, "held_out_kd": 0.0},
        {"step": 5, "kd": 0.3, "held_out_kd": 0.1},
        {"step": 10, "kd": 0.2, "held_out_kd": 0.4},
    ]
    assert best_step(series(tmp_path / "new.jsonl", lines)) == 5
    old = [{name: line[name] for name in ("step", "kd")} for line in lines]
    assert best_step(series(tmp_path / "old.jsonl", old)) == 10
    assert best_step(series(tmp_path / "begun.jsonl", old[:1])) is None
