"""The preview of a set: an even selection, and neighbours as the encoder sees them."""

from types import SimpleNamespace

import numpy as np
from PIL import ImageOps
from training_sets import noise, save_pictures

from icgan_demo.service.training.looks import look_of
from icgan_demo.service.training.set_preview import (
    COMPARED,
    UNLIKE,
    Double,
    doubles,
    evenly,
    most_cropped,
    neighbourhoods,
    suggestions,
    write_thumbnail,
)
from icgan_demo.service.training.training_sets import StoredPicture, TrainingSet


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
    hoods = neighbourhoods(Angles(20), "any", files)[0]
    assert len(hoods) == 3
    for hood in hoods:
        distances = [near.distance for near in hood.near]
        assert distances == sorted(distances)
        assert hood.position not in [near.position for near in hood.near]
        assert {near.position for near in hood.near[:2]} == {(hood.position - 1) % 20, (hood.position + 1) % 20}


def test_of_a_large_set_only_a_part_is_encoded(tmp_path):
    encoder = Angles(300)
    files = [tmp_path / f"picture {number}.png" for number in range(300)]
    hoods, unlike = neighbourhoods(encoder, "any", files)
    assert encoder.asked == COMPARED
    assert all(0 <= near.position < 300 for hood in hoods for near in hood.near)
    assert len({each.position for each in unlike}) == UNLIKE


def test_the_most_unlike_picture_is_the_one_farthest_from_its_nearest(tmp_path):
    class Outlier(Angles):
        def encode(self, model, photo):
            found = super().encode(model, photo)
            return SimpleNamespace(feature=-found.feature) if photo.stem.endswith(" 3") else found

    _, unlike = neighbourhoods(Outlier(200), "any", [tmp_path / f"picture {number}.png" for number in range(12)])
    assert unlike[0].position == 3
    assert [each.distance for each in unlike] == sorted((each.distance for each in unlike), reverse=True)


def stored(position, picture=None, label=""):
    return StoredPicture(f"{position:06d}.png", label, str(position), "x", look_of(picture) if picture else "")


def test_look_alikes_and_mirrored_pictures_are_paired_and_others_are_not():
    scenes = [noise(number, 5).resize((80, 80)) for number in range(4)]
    scenes += [ImageOps.mirror(scenes[1]), scenes[3].resize((160, 160))]
    pictures = [stored(position, scene) for position, scene in enumerate(scenes)]
    assert doubles([*pictures, stored(9)]) == [Double(1, 4, True), Double(3, 5, False)]
    assert doubles([stored(0)]) == []


def test_the_pictures_that_lose_most_to_the_square_come_first():
    assert most_cropped([(50, 50), (100, 50), (40, 160), (60, 50)]) == [2, 1, 3]


def advice(found, sizes=(), side=64):
    return {each.kind: each.values for each in suggestions(found, sizes, side)}


def test_suggestions_name_what_can_be_mended():
    pictures = tuple(stored(place, label="heron" if place < 8 else "otter") for place in range(10))
    found = TrainingSet("0" * 32, pictures, named=("newt",))
    said = advice(found, [(500, 400), (40, 90)])
    assert said == {
        "few": {"count": 10},
        "uneven": {"most": "heron", "many": 8, "least": "otter", "few": 2},
        "empty": {"names": "newt"},
        "small": {"count": 1, "side": 64},
    }
    assert advice(found, [(500, 400), (40, 90)], side=32)["mixed"] == {"least": 40, "most": 400}


def test_a_large_even_set_needs_no_suggestion():
    pictures = tuple(stored(place, label=("heron", "otter")[place % 2]) for place in range(60))
    assert advice(TrainingSet("0" * 32, pictures), [(400, 300)] * 60) == {}


def test_thumbnails_are_small_squares_written_once(tmp_path):
    noise(1, side=60).resize((300, 100)).save(tmp_path / "a.png")
    target = write_thumbnail(tmp_path / "a.png", tmp_path / "served" / "a.png")
    (tmp_path / "a.png").unlink()
    assert write_thumbnail(tmp_path / "a.png", target) == target
