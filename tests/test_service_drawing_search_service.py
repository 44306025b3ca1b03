"""Guided search with tiny real models: by the bundled encoder offline, by OpenCLIP where its weights lie; recipes."""

import base64
import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from icgan_demo.errors import EncoderError, RequestError, WeightsError
from icgan_demo.service.drawing.drawing_requests import Blend, DrawRequest
from icgan_demo.service.drawing.sampling_service import SamplingService
from icgan_demo.service.drawing.search_requests import Guide, Method, SearchRequest, Target
from icgan_demo.service.drawing.search_service import load_guide
from icgan_demo.service.model_store import ModelStore
from icgan_demo.service.recipes.drawn_files import png_with_recipe
from icgan_demo.service.recipes.recipe import SearchValues, read_recipe, read_recipe_file, write_recipe
from icgan_demo.service.recipes.redraw import draw_file


@pytest.fixture(scope="module")
def service(models_folder):
    return SamplingService(ModelStore([models_folder]))


@pytest.fixture
def wanted(service):
    a, b = (service.pick("tiny", row).feature for row in (0, 1))
    return SearchRequest("tiny", Blend((a,)), Target(b), seed=3, truncation=0.6, rounds=6)


@pytest.fixture
def info(service):
    return next(info for info in service.models() if info.name == "tiny")


@pytest.mark.parametrize("method", Method)
@pytest.mark.parametrize("model", ["tiny", "plain"])
def test_a_picture_becomes_more_like_another_one_offline(service, method, model):
    a, b = (service.pick(model, row).feature for row in (0, 1))
    request = SearchRequest(model, Blend((a,)), Target(b), seed=3, rounds=8, method=method)
    steps = list(service.search.run(request))
    assert sorted({step.number for step in steps}) == list(range(9))  # evolution says a step again while it looks on
    assert steps[-1].cosine > steps[0].cosine
    assert np.abs(steps[-1].noise).max() <= 1.6
    towards = DrawRequest(model, Blend((b,)), (0,))
    for step in (steps[0], steps[-1]):
        drawn = list(service.drawing.draw(request.drawing(step.noise)))
        assert service.drawing.measure(towards, drawn)[0].cosine == pytest.approx(step.cosine, abs=0.02)


def test_the_start_is_the_picture_of_the_seed(service, wanted):
    first = next(iter(service.search.run(wanted)))
    found, drawn = (next(service.drawing.draw(wanted.drawing(noise))).picture for noise in (first.noise, None))
    assert np.abs(np.asarray(found, int) - np.asarray(drawn, int)).max() <= 1


def test_a_search_that_nobody_follows_any_more_ends(service, wanted):
    steps = service.search.run(wanted)
    next(steps)
    steps.close()
    with pytest.raises(StopIteration):
        next(steps)


def test_a_found_picture_is_drawn_again_from_its_png_to_the_last_bit(service, wanted, info, tmp_path):
    *_, best = service.search.run(wanted)
    request = wanted.drawing(best.noise)
    picture = next(service.drawing.draw(request)).picture
    values = SearchValues(guide="model", method="gradient", rounds=best.number)
    path = tmp_path / "found.png"
    path.write_bytes(png_with_recipe(picture, write_recipe(request, info, search=values)))
    recipe = read_recipe_file(path)
    assert recipe.search == values
    assert np.array_equal(recipe.request().noise, best.noise)
    assert draw_file(path, service)[0].tobytes() == picture.tobytes()


def test_only_recipes_with_noise_have_the_newer_version(service, wanted, info):
    plain = json.loads(write_recipe(wanted.drawing(), info).to_json())
    assert plain["schema"] == 1
    assert not {"noise", "search"} & plain.keys()
    assert json.loads(write_recipe(wanted.drawing(np.zeros(16, np.float32)), info).to_json())["schema"] == 2


