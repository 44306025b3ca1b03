"""Two conditionings side by side: fair to both, refused where they cannot be compared, paused and resumed together."""

from dataclasses import replace

import pytest
from training_services import open_training, until
from training_sets import save_pictures

from icgan_demo.config import Conditioning
from icgan_demo.errors import BusyError, RequestError
from icgan_demo.service.comparison.side_by_side import (
    BATCH_SIZE,
    curves_of,
    delete_both,
    longest,
    pause_both,
    resume_both,
    side_by_side,
    start_side_by_side,
)

PAIR = (Conditioning.NONE, Conditioning.INSTANCE)
TITLES = ("Nothing", "Instance")


@pytest.fixture
def training(tmp_path):
    with open_training(tmp_path) as service:
        yield service


def both_are(training, run_ids, state):
    until(lambda: {view and view.state for view in side_by_side(training, run_ids)} == {state}, f"not {state}")
    return side_by_side(training, run_ids)


def test_the_two_runs_differ_in_what_they_are_told_alone(training):
    run_ids = start_side_by_side(training, None, PAIR, 30, TITLES)
    one, other = both_are(training, run_ids, "running")
    assert (one.request.conditioning, other.request.conditioning) == PAIR
    assert (one.title, other.title) == TITLES
    told = {"conditioning": None, "title": "any"}
    assert type(one.request)(**vars(one.request) | told) == type(one.request)(**vars(other.request) | told)
    assert training.jobs.pictures(one.run_id) == training.jobs.pictures(other.run_id)
    assert len(training.jobs.pictures(one.run_id)) == 60


def test_both_rest_and_go_on_together(training):
    run_ids = start_side_by_side(training, None, PAIR, 30, TITLES)
    both_are(training, run_ids, "running")
    pause_both(training, run_ids)
    both_are(training, run_ids, "paused")
    resume_both(training, run_ids)
    both_are(training, run_ids, "running")


def test_what_was_measured_is_plotted_for_both_over_the_images_seen(training):
    run_ids = start_side_by_side(training, None, PAIR, 1, TITLES)
    views = both_are(training, run_ids, "finished")
    ((figure, svg),) = curves_of(training, views)
    assert figure == "spread"
    assert ">none<" in svg
    assert ">instance<" in svg
    seen = BATCH_SIZE * views[0].steps
    assert f">{seen / 1000:.3g}k<" in svg


def test_one_conditioning_is_not_compared_with_itself(training):
    with pytest.raises(RequestError, match="two different"):
        start_side_by_side(training, None, (Conditioning.CLASS, Conditioning.CLASS), 5, TITLES)


def test_images_without_classes_are_not_compared_by_their_class(training, tmp_path):
    set_id = training.sets.add(None, save_pictures(tmp_path / "uploads", 12)).set_id
    with pytest.raises(RequestError, match="not of two classes"):
        start_side_by_side(training, set_id, (Conditioning.CLASS, Conditioning.NONE), 5, TITLES)
    assert len(start_side_by_side(training, set_id, PAIR, 5, TITLES)) == 2


def test_one_whose_other_one_was_deleted_is_paused_alone(training):
    run_ids = start_side_by_side(training, None, PAIR, 30, TITLES)
    both_are(training, run_ids, "running")
    training.jobs.delete(run_ids[0])
    pause_both(training, run_ids)
    until(lambda: side_by_side(training, run_ids)[1].state == "paused", "not paused")
    assert side_by_side(training, run_ids)[0] is None
    delete_both(training, run_ids)
    assert side_by_side(training, run_ids) == [None, None]


def test_a_refused_start_leaves_no_images_behind(tmp_path):
    with open_training(tmp_path, waiting_runs=1) as training:
        with pytest.raises(BusyError):
            start_side_by_side(training, None, PAIR, 5, TITLES)
        assert not list((training.folder / "sets").glob("*/*"))


def test_both_go_on_or_none(tmp_path):
    with open_training(tmp_path, waiting_runs=2) as training:
        run_ids = start_side_by_side(training, None, PAIR, 30, TITLES)
        both_are(training, run_ids, "running")
        pause_both(training, run_ids)
        both_are(training, run_ids, "paused")
        request = replace(training.jobs.view(run_ids[0]).request, steps=20_000)
        for _ in range(2):
            training.jobs.start(training.sets.built_in().set_id, request)
        with pytest.raises(BusyError):
            resume_both(training, run_ids)
        both_are(training, run_ids, "paused")


def test_a_page_with_short_runs_offers_no_longer_ones(tmp_path):
    with open_training(tmp_path, minutes=10, steps=200) as training:
        assert longest(training.limits) == 10
        run_ids = start_side_by_side(training, None, PAIR, 10, TITLES)
        assert training.jobs.view(run_ids[0]).steps == 200
