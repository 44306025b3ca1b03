"""Image folders: labels from folders at any depth, broken files skipped, one decoding."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from training_sets import png, write_zip

from icgan_demo.errors import ArchiveError, TrainingError
from icgan_demo.training.common import image_set
from icgan_demo.training.common.image_set import label_by_folder, load_image_folder, open_decoded


def save_picture(path: Path, color: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (48, 40), color).save(path)


def test_labels_come_from_the_folder_that_holds_the_picture(tmp_path):
    save_picture(tmp_path / "in/Fruit/Apple/Red-Apple/1.png", "red")
    save_picture(tmp_path / "in/Vegetable/Leek/1.png", "green")
    images = load_image_folder(tmp_path / "in", 16, tmp_path / "cache")
    assert images.class_names == ("Leek", "Red Apple")
    assert images.paths == ("Fruit/Apple/Red-Apple/1.png", "Vegetable/Leek/1.png")
    assert images.labels.tolist() == [1, 0]
    assert images.pixels.shape == (2, 16, 16, 3)
    assert images.pixels[0, 0, 0].tolist() == [255, 0, 0]


def test_linked_folders_are_classes_and_a_link_back_has_no_end(tmp_path):
    save_picture(tmp_path / "elsewhere/plums/1.png", "purple")
    save_picture(tmp_path / "in/figs/1.png", "red")
    (tmp_path / "in/plums").symlink_to(tmp_path / "elsewhere/plums")
    (tmp_path / "in/figs/all").symlink_to(tmp_path / "in")
    (tmp_path / "elsewhere/plums/back").symlink_to(tmp_path / "in")
    (tmp_path / "in/figs/gone.png").symlink_to(tmp_path / "nowhere.png")
    pictures = load_image_folder(tmp_path / "in", 32, tmp_path / "cache")
    assert pictures.paths == ("figs/1.png", "plums/1.png")
    assert pictures.class_names == ("figs", "plums")


def test_pictures_without_folders_have_no_labels(tmp_path):
    save_picture(tmp_path / "in/1.png", "red")
    images = load_image_folder(tmp_path / "in", 16, tmp_path / "cache")
    assert images.class_names == ()
    assert images.labels.tolist() == [-1]


def test_a_stray_picture_is_left_out_and_said(tmp_path):
    for name in ("cats/1.png", "cats/2.png", "dogs/3.png", "cover.png"):
        save_picture(tmp_path / "in" / name, "red")
    images = load_image_folder(tmp_path / "in", 16, tmp_path / "cache")
    assert images.class_names == ("cats", "dogs")
    assert images.paths == ("cats/1.png", "cats/2.png", "dogs/3.png")
    assert images.skipped == (("cover.png", "It is outside the class folders."),)
    (tmp_path / "in/dogs/3.png").unlink()
    (tmp_path / "in/cats/2.png").unlink()
    images = load_image_folder(tmp_path / "in", 16, tmp_path / "cache")
    assert (images.class_names, len(images)) == ((), 2)


def test_labels_of_stylegan_count_in_folders_and_zips_alike(tmp_path):
    listing = json.dumps({"labels": [[f"00000/{row}.png", row % 2] for row in range(4)]}).encode()
    members = {f"00000/{row}.png": png(row) for row in range(4)} | {"dataset.json": listing}
    archive = write_zip(tmp_path / "set.zip", members)
    for name, content in members.items():
        (tmp_path / "in" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "in" / name).write_bytes(content)
    for source in (tmp_path / "in", archive):
        images = load_image_folder(source, 16, tmp_path / "cache")
        assert images.class_names == ("0", "1")
        assert images.labels.tolist() == [0, 1, 0, 1]


def test_folders_of_the_same_name_stay_apart():
    labels, names = label_by_folder(["a/red/1.png", "b/red/1.png", "b/green/1.png"])
    assert names == ("a/red", "b/red", "green")
    assert labels.tolist() == [0, 1, 2]


def test_folders_that_read_alike_are_one_class():
    """Their name stood in the list twice, which a model's card refuses: after the last step of a run."""
    labels, names = label_by_folder(["red-apple/1.png", "red_apple/2.png", "pear/3.png"])
    assert names == ("pear", "red apple")
    assert labels.tolist() == [1, 1, 0]


def test_broken_files_are_skipped_with_a_reason(tmp_path):
    save_picture(tmp_path / "in/1.png", "red")
    (tmp_path / "in/2.png").write_bytes(b"not a picture")
    images = load_image_folder(tmp_path / "in", 16, tmp_path / "cache")
    assert images.paths == ("1.png",)
    assert [name for name, _ in images.skipped] == ["2.png"]
    assert images.skipped[0][1]


