"""Photos redrawn with tiny real models: nearer than any seed, within bounds, and drawn again to the last bit."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from icgan_demo.errors import EncoderError, RequestError
from icgan_demo.service.drawing import inversion
from icgan_demo.service.drawing.drawing_requests import Blend, Swap
from icgan_demo.service.drawing.inversion_requests import STARTS, InversionRequest, Nearness
from icgan_demo.service.drawing.sampling_service import SamplingService
from icgan_demo.service.model_store import ModelStore
from icgan_demo.service.recipes.drawn_files import png_with_recipe
from icgan_demo.service.recipes.recipe import write_recipe
from icgan_demo.service.recipes.redraw import draw_file


@pytest.fixture(scope="module")
def service(models_folder):
    return SamplingService(ModelStore([models_folder]))


@pytest.fixture
def wanted(service, photo_path):
    photo = service.encode("tiny", photo_path)
    return InversionRequest("tiny", Blend((photo.feature,)), photo.crop, seed=3, rounds=8)


@pytest.mark.parametrize("model", ["tiny", "plain"])
def test_a_redrawing_comes_nearer_to_the_photo_than_the_best_of_the_seeds(service, photo_path, model):
    photo = service.encode(model, photo_path)
    steps = list(service.search.invert(InversionRequest(model, Blend((photo.feature,)), photo.crop, rounds=8)))
    assert [step.number for step in steps] == list(range(9))
    assert steps[-1].distance < steps[0].distance
    assert steps[0].evaluations > STARTS
    np.testing.assert_allclose(steps[0].feature, photo.feature, atol=1e-5)
    assert not np.allclose(steps[-1].feature, photo.feature, atol=1e-3)


def test_the_start_is_the_nearest_of_the_seeds(service, wanted):
    best = next(service.search.invert(replace(wanted, rounds=0)))
    assert wanted.seed <= best.seed < wanted.seed + STARTS
    others = [next(service.search.invert(replace(wanted, rounds=0, seed=seed))) for seed in (best.seed, best.seed + 1)]
    assert others[0].distance <= best.distance + 1e-5
    assert others[1].seed != best.seed


def test_noise_and_instance_stay_within_their_bounds(service, wanted):
    *_, found = service.search.invert(replace(wanted, rounds=30, reach=0.98, truncation=0.4))
    assert np.abs(found.noise).max() <= 0.8
    assert float(found.feature @ wanted.blend.features[0]) >= 0.98 - 1e-4
    assert np.linalg.norm(found.feature) == pytest.approx(1, abs=1e-5)


def test_the_same_request_finds_the_same(service, wanted):
    once, again = (list(service.search.invert(wanted))[-1] for _ in range(2))
    assert np.array_equal(once.noise, again.noise)
    assert np.array_equal(once.feature, again.feature)


def test_a_photo_that_the_model_drew_is_found_again_nearly(service, wanted):
    start = next(service.search.invert(replace(wanted, rounds=0)))
    own = next(service.drawing.draw(wanted.drawing(start))).picture
    found = next(service.search.invert(replace(wanted, photo=own, rounds=0)))
    assert found.seed == start.seed
    assert found.distance < 0.02


def test_what_is_found_is_drawn_again_from_its_png_to_the_last_bit(service, wanted, tmp_path):
    *_, found = service.search.invert(wanted)
    request = wanted.drawing(found)
    picture = next(service.drawing.draw(request)).picture
    path = tmp_path / "found.png"
    path.write_bytes(png_with_recipe(picture, write_recipe(request, service.unlisted("tiny"))))
    assert draw_file(path, service)[0].tobytes() == picture.tobytes()


def test_a_class_is_kept_and_can_be_changed_afterwards(service, wanted):
    label = service.unlisted("tiny").class_names[0]
    asked = replace(wanted, blend=replace(wanted.blend, swap=Swap.to(label)))
    *_, found = service.search.invert(asked)
    request = asked.drawing(found)
    assert request.blend.swap == Swap.to(label)
    other = replace(request, blend=replace(request.blend, swap=Swap()))
    pictures = [np.asarray(next(service.drawing.draw(each)).picture) for each in (request, other)]
    assert not np.array_equal(*pictures)


def test_the_noise_goes_from_what_was_found_to_another_seed(service, wanted):
    *_, found = service.search.invert(wanted)
    request = wanted.drawing(found)
    ends = [service.drawing.towards_seed(request, 7, share) for share in (0, 0.5, 1)]
    np.testing.assert_allclose(ends[0].noise, found.noise, atol=1e-6)
    seeded = next(service.drawing.draw(replace(request, noise=None, seeds=(7,)))).picture
    assert np.abs(np.asarray(next(service.drawing.draw(ends[2])).picture, int) - np.asarray(seeded, int)).max() <= 1
    assert not np.allclose(ends[1].noise, ends[0].noise)
    with pytest.raises(RequestError, match="way to the seed"):
        service.drawing.towards_seed(request, 7, 1.5)


def test_without_the_trained_network_colours_are_followed(service, wanted, monkeypatch):
    def missing():
        raise EncoderError("not here")

    monkeypatch.setattr(inversion, "read_lite0", missing)
    steps = list(service.search.invert(wanted))
    assert steps[-1].distance < steps[0].distance < 1


def test_an_inversion_that_nobody_follows_any_more_ends(service, wanted):
    steps = service.search.invert(wanted)
    next(steps)
    steps.close()
    with pytest.raises(StopIteration):
        next(steps)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"rounds": -1}, "Rounds"),
        ({"rounds": 10_000}, "Rounds"),
        ({"truncation": 2.0}, "Truncation"),
        ({"reach": 0.1}, "reach"),
        ({"seed": -1}, "seed"),
        ({"blend": Blend((np.ones(1, np.float32),) * 2, (1.0, 1.0))}, "One photo"),
    ],
)
def test_a_request_out_of_range_is_refused(changes, sentence):
    good = InversionRequest("tiny", Blend((np.ones(1, np.float32),)), Image.new("RGB", (8, 8)))
    with pytest.raises(RequestError, match=sentence):
        replace(good, **changes)


def test_a_distance_says_what_is_not_reached():
    assert [Nearness.of(distance) for distance in (0.0, 0.63, 2.0)] == [Nearness.NEAR, Nearness.USUAL, Nearness.FAR]
    assert len({nearness.sentence for nearness in Nearness}) == 3
