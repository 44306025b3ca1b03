import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from conftest import write_tiny_model
from PIL import Image
from safetensors.torch import load_file

from icgan_demo import load_model
from icgan_demo.cli import main as main_module
from icgan_demo.cli.main import main
from icgan_demo.service.drawing.sampling_service import SamplingService
from icgan_demo.service.model_store import ModelStore
from icgan_demo.service.recipes.recipe import read_recipe_file
from icgan_demo.service.recipes.recipe_link import link_fragment
from icgan_demo.service.values import Choice, Familiarity


@pytest.fixture(autouse=True)
def _models(models_folder, monkeypatch):
    monkeypatch.setenv("ICGAN_MODELS_DIR", str(models_folder))


def run(capsys, *words):
    """Run a command in this process; returns exit code, output and error lines."""
    with pytest.raises(SystemExit) as stopped:
        main([str(word) for word in words])
    written = capsys.readouterr()
    return stopped.value.code, written.out, written.err


def pictures(folder):
    return np.stack([np.asarray(Image.open(path), dtype=np.int16) for path in sorted(folder.glob("0*.png"))])


def test_sample_writes_pictures_a_sheet_and_a_recipe(capsys, photo_path, tmp_path):
    code, out, err = run(capsys, "sample", photo_path, "--model", "tiny", "--count", 5, "--out", tmp_path / "new")
    assert code == 0
    assert err == ""
    assert "5 images are in" in out
    assert "Synthetic pictures of a test model." in out
    expected = [f"{number:03d}.png" for number in range(5)] + ["grid.png", "recipe.json"]
    assert sorted(os.listdir(tmp_path / "new")) == expected


def test_a_recipe_draws_the_same_set_again(capsys, photo_path, tmp_path):
    settings = ["--count", 3, "--seed", 9, "--truncation", 0.5, "--label", "Lime", "--best-of", 3]
    assert run(capsys, "sample", photo_path, "--model", "tiny", *settings, "--out", tmp_path / "a")[0] == 0
    assert run(capsys, "sample", "--recipe", tmp_path / "a" / "recipe.json", "--out", tmp_path / "b")[0] == 0
    assert abs(pictures(tmp_path / "a") - pictures(tmp_path / "b")).max() <= 1
    first, second = (json.loads((tmp_path / name / "recipe.json").read_text()) for name in "ab")
    assert first == second
    assert (first["label"], first["truncation"], first["best_of"]) == ("Lime", 0.5, 3)


def test_truncation_towards_the_nearest_centre_is_an_option_and_is_drawn_again(capsys, photo_path, tmp_path):
    run(capsys, "sample", photo_path, "--count", 2, "--multimodal", "--truncation", 0.4, "--out", tmp_path / "first")
    assert json.loads((tmp_path / "first" / "recipe.json").read_text())["centre"]
    run(capsys, "sample", "--recipe", tmp_path / "first" / "recipe.json", "--out", tmp_path / "again")
    assert (tmp_path / "first" / "001.png").read_bytes() == (tmp_path / "again" / "001.png").read_bytes()


def test_a_recipe_is_drawn_in_its_own_precision_wherever_it_is_drawn(capsys, photo_path, tmp_path):
    for precision in ("float32", "bfloat16"):
        settings = ["--model", "tiny", "--count", 1, "--precision", precision]
        assert run(capsys, "sample", photo_path, *settings, "--out", tmp_path / precision)[0] == 0
        recipe = tmp_path / precision / "recipe.json"
        assert json.loads(recipe.read_text())["precision"] == precision
        assert run(capsys, "sample", "--recipe", recipe, "--out", tmp_path / "again")[0] == 0
        assert (pictures(tmp_path / precision) == pictures(tmp_path / "again")).all()


SAVED = Path(__file__).parent / "data" / "saved"


@pytest.mark.parametrize("command", [["sample", "--recipe"], ["draw"]])
def test_a_saved_blend_is_drawn_again_and_each_picture_carries_its_own_recipe(capsys, tmp_path, monkeypatch, command):
    monkeypatch.setenv("ICGAN_MODELS_DIR", str(SAVED / "models"))
    assert run(capsys, *command, SAVED / "class-swap.png", "--out", tmp_path)[0] == 0
    paths = sorted(tmp_path.glob("0*.png"))
    assert [read_recipe_file(path).request().seeds for path in paths] == [(0,), (1,), (2,), (3,)]


