"""The preview of a set: an even selection, and neighbours as the encoder sees them."""

from types import SimpleNamespace

import numpy as np
from training_sets import noise, save_pictures

from icgan_demo.service.training.set_preview import COMPARED, evenly, neighbourhoods, write_thumbnail


class Angles:
    """An encoder whose feature is a point on a circle, by the number of the picture."""

    def __init__(self, count):
        self.count, self.asked = count, 0

    def encode(self, model, photo):
        self.asked += 1
        angle = 2 * np.pi * int(photo.stem.split()[-1]) / self.count
        return SimpleNamespace(feature=np.array([np.cos(angle), np.sin(angle)], dtype=np.float32))


def test_positions_are_spread_evenly():
    assert evenly(100, 5) == [0, 25, 50, 74, 99]
    assert evenly(3, 5) == [0, 1, 2]


def test_neighbours_are_the_nearest_others(tmp_path):
    files = save_pictures(tmp_path, 20)
    hoods = neighbourhoods(Angles(20), "any", files)
    assert len(hoods) == 3
    for hood in hoods:
        distances = [near.distance for near in hood.near]
        assert distances == sorted(distances)
        assert hood.position not in [near.position for near in hood.near]
        assert {near.position for near in hood.near[:2]} == {(hood.position - 1) % 20, (hood.position + 1) % 20}


def test_of_a_large_set_only_a_part_is_encoded(tmp_path):
    encoder = Angles(300)
    files = [tmp_path / f"picture {number}.png" for number in range(300)]
    hoods = neighbourhoods(encoder, "any", files)
    assert encoder.asked == COMPARED
    assert all(0 <= near.position < 300 for hood in hoods for near in hood.near)


def test_thumbnails_are_small_squares_written_once(tmp_path):
    noise(1, side=60).resize((300, 100)).save(tmp_path / "a.png")
    target = write_thumbnail(tmp_path / "a.png", tmp_path / "served" / "a.png")
    (tmp_path / "a.png").unlink()
    assert write_thumbnail(tmp_path / "a.png", target) == target
