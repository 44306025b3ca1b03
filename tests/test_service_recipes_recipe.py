import base64
import json
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from fakes import PaintedSampling

from icgan_demo.errors import RequestError
from icgan_demo.service.drawing.drawing_requests import DrawRequest
from icgan_demo.service.recipes.recipe import checked_request, read_recipe, read_recipe_file, write_recipe

SHA = "ab" * 32


@pytest.fixture
def sampling():
    return PaintedSampling()


@pytest.fixture
def info(sampling):
    info = sampling.models()[0]
    info.card["files"] = {"generator.safetensors": {"size": 1, "sha256": SHA}}
    return info


@pytest.fixture
def request_(sampling):
    feature = sampling.pick("painted", 3).feature
    return DrawRequest.neighbours("painted", feature, count=3, seed=7, truncation=0.55, label="Lemon", best_of=2)


@pytest.fixture
def recipe(sampling, info, request_):
    *_, samples = sampling.drawing.samples(request_)
    return write_recipe(request_, info, [sample.seed for sample in samples])


def test_a_recipe_draws_the_same_request_again(recipe, request_):
    again = read_recipe(recipe.to_json()).request()
    [feature] = again.blend.features
    np.testing.assert_array_equal(feature, request_.blend.features[0])
    assert feature.dtype == np.float32
    for name in ("model", "count", "seeds", "truncation", "label", "best_of"):
        assert getattr(again, name) == getattr(request_, name)


def test_a_recipe_says_what_a_reader_wants_to_know(recipe):
    values = json.loads(recipe.to_json())
    assert "Synthetic" in values["note"]
    assert values["model"] == {"name": "painted", "generator_sha256": SHA}
    assert values["seeds"] == [7, 8, 9]
    assert set(values["versions"]) == {"icgan_demo", "torch"}
    assert "centre square" in values["crop"]


def test_a_recipe_names_the_precision_of_the_drawing_and_older_ones_need_none(info, request_):
    text = write_recipe(request_, replace(info, precision="bfloat16")).to_json()
    assert read_recipe(text).precision == "bfloat16"
    values = json.loads(text)
    del values["precision"]
    assert read_recipe(json.dumps(values)).precision == ""


def test_a_centre_is_part_of_a_newer_recipe_and_no_other(info, request_):
    older = write_recipe(request_, info)
    assert "centre" not in older.values()
    centred = replace(request_, centre=request_.blend.features[0])
    recipe = read_recipe(write_recipe(centred, info).to_json())
    np.testing.assert_array_equal(recipe.request().centre, centred.centre)
    with pytest.raises(RequestError, match="does not match its version"):
        read_recipe(json.dumps({**recipe.values(), "schema": 1})).request()


def test_one_picture_of_a_ranked_set_is_drawn_by_its_own_seed_alone(recipe):
    again = recipe.of_seed(9).request()
    assert (again.seeds, again.best_of) == ((9,), 1)


def test_a_recipe_of_another_generator_is_refused(recipe, info):
    checked_request(recipe, info)
    info.card["files"]["generator.safetensors"]["sha256"] = "cd" * 32
    with pytest.raises(RequestError, match="another version of Painted squares"):
        checked_request(recipe, info)


def packed(values):
    return base64.b64encode(np.asarray(values, dtype="<f4").tobytes()).decode()


WRONG = {
    "a missing field": (lambda recipe: recipe.pop("seed"), "seed is missing"),
    "an unknown field": (lambda recipe: recipe.update(path="/etc/passwd"), "path is not one of its fields"),
    "a newer version": (lambda recipe: recipe.update(schema=9), "newer version of this program"),
    "no version": (lambda recipe: recipe.pop("schema"), "schema"),
    "text for a number": (lambda recipe: recipe.update(count="3"), "count has a value of the wrong kind"),
    "a fraction": (lambda recipe: recipe.update(seed=1.5), "seed has a value of the wrong kind"),
    "too many": (lambda recipe: recipe.update(count=65), "Images must be a whole number between 1 and 64"),
    "a seed beyond": (lambda recipe: recipe.update(seed=2**31), "The seed must be"),
    "a wild truncation": (lambda recipe: recipe.update(truncation=7), "Truncation must be a number between"),
    "a truncation that is no number": (lambda recipe: recipe.update(truncation=float("nan")), "Truncation must be"),
    "no base64": (lambda recipe: recipe.update(feature="!!!!"), "feature: it is not base64 text"),
    "half a number": (lambda recipe: recipe.update(feature="AAA="), "feature: it is not base64 text"),
    "no feature": (lambda recipe: recipe.update(feature=""), "feature: it is not a unit-length feature"),
    "a feature of zeros": (lambda recipe: recipe.update(feature=packed([0, 0])), "not a unit-length feature"),
    "a feature of NaN": (lambda recipe: recipe.update(feature=packed([np.nan, 1])), "not a unit-length feature"),
    "a huge feature": (lambda recipe: recipe.update(feature=packed([1e30, 0])), "not a unit-length feature"),
    "a long label": (lambda recipe: recipe.update(label="x" * 2000), "label has a value of the wrong kind"),
}


@pytest.mark.parametrize(("change", "message"), WRONG.values(), ids=WRONG.keys())
def test_a_wrong_recipe_is_one_sentence(recipe, change, message):
    values = json.loads(recipe.to_json())
    change(values)
    with pytest.raises(RequestError, match=message):
        read_recipe(json.dumps(values)).request()


@pytest.mark.parametrize("text", ["", "no json", "[]", "null", "7", '"recipe"', "[" * 100_000, b"\xff\xfe\x00"])
def test_text_that_is_no_recipe_is_one_sentence(text):
    with pytest.raises(RequestError, match=r"^The recipe"):
        read_recipe(text)


def test_a_long_text_is_refused_unread():
    with pytest.raises(RequestError, match="larger than 1 MB"):
        read_recipe(" " * 2_000_000)


def test_recipes_work_before_the_networks_are_imported():
    """The page writes recipes; importing torch for that would delay its opening by seconds."""
    code = "import sys, icgan_demo.service.recipes.drawn_files; assert not {'safetensors', 'timm'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("before", ["\ufeff", "\ufeff\r\n", " \n\t"])
def test_a_recipe_that_an_editor_saved_again_is_read(recipe, tmp_path, before):
    """Windows' Notepad puts a mark before the text, and the file was "not a PNG"."""
    (tmp_path / "recipe.json").write_text(before + recipe.to_json(indent=2), encoding="utf-8")
    assert read_recipe_file(tmp_path / "recipe.json") == recipe
