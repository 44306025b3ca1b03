"""The same path by another model: instances shared or seen again, classes by name, what is lost."""

from dataclasses import replace

import numpy as np
import pytest
from conftest import write_tiny_model

from icgan_demo.service.drawing.drawing_requests import Blend, Swap, TravelRequest, TravelStop
from icgan_demo.service.drawing.other_model import carried_over
from icgan_demo.service.drawing.path_parts import Easing, PathPart
from icgan_demo.service.drawing.sampling_service import SamplingService
from icgan_demo.service.model_store import ModelStore


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    """Four models: ``twin`` has the encoder of ``tiny``, ``plain`` knows no classes, ``strict`` cannot do without."""
    folder = tmp_path_factory.mktemp("models")
    write_tiny_model(folder / "tiny")
    write_tiny_model(folder / "twin")
    write_tiny_model(folder / "plain", seed=1, classes=False)
    write_tiny_model(folder / "strict", seed=2, no_label=False)
    return SamplingService(ModelStore([folder]))


@pytest.fixture(scope="module")
def path(service):
    a, b = (service.pick("tiny", row).feature for row in (0, 1))
    stops = (
        TravelStop(Blend((a,), swap=Swap("Lemon", (("Lime", 1.0),), 0.5)), 3, PathPart(2, 5, Easing.HOLD)),
        TravelStop(Blend((a, b), (0.25, 0.75)), 4),
    )
    return TravelRequest("tiny", stops, 7, loop=False, truncation=0.6)


def carried(service, path, name, photos=()):
    infos = {info.name: info for info in service.models()}
    return carried_over(path.stops, infos[path.model], infos[name], service, dict(photos))


def test_models_of_one_encoder_share_instances_and_classes(service, path):
    other = carried(service, path, "twin")
    assert other.stops == path.stops
    assert (other.are_seen_again, other.lost_classes) == (False, ())


def test_another_encoder_sees_the_images_of_the_instances_and_times_stay(service, path):
    other = carried(service, path, "plain")
    assert other.are_seen_again
    assert [(stop.seed, stop.part) for stop in other.stops] == [(s.seed, s.part) for s in path.stops]
    first, second = (stop.blend for stop in other.stops)
    assert second.weights == (0.25, 0.75)
    assert np.array_equal(first.features[0], second.features[0]), "one instance is one instance there, too"
    assert not np.array_equal(first.features[0], path.stops[0].blend.features[0])
    assert len(list(service.drawing.draw(replace(path, model="plain", stops=other.stops)))) == path.frames


def test_classes_that_the_other_model_does_not_know_are_named_once(service, path):
    other = carried(service, path, "plain")
    assert other.lost_classes == ("Lime",)
    assert [stop.blend.swap.classes() for stop in other.stops] == [(("", 1.0),)] * 2


def test_a_photo_is_seen_itself(service, path, photo_path):
    seen = carried(service, path, "plain", {0: photo_path}).stops[0].blend.features[0]
    assert np.array_equal(seen, service.encode("plain", photo_path).feature)
    drawn = carried(service, path, "plain").stops[0].blend.features[0]
    assert not np.array_equal(seen, drawn)


def test_a_model_that_needs_a_class_gets_one_at_every_stop(service, path):
    other = carried(service, path, "strict")
    for stop in other.stops:
        assert all(name for name, _ in stop.blend.swap.classes())
    assert len(list(service.drawing.draw(replace(path, model="strict", stops=other.stops).sketch(1)))) == 2
