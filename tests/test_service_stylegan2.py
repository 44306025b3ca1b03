"""The services with a model of the other backbone: they use it like any model without classes."""

import json
import tarfile
from dataclasses import replace

import numpy as np
import pytest
import torch
from conftest import write_tiny_model

from icgan_demo.config import Precision
from icgan_demo.errors import RequestError
from icgan_demo.inference.loading import find_model, load_model
from icgan_demo.models.stylegan2_generator import StyleGan2Generator
from icgan_demo.service.drawing.drawing_requests import Blend, DrawRequest, Swap, TravelRequest, TravelStop
from icgan_demo.service.drawing.sampling_service import SamplingService
from icgan_demo.service.drawing.search_requests import Method, SearchRequest, Target
from icgan_demo.service.model_store import ModelStore
from icgan_demo.service.recipes.drawn_files import png_with_recipe
from icgan_demo.service.recipes.recipe import write_recipe
from icgan_demo.service.recipes.redraw import draw_file
from icgan_demo.training.model_figures import evaluate_model
from icgan_demo.training.plan import Order
from icgan_demo.training.start.networks import trainable_generator_of
from icgan_demo.weights.published.export import export_own, has_official_layout


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("style models")
    write_tiny_model(folder / "style", style=True)
    return folder


@pytest.fixture(scope="module")
def service(folder):
    return SamplingService(ModelStore([folder], precision=Precision.FLOAT32))


@pytest.fixture
def features(service):
    return [service.pick("style", row).feature for row in range(3)]


def pixels(picture):
    return np.asarray(picture, int)


def drawn(service, feature, **options):
    *_, samples = service.drawing.samples(DrawRequest.neighbours("style", feature, **{"count": 2, **options}))
    return samples


def drawn_first(service, request):
    return next(service.drawing.draw(request)).picture


def test_the_card_says_which_backbone_and_that_there_are_no_classes(service, folder):
    card = find_model("style", [folder]).card
    assert card.to_json()["generator"]["backbone"] == "stylegan2"
    info = service.models()[0]
    assert (info.name, info.class_names, info.needs_class) == ("style", (), False)
    assert (info.truncates_noise, info.is_trainable) == (False, False)


def test_it_draws_what_its_plain_network_draws(service, folder, features):
    model = load_model("style", [folder], Precision.FLOAT32)
    network = ModelStore([folder]).network("style")
    assert isinstance(network, StyleGan2Generator)
    z, h = model.noise([3, 4], 0.6), torch.from_numpy(np.stack(features[:2]))
    expected = network(z, network.condition(h), 0.6)
    assert (model.draw(z, h, truncation=0.6) - expected).abs().max() <= 1e-4
    picture = drawn(service, features[0], seed=3, truncation=0.6)[0].picture
    assert np.abs(pixels(picture) - ((expected[0].permute(1, 2, 0).numpy() + 1) * 127.5)).max() <= 1


def test_truncation_is_psi_and_leaves_the_noise_its_direction(service, features):
    """Towards 0 all pictures become the one of the mean style; noise that is cut and drawn again would not do that."""
    wide, narrow = ([pixels(sample.picture) for sample in drawn(service, features[0], truncation=t)] for t in (1, 0.05))
    assert np.abs(wide[0] - wide[1]).mean() > 4 * np.abs(narrow[0] - narrow[1]).mean()
    other = pixels(drawn(service, features[1], truncation=0.05)[0].picture)
    assert np.abs(other - narrow[0]).mean() < np.abs(wide[0] - narrow[0]).mean()


def test_a_class_is_refused(service, features):
    with pytest.raises(RequestError, match="has no classes"):
        drawn(service, features[0], label="Lemon")
    swapped = Blend((features[0],), swap=Swap(None, (("Lemon", 1.0),), 1.0))
    with pytest.raises(RequestError, match="has no classes"):
        drawn_first(service, DrawRequest("style", swapped))


def test_instances_mix_and_styles_cross(service, features):
    a, b = (Blend((feature,)) for feature in features[:2])
    half = Blend(tuple(features[:2]), (0.5, 0.5))
    pictures = [
        pixels(drawn_first(service, DrawRequest("style", blend, (5,), fine=fine, fine_from=side)))
        for blend, fine, side in ((a, None, 32), (b, None, 32), (half, None, 32), (a, b, 16), (a, b, 8), (a, b, 64))
    ]
    assert np.abs(pictures[2] - pictures[0]).max() > 0
    assert np.abs(pictures[2] - pictures[1]).max() > 0
    assert np.abs(pictures[3] - pictures[0]).max() > 0
    assert np.abs(pictures[4] - pictures[1]).max() <= 1  # every block from the second one
    assert np.abs(pictures[5] - pictures[0]).max() <= 1  # none


