import pytest
import torch
import torch.nn.functional as F
from conftest import write_tiny_model

from icgan_demo.errors import WeightsError
from icgan_demo.weights.calibration import (
    Calibration,
    calibrated,
    calibrated_by_training,
    familiarity,
)
from icgan_demo.weights.cards import read_card, write_card

STEPS = tuple(float(step) for step in range(101))
AXES = torch.eye(8)


def test_a_photo_is_better_known_than_the_photos_that_are_less_familiar():
    calibration = Calibration(200, "evaluation", STEPS)
    assert [calibration.percent(value) for value in (-1.0, 0.0, 12.0, 12.5, 99.9, 100.0, 300.0)] == [
        0.0, 0.0, 12.0, 12.5, pytest.approx(99.9), 100.0, 100.0,
    ]  # fmt: skip


def test_steps_of_one_value_divide_nothing_by_zero():
    calibration = Calibration(2, "training", (0.5,) * 101)
    assert [calibration.percent(value) for value in (0.4, 0.5, 0.6)] == [0.0, 0.0, 100.0]


@pytest.mark.parametrize(
    ("steps", "message"), [(STEPS[::-1], "must ascend"), ((float("nan"), *STEPS[1:]), "must ascend")]
)
def test_steps_must_ascend(steps, message):
    with pytest.raises(ValueError, match=message):
        Calibration(1, "evaluation", steps)


def test_familiar_is_near_to_five_instances_and_far_from_pictures_of_no_thing():
    bank = F.normalize(torch.tensor([[3.0, 4, 0, 0, 0, 0, 0, 0]] * 5 + [[0.0, 0, 1, 0, 0, 0, 0, 0]] * 5))
    values = familiarity(AXES[:4], bank, AXES[2:4])
    torch.testing.assert_close(values, torch.tensor([0.6, 0.8, 1 - 0.5, 0 - 0.5]))


def test_a_calibration_says_for_its_own_photos_what_it_was_made_of():
    torch.manual_seed(0)
    photos, bank, nothing = (F.normalize(torch.randn(count, 16), dim=1) for count in (400, 20, 5))
    calibration = calibrated(photos, bank, nothing)
    percents = [calibration.percent(value) for value in familiarity(photos, bank, nothing).tolist()]
    assert (calibration.photos, calibration.source) == (400, "evaluation")
    assert sum(percent < 10 for percent in percents) == pytest.approx(40, abs=4)


def test_a_training_photo_is_not_compared_with_itself():
    torch.manual_seed(0)
    photos, nothing = F.normalize(torch.randn(60, 64), dim=1), AXES[:1].repeat(1, 8) / 8**0.5
    rows = torch.arange(0, 60, 2)
    without = photos[rows] @ photos[rows].T - 3 * torch.eye(30)
    nearest = without.topk(5).values.mean(dim=1) - 0.5 * (photos[rows] @ nothing.T)[:, 0]
    others = familiarity(photos[1::2], photos[rows], nothing)
    calibration = calibrated_by_training(photos, rows, nothing)
    assert calibration.source == "training"
    assert calibration.familiarity[-1] == pytest.approx(torch.cat([nearest, others]).max().item(), abs=1e-4)


def test_too_few_photos_say_nothing():
    assert calibrated_by_training(AXES, torch.arange(5), AXES[:1]) is None


def test_a_card_keeps_its_calibration_and_one_without_still_opens(tmp_path):
    card = write_tiny_model(tmp_path / "tiny")
    assert read_card(tmp_path / "tiny").calibration is None
    calibration = Calibration(7, "evaluation", STEPS)
    write_card(type(card)(**{**vars(card), "calibration": calibration}), tmp_path / "tiny")
    assert read_card(tmp_path / "tiny").calibration == calibration


@pytest.mark.parametrize("change", [("100.0", "1e999"), ("100.0", "-1.0"), ('"evaluation"', '"hearsay"')])
def test_a_hostile_calibration_is_refused(tmp_path, change):
    card = write_tiny_model(tmp_path / "tiny")
    calibration = Calibration(7, "evaluation", STEPS)
    write_card(type(card)(**{**vars(card), "calibration": calibration}), tmp_path / "tiny")
    path = tmp_path / "tiny" / "card.json"
    text = path.read_text()
    assert change[0] in text
    path.write_text(text.replace(*change))
    with pytest.raises(WeightsError, match=r"card\.json"):
        read_card(tmp_path / "tiny")
