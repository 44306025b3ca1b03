"""The time of a path: easings, rests, and where its frames are."""

import pytest

from icgan_demo.errors import RequestError
from icgan_demo.service.drawing.path_parts import Easing, PathPart, path_positions


def test_smooth_easing_starts_and_ends_at_rest_and_never_turns_back():
    values = [Easing.SMOOTH.at(step / 100) for step in range(101)]
    assert values[0] == 0
    assert values[-1] == 1
    assert values == sorted(values)
    assert Easing.SMOOTH.at(0.001) < 1e-5
    assert Easing.SMOOTH.at(0.5) == 0.5


@pytest.mark.parametrize("easing", Easing)
def test_a_loop_closes_without_repeating_its_first_frame(easing):
    positions = path_positions([(0, 4, easing)] * 3, loop=True)
    assert len(positions) == 12
    assert positions[0] == (0, 1, 0.0)
    assert positions[-1][:2] == (2, 0)
    assert positions[-1][2] < 1


def test_the_frame_after_the_last_one_of_a_loop_would_be_the_first():
    """It is even one more step of the same pace."""
    once = path_positions([(0, 4, Easing.LINEAR)] * 3, loop=True)
    steps = [leg + t for leg, _, t in once]
    assert [b - a for a, b in zip(steps, [*steps[1:], 3.0], strict=True)] == [0.25] * 12


def test_an_open_path_visits_every_stop():
    positions = path_positions([(0, 4, Easing.LINEAR)] * 3, loop=False)
    assert len(positions) == 9
    assert [start for start, _, t in positions if t == 0] == [0, 1, 2]
    assert positions[1] == (0, 1, 0.25)


def test_every_part_has_its_own_rest_length_and_easing():
    parts = [(2, 1, Easing.LINEAR), (0, 3, Easing.HOLD), (1, 2, Easing.SMOOTH)]
    positions = path_positions(parts, loop=True)
    assert positions == [
        *[(0, 1, 0.0)] * 3,
        *[(1, 2, 0.0)] * 3,
        *[(2, 0, 0.0)] * 2,
        (2, 0, 0.5),
    ]
    assert path_positions(parts, loop=False) == [*[(0, 1, 0.0)] * 3, *[(1, 2, 0.0)] * 3, *[(2, 2, 0.0)] * 2]


@pytest.mark.parametrize("values", [{"rest": -1}, {"rest": 121}, {"frames": 0}, {"frames": 121}, {"rest": 1.5}])
def test_times_out_of_range_are_refused(values):
    with pytest.raises(RequestError, match=r"rest at a stop|Frames of a part"):
        PathPart(**values)