def test_a_second_load_reads_the_cache(tmp_path, monkeypatch):
    save_picture(tmp_path / "in/1.png", "red")
    first = load_image_folder(tmp_path / "in", 16, tmp_path / "cache")
    monkeypatch.setattr(image_set, "read_candidate", lambda *_: pytest.fail("decoded again"))
    second = load_image_folder(tmp_path / "in", 16, tmp_path / "cache")
    assert np.array_equal(first.pixels, second.pixels)


def test_a_changed_folder_is_decoded_anew(tmp_path):
    save_picture(tmp_path / "in/1.png", "red")
    load_image_folder(tmp_path / "in", 16, tmp_path / "cache")
    save_picture(tmp_path / "in/2.png", "blue")
    assert len(load_image_folder(tmp_path / "in", 16, tmp_path / "cache")) == 2


def test_a_decoding_that_broke_off_is_not_taken_for_a_cache(tmp_path):
    save_picture(tmp_path / "in/1.png", "red")
    load_image_folder(tmp_path / "in", 16, tmp_path / "cache")
    for listing in (tmp_path / "cache").glob("*.json"):
        listing.unlink()
    assert len(load_image_folder(tmp_path / "in", 16, tmp_path / "cache")) == 1


def test_a_folder_without_pictures_is_refused_by_name(tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(TrainingError, match="'empty' holds no"):
        load_image_folder(tmp_path / "empty", 16, tmp_path / "cache")
    with pytest.raises(TrainingError, match="no folder named 'missing'"):
        load_image_folder(tmp_path / "missing", 16, tmp_path / "cache")


def test_doubles_are_reported_and_left_out_where_asked(tmp_path):
    save_picture(tmp_path / "in/a/1.png", "red")
    save_picture(tmp_path / "in/b/2.png", "blue")
    (tmp_path / "in/b/3.png").write_bytes((tmp_path / "in/a/1.png").read_bytes())
    Image.open(tmp_path / "in/b/2.png").save(tmp_path / "in/b/4.bmp")  # other bytes, same pixels
    images = load_image_folder(tmp_path / "in", 16, tmp_path / "cache", drop_duplicates=True)
    assert images.paths == ("a/1.png", "b/2.png")
    assert images.duplicates == (("b/3.png", "a/1.png"), ("b/4.bmp", "b/2.png"))
    assert images.summary() == {
        "pictures": 2,
        "classes": [{"name": "a", "count": 1}, {"name": "b", "count": 1}],
        "duplicates": 2,
        "duplicate_files": [["b/3.png", "a/1.png"], ["b/4.bmp", "b/2.png"]],
        "skipped": [],
    }
    assert len(load_image_folder(tmp_path / "in", 16, tmp_path / "cache")) == 4


def test_a_decoded_copy_outlives_its_files(tmp_path):
    save_picture(tmp_path / "in/1.png", "red")
    images = load_image_folder(tmp_path / "in", 16, tmp_path / "cache")
    (tmp_path / "in/1.png").unlink()
    assert np.array_equal(open_decoded(tmp_path / "cache", images.key).pixels, images.pixels)
    with pytest.raises(TrainingError, match="is gone"):
        open_decoded(tmp_path / "cache", "unknown")


def test_a_zip_is_read_like_a_folder_and_never_unpacked(tmp_path, monkeypatch):
    members = {f"photos/{name}/{row}.png": png(row) for row, name in enumerate(["otter", "heron"] * 3)}
    members |= {"photos/otter/again.png": png(0), "photos/heron/broken.png": b"not a picture"}
    archive = write_zip(tmp_path / "photos.zip", members)
    images = load_image_folder(archive, 16, tmp_path / "cache", drop_duplicates=True)
    assert images.pixels.shape == (6, 16, 16, 3)
    assert images.class_names == ("heron", "otter")
    assert images.labels.tolist() == [1, 0] * 3
    assert images.duplicates == (("photos/otter/again.png", "photos/otter/0.png"),)
    assert [name for name, _ in images.skipped] == ["photos/heron/broken.png"]
    assert {path.suffix for path in (tmp_path / "cache").iterdir()} == {".json", ".npy"}
    monkeypatch.setattr(image_set, "read_archive", None)  # the second time it comes from the cache
    assert load_image_folder(archive, 16, tmp_path / "cache", drop_duplicates=True).hashes == images.hashes


def test_a_zip_that_is_none_is_refused(tmp_path):
    (tmp_path / "photos.zip").write_bytes(b"nothing")
    with pytest.raises(ArchiveError, match="Only ZIP is supported"):
        load_image_folder(tmp_path / "photos.zip", 16, tmp_path / "cache")
