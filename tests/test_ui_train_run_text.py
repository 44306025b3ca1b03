"""What the Train page says of a set."""

import pytest

from icgan_demo.config import Limits
from icgan_demo.service.training.training_sets import StoredPicture, TrainingSet
from icgan_demo.ui.train.run_text import set_html


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
