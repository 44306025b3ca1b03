"""A larger set: new neighbours beside each given image, in its class, copies left out, all in the manifest."""

import json
import tarfile
import zipfile

import numpy as np
import pytest
from fakes import PaintedSampling
from PIL import Image
from training_sets import png

from icgan_demo.cli.main import main
from icgan_demo.config import LargerSetPlan, Limits
from icgan_demo.errors import RequestError
from icgan_demo.guards.tar_file import read_tar
from icgan_demo.service.banks import larger_set
from icgan_demo.service.banks.larger_set import LargerSetService
from icgan_demo.service.banks.larger_set_requests import check_larger, knows_most
from icgan_demo.service.drawing.drawing_service import DrawingService
from icgan_demo.service.drawing.sampling_service import SamplingService
from icgan_demo.service.model_store import ModelStore
from icgan_demo.service.picture_sources import pictures_of
from icgan_demo.service.recipes.redraw import draw_file
from icgan_demo.service.values import Choice, Familiarity, ModelInfo


@pytest.fixture
def few(tmp_path):
    """Return a folder of six small images in two classes."""
    source = np.random.default_rng(0)
    for place in range(6):
        folder = tmp_path / "few" / ("Lemon" if place % 2 else "nothing known")
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(source.integers(0, 255, (80, 80, 3), dtype=np.uint8)).save(folder / f"one {place}.png")
    return tmp_path / "few"


@pytest.fixture(autouse=True)
def _models(models_folder, monkeypatch):
    monkeypatch.setenv("ICGAN_MODELS_DIR", str(models_folder))


def run(capsys, *words):
    """Return the exit code, the output and the error output of a command."""
    code = 0
    try:
        main([str(word) for word in words])
    except SystemExit as end:
        code = end.code
    return (code or 0, *capsys.readouterr())


def told_by(manifest):
    return [json.loads(line) for line in manifest.read_text().splitlines()]


def lines(folder):
    return told_by(folder / larger_set.MANIFEST)


def test_every_image_gets_new_neighbours_in_its_class_folder(capsys, few, tmp_path):
    out = tmp_path / "out"
    code, said, _ = run(capsys, "augment", few, "--model", "tiny", "--per-picture", 3, "--seed", 5, "--out", out)
    assert code == 0
    told = lines(out)
    assert len(told) == 18
    assert [line["seed"] for line in told] == list(range(5, 23))
    written = {path.relative_to(out).as_posix() for path in out.rglob("*.png")}
    assert written == {line["file"] for line in told if "file" in line}
    assert f"{len(written)} images are in" in said
    for line in told:
        assert line["source"].startswith(line["class"])
        assert 0 <= line["distance"] <= 2
        if "file" in line:
            assert line["file"].startswith(f"{line['class']}/one ")


def test_a_shard_holds_what_the_class_folders_would_and_is_read_like_any_other(capsys, few, tmp_path):
    words = ("--model", "tiny", "--per-picture", 2, "--seed", 5)
    run(capsys, "augment", few, *words, "--out", tmp_path / "out")
    code, said, _ = run(capsys, "augment", few, *words, "--out", tmp_path / "new" / "out.tar")
    assert code == 0
    assert "described in out.jsonl" in said
    shard = tmp_path / "new" / "out.tar"
    assert (tmp_path / "new" / "out.jsonl").read_text() == (tmp_path / "out" / larger_set.MANIFEST).read_text()
    with tarfile.open(shard) as archive:
        names = archive.getnames()
        told = [json.loads(archive.extractfile(name).read()) for name in names if name.endswith(".json")]
        assert told == [line for line in lines(tmp_path / "out") if "file" in line]
        for line in told:
            assert archive.extractfile(line["file"]).read() == (tmp_path / "out" / line["file"]).read_bytes()
    read = list(read_tar(shard))
    assert [(one.label, one.reason) for one in read] == [(line["class"], "") for line in told]
    assert sorted(path.name for path in shard.parent.iterdir()) == ["out.jsonl", "out.tar"]


