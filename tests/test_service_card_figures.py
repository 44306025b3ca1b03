"""Figures of cards, of both layouts, as measures."""

import pytest

from icgan_demo.service.card_figures import LABELLED, UNLABELLED, measures

OVERLAP = {"frechet": 4.0, "precision": 0.9, "recall": 0.5, "density": 0.8, "coverage": 0.7}
EVALUATED = {
    "protocol": {"samples": 5000},
    "photos": {"judge": {"to_evaluation": OVERLAP | {"frechet": 2.0}}, "accuracy": 0.8, "spread": {"judge": 0.6}},
    "no label": {"judge": {"to_evaluation": OVERLAP}, "inception": {"to_evaluation": {"fid": 31.5, "kid": 0.01}}},
    "labelled": {"judge": {"to_evaluation": {"frechet": 3.0}}, "accuracy": 0.7},
}
TRAINED = {"training": {"fd": 0.25, "recall": 0.4, "similarity": 0.3, "real_similarity": 0.5, "encoder": "tiny"}}


def by_name(figures):
    return {measure.name: measure for measure in measures(figures)}


def test_figures_with_evaluation_photos_have_both_kinds_of_samples_and_the_photos():
    found = by_name(EVALUATED)
    assert found["frechet"].of_samples == {UNLABELLED: 4.0, LABELLED: 3.0}
    assert found["frechet"].of_photos == 2.0
    assert found["fid"].of_samples == {UNLABELLED: 31.5}
    assert found["fid"].of_photos is None
    assert found["accuracy"].of_samples == {LABELLED: 0.7}
    assert "spread" not in found  # known of photos alone: nothing to show


def test_figures_of_a_run_are_those_of_its_own_evaluation():
    found = by_name(TRAINED)
    assert found["frechet"].of_samples == {UNLABELLED: 0.25}
    assert (found["cosine"].of_samples[UNLABELLED], found["cosine"].of_photos) == (0.3, 0.5)
    assert set(found) == {"frechet", "recall", "cosine"}


def test_a_share_is_drawn_on_the_whole_range_and_a_distance_up_to_its_largest_value():
    found = by_name(EVALUATED)
    assert found["recall"].largest == 1.0
    assert found["frechet"].largest == 4.0


@pytest.mark.parametrize("value", [None, "4", True, float("nan"), float("inf"), -1.0, [1.0], {"a": 1}])
def test_what_cannot_be_the_length_of_a_bar_is_left_out(value):
    assert by_name({"training": {"fd": value, "recall": 0.4}}).keys() == {"recall"}
    assert by_name({"no label": {"judge": {"to_evaluation": value}}, "photos": value}) == {}


@pytest.mark.parametrize("figures", [{}, {"training": None}, {"photos": []}, {"frechet": 3.0}])
def test_figures_of_another_layout_give_none(figures):
    assert measures(figures) == []
