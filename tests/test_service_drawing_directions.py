"""Directions of a model: found alike each time, taken as steps, kept in recipes, measured."""

from dataclasses import replace

import numpy as np
import pytest
from conftest import write_tiny_model

from icgan_demo.errors import RequestError
from icgan_demo.service.drawing.direction_requests import Direction, DirectionsRequest, Kind, Move, Space
from icgan_demo.service.drawing.drawing_requests import Blend, DrawRequest, Swap
from icgan_demo.service.drawing.sampling_service import SamplingService
from icgan_demo.service.model_store import ModelStore
from icgan_demo.service.recipes.recipe import read_recipe, write_recipe


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    write_tiny_model(folder / "tiny")
    write_tiny_model(folder / "strict", no_label=False)
    write_tiny_model(folder / "style", style=True)
    write_tiny_model(folder / "coarse", clusters=3)
    write_tiny_model(folder / "bare", bank=False)
    return folder


@pytest.fixture(scope="module")
def service(folder):
    return SamplingService(ModelStore([folder]))


@pytest.fixture
def still(service):
    return DrawRequest("tiny", Blend((service.pick("tiny", 0).feature,)), (3, 4))


def asked(service, model, kind, **options):
    ends = {}
    if kind is Kind.DIFFERENCE:
        ends = {
            "these": tuple(service.pick(model, row).feature for row in (0, 1)),
            "those": (service.pick(model, 2).feature,),
        }
    return DirectionsRequest(model, kind, **ends, **options)


def pixels(service, request):
    return np.stack([np.asarray(drawn.picture, int) for drawn in service.drawing.draw(request)])


@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize("model", ["tiny", "strict", "style", "coarse"])
def test_directions_of_every_kind_change_what_every_network_draws(service, model, kind):
    found = service.drawing.directions(asked(service, model, kind, count=2))
    assert len(found) == (1 if kind is Kind.DIFFERENCE else 2)
    again = service.drawing.directions(asked(service, model, kind, count=2))
    assert all(np.array_equal(one.vector, other.vector) for one, other in zip(found, again, strict=True))
    label = service.unlisted(model).class_names[:1] if model == "strict" else ()
    blend = Blend((service.pick(model, 0).feature,))
    if label:
        blend = replace(blend, swap=Swap.to(label[0]))
    still = DrawRequest(model, blend, (3,), truncation=1.0)
    changes = [np.abs(pixels(service, still.moved(Move(each, 6))) - pixels(service, still)).max() for each in found]
    if not (model == "coarse" and found[0].space is Space.INSTANCE):  # a cluster is left or it is not
        assert max(changes) > 0


def test_a_side_is_that_of_the_only_block_that_is_moved(service, still):
    (found, *_) = service.drawing.directions(DirectionsRequest("tiny", Kind.WEIGHTS, side=16))
    assert found.side == 16
    everywhere = pixels(service, still.moved(Move(replace(found, side=None), 4)))
    there = pixels(service, still.moved(Move(found, 4)))
    assert (there != everywhere).any()
    assert (there != pixels(service, still)).any()
    with pytest.raises(RequestError, match="blocks of 8, 16, 32 px, not of 64"):
        service.drawing.directions(DirectionsRequest("tiny", Kind.WEIGHTS, side=64))
    with pytest.raises(RequestError, match="not of 64"):
        pixels(service, still.moved(Move(replace(found, side=64), 1)))


def test_no_step_and_steps_there_and_back_change_nothing(service, still):
    for kind in (Kind.INSTANCE, Kind.CONDITION, Kind.NOISE):
        (found, *_) = service.drawing.directions(DirectionsRequest("tiny", kind))
        assert np.array_equal(pixels(service, still.moved(Move(found, 0))), pixels(service, still))
        both = still.moved(Move(found, 2), Move(found, -2))
        assert np.abs(pixels(service, both) - pixels(service, still)).max() <= 1