def packed(*numbers):
    return base64.b64encode(np.array(numbers, "<f4").tobytes()).decode()


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"noise": packed(*[1.3] * 16)}, "leaves the range"),
        ({"noise": packed(*[float("nan")] * 16)}, "not noise"),
        ({"noise": packed()}, "not noise"),
        ({"noise": "?"}, "base64"),
        ({"noise": [1.0]}, "wrong kind"),
        ({"noise": packed(*[0.0] * 5000)}, "not noise|wrong kind"),
        ({"schema": 1}, "does not match its version"),
        ({"schema": 9}, "newer version"),
        ({"seeds": [1, 2]}, "one image"),
        ({"search": {"guide": "me", "method": "gradient", "rounds": 1}}, "wrong kind"),
        ({"search": {"guide": "model", "method": "gradient", "rounds": 1, "path": "/"}}, "not one of its fields"),
    ],
)
def test_recipes_with_noise_are_not_trusted(wanted, info, change, sentence):
    values = json.loads(write_recipe(wanted.drawing(np.zeros(16, np.float32)), info).to_json())
    with pytest.raises(RequestError, match=sentence):
        read_recipe(json.dumps({**values, **change})).request()


def test_noise_of_another_model_is_refused(service, wanted):
    with pytest.raises(RequestError, match="does not belong to Tiny tiny, which takes 16 numbers"):
        next(service.drawing.draw(wanted.drawing(np.zeros(20, np.float32))))


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"target": Target()}, "Choose a second image"),
        ({"target": Target(words="a lemon")}, "Only OpenCLIP understands text"),
        ({"target": Target(words="x" * 301), "guide": Guide.OPENCLIP}, "at most 300"),
        ({"guide": Guide.OPENCLIP}, "compares images"),
        ({"rounds": 0}, "Rounds"),
        ({"rounds": 10_000}, "Rounds"),
        ({"truncation": 2.0}, "Truncation"),
    ],
)
def test_a_request_out_of_range_is_refused(wanted, changes, sentence):
    with pytest.raises(RequestError, match=sentence):
        replace(wanted, **changes)


# --- OpenCLIP ---


@pytest.fixture(scope="module")
def clip_folder(tmp_path_factory):
    """A model folder with a tiny random OpenCLIP model of an architecture that these tests add."""
    open_clip = pytest.importorskip("open_clip")
    folder = tmp_path_factory.mktemp("models with a guide")
    config = {
        "embed_dim": 12,
        "vision_cfg": {"image_size": 32, "layers": 1, "width": 64, "patch_size": 16},
        "text_cfg": {"context_length": 8, "vocab_size": 49408, "width": 64, "heads": 1, "layers": 1},
    }
    (folder / "icgan-test-words.json").write_text(json.dumps(config))
    open_clip.add_model_config(folder / "icgan-test-words.json")
    torch.manual_seed(0)
    place = folder / "encoders" / "openclip"
    place.mkdir(parents=True)
    save_file(open_clip.create_model("icgan-test-words").state_dict(), place / "icgan-test-words.safetensors")
    return folder


def test_words_need_weights_and_the_sentence_says_where_they_go(service, wanted):
    assert not service.search.understands_words("tiny")
    with pytest.raises(EncoderError, match=r"ViT-B-32\.safetensors"):
        next(service.search.run(replace(wanted, target=Target(words="a lemon"), guide=Guide.OPENCLIP)))


@pytest.mark.parametrize("method", Method)
def test_words_steer_the_noise_where_openclip_is(service, wanted, clip_folder, monkeypatch, method):
    monkeypatch.setenv("ICGAN_MODELS_DIR", str(clip_folder))
    assert service.search.understands_words("tiny")
    words = Target(words="a ripe lemon on a wooden table, seen from above")
    steps = list(service.search.run(replace(wanted, target=words, guide=Guide.OPENCLIP, method=method)))
    assert steps[-1].cosine > steps[0].cosine


def test_openclip_also_compares_pictures(service, wanted, clip_folder, photo_path, monkeypatch):
    monkeypatch.setenv("ICGAN_MODELS_DIR", str(clip_folder))
    steps = list(service.search.run(replace(wanted, target=Target(picture=photo_path), guide=Guide.OPENCLIP)))
    assert steps[-1].cosine > steps[0].cosine


def test_words_have_unit_features_that_differ(clip_folder):
    guide = load_guide(clip_folder)
    lemon, lime = guide.encode_text("a lemon"), guide.encode_text("a lime")
    assert lemon.shape == (guide.feature_dim,)
    assert float(lemon.norm()) == pytest.approx(1, abs=1e-5)
    assert not torch.equal(lemon, lime)


def test_damaged_weights_of_the_guide_are_refused(tmp_path):
    place = tmp_path / "encoders" / "openclip"
    place.mkdir(parents=True)
    (place / "ViT-B-32.safetensors").write_bytes(b"no tensors")
    with pytest.raises(WeightsError):
        load_guide(tmp_path)
