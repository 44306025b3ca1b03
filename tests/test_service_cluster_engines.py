"""One contract, two engines: what draws in this process and what draws on a cluster answer the same."""

import gc
import os
import signal
import time
from types import FunctionType

import numpy as np
import psutil
import pytest
from local_ray import WANTS_RAY, local_ray  # noqa: F401

from icgan_demo.config import Limits, Precision
from icgan_demo.errors import ImageError, RequestError
from icgan_demo.service.cluster import ray_sampling
from icgan_demo.service.cluster.ray_sampling import RaySampling, WorkerModels
from icgan_demo.service.drawing.children_requests import ChildrenRequest
from icgan_demo.service.drawing.direction_requests import Direction, DirectionsRequest, Kind, Move, Space
from icgan_demo.service.drawing.drawing_requests import Blend, DrawRequest, Swap, TravelRequest, TravelStop
from icgan_demo.service.drawing.inversion_requests import InversionRequest
from icgan_demo.service.drawing.sampling_service import SamplingService
from icgan_demo.service.drawing.search_requests import Method, SearchRequest, Target
from icgan_demo.service.model_store import ModelStore
from icgan_demo.service.recipes.recipe import checked_request, read_recipe, write_recipe

LIMITS = Limits(drawn_at_once=500)
ENGINES = ("here", pytest.param("ray", marks=WANTS_RAY))


@pytest.fixture(scope="module")
def here(models_folder):
    return SamplingService(ModelStore([models_folder], precision=Precision.FLOAT32), LIMITS)


@pytest.fixture(scope="module")
def cluster(models_folder, local_ray):  # noqa: F811
    store = ModelStore([models_folder], precision=Precision.FLOAT32)
    return RaySampling(WorkerModels((models_folder,), limits=LIMITS), store)


@pytest.fixture(params=ENGINES)
def engine(request, here):
    """Each engine, with the same models."""
    return here if request.param == "here" else request.getfixturevalue("cluster")


@pytest.fixture(scope="module")
def feature(here, photo_path):
    return here.encode("tiny", photo_path).feature


def pixels(drawn):
    return np.stack([np.asarray(one.picture, dtype=np.int16) for one in drawn])


def requests(here, feature):
    """Return one of each kind that the page makes."""
    other = here.pick("tiny", 1).feature
    label = here.unlisted("tiny").class_names[0]
    swapped = Blend((feature,), swap=Swap(None, ((label, 1.0),), 0.5))
    along = Direction(Space.CONDITION, np.full(16, 0.25, np.float32), 16)
    mixed = Blend((feature, other), weights=(0.25, 0.75))
    return [
        DrawRequest.neighbours("tiny", feature, count=6, seed=2**31 - 3),
        DrawRequest.neighbours("tiny", feature, count=2, best_of=3),
        DrawRequest("tiny", swapped, (4, 5)),
        DrawRequest("tiny", mixed, (7,), fine=Blend((other,)), fine_from=16),
        DrawRequest("tiny", swapped, (7, 8), moves=(Move(along, -1.5),)),
        TravelRequest("tiny", (TravelStop(Blend((feature,)), 1), TravelStop(Blend((other,)), 2)), frames_per_leg=3),
    ]


def test_a_photo_has_the_same_feature(engine, here, photo_path):
    found, known = engine.encode("tiny", photo_path), here.encode("tiny", photo_path.read_bytes())
    np.testing.assert_allclose(found.feature, known.feature, atol=1e-6)
    assert np.array_equal(np.asarray(found.crop), np.asarray(known.crop))


def test_children_and_surprises_are_the_same_requests(engine, here, feature):
    parent = DrawRequest("tiny", Blend((feature,)), (3,))
    asked = ChildrenRequest((parent, here.drawing.surprise("tiny", 7)), seed=2)
    for found, known in zip(engine.drawing.children(asked), here.drawing.children(asked), strict=True):
        np.testing.assert_allclose(found.noise, known.noise, atol=1e-6)
        np.testing.assert_allclose(found.blend.features[0], known.blend.features[0], atol=1e-6)
        assert found.blend.swap == known.blend.swap
        assert found.fine_from == known.fine_from
        assert np.abs(pixels(engine.drawing.draw(found)) - pixels(here.drawing.draw(known))).max() <= 1


