"""How often drawn pictures are recognised as their class: known answers for painted ones, and reasons for none."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from icgan_demo.index import find_neighbours
from icgan_demo.training import class_recognition
from icgan_demo.training.class_recognition import gradient_histograms, recognise_classes
from icgan_demo.training.common.image_set import ImageSet
from icgan_demo.training.evaluate import Evaluator, Judge, embed

NAMES = ("red", "green", "blue", "rare")
SIDE = 32


class Colours:
    """Sees the mean colour."""

    identity, feature_dim, is_mirror_free = "colours", 3, True

    def encode(self, images):
        return F.normalize(images.mean((2, 3)), dim=1)


def painted(labels, source):
    """Return noisy pictures, uint8 (N, S, S, 3), in the colour of their class."""
    pixels = source.integers(0, 60, (len(labels), SIDE, SIDE, 3))
    pixels[np.arange(len(labels)), :, :, np.array(labels) % 3] += 150
    return pixels.astype(np.uint8)


def measured(monkeypatch, labels, drawn_as=lambda label: label, told=None):
    """Return what is found where a generator paints the class ``drawn_as`` for an instance of a class."""
    source = np.random.default_rng(0)
    images = ImageSet(painted(labels, source), np.array(labels), NAMES, tuple(map(str, range(len(labels)))))
    features = embed(Colours(), images)
    classes = torch.tensor(labels)
    numbered = features.clone()
    numbered[:, 0] = classes  # conditions from which the stand-in for a generator reads the class
    asked = []

    def paint(generator, conditions, told_classes, seeds, truncation, *, bf16):
        asked.extend(told_classes.tolist())
        pixels = painted([drawn_as(int(row[0])) for row in conditions], source)
        return torch.from_numpy(pixels).permute(0, 3, 1, 2) / 127.5 - 1

    monkeypatch.setattr(class_recognition, "draw", paint)
    judge = Judge("colours", Colours(), features)
    neighbours = find_neighbours(features, 3) if len(labels) > 3 else torch.zeros(len(labels), 1)
    evaluator = Evaluator((judge, judge), numbered, classes, neighbours, samples=16, told=told)
    return recognise_classes(None, evaluator, images), asked


def test_classes_that_are_painted_well_are_recognised_and_a_confused_one_is_not(monkeypatch):
    found, asked = measured(monkeypatch, [0, 1, 2] * 12, drawn_as=lambda label: 0 if label == 2 else label)
    each = 40
    assert list(found["classes"]) == ["red", "green", "blue"]
    for name, right in (("red", each), ("green", each), ("blue", 0)):
        counts = {"drawn": each, "drawn_recognised": right, "photos": 12, "photos_recognised": 12}
        assert found["classes"][name] == counts
    assert (found["encoder"], found["told"], found["left_out"]) == ("colours", True, 0)
    assert sorted(set(asked)) == [0, 1, 2]


def test_a_model_without_classes_is_asked_by_instances_alone(monkeypatch):
    labels = [0, 1] * 8
    found, asked = measured(monkeypatch, labels, told=torch.full((len(labels),), -1))
    assert found["told"] is False
    assert set(asked) == {-1}
    assert found["classes"]["red"]["drawn_recognised"] == 40


def test_what_cannot_be_told_apart_is_recognised_by_chance_in_photos_too(monkeypatch):
    """Both classes are painted alike: neither a photo nor what is drawn for it helps its own classifier."""
    labels = [0] * 30 + [3] * 30
    found, _ = measured(monkeypatch, labels)
    for what in ("drawn", "photos"):
        right = sum(counts[f"{what}_recognised"] for counts in found["classes"].values())
        assert 0.2 < right / sum(counts[what] for counts in found["classes"].values()) < 0.8


def test_a_rare_class_counts_as_much_as_a_common_one(monkeypatch):
    found, _ = measured(monkeypatch, [0] * 90 + [1] * 6)
    assert found["classes"]["green"]["photos_recognised"] == 6


def test_classes_with_too_few_pictures_are_left_out_and_counted(monkeypatch):
    found, _ = measured(monkeypatch, [0, 1] * 6 + [2, -1, -1])
    assert list(found["classes"]) == ["red", "green"]
    assert found["left_out"] == 1


@pytest.mark.parametrize(
    ("labels", "reason"),
    [([-1] * 8, "no_classes"), ([0] * 8 + [-1], "no_classes"), ([0] * 9 + [1] * 4, "few_photos")],
)
def test_where_there_is_nothing_to_tell_the_reason_is_told(monkeypatch, labels, reason):
    assert measured(monkeypatch, labels)[0] == {"reason": reason}


def test_the_largest_classes_are_asked_about(monkeypatch):
    monkeypatch.setattr(class_recognition, "MOST_CLASSES", 2)
    found, _ = measured(monkeypatch, [0] * 6 + [1] * 9 + [2] * 8)
    assert list(found["classes"]) == ["green", "blue"]
    assert found["left_out"] == 1


def test_histograms_of_gradients_see_the_direction_of_stripes_and_not_their_colour():
    wave = torch.sin(torch.arange(64) * 0.8)
    across = wave.expand(1, 3, 64, 64)
    seen = gradient_histograms(torch.cat([across, across * torch.tensor([1.0, 0.5, 0.2])[:, None, None], across.mT]))
    assert seen.shape == (3, 576)
    assert seen.norm(dim=1) == pytest.approx(torch.ones(3))
    same, other = (seen[0] @ seen[1]).item(), (seen[0] @ seen[2]).item()
    assert same > 0.99
    assert other < 0.1


def test_flat_pictures_have_a_finite_histogram():
    assert torch.isfinite(gradient_histograms(torch.zeros(1, 3, 128, 128))).all()
