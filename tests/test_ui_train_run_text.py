"""What the Train page says of a set."""

from dataclasses import replace

import pytest

from icgan_demo.config import Limits
from icgan_demo.service.training.estimates import Estimate
from icgan_demo.service.training.job_record import RunView, State
from icgan_demo.service.training.train_request import TrainRequest
from icgan_demo.service.training.training_sets import StoredPicture, TrainingSet
from icgan_demo.ui.train.run_text import estimate_text, set_html, status_html


def set_of(*labels):
    pictures = [StoredPicture(f"{place}.png", label, str(place), "a.png") for place, label in enumerate(labels)]
    return TrainingSet("0" * 32, tuple(pictures))


@pytest.mark.parametrize(
    ("labels", "sentence"),
    [
        (("", "", ""), "not sorted into folders"),
        (("", "", "", "cat"), "Most images are outside folders"),
        (("cat", "dog", "dog"), "3 images in 2 classes"),
    ],
)
def test_whether_there_are_classes_is_said_with_its_reason(labels, sentence):
    assert sentence in set_html(set_of(*labels), Limits(), "en")


@pytest.mark.parametrize(
    ("minutes", "sentence"),
    [
        (None, "About 33 min for 500 steps. It takes 0.9 GB of memory."),
        (60, "About 33 min for 500 steps."),
        (2.5, "The limit of 2.5 min will end it after about 37 of 500 steps."),
    ],
)
def test_an_estimate_says_how_far_a_run_comes_within_its_limit(minutes, sentence):
    assert estimate_text(Estimate(4.0, 900, 40), TrainRequest(minutes=minutes), "en").startswith(sentence)


@pytest.mark.parametrize("hit_limit", [True, False])
def test_a_run_that_its_limit_ended_says_so(hit_limit):
    view = RunView("0", "Otters", State.FINISHED, 37, 500, 121.0, 0.0, 4.0, "", 0, TrainRequest(), 0.0, "otters")
    said = status_html(replace(view, hit_limit=hit_limit), False, "en")
    assert ("The time limit ended it after 37 of 500 steps." in said) is hit_limit
