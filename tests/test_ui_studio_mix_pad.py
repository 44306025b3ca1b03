"""The pad: its corners are pure, its weights always sum to 1, and what a browser sends is not trusted."""

import pytest
from PIL import Image

from icgan_demo.errors import RequestError
from icgan_demo.ui.studio.mix_pad import corner_weights, pad_value, place_of


@pytest.mark.parametrize(("place", "corner"), [((0, 0), 0), ((1, 0), 1), ((0, 1), 2), ((1, 1), 3)])
def test_a_corner_is_that_corner_alone(place, corner):
    assert [round(weight) for weight in corner_weights(*place)] == [int(at == corner) for at in range(4)]


@pytest.mark.parametrize("x", [0.0, 0.13, 0.5, 0.99, 1.0])
@pytest.mark.parametrize("y", [0.0, 0.4, 1.0])
def test_weights_sum_to_1_and_none_is_negative(x, y):
    weights = corner_weights(x, y)
    assert sum(weights) == pytest.approx(1)
    assert min(weights) >= 0


def test_a_value_holds_the_place_and_the_pictures(tmp_path):
    Image.new("RGB", (9, 9)).save(tmp_path / "a.png")
    value = pad_value((0.25, 0.5), [tmp_path / "a.png", None, None, None])
    assert place_of(value) == (0.25, 0.5)
    assert value.count("data:image/webp") == 1
    assert len(value.split("|")) == 5


def test_a_place_outside_is_moved_to_the_edge():
    assert place_of("-3 7|") == (0, 1)


@pytest.mark.parametrize("value", [None, "", "nowhere", "1", "1 2 3", "nan 0", "inf 0"])
def test_a_value_that_is_no_place_is_refused(value):
    with pytest.raises(RequestError, match="has no position"):
        place_of(value)
