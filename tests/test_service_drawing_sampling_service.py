import logging
import os
from contextlib import closing

import numpy as np
import pytest
import torch
from conftest import BANK_SIZE, write_tiny_model
from PIL import Image

from icgan_demo.errors import ImageError, RequestError, WeightsError
from icgan_demo.inference.loading import load_model
from icgan_demo.service.drawing import drawing_service as drawing_module
from icgan_demo.service.drawing import sampling_service as sampling_module
from icgan_demo.service.drawing.drawing_requests import DrawRequest
from icgan_demo.service.drawing.sampling_service import SamplingService
from icgan_demo.service.model_store import ModelStore


@pytest.fixture(scope="module")
def service(models_folder):
    return SamplingService(ModelStore([models_folder]))


@pytest.fixture(scope="module")
def feature(service, photo_path):
    return service.encode("tiny", photo_path).feature


def pixels(samples):
    return np.stack([np.asarray(sample.picture, dtype=np.int16) for sample in samples])


def drawn(service, request):
    *_, samples = service.drawing.samples(request)
    return samples


def test_an_upload_becomes_a_feature_and_what_the_encoder_saw(service, photo_path):
    instance = service.encode("tiny", photo_path)
    assert instance.feature.shape == (16,)
    assert instance.feature.dtype == np.float32
    assert instance.crop.size == (32, 32)
    assert np.linalg.norm(instance.feature) == pytest.approx(1, abs=1e-5)
    np.testing.assert_allclose(service.encode("tiny", photo_path.read_bytes()).feature, instance.feature, atol=1e-6)


def test_the_notes_of_the_guard_reach_the_visitor(service, tmp_path):
    Image.new("RGBA", (40, 40), (255, 0, 0, 0)).save(tmp_path / "clear.png")
    instance = service.encode("tiny", tmp_path / "clear.png")
    assert instance.notes == ("Transparency was filled with white.",)
    assert instance.crop.getpixel((5, 5)) == (255, 255, 255)


def test_a_bad_upload_is_refused_and_the_next_good_one_works(service, photo_path):
    with pytest.raises(ImageError):
        service.encode("tiny", b"not a picture")
    assert service.encode("tiny", photo_path).crop.size == (32, 32)


def test_pictures_come_in_seed_order_in_growing_lists_the_first_one_alone(service, feature, monkeypatch):
    monkeypatch.setattr(drawing_module, "PORTION_S", 60.0)
    lists = list(service.drawing.samples(DrawRequest.neighbours("tiny", feature, count=18, seed=5)))
    assert [len(samples) for samples in lists] == [1, 16, 18]
    assert [sample.seed for sample in lists[-1]] == list(range(5, 23))
    for samples in lists:
        assert samples == lists[-1][: len(samples)]


def test_of_a_slow_model_the_portions_stay_small(service, feature, monkeypatch):
    monkeypatch.setattr(drawing_module, "PORTION_S", 0.0)
    lists = list(service.drawing.samples(DrawRequest.neighbours("tiny", feature, count=10)))
    assert [len(samples) for samples in lists] == [1, 5, 9, 10]


def test_only_candidates_are_measured_while_they_are_drawn(service, feature):
    for best_of in (1, 2):
        request = DrawRequest.neighbours("tiny", feature, count=2, best_of=best_of)
        assert {sample.distance is None for sample in drawn(service, request)} == {best_of == 1}


def test_a_seed_draws_the_same_picture_whatever_the_count(service, feature):
    ten = drawn(service, DrawRequest.neighbours("tiny", feature, count=10, seed=5, label="Lime"))
    one = drawn(service, DrawRequest.neighbours("tiny", feature, count=1, seed=12, label="Lime"))
    assert abs(pixels(ten)[7] - pixels(one)[0]).max() <= 1