def test_a_path_is_drawn_by_its_own_command(capsys, tmp_path, monkeypatch):
    monkeypatch.setenv("ICGAN_MODELS_DIR", str(SAVED / "models"))
    code, _, err = run(capsys, "sample", "--recipe", SAVED / "path-open.png", "--out", tmp_path)
    assert (code, "the command draw" in err) == (2, True)
    assert run(capsys, "draw", SAVED / "path-open.png", "--out", tmp_path, "--film", "webp")[0] == 0
    assert len(list(tmp_path.glob("0*.png"))) == 7
    with Image.open(tmp_path / "travel.webp") as film:
        assert film.n_frames == 7


def test_the_same_path_is_drawn_by_another_model_and_what_differs_is_said(capsys, tmp_path, models_folder, monkeypatch):
    for name in ("path-open.png", "mix.png"):
        recipe = json.loads(read_recipe_file(SAVED / name).to_json())
        write_tiny_model(tmp_path / "models" / recipe["model"]["name"])
        recipe["model"]["generator_sha256"] = ""
        recipe = json.loads(json.dumps(recipe))
        (tmp_path / f"{name}.json").write_text(json.dumps(recipe))
    write_tiny_model(tmp_path / "models/plain", seed=1, classes=False)
    monkeypatch.setenv("ICGAN_MODELS_DIR", str(tmp_path / "models"))
    words = ["--model", "plain", "--out", tmp_path / "other", "--film", "mp4", "--fps", 10]
    code, _, err = run(capsys, "draw", tmp_path / "path-open.png.json", *words)
    assert code == 0
    assert "has another encoder" in err
    assert {read_recipe_file(path).model.name for path in (tmp_path / "other").glob("*.png")} == {"plain"}
    assert (tmp_path / "other/travel.mp4").stat().st_size > 0
    code, _, err = run(capsys, "draw", tmp_path / "mix.png.json", *words)
    assert (code, "Only a path can be drawn by another model" in err) == (2, True)
    code, _, err = run(capsys, "draw", tmp_path / "path-open.png.json", "--model", "nothing")
    assert (code, "There is no model of that name" in err) == (2, True)


def test_python_and_the_command_line_draw_the_same(capsys, photo, photo_path, tmp_path):
    run(
        capsys,
        "sample",
        photo_path,
        "--model",
        "tiny",
        "--count",
        6,
        "--seed",
        4,
        "--label",
        "Lemon",
        "--out",
        tmp_path,
    )
    model = load_model("tiny")
    drawn = model.sample(model.encode([photo])[0], seeds=range(4, 10), truncation=0.8, label="Lemon")
    assert abs(np.stack([np.asarray(picture, dtype=np.int16) for picture in drawn]) - pictures(tmp_path)).max() <= 1