def test_a_path_begins_and_ends_where_it_says(service, features):
    stops = tuple(TravelStop(Blend((feature,)), seed) for seed, feature in enumerate(features[:2]))
    path = TravelRequest("style", stops, 4, loop=False, truncation=0.7)
    frames = [frame.picture for frame in service.drawing.draw(path)]
    assert len(frames) == 5
    for stop, frame in ((stops[0], frames[0]), (stops[1], frames[-1])):
        expected = drawn_first(service, DrawRequest("style", stop.blend, (stop.seed,), 0.7))
        assert np.abs(pixels(frame) - pixels(expected)).max() <= 1


@pytest.mark.parametrize("method", Method)
def test_a_search_finds_noise_that_draws_what_it_promises(service, features, method):
    request = SearchRequest("style", Blend((features[0],)), Target(features[1]), 3, 0.6, rounds=8, method=method)
    steps = list(service.search.run(request))
    assert steps[-1].cosine > steps[0].cosine
    towards = DrawRequest("style", Blend((features[1],)), (0,))
    for step in (steps[0], steps[-1]):
        found = list(service.drawing.draw(request.drawing(step.noise)))
        assert service.drawing.measure(towards, found)[0].cosine == pytest.approx(step.cosine, abs=0.02)


def test_a_recipe_draws_its_picture_again(service, features, tmp_path):
    request = DrawRequest.neighbours("style", features[0], 1, 7, 0.5)
    picture = drawn_first(service, request)
    path = tmp_path / "picture.png"
    path.write_bytes(png_with_recipe(picture, write_recipe(request, service.models()[0], [7])))
    assert np.array_equal(pixels(draw_file(path, service)[0]), pixels(picture))


def test_its_bank_has_thumbnails(service):
    assert all(entry.thumbnail is not None for entry in service.drawn("style", service.bank("style")))


def test_it_can_be_measured_but_not_trained_on(folder, tmp_path, photo):
    found = find_model("style", [folder])
    for number in range(4):
        photo.rotate(90 * number).save(tmp_path / f"{number}.png")
    assert evaluate_model(found, tmp_path, samples=8)["samples"] == 8
    with pytest.raises(RequestError, match="cannot be trained on: only BigGAN networks are"):
        trainable_generator_of(found)


def test_a_run_that_would_train_on_it_is_refused_before_it_reads_a_picture(folder, tmp_path):
    with pytest.raises(RequestError, match="cannot be trained on: only BigGAN networks are"):
        Order(tmp_path / "no pictures", base=find_model("style", [folder]))


def test_it_is_exported_as_it_lies_here_and_unpacked_it_draws_the_same(service, folder, features, tmp_path):
    """The published layout has no place for it: its pickle runs its own source."""
    found = find_model("style", [folder])
    assert not has_official_layout(found.card)
    with tarfile.open(export_own(found.card, found.folder, tmp_path)) as archive:
        archive.extractall(tmp_path / "models", filter="data")
    elsewhere = SamplingService(ModelStore([tmp_path / "models"], precision=Precision.FLOAT32))
    [here, there] = (drawn(where, features[0])[0].picture for where in (service, elsewhere))
    assert np.array_equal(pixels(here), pixels(there))


def test_a_card_with_a_backbone_that_nobody_knows_is_one_sentence(folder, tmp_path):
    write_tiny_model(tmp_path / "style", style=True)
    path = tmp_path / "style" / "card.json"
    values = json.loads(path.read_text())
    values["generator"]["backbone"] = "stylegan9"
    path.write_text(json.dumps(values))
    assert "generator has a value of the wrong kind" in find_model("style", [tmp_path]).message
    assert ModelStore([tmp_path]).infos()[0].state == "unavailable"


def test_towards_a_centre_pictures_of_one_mode_agree_and_of_two_do_not(service, features):
    """Towards 0 all pictures become that of the mean style: of all conditions, or of the centre alone."""
    ends = []
    for feature in features[:2]:
        request = DrawRequest.neighbours("style", feature, 2, truncation=0.05)
        ends.append([pixels(one.picture) for one in service.drawing.draw(replace(request, centre=feature))])
    within = np.abs(ends[0][0] - ends[0][1]).mean()
    assert np.abs(ends[0][0] - ends[1][0]).mean() > 4 * within


def test_a_centre_changes_nothing_where_truncation_does_not(service, features):
    request = DrawRequest.neighbours("style", features[0], 2, truncation=1)
    plain, centred = (list(service.drawing.draw(each)) for each in (request, service.drawing.centred(request)))
    for one, other in zip(plain, centred, strict=True):
        np.testing.assert_array_equal(pixels(one.picture), pixels(other.picture))