def test_the_service_draws_what_the_model_draws(service, feature, models_folder):
    model = load_model("tiny", [models_folder])
    pictures = model.sample(torch.from_numpy(feature), range(3, 9), truncation=0.6, label="Lime")
    samples = drawn(service, DrawRequest.neighbours("tiny", feature, count=6, seed=3, truncation=0.6, label="Lime"))
    expected = np.stack([np.asarray(picture, dtype=np.int16) for picture in pictures])
    assert abs(pixels(samples) - expected).max() <= 1


def test_distances_are_those_of_the_pictures_as_they_would_be_uploaded_again(service, feature, tmp_path):
    request = DrawRequest.neighbours("tiny", feature, count=3)
    for sample in service.drawing.measure(request, drawn(service, request)):
        sample.picture.save(tmp_path / "again.png")
        again = service.encode("tiny", tmp_path / "again.png").feature
        assert sample.cosine == pytest.approx(float(again @ feature), abs=1e-4)
        assert sample.nearest_real == service.neighbours("tiny", again, 1)[0].entry.row


def test_ranking_keeps_the_nearest_of_all_candidates(service, feature):
    lists = list(service.drawing.samples(DrawRequest.neighbours("tiny", feature, count=3, seed=2, best_of=4)))
    assert len(lists[-2]) == 12
    assert [sample.seed for sample in lists[-2]] == list(range(2, 14))
    nearest = sorted(lists[-2], key=lambda sample: sample.distance)[:3]
    assert lists[-1] == nearest


def test_closing_stops_after_the_current_chunk(service, feature, monkeypatch):
    chunks = []
    original = sampling_module.InstanceModel.sample

    def counted(model, feature, seeds, *others):
        chunks.append(list(seeds))
        return original(model, feature, seeds, *others)

    monkeypatch.setattr(sampling_module.InstanceModel, "sample", counted)
    monkeypatch.setattr(drawing_module, "PORTION_S", 60.0)
    with closing(service.drawing.samples(DrawRequest.neighbours("tiny", feature, count=64))) as lists:
        next(lists)
        next(lists)
    assert chunks == [[0], list(range(1, 16))]


def test_two_interleaved_visitors_get_their_own_pictures(service, feature, photo):
    turned = np.asarray(service.pick("tiny", 1).feature)
    mine, yours = (DrawRequest.neighbours("tiny", h, count=6, seed=seed) for h, seed in ((feature, 0), (turned, 100)))
    alone = [drawn(service, mine), drawn(service, yours)]
    together = list(zip(service.drawing.samples(mine), service.drawing.samples(yours), strict=True))[-1]
    for expected, got in zip(alone, together, strict=True):
        assert [sample.seed for sample in got] == [sample.seed for sample in expected]
        assert abs(pixels(got) - pixels(expected)).max() <= 1


def test_the_bank_shows_each_instance_by_a_picture_of_our_own(service):
    entries = service.bank("tiny")
    assert [entry.row for entry in entries] == list(range(BANK_SIZE))
    assert [entry.label for entry in entries] == ["Lemon", "Lime", "Golden apple"] * 2
    shown = service.drawn("tiny", entries[1:3])
    assert [(entry.row, entry.label) for entry in shown] == [(1, "Lime"), (2, "Golden apple")]
    assert all(entry.thumbnail.size == (32, 32) for entry in shown)
    assert service.bank("tiny")[1].thumbnail is shown[0].thumbnail
    assert service.drawn("plain", []) == []
    assert [entry.label for entry in service.bank("plain")] == [None] * BANK_SIZE


def test_a_bank_entry_can_be_picked_instead_of_a_photo(service, models_folder):
    instance = service.pick("tiny", 2)
    assert np.linalg.norm(instance.feature) == pytest.approx(1, abs=1e-3)
    assert instance.crop is service.bank("tiny")[2].thumbnail
    assert "Generated by the model" in instance.notes[0]
    assert service.neighbours("tiny", instance.feature, 1)[0].entry.row == 2