def test_a_model_can_be_given_by_its_folder(capsys, photo_path, tmp_path, models_folder, monkeypatch):
    monkeypatch.setenv("ICGAN_MODELS_DIR", str(tmp_path / "none"))
    words = ["sample", photo_path, "--model", models_folder / "tiny", "--count", 1, "--out", tmp_path]
    assert run(capsys, *words)[0] == 0
    assert json.loads((tmp_path / "recipe.json").read_text())["model"]["name"] == "tiny"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["sample"], "Give either a photo or --recipe."),
        (["sample", "PHOTO", "--count", "0"], "Images must be a whole number between 1 and 64, got 0."),
        (["sample", "PHOTO", "--count", "many"], "Invalid value for '--count'"),
        (["sample", "PHOTO", "--seed", "-1"], "The seed must be a whole number"),
        (["sample", "PHOTO", "--truncation", "nan"], "Truncation must be a number between 0.05 and 1"),
        (["sample", "PHOTO", "--best-of", "11"], "Candidates per image must be"),
        (["sample", "PHOTO", "--label", "Durian", "--model", "tiny"], "does not know the class 'Durian'"),
        (["sample", "PHOTO", "--label", "Lime", "--model", "plain"], "has no classes"),
        (["sample", "PHOTO", "--model", "nothing"], "There is no model 'nothing'"),
        (["sample", "absent.png"], "file 'absent.png' does not exist"),
        (["sample", "PHOTO", "--colour", "red"], "No such option: --colour"),
        (["sample", "--recipe", "PHOTO"], "This image contains no recipe"),
        (["embed", "absent"], "does not exist"),
        (["embed", "PHOTO", "--out", "features.txt"], "must end in .safetensors"),
        (["dance"], " --help` lists them."),
        (["smaple"], "No such command 'smaple'. Did you mean 'sample'?"),
        (["models", "dance"], " models --help` lists them."),
        (["sample", "--modle", "tiny"], "No such option: --modle (Possible options: --model"),
    ],
)
def test_a_wrong_value_is_one_line_and_exit_code_2(capsys, photo_path, tmp_path, monkeypatch, words, message):
    monkeypatch.chdir(tmp_path)
    code, out, err = run(capsys, *(photo_path if word == "PHOTO" else word for word in words))
    assert code == 2
    assert err.startswith("Error: ")
    assert message in err
    assert err.count("\n") == 1
    assert out == ""
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("x" * 5000, "model.name has a value of the wrong kind"),
        ("x" * 190, "needs the model 'xxx"),
        ("", "model.name has a value of the wrong kind"),
        ("a\0b", "which is not on this machine"),
        ("../../etc", "which is not on this machine"),
        ("FOLDER", "which is not on this machine"),
    ],
)
def test_a_recipe_of_a_model_that_cannot_be_meant_is_one_line(
    capsys, photo_path, models_folder, tmp_path, name, message
):
    """A name of 5,000 characters ended in a traceback, and an empty one drew with the default model."""
    assert run(capsys, "sample", photo_path, "--model", "tiny", "--count", 1, "--out", tmp_path)[0] == 0
    recipe = json.loads((tmp_path / "recipe.json").read_text())
    recipe["model"]["name"] = str(models_folder / "tiny") if name == "FOLDER" else name
    recipe["model"]["generator_sha256"] = ""
    (tmp_path / "changed.json").write_text(json.dumps(recipe))
    code, _, err = run(capsys, "sample", "--recipe", tmp_path / "changed.json", "--out", tmp_path / "again")
    assert (code, err.count("\n")) == (2, 1)
    assert message in err


def test_a_model_of_a_name_too_long_for_a_path_is_one_line(capsys, photo_path, tmp_path):
    code, _, err = run(capsys, "sample", photo_path, "--model", "x" * 5000, "--out", tmp_path)
    assert (code, err.count("\n")) == (2, 1)


def test_what_cannot_be_used_is_one_line_and_exit_code_1(capsys, tmp_path):
    (tmp_path / "photo.jpg").write_text("not a picture")
    code, _, err = run(capsys, "sample", tmp_path / "photo.jpg", "--model", "tiny", "--out", tmp_path / "out")
    assert code == 1
    assert err == "Error: Not an image we can read (JPEG, PNG, WebP, GIF, BMP).\n"


def test_notes_about_the_photo_go_to_the_error_stream(capsys, tmp_path):
    Image.new("RGBA", (40, 40), (255, 0, 0, 0)).save(tmp_path / "clear.png")
    code, _, err = run(capsys, "sample", tmp_path / "clear.png", "--model", "tiny", "--count", 1, "--out", tmp_path)
    assert code == 0
    assert err == "Transparency was filled with white.\n"


def test_models_lists_what_is_here(capsys):
    code, out, _ = run(capsys, "models")
    lines = {line.split()[0]: line for line in out.splitlines()}
    assert code == 0
    assert lines["tiny"].split()[1:6] == ["available", "32", "px", "3", "classes"]
    assert lines["icgan_biggan_imagenet_res256"].split()[1:3] == ["downloadable", "256"]
    assert "no classes" in lines["plain"]


def test_models_list_is_models(capsys):
    """Where a group has commands, one expects that one of them lists."""
    assert run(capsys, "models", "list") == run(capsys, "models")