def test_each_image_is_drawn_again_from_its_recipe_and_has_the_class_that_the_model_knows(capsys, few, tmp_path):
    out = tmp_path / "out"
    run(capsys, "augment", few, "--model", "tiny", "--per-picture", 1, "--out", out)
    for path in out.rglob("*.png"):
        recipe = json.loads(Image.open(path).text["recipe"])
        assert recipe["label"] == ("Lemon" if path.parent.name == "Lemon" else None)
        np.testing.assert_array_equal(np.asarray(draw_file(path)[0]), np.asarray(Image.open(path)))


def test_a_model_that_needs_a_class_takes_that_of_the_nearest_stored_instance(capsys, few, tmp_path, monkeypatch):
    """Every image of a folder that it does not know was drawn as the first of its classes."""
    monkeypatch.setattr(ModelInfo, "needs_class", True)
    monkeypatch.setattr(DrawingService, "own_class", lambda self, model, feature: "Lime")
    out = tmp_path / "out"
    run(capsys, "augment", few, "--model", "tiny", "--per-picture", 1, "--out", out)
    labels = {path.parent.name: json.loads(Image.open(path).text["recipe"])["label"] for path in out.rglob("*.png")}
    assert labels == {"Lemon": "Lemon", "nothing known": "Lime"}


def test_what_may_be_a_copy_is_left_out_and_listed(capsys, few, tmp_path, monkeypatch):
    real = larger_set.nearest_real

    def first_is_a_copy(index, samples):
        return [(row, near, place == 0) for place, (row, near, _) in enumerate(real(index, samples))]

    monkeypatch.setattr(larger_set, "nearest_real", first_is_a_copy)
    out = tmp_path / "out"
    _, said, _ = run(capsys, "augment", few, "--model", "tiny", "--per-picture", 2, "--out", out)
    assert "6 that may be copies were left out" in said
    assert len(list(out.rglob("*.png"))) == 6
    assert [("left_out" in line, "file" in line) for line in lines(out)] == [(True, False), (False, True)] * 6


@pytest.mark.parametrize(("name", "kept"), [("../../x", "______x"), ("a/b", "a_b"), ("Käse 1", "Käse 1"), ("..", "__")])
def test_names_from_anyone_stay_in_their_folder(name, kept):
    assert larger_set._file_name(name) == kept


def test_settings_out_of_range_are_refused(capsys, few, tmp_path):
    code, _, error = run(capsys, "augment", few, "--per-picture", 65, "--out", tmp_path / "out")
    assert code == 2
    assert "per_picture must" in error
    assert not (tmp_path / "out").exists()


def test_a_zip_holds_what_the_class_folders_would(capsys, few, tmp_path):
    words = ("--model", "tiny", "--per-picture", 2)
    run(capsys, "augment", few, *words, "--out", tmp_path / "out")
    code, said, _ = run(capsys, "augment", few, *words, "--out", tmp_path / "out.zip")
    assert code == 0
    assert "described in manifest.jsonl" in said
    folder = tmp_path / "out"
    files = [path for path in folder.rglob("*") if path.is_file()]
    with zipfile.ZipFile(tmp_path / "out.zip") as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == {
            path.relative_to(folder).as_posix(): path.read_bytes() for path in files
        }


def test_classes_that_stand_beside_the_images_count(capsys, tmp_path):
    """A ``dataset.json``, and the classes of a shard, were not looked at: all images came as unlabelled."""
    folder = tmp_path / "few"
    folder.mkdir()
    for number in range(2):
        (folder / f"{number}.png").write_bytes(png(number))
    (folder / "dataset.json").write_text(json.dumps({"labels": [["0.png", 1], ["1.png", 0]], "names": ["a", "b"]}))
    code, _, _ = run(capsys, "augment", folder, "--model", "tiny", "--per-picture", 1, "--out", tmp_path / "a.tar")
    assert code == 0
    given = [line["class"] for line in told_by(tmp_path / "a.jsonl")]
    assert len(set(given)) == 2
    assert "" not in given
    run(capsys, "augment", tmp_path / "a.tar", "--model", "tiny", "--per-picture", 1, "--out", tmp_path / "b")
    assert [line["class"] for line in lines(tmp_path / "b")] == given