@pytest.mark.parametrize("kind", list(Kind))
def test_directions_and_their_good_ranges_are_the_same(engine, here, feature, kind):
    asked = DirectionsRequest("tiny", kind, count=2, these=(feature,), those=(here.pick("tiny", 1).feature,))
    for found, known in zip(engine.drawing.directions(asked), here.drawing.directions(asked), strict=True):
        assert (found.space, found.name) == (known.space, known.name)
        np.testing.assert_allclose(found.vector, known.vector, atol=1e-4)
    measured, known = (each.drawing.good_range("tiny", known) for each in (engine, here))
    np.testing.assert_allclose(measured.good, known.good, atol=0.1)


def test_every_kind_of_request_gives_the_same_pictures(engine, here, feature):
    for request in requests(here, feature):
        found, known = list(engine.drawing.draw(request)), list(here.drawing.draw(request))
        assert [one.seed for one in found] == [one.seed for one in known]
        assert np.abs(pixels(found) - pixels(known)).max() <= 1


def test_a_recipe_written_by_one_engine_draws_the_same_on_any(engine, here, feature):
    request = DrawRequest.neighbours("tiny", feature, count=3, seed=9)
    text = write_recipe(request, here.unlisted("tiny")).to_json()
    again = checked_request(read_recipe(text), engine.unlisted("tiny"))
    assert np.abs(pixels(engine.drawing.draw(again)) - pixels(here.drawing.draw(request))).max() <= 1


def test_lists_grow_in_seed_order_from_the_first_picture(engine, feature):
    lists = list(engine.drawing.samples(DrawRequest.neighbours("tiny", feature, count=18, seed=5)))
    assert len(lists[0]) == 1
    assert [sample.seed for sample in lists[-1]] == list(range(5, 23))
    assert [len(samples) for samples in lists] == sorted(len(samples) for samples in lists)


def test_of_ranked_candidates_the_nearest_stay(engine, here, feature):
    request = DrawRequest.neighbours("tiny", feature, count=2, best_of=4)
    *_, kept = engine.drawing.samples(request)
    *_, known = here.drawing.samples(request)
    assert [sample.seed for sample in kept] == [sample.seed for sample in known]
    assert kept[0].cosine == pytest.approx(known[0].cosine, abs=1e-5)
    [measured] = engine.drawing.measure(request, kept[:1])
    assert (measured.seed, measured.nearest_real) == (kept[0].seed, known[0].nearest_real)


def test_the_bank_is_the_same(engine, here, feature):
    entries = engine.bank("tiny")
    assert [(entry.row, entry.label) for entry in entries] == [(entry.row, entry.label) for entry in here.bank("tiny")]
    drawn, known = engine.drawn("tiny", entries[:2]), here.drawn("tiny", entries[:2])
    for one, other in zip(drawn, known, strict=True):
        assert np.array_equal(np.asarray(one.thumbnail), np.asarray(other.thumbnail))
    np.testing.assert_array_equal(engine.pick("tiny", 1).feature, here.pick("tiny", 1).feature)
    near, known_near = engine.neighbours("tiny", feature, 3), here.neighbours("tiny", feature, 3)
    assert [each.entry.row for each in near] == [each.entry.row for each in known_near]
    assert engine.drawing.own_class("tiny", feature) == here.drawing.own_class("tiny", feature)


@pytest.mark.parametrize("method", Method)
def test_a_search_finds_the_same(engine, here, feature, method):
    target = Target(here.pick("tiny", 2).feature)
    request = SearchRequest("tiny", Blend((feature,)), target, seed=3, rounds=3, method=method)
    steps, known = list(engine.search.run(request)), list(here.search.run(request))
    assert [step.number for step in steps] == [step.number for step in known]
    np.testing.assert_allclose(steps[-1].noise, known[-1].noise, atol=1e-4)


