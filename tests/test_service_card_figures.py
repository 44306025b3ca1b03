"""Figures of cards, of both layouts, as measures."""

import pytest

from icgan_demo.service.card_figures import LABELLED, UNLABELLED, by_class, measures

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


IMPOSSIBLE = {"drawn": 2, "drawn_recognised": 3, "photos": 1, "photos_recognised": 0}


def recognised(**changes):
    counts = {"drawn": 40, "drawn_recognised": 30, "photos": 10, "photos_recognised": 9}
    classes = {"otter": counts, "heron": {**counts, "drawn_recognised": 10}}
    return {"by_class": {"encoder": "produce64", "told": True, "left_out": 1, "classes": classes} | changes}


def test_the_class_that_is_recognised_least_comes_first_and_classes_count_alike():
    found = by_class(recognised())
    assert [each.name for each in found.classes] == ["heron", "otter"]
    assert (found.of_drawn, found.of_photos) == (0.5, 0.9)
    assert (found.encoder, found.told, found.left_out, found.reason) == ("produce64", True, 1, "")


def test_a_reason_stands_in_the_place_of_classes():
    assert by_class({"by_class": {"reason": "few_photos"}}).reason == "few_photos"


@pytest.mark.parametrize(
    "figures",
    [
        None,
        {},
        {"by_class": []},
        {"by_class": {"reason": "<script>"}},
        recognised(classes={"otter": {}}),
        recognised(classes={"a": {"drawn": 0, "drawn_recognised": 0, "photos": 1, "photos_recognised": 0}, "b": {}}),
        recognised(classes={"a": IMPOSSIBLE, "b": IMPOSSIBLE}),
        recognised(left_out="many"),
    ],
)  # fmt: skip
def test_what_no_trainer_writes_is_nothing(figures):
    assert by_class(figures) is None
