"""Pictures held out: the same ones whoever asks, never learned from, and a measure of what was learned by heart."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from tiny_training import CONFIG, make, neighbourhoods, state_of

from icgan_demo.index import find_neighbours
from icgan_demo.training.common.image_set import ImageSet
from icgan_demo.training.common.log_lines import read_lines
from icgan_demo.training.evaluate import Evaluator, Judge
from icgan_demo.training.held_out import HeldOut, Scores, held_out_rows
from icgan_demo.training.pairs import Neighbourhoods
from icgan_demo.training.plan import config_as_json, config_from_json
from icgan_demo.training.run_reporter import Reporter
from icgan_demo.training.session import Session


def image_set(labels, names=None):
    labels = np.array(labels, dtype=np.int64)
    paths = tuple(names or (f"{row}.png" for row in range(len(labels))))
    hashes = {path: f"{(hash_of(path)):064x}" for path in paths}
    return ImageSet(np.zeros((len(labels), 4, 4, 3), np.uint8), labels, ("a", "b", "c"), paths, hashes=hashes)


def hash_of(path):
    return int(path.removesuffix(".png")) * 7919 % 1009


def test_the_same_files_are_held_out_in_whatever_order_they_are_listed():
    labels, names = [0] * 60 + [1] * 40, [f"{row}.png" for row in range(100)]
    some = image_set(labels, names)
    turned = image_set(labels[::-1], names[::-1])
    first = {some.paths[row] for row in held_out_rows(some, 0.1)}
    assert first == {turned.paths[row] for row in held_out_rows(turned, 0.1)}
    assert len(first) == 10


def test_every_class_gives_its_share_and_a_single_picture_stays():
    images = image_set([0] * 70 + [1] * 30 + [2])
    taken = images.labels[held_out_rows(images, 0.1)]
    assert np.bincount(taken, minlength=3).tolist() == [7, 3, 0]


def test_of_a_few_pictures_none_is_held_out():
    assert len(held_out_rows(image_set([0] * 70), 0.1)) == 0
    assert len(held_out_rows(image_set([0] * 200), 0.0)) == 0


def test_a_run_of_older_rules_learns_from_all_its_pictures():
    stored = config_as_json(CONFIG)
    del stored["held_out"]
    assert config_from_json(stored).held_out == 0.0
    assert config_from_json(config_as_json(CONFIG)).held_out == CONFIG.held_out == 0.1


class Colours:
    identity, feature_dim = "colours", 6

    def encode(self, images):
        return torch.nn.functional.normalize(images.flatten(2).mean(2).repeat(1, 2) + 0.5, dim=1)


@pytest.fixture(scope="module")
def parts():
    """Return the training pictures and the ones held out of thirty."""
    whole = neighbourhoods()
    rows = np.arange(0, 30, 3)
    kept = np.delete(np.arange(30), rows)
    features = whole.features[torch.from_numpy(kept)]
    data = Neighbourhoods(whole.images.only(kept), features, find_neighbours(features, 3))
    mine = whole.features[torch.from_numpy(rows)]
    held = HeldOut(whole.images.only(rows), mine, whole.classes[torch.from_numpy(rows)], (mine @ features.T).argmax(1))
    return data, held


def session(parts, folder, **changes):
    data, held = parts
    folder.mkdir(exist_ok=True)
    judge = Judge("colours", Colours(), data.features)
    evaluator = Evaluator((judge, judge), data.features, data.classes, data.neighbours, samples=32, held=held)
    config = replace(CONFIG, metrics_every=2, **changes)
    return Session(make(data, config), folder, Reporter(folder, config.steps), evaluator)


def test_pictures_held_out_are_looked_at_without_a_trace_in_the_run(parts, tmp_path, monkeypatch):
    monkeypatch.setattr("icgan_demo.training.session.SCORES_EVERY", 2)
    looked = session(parts, tmp_path / "looked")
    list(looked.run())
    alone = make(parts[0])
    for _ in range(CONFIG.steps):
        alone.update()
    mine, theirs = state_of(looked.trainer), state_of(alone)
    assert [key for key in mine if not torch.equal(mine[key], theirs[key])] == []
    lines = read_lines(tmp_path / "looked" / "log.jsonl")
    assert [line["step"] for line in lines if "score_held_out" in line] == [2, 4, 6]
    assert {"score_seen", "score_drawn"} <= lines[1].keys()


def test_a_resumed_run_repeats_the_scores(parts, tmp_path, monkeypatch):
    monkeypatch.setattr("icgan_demo.training.session.SCORES_EVERY", 2)
    list(session(parts, tmp_path / "whole").run())
    for progress in session(parts, tmp_path / "cut").run():
        if progress.step == 4:
            break
    list(session(parts, tmp_path / "cut").run())

    def scores(name):
        return [line.get("score_held_out") for line in read_lines(tmp_path / name / "log.jsonl")]

    assert scores("whole") == scores("cut")


def test_the_best_step_is_that_of_the_pictures_held_out(parts, tmp_path):
    run = session(parts, tmp_path)
    list(run.run())
    lines = read_lines(tmp_path / "metrics.jsonl")
    assert lines[0]["held_out"] == 10
    assert run.state.best["step"] == min(lines[1:], key=lambda line: line["held_out_kd"])["step"]


def test_scores_tell_a_discriminator_that_knows_its_pictures_by_heart(parts):
    data, held = parts
    trainer = make(data)
    seen = data.images.pixels[np.arange(20)].mean((1, 2, 3))

    class ByHeart(torch.nn.Module):
        pixel = trainer.discriminator.pixel

        def forward(self, images, features, labels):
            brightness = (images.mean((1, 2, 3)) + 1) * 127.5
            return (brightness[:, None] - torch.from_numpy(seen)).abs().min(1).values.lt(0.01).float()[None]

    trainer.discriminator = ByHeart()
    found = Scores(data, held).of(trainer)
    assert found == {"score_seen": 1.0, "score_held_out": 0.0, "score_drawn": 0.0}