def test_a_step_of_the_noise_is_as_long_as_the_truncation_lets_noise_vary(service, still):
    (found, *_) = service.drawing.directions(DirectionsRequest("tiny", Kind.NOISE))
    assert float(np.linalg.norm(found.vector)) == pytest.approx(1, abs=1e-5)

    def change(truncation):
        one = replace(still, truncation=truncation)
        return np.abs(pixels(service, one.moved(Move(found, 3))) - pixels(service, one)).mean()

    assert 0 < change(0.1) < change(1.0)


def test_a_recipe_holds_the_directions_and_draws_the_same(service, still):
    found = [
        service.drawing.directions(asked(service, "tiny", kind))[0]
        for kind in (Kind.DIFFERENCE, Kind.WEIGHTS, Kind.NOISE)
    ]
    moved = still.moved(*(Move(replace(each, name="redder"), 0.5 + place) for place, each in enumerate(found)))
    recipe = read_recipe(write_recipe(moved, service.unlisted("tiny")).to_json())
    assert recipe.schema == 3
    again = recipe.request()
    assert [move.amount for move in again.moves] == [0.5, 1.5, 2.5]
    assert {move.direction.name for move in again.moves} == {"redder"}
    np.testing.assert_array_equal(pixels(service, again), pixels(service, moved))


def test_a_recipe_without_steps_says_nothing_of_them(service, still):
    recipe = write_recipe(still, service.unlisted("tiny"))
    assert recipe.schema == 1
    assert "moves" not in recipe.values()


def test_a_recipe_whose_steps_do_not_fit_its_version_is_refused(service, still):
    (found, *_) = service.drawing.directions(DirectionsRequest("tiny"))
    recipe = write_recipe(still.moved(Move(found, 1)), service.unlisted("tiny"))
    for version in (1, 2):
        with pytest.raises(RequestError, match="does not match its version"):
            replace(recipe, schema=version).request()


def test_directions_of_another_model_and_damaged_ones_are_refused(service, still):
    with pytest.raises(RequestError, match="does not belong to Tiny tiny"):
        pixels(service, still.moved(Move(Direction(Space.CONDITION, np.ones(7, np.float32)), 1)))
    for vector in (np.zeros(16), np.full(16, np.nan), np.full(16, 1e9), np.ones((2, 8))):
        with pytest.raises(RequestError, match="damaged"):
            Direction(Space.CONDITION, vector.astype(np.float32))
    good = Direction(Space.INSTANCE, np.ones(16, np.float32))
    with pytest.raises(RequestError, match="Only a direction of the condition"):
        replace(good, side=16)
    with pytest.raises(RequestError, match="between -6 and 6"):
        Move(good, 7)
    with pytest.raises(RequestError, match="At most 4 directions"):
        still.moved(*[Move(good, 1)] * 5)


def test_what_cannot_be_found_is_said(service):
    with pytest.raises(RequestError, match="has no stored instances"):
        service.drawing.directions(DirectionsRequest("bare"))
    assert service.drawing.directions(DirectionsRequest("bare", Kind.NOISE))
    with pytest.raises(RequestError, match="needs 1 to 64 instances on each side"):
        DirectionsRequest("tiny", Kind.DIFFERENCE)
    same = (service.pick("tiny", 0).feature,)
    with pytest.raises(RequestError, match="the same mean"):
        service.drawing.directions(DirectionsRequest("tiny", Kind.DIFFERENCE, these=same, those=same))
    with pytest.raises(RequestError, match="not those of one block"):
        DirectionsRequest("tiny", Kind.NOISE, side=8)


def test_the_good_range_lies_around_zero_and_is_measured_once(service):
    (found, *_) = service.drawing.directions(DirectionsRequest("tiny", Kind.CONDITION))
    low, high = service.drawing.good_range("tiny", found).good
    assert -4 <= low <= 0 <= high <= 4
    huge = replace(found, vector=found.vector * np.float32(20 / np.linalg.norm(found.vector)))
    assert service.drawing.good_range("tiny", replace(huge, name="other")).good != (-4.0, 4.0)
    with pytest.raises(RequestError, match="no stored instances to compare"):
        service.drawing.good_range("bare", found)