@pytest.mark.parametrize("row", [-1, BANK_SIZE, True, "1", 1.0, None])
def test_an_unknown_bank_row_is_refused(service, row):
    with pytest.raises(RequestError, match="There is no stored instance"):
        service.pick("tiny", row)


def test_neighbours_are_the_nearest_bank_entries(service, feature):
    found = service.neighbours("tiny", feature, 3)
    cosines = {row: float(service.pick("tiny", row).feature @ feature) for row in range(BANK_SIZE)}
    assert [neighbour.entry.row for neighbour in found] == sorted(cosines, key=lambda row: -cosines[row])[:3]
    assert [neighbour.cosine for neighbour in found] == pytest.approx(
        sorted(cosines.values(), reverse=True)[:3], abs=1e-5
    )
    assert all(neighbour.entry.thumbnail for neighbour in found)
    assert len(service.neighbours("tiny", feature, 100)) == BANK_SIZE


def test_of_a_bank_only_what_is_needed_is_drawn(models_folder):
    service = SamplingService(ModelStore([models_folder]))
    assert [entry.thumbnail for entry in service.bank("tiny")] == [None] * BANK_SIZE
    picked = service.pick("tiny", 4).crop
    assert [entry.thumbnail is picked for entry in service.bank("tiny")] == [False] * 4 + [True, False]


def test_a_model_without_bank_has_no_neighbours(tmp_path, photo_path):
    write_tiny_model(tmp_path / "tiny", bank=False)
    service = SamplingService(ModelStore([tmp_path]))
    feature = service.encode("tiny", photo_path).feature
    assert service.bank("tiny") == []
    assert service.neighbours("tiny", feature, 3) == []
    request = DrawRequest.neighbours("tiny", feature, count=1)
    assert service.drawing.measure(request, drawn(service, request))[0].nearest_real is None


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"label": "Durian"}, "does not know the class 'Durian'"),
        ({"model": "nothing"}, "There is no model 'nothing'"),
        ({"feature": np.ones(3, np.float32) / 3**0.5}, "does not belong to Tiny tiny"),
        ({"feature": np.ones(16, np.float32)}, "does not belong to Tiny tiny"),
    ],
)
def test_a_request_that_does_not_fit_is_refused_before_anything_is_drawn(service, feature, changes, message):
    request = DrawRequest.neighbours(**({"model": "tiny", "feature": feature} | changes))
    with pytest.raises(RequestError, match=message):
        next(service.drawing.samples(request))


def test_one_log_line_tells_model_seed_count_and_time(service, feature, caplog):
    with caplog.at_level(logging.INFO, logger="icgan_demo.service"):
        drawn(service, DrawRequest.neighbours("tiny", feature, count=2, seed=11))
    assert len(caplog.records) == 1
    assert caplog.messages[0].startswith("tiny: seed 11, 2 of 2 images, ")


def test_the_default_model_loads_in_the_background_and_a_broken_one_is_passed_over(tmp_path):
    write_tiny_model(tmp_path / "produce64")
    write_tiny_model(tmp_path / "spare")
    path = tmp_path / "produce64" / "generator.safetensors"
    path.write_bytes(bytes(path.stat().st_size))
    service = SamplingService(ModelStore([tmp_path]))
    service.start_loading().join(30)
    assert [(info.name, info.state) for info in service.models()] == [("spare", "ready"), ("produce64", "unavailable")]
    assert "generator.safetensors" in service.models()[1].message
    with pytest.raises(WeightsError, match=r"generator\.safetensors"):
        service.bank("produce64")


def test_without_any_model_the_service_still_answers(tmp_path):
    service = SamplingService(ModelStore([tmp_path]))
    service.start_loading().join(30)
    assert service.models() == []
    with pytest.raises(RequestError, match="There is no model"):
        service.encode("produce64", b"")
    assert os.listdir(tmp_path) == []
