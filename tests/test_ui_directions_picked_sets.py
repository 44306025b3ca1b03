"""The two sets of a difference: what clicks and photos make of them."""

import numpy as np
import pytest

from icgan_demo.ui.directions.picked_sets import PickedImage, PickedSets


@pytest.fixture
def sets():
    return PickedSets("painted", [PickedImage(name, "", row) for row, name in enumerate("abc")])


def test_clicks_lead_from_these_to_those_to_neither(sets):
    signs = []
    for _ in range(3):
        sets.click(1)
        signs.append(sets.images[1].sign)
    assert signs == [1, -1, 0]


def test_a_difference_needs_images_on_both_sides(sets):
    sets.click(0)
    assert not sets.is_complete
    sets.click(2)
    sets.click(2)
    assert sets.is_complete
    assert [image.name for image in sets.of_sign(-1)] == ["c"]


def test_a_photo_comes_first_among_these(sets):
    sets.add_photo("photo", "", np.ones(8, np.float32))
    assert [image.name for image in sets.images] == ["photo", "a", "b", "c"]
    assert [image.name for image in sets.of_sign(1)] == ["photo"]