def test_a_photo_is_redrawn_the_same(engine, here, photo_path):
    photo = here.encode("tiny", photo_path)
    asked = InversionRequest("tiny", Blend((photo.feature,)), photo.crop, seed=3, rounds=2)
    steps, known = list(engine.search.invert(asked)), list(here.search.invert(asked))
    assert [step.number for step in steps] == [step.number for step in known] == [0, 1, 2]
    np.testing.assert_allclose(steps[-1].noise, known[-1].noise, atol=1e-3)
    np.testing.assert_allclose(steps[-1].feature, known[-1].feature, atol=1e-3)
    ways = [each.drawing.towards_seed(asked.drawing(known[-1]), 5, 0.5) for each in (engine, here)]
    np.testing.assert_allclose(ways[0].noise, ways[1].noise, atol=1e-6)


def test_what_is_wrong_is_said_in_the_same_words(engine, here, feature):
    with pytest.raises(ImageError, match=r"^This file is empty"):
        engine.encode("tiny", b"")
    with pytest.raises(RequestError, match=r"^There is no stored instance 99999"):
        engine.pick("tiny", 99999)
    with pytest.raises(RequestError, match="generates at most 500 images"):
        list(engine.drawing.samples(DrawRequest.neighbours("tiny", feature, count=64, best_of=10)))
    assert len(list(engine.drawing.draw(DrawRequest.neighbours("tiny", feature, count=2)))) == 2


def workers():
    """Return the processes of the cluster that are at work."""
    names = ("ray::_answers", "ray::patient", "ray::endless")
    return [process for process in psutil.Process().children(recursive=True) if process.name() in names]


def until(condition):
    deadline = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def patient(models, *asked):
    """Do what a worker does, with time in between."""
    import time

    from icgan_demo.service.cluster.ray_sampling import _answers

    for answer in _answers(models, *asked):
        yield answer
        time.sleep(0.2)


def endless(models, *asked):
    """Yield for ever."""
    import time

    while True:
        yield 1
        time.sleep(0.02)


def with_worker(monkeypatch, models_folder, function):
    """Return the cluster's engine with another function on its workers."""
    by_value = FunctionType(function.__code__, {"__builtins__": __builtins__}, function.__name__)
    monkeypatch.setattr(ray_sampling, "_answers", by_value)
    return RaySampling(WorkerModels((models_folder,), limits=LIMITS), ModelStore([models_folder]))


@WANTS_RAY
def test_a_worker_that_dies_in_the_middle_costs_nothing_but_time(cluster, here, feature, models_folder, monkeypatch):
    request = DrawRequest("tiny", Blend((feature,)), tuple(range(12)))
    drawing = with_worker(monkeypatch, models_folder, patient).drawing.draw(request)
    drawn = [next(drawing), next(drawing)]
    [worker] = workers()
    os.kill(worker.pid, signal.SIGKILL)
    drawn += drawing
    assert [one.seed for one in drawn] == list(request.seeds)
    assert np.abs(pixels(drawn) - pixels(here.drawing.draw(request))).max() <= 1


@WANTS_RAY
@pytest.mark.parametrize("is_closed", [True, False])
def test_a_drawing_that_is_left_stops_on_the_worker(cluster, feature, models_folder, monkeypatch, is_closed):
    """Closed by Stop, or forgotten: the worker is free for others."""
    import ray

    drawing = with_worker(monkeypatch, models_folder, endless).drawing.draw(
        DrawRequest("tiny", Blend((feature,)), (1,))
    )
    assert next(drawing) == 1
    if is_closed:
        drawing.close()
    del drawing
    gc.collect()
    until(lambda: not workers() and ray.available_resources().get("CPU") == 2)