def test_on_the_command_line_nothing_is_uploaded(capsys, photo_path, tmp_path):
    cut = tmp_path / "cut.png"
    cut.write_bytes(photo_path.read_bytes()[: photo_path.stat().st_size // 2])
    code, _, err = run(capsys, "sample", cut, "--model", "tiny", "--out", tmp_path)
    assert code != 0
    assert "incomplete" in err
    assert "upload" not in err


def test_models_says_what_is_wrong_with_a_broken_one(capsys, tmp_path, monkeypatch):
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "card.json").write_text("{")
    monkeypatch.setenv("ICGAN_MODELS_DIR", str(tmp_path))
    code, out, err = run(capsys, "models")
    assert code == 0
    assert "broken" in out
    assert "unavailable" in out
    assert "broken: broken/card.json is damaged" in err


def test_models_has_further_commands(capsys):
    code, out, _ = run(capsys, "models", "--help")
    assert code == 0
    assert "import" in out


def test_embed_writes_features_and_names(capsys, photo, photo_path, tmp_path):
    photo.save(tmp_path / "second.png")
    (tmp_path / "torn.png").write_bytes(b"torn")
    out_file = tmp_path / "new" / "f.safetensors"
    code, out, err = run(capsys, "embed", photo_path, tmp_path, "--model", "tiny", "--out", out_file)
    assert code == 0
    assert "2 features of 16 numbers" in out
    assert "Left out 'torn.png'" in err
    assert load_file(out_file)["features"].shape == (2, 16)
    listing = json.loads(out_file.with_suffix(".json").read_text())
    assert listing["names"] == ["photo.png", "second.png"]
    assert listing["encoder"] == load_model("tiny").feature_identity


def test_index_reports_agreement_and_what_is_near(capsys, photo, photo_path, tmp_path):
    for name in ("Lemon/1", "Lemon/2", "Lime/1", "Lime/2"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        photo.rotate(0 if name == "Lime/2" else 90).save(tmp_path / f"{name}.png")
    words = [
        "index",
        tmp_path,
        "--model",
        "tiny",
        "--out",
        tmp_path / "i.safetensors",
        "--near",
        photo_path,
        "--count",
        1,
    ]
    code, out, _ = run(capsys, *words)
    assert code == 0
    assert "4 images are in" in out
    assert "of the same class for" in out
    assert out.splitlines()[-1] == "1.000  Lime/2.png"


def test_help_comes_without_importing_torch():
    """Help that takes seconds is not read."""
    code = "import sys\nfrom icgan_demo.cli.main import main\ntry: main(['--help'])\nexcept SystemExit: pass\n"
    done = subprocess.run(
        [sys.executable, "-c", code + "assert 'torch' not in sys.modules"], capture_output=True, text=True, check=True
    )
    assert "sample" in done.stdout


def test_the_package_runs_as_a_module():
    done = subprocess.run([sys.executable, "-m", "icgan_demo", "sample"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (2, "Error: Give either a photo or --recipe.\n")


def test_serve_hands_its_flags_to_the_page(capsys, monkeypatch):
    seen = []
    monkeypatch.setattr("icgan_demo.server.serve.main", lambda *words: seen.extend(words) or 3)
    assert run(capsys, "serve", "--port", 7, "--help")[0] == 3
    assert seen[0] == ["--port", "7", "--help"]
    assert seen[1].endswith(" serve")


def test_draw_draws_a_saved_picture_again(capsys, photo_path, tmp_path):
    first, again = tmp_path / "first", tmp_path / "again"
    run(capsys, "sample", photo_path, "--model", "tiny", "--count", 2, "--seed", 3, "--out", first)
    run(capsys, "draw", first / "001.png", "--out", again)
    old, new = (np.asarray(Image.open(folder / name)) for folder, name in ((first, "001.png"), (again, "000.png")))
    np.testing.assert_array_equal(old, new)


def test_children_of_saved_pictures_are_drawn_and_drawn_again(capsys, photo_path, tmp_path):
    run(capsys, "sample", photo_path, "--model", "tiny", "--count", 2, "--out", tmp_path / "first")
    parents = [tmp_path / "first" / name for name in ("000.png", "001.png")]
    run(capsys, "children", parents[0], "--count", 3, "--strength", 0.8, "--out", tmp_path / "young")
    young = sorted((tmp_path / "young").glob("*.png"))
    assert len(young) == 3
    run(capsys, "draw", young[1], "--out", tmp_path / "again")
    old, new = (np.asarray(Image.open(path)) for path in (young[1], tmp_path / "again" / "000.png"))
    np.testing.assert_array_equal(old, new)
    code, output, _ = run(capsys, "children", *parents, "--count", 2, "--out", tmp_path / "crossed")
    assert code == 0
    assert "2 images are in" in output
    code, _, error = run(capsys, "children", parents[0], "--strength", 3)
    assert code == 2
    assert "strength must be a number between 0 and 1" in error


def test_a_photo_is_redrawn_and_the_redrawing_drawn_again(capsys, photo_path, tmp_path):
    code, output, _ = run(capsys, "edit", photo_path, "--model", "tiny", "--rounds", 2, "--out", tmp_path / "edit")
    assert code == 0
    assert output.startswith("Distance ")
    with Image.open(tmp_path / "edit/beside.png") as beside:
        assert beside.width > 2 * beside.height
    run(capsys, "draw", tmp_path / "edit/000.png", "--out", tmp_path / "again")
    old, new = (np.asarray(Image.open(tmp_path / name)) for name in ("edit/000.png", "again/000.png"))
    np.testing.assert_array_equal(old, new)
    code, _, error = run(capsys, "edit", photo_path, "--rounds", 1000)
    assert code == 2
    assert "Rounds" in error


def test_draw_takes_the_link_of_an_image(capsys, photo_path, tmp_path):
    run(capsys, "sample", photo_path, "--model", "tiny", "--count", "2", "--out", tmp_path / "first")
    link = "http://127.0.0.1:7860/studio?part=swap#" + link_fragment(read_recipe_file(tmp_path / "first/001.png"))
    run(capsys, "draw", link, "--out", tmp_path / "again")
    first, again = (Image.open(tmp_path / name) for name in ("first/001.png", "again/000.png"))
    assert first.tobytes() == again.tobytes()


def test_directions_are_found_shown_and_moved_along(capsys, photo_path, tmp_path):
    run(capsys, "sample", photo_path, "--model", "tiny", "--count", 2, "--out", tmp_path / "first")
    first, found = tmp_path / "first" / "000.png", tmp_path / "found"
    code, output, _ = run(capsys, "directions", first, "--kind", "condition", "--count", 2, "--out", found)
    assert code == 0
    assert "condition 1  good from -" in output
    assert len(list(found.glob("0*.png"))) == 10
    with Image.open(found / "strips.png") as strips:
        assert strips.width > 5 * 32
    steps = ["--along", "1:2", "--along", "2:-1.5"]
    run(capsys, "move", first, found / "directions.json", *steps, "--out", tmp_path / "moved.png")
    run(capsys, "draw", tmp_path / "moved.png", "--out", tmp_path / "again")
    old, new = (np.asarray(Image.open(path)) for path in (tmp_path / "moved.png", tmp_path / "again" / "000.png"))
    np.testing.assert_array_equal(old, new)
    assert (old != np.asarray(Image.open(first))).any()
    for wrong, said in (("3:1", "directions 1 to 2"), ("far", "such as 2:1.5"), ("1:9", "between -6 and 6")):
        code, _, error = run(capsys, "move", first, found / "directions.json", "--along", wrong)
        assert code == 2
        assert said in error


def test_photos_minus_photos_are_one_direction(capsys, photo_path, tmp_path):
    Image.new("RGB", (64, 64), "red").save(tmp_path / "red.png")
    run(capsys, "sample", photo_path, "--model", "tiny", "--count", 1, "--out", tmp_path)
    ends = ["--these", tmp_path / "red.png", "--those", photo_path]
    code, output, _ = run(
        capsys, "directions", tmp_path / "000.png", "--kind", "difference", *ends, "--out", tmp_path / "found"
    )
    assert code == 0
    assert "1 directions" in output


def test_draw_refuses_a_picture_without_a_recipe(capsys, photo_path):
    code, _, error = run(capsys, "draw", photo_path)
    assert code == 2
    assert "contains no recipe" in error


def test_the_model_that_knows_the_photo_best_is_chosen_and_named(capsys, photo_path, tmp_path, monkeypatch):
    familiarities = (Familiarity("plain", 63.9, 0.5), Familiarity("tiny", 4.0, 0.2))

    def choose(service, photo):
        return Choice(familiarities, replace(service.encode("plain", photo), familiarity=familiarities[0]))

    monkeypatch.setattr(SamplingService, "choose", choose)
    settings = ["--model", "auto", "--count", 1, "--out", tmp_path]
    code, _, err = run(capsys, "sample", photo_path, *settings)
    photos = "the real photos of its kind that it has never seen"
    assert (code, err) == (0, f"Automatic chose plain. It knows the photo better than 63 % of {photos}.\n")
    assert json.loads((tmp_path / "recipe.json").read_text())["model"]["name"] == "plain"
    assert run(capsys, "sample", "--recipe", tmp_path / "recipe.json", "--out", tmp_path / "again")[0] == 0


@pytest.mark.parametrize(
    ("share", "sentence"),
    [(63.9, "Automatic chose tiny. It knows the photo better than 63 %"), (3.0, "No model here knows photos like")],
)
def test_how_well_the_model_knows_the_photo_is_said(share, sentence):
    info = next(info for info in ModelStore([Path(os.environ["ICGAN_MODELS_DIR"])]).infos() if info.name == "tiny")
    assert sentence in main_module._said(Familiarity("tiny", share, 0.5), info, is_chosen=True)[0]
    assert main_module._said(None, info, is_chosen=True) == []


def test_automatic_needs_a_photo_and_models_that_can_say(capsys, photo_path, tmp_path, monkeypatch):
    code, _, err = run(capsys, "sample", photo_path, "--model", "tiny", "--count", 1, "--out", tmp_path)
    assert (code, err) == (0, "")
    code, _, err = run(capsys, "sample", "--recipe", tmp_path / "recipe.json", "--model", "auto")
    assert (code, err) == (2, "Error: A recipe names its model. Leave --model auto out.\n")
    store = ModelStore([Path(os.environ["ICGAN_MODELS_DIR"])])
    monkeypatch.setattr(main_module, "_store", lambda *_: store)  # without the bundled models, which can say
    code, _, err = run(capsys, "sample", photo_path, "--model", "auto")
    assert (code, err) == (2, "Error: No model on this machine can say how well it knows a photo. Name the model.\n")


def test_a_grid_is_written_and_drawn_again(capsys, photo_path, tmp_path):
    out, again = tmp_path / "grid.png", tmp_path / "again.png"
    axes = ["--columns", "truncation=0.3,0.9", "--rows", "class=Lemon; Lime", "--model", "tiny"]
    code, said, _ = run(capsys, "grid", photo_path, *axes, "--out", out)
    assert (code, "4 images" in said) == (0, True)
    assert run(capsys, "grid", "--recipe", out, "--out", again)[0] == 0
    assert out.read_bytes() == again.read_bytes()
    code, _, error = run(capsys, "grid", photo_path, "--rows", "magic=1")
    assert (code, error.count("\n")) == (2, 1)
    assert "There is no setting 'magic'" in error


def test_a_grid_follows_a_direction_of_a_file(capsys, photo_path, tmp_path):
    saved, found = tmp_path / "saved", tmp_path / "found"
    run(capsys, "sample", photo_path, "--model", "tiny", "--count", 1, "--out", saved)
    run(capsys, "directions", saved / "000.png", "--kind", "noise", "--count", 2, "--out", found)
    asked = ["grid", photo_path, "--model", "tiny", "--columns", "direction=-2,2"]
    asked += ["--direction", found / "directions.json"]
    code, said, _ = run(capsys, *asked, "--place", 2, "--rows", "seed=1", "--out", tmp_path / "grid.png")
    assert (code, "2 images" in said) == (0, True)
    assert "noise 2" in Image.open(tmp_path / "grid.png").text["recipe"]
    code, _, error = run(capsys, *asked, "--place", 3)
    assert (code, "holds 2 directions" in error) == (2, True)