def test_without_classes_the_model_is_left_to_the_images_themselves(capsys, few, tmp_path):
    words = ("--model", "tiny", "--per-picture", 1, "--without-classes", "--out", tmp_path / "out")
    run(capsys, "augment", few, *words)
    for path in (tmp_path / "out" / "Lemon").glob("*.png"):
        assert json.loads(Image.open(path).text["recipe"])["label"] is None


@pytest.fixture
def service(models_folder):
    store = ModelStore([models_folder])
    return LargerSetService(store, SamplingService(store))


def test_it_tells_how_far_it_is_after_every_few_images(service, few, tmp_path):
    plan = LargerSetPlan(per_picture=10)
    reports = list(service.enlarge("tiny", pictures_of([few]), 6, plan, tmp_path / "out.zip"))
    assert [(made.done, len(made.new)) for made in reports[:4]] == [(0, 8), (1, 2), (1, 8), (2, 2)]
    assert {new.told["source"] for made in reports[:2] for new in made.new} == {"Lemon/one 1.png"}
    assert reports[-1].files == (tmp_path / "out.zip",)
    assert reports[-1].images + reports[-1].copies == 60
    assert [made.files for made in reports[:-1]] == [()] * (len(reports) - 1)


def test_what_is_there_when_it_is_over_is_a_whole_set(service, few, tmp_path):
    seen = []
    out = tmp_path / "out.tar"
    plan = LargerSetPlan(per_picture=2)
    for made in service.enlarge("tiny", pictures_of([few]), 6, plan, out, lambda: len(seen) == 3):
        seen.append(made)
    assert made.files == (out, tmp_path / "out.jsonl")
    assert made.done == 3
    assert len(told_by(tmp_path / "out.jsonl")) == 6
    assert len(list(read_tar(out))) == made.images


def test_over_before_the_first_image_it_writes_nothing(service, few, tmp_path):
    given = [*pictures_of([few])] * 2  # more than are embedded between two reports
    *_, made = service.enlarge("tiny", given, 12, LargerSetPlan(), tmp_path / "out.zip", lambda: True)
    assert (made.images, made.files) == (0, ())
    assert not (tmp_path / "out.zip").exists()


def test_left_in_the_middle_it_leaves_no_file(service, few, tmp_path):
    making = service.enlarge("tiny", pictures_of([few]), 6, LargerSetPlan(), tmp_path / "out.zip")
    next(making)
    making.close()
    assert [path.name for path in tmp_path.iterdir()] == ["few"]


def test_how_long_it_takes_is_tried_once_and_grows_with_the_number(service, photo_path):
    four = service.expected_s("tiny", photo_path, 10, LargerSetPlan())
    assert four > 0
    assert service.expected_s("tiny", photo_path, 10, LargerSetPlan()) == four
    assert service.expected_s("tiny", photo_path, 20, LargerSetPlan()) == pytest.approx(2 * four)
    assert four < service.expected_s("tiny", photo_path, 10, LargerSetPlan(per_picture=8)) < 2 * four


def test_the_model_that_knows_most_of_the_images_is_chosen_by_a_few_of_them(tmp_path):
    sampling = PaintedSampling()
    shares = iter([60.0, 5.0, 70.0, 80.0, 90.0])

    def choose(photo):
        share = next(shares)
        names = ("painted", "plain") if share > 50 else ("plain", "painted")
        return Choice(tuple(Familiarity(name, share, share) for name in names), None)

    sampling.choose = choose
    found = knows_most(sampling, [tmp_path / str(number) for number in range(40)])
    assert (found.model, found.share) == ("painted", 80.0)


@pytest.mark.parametrize(("total", "said"), [(0, "Choose some images"), (3, "at most 10 new images.*would be 12")])
def test_a_page_has_its_bounds(total, said):
    with pytest.raises(RequestError, match=said):
        check_larger(total, LargerSetPlan(), Limits(larger_images=10))
