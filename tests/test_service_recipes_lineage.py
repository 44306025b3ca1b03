"""The family tree: added to, named, pruned, written and read back; what strangers send is refused in one sentence."""

import json

import numpy as np
import pytest
from fakes import PaintedSampling

from icgan_demo.errors import RequestError
from icgan_demo.service.drawing.drawing_requests import Blend, DrawRequest
from icgan_demo.service.recipes import lineage as lineage_file
from icgan_demo.service.recipes.lineage import MAX_IMAGES, MAX_NAME, Lineage, image_id, read_lineage
from icgan_demo.service.recipes.recipe import write_recipe

FEATURE = np.eye(8, dtype=np.float32)[0]


def recipe(seed):
    request = DrawRequest("painted", Blend((FEATURE,)), (seed,))
    return write_recipe(request, PaintedSampling().models()[0])


def ids(*seeds):
    return [image_id(recipe(seed)) for seed in seeds]


@pytest.fixture
def family():
    """0 has the children 1 and 2; 3 comes from 1 and 2; 4 comes from 1 alone."""
    zero, one, two = ids(0, 1, 2)
    lineage = Lineage().with_image(recipe(0)).with_image(recipe(1), [zero]).with_image(recipe(2), [zero])
    return lineage.with_image(recipe(3), [one, two]).with_image(recipe(4), [one])


def test_an_image_is_found_below_its_first_parent(family):
    zero, one, two, three, four = ids(0, 1, 2, 3, 4)
    assert family.founders() == [zero]
    assert family.children(zero) == [one, two]
    assert family.children(one) == [three, four]
    assert family.children(two) == []


def test_the_same_image_is_in_the_family_once(family):
    assert family.with_image(recipe(3), []) is family


def test_a_branch_goes_with_what_came_from_it_alone(family):
    zero, one, two, three, _ = ids(0, 1, 2, 3, 4)
    pruned = family.pruned(one)
    assert list(pruned.members) == [zero, two, three]
    assert pruned.find(three).parents == (two,)
    assert len(family.members) == 5
    assert family.pruned(zero).members == {}


def test_a_family_comes_back_from_its_file(family):
    named = family.named(ids(1)[0], "  the   round one ")
    again = read_lineage(named.to_json())
    assert again.members == named.members
    assert again.find(ids(1)[0]).name == "the round one"


def test_names_are_short_and_can_be_taken_away(family):
    (one,) = ids(1)
    assert len(family.named(one, "x" * 500).find(one).name) == MAX_NAME
    assert family.named(one, "a").named(one, " ").find(one).name == ""


def test_a_family_has_a_limit(monkeypatch):
    monkeypatch.setattr(lineage_file, "MAX_IMAGES", 2)
    lineage = Lineage().with_image(recipe(0)).with_image(recipe(1))
    with pytest.raises(RequestError, match="holds 2 images"):
        lineage.with_image(recipe(2))


def test_what_is_not_there_is_not_found(family):
    for attempt in (family.find, family.pruned, lambda image: family.with_image(recipe(9), [image])):
        with pytest.raises(RequestError, match="no longer in the family"):
            attempt("nothing")


def changed(family, change):
    values = json.loads(family.to_json())
    change(values)
    return json.dumps(values)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda v: v["images"][1]["parents"].append(4), "before its parent"),
        (lambda v: v["images"][1].update(parents=[-1]), "before its parent"),
        (lambda v: v["images"][1].update(parents=[1]), "before its parent"),
        (lambda v: v["images"][1].update(name="x" * (MAX_NAME + 1)), "wrong kind"),
        (lambda v: v["images"][1].update(extra=1), "not one of its fields"),
        (lambda v: v["images"][1]["recipe"].update(seeds=[1, 2]), "of several"),
        (lambda v: v["images"][1]["recipe"].update(seeds=[-5]), "seed"),
        (lambda v: v.update(schema=2), "newer version"),
        (lambda v: v.update(kind="recipe"), "wrong kind"),
        (lambda v: v.update(images=v["images"] * MAX_IMAGES), "wrong kind"),
        (lambda v: v["images"][0].update(recipe={"model": "x" * (1 << 20)}), "larger than 1 MB"),
    ],
)
def test_a_damaged_family_is_refused_in_one_sentence(family, change, said):
    with pytest.raises(RequestError, match=said):
        read_lineage(changed(family, change))


def test_a_file_of_any_length_is_refused_before_it_is_read():
    with pytest.raises(RequestError, match="4 MB"):
        read_lineage(b" " * ((4 << 20) + 1))
    with pytest.raises(RequestError, match="not JSON"):
        read_lineage(b"\x89PNG")
