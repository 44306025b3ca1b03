"""Children: of one image nearer or farther, of two between them; each drawn again from its own recipe."""

from dataclasses import replace

import numpy as np
import pytest

from icgan_demo.errors import RequestError
from icgan_demo.service.drawing.children import swap_of
from icgan_demo.service.drawing.children_requests import ChildrenRequest, Moves
from icgan_demo.service.drawing.drawing_requests import MAX_TARGETS, NO_LABEL, Blend, DrawRequest, Swap
from icgan_demo.service.drawing.sampling_service import SamplingService
from icgan_demo.service.model_store import ModelStore
from icgan_demo.service.recipes.recipe import read_recipe, write_recipe


@pytest.fixture(scope="module")
def service(models_folder):
    return SamplingService(ModelStore([models_folder]))


@pytest.fixture(scope="module")
def parent(service):
    names = service.unlisted("tiny").class_names
    return DrawRequest("tiny", Blend((service.pick("tiny", 0).feature,), swap=Swap.to(names[0])), (3,), 0.6)


@pytest.fixture(scope="module")
def other(service):
    names = service.unlisted("tiny").class_names
    blend = Blend((service.pick("tiny", 2).feature,), swap=Swap.to(names[1]), balance=0.8)
    return DrawRequest("tiny", blend, (8,), 0.6)


def children(service, *parents, **asked):
    return service.drawing.children(ChildrenRequest(parents, **asked))


def pixels(service, request):
    (drawn,) = service.drawing.draw(request)
    return np.asarray(drawn.picture, dtype=int)


def apart(request, feature):
    """Return the angle between a request's only instance and a feature."""
    return float(np.arccos(np.clip(request.blend.features[0] @ feature, -1, 1)))


def test_a_child_at_strength_zero_is_its_parent(service, parent):
    (child,) = children(service, parent, strength=0.0, count=1)
    assert np.abs(pixels(service, child) - pixels(service, parent)).max() <= 1


def test_children_move_farther_the_stronger_they_are(service, parent):
    def mean_distance(strength):
        litter = children(service, parent, strength=strength, seed=5)
        angles = [apart(child, parent.blend.features[0]) for child in litter]
        noises = [np.abs(child.noise - still.noise).mean() for child, still in zip(litter, still_ones, strict=True)]
        return np.mean(angles), np.mean(noises)

    still_ones = children(service, parent, strength=0.0, seed=5)
    angles, noises = zip(*(mean_distance(strength) for strength in (0.1, 0.4, 0.9)), strict=True)
    assert 0 < angles[0] < angles[1] < angles[2]
    assert 0 < noises[0] < noises[1] < noises[2]


def test_the_class_moves_last(service, parent):
    subtle, strong = (children(service, parent, strength=strength, seed=1) for strength in (0.3, 1.0))
    assert all(child.blend.swap.classes() == parent.blend.swap.classes() for child in subtle)
    assert any(child.blend.swap.classes() != parent.blend.swap.classes() for child in strong)
    assert Moves.of_strength(0.0) == Moves(0.0, 0.0, 0.0)
    assert Moves.of_strength(1.0).label == pytest.approx(0.75)


def test_another_seed_gives_other_children_and_fewer_are_the_first_of_more(service, parent):
    nine, three = children(service, parent, seed=1), children(service, parent, seed=1, count=3)
    others = children(service, parent, seed=2)
    assert len(nine) == 9
    for first, again in zip(nine, three, strict=False):
        assert np.array_equal(first.noise, again.noise)
        assert np.array_equal(first.blend.features[0], again.blend.features[0])
    assert not any(np.array_equal(one.noise, two.noise) for one, two in zip(nine, others, strict=True))


def test_a_child_has_children_of_its_own_and_each_is_drawn_again_from_its_recipe(service, parent):
    child = children(service, parent, strength=0.7)[4]
    grandchild = children(service, child, strength=0.7)[2]
    recipe = write_recipe(grandchild, service.unlisted("tiny"))
    again = read_recipe(recipe.to_json()).request()
    assert np.array_equal(pixels(service, again), pixels(service, grandchild))


def test_crossings_lie_between_their_parents_or_take_blocks_of_each(service, parent, other):
    litter = children(service, parent, other, seed=4)
    here, there = parent.blend.features[0], other.blend.features[0]
    whole = apart(parent, there)
    on_sphere = [child for child in litter if child.fine is None]
    by_blocks = [child for child in litter if child.fine is not None]
    assert on_sphere
    assert by_blocks
    for child in on_sphere:
        assert apart(child, here) + apart(child, there) == pytest.approx(whole, abs=1e-3)
        assert 0.15 * whole < apart(child, here) < 0.85 * whole
        names = {name for name, _ in child.blend.swap.classes()}
        assert names == {parent.label, other.label}
        assert 0.5 < child.blend.balance < 0.8
    for child in by_blocks:
        assert {apart(child, here) < 1e-3, apart(child, there) < 1e-3} == {True, False}
        fine = child.fine.features[0]
        assert not np.array_equal(fine, child.blend.features[0])


def test_the_first_image_of_a_set_is_the_parent(service, parent):
    several = replace(parent, seeds=(3, 4, 5))
    assert np.array_equal(children(service, several)[0].noise, children(service, parent)[0].noise)


def test_a_mix_of_instances_has_children(service, parent, other):
    mixed = DrawRequest("tiny", Blend((parent.blend.features[0], other.blend.features[0]), (0.5, 0.5)), (1,))
    (child,) = children(service, mixed, strength=0.0, count=1)
    assert np.abs(pixels(service, child) - pixels(service, mixed)).max() <= 1


@pytest.mark.parametrize(
    "asked",
    [{"strength": 1.2}, {"strength": float("nan")}, {"seed": -1}, {"count": 0}, {"count": 65}],
)
def test_values_out_of_range_are_refused(parent, asked):
    with pytest.raises(RequestError):
        ChildrenRequest((parent,), **asked)


def test_only_two_images_of_one_model_can_be_crossed(parent):
    with pytest.raises(RequestError, match="different models"):
        ChildrenRequest((parent, replace(parent, model="other")))
    with pytest.raises(RequestError, match="one parent or two"):
        ChildrenRequest((parent, parent, parent))


def test_shares_of_classes_become_a_swap_and_come_back():
    shares = {"Lemon": 0.5, "Lime": 0.25, NO_LABEL: 0.25}
    assert dict(swap_of(shares).classes()) == pytest.approx(shares)
    assert swap_of({NO_LABEL: 1.0}) == Swap()
    many = {f"class {place}": place + 1.0 for place in range(MAX_TARGETS + 3)}
    kept = dict(swap_of(many).classes())
    assert set(kept) == set(list(many)[-MAX_TARGETS:])
