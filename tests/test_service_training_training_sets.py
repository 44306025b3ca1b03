"""Training sets: what becomes of zips and uploads, what is left out and said, and what a trainer then finds."""

import io
import itertools
import json
import secrets
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from training_sets import class_zip, noise, png, save_pictures, write_zip
from videos import write_video

from icgan_demo.config import Limits
from icgan_demo.errors import ArchiveError, RequestError
from icgan_demo.service.training.drawn_objects import CLASSES, draw_objects
from icgan_demo.service.training.training_sets import TrainingSets
from icgan_demo.training.common.image_set import label_by_folder


@pytest.fixture
def sets(tmp_path):
    return TrainingSets(tmp_path / "sets", Limits())


def everything(folder):
    return sorted(path for path in folder.rglob("*") if path.is_file())


def test_a_zip_with_folders_becomes_classes(sets, tmp_path):
    found = sets.add(None, [class_zip(tmp_path / "a.zip")])
    assert found.classes == {"heron": 6, "otter": 6}
    sets.check_size(found)


def test_the_trainer_finds_class_folders_with_numbered_files(sets, tmp_path):
    folder = sets.folder(sets.add(None, [class_zip(tmp_path / "a.zip")]).set_id)
    names = [path.relative_to(folder).as_posix() for path in everything(folder)]
    assert names[:2] == ["heron/000007.png", "heron/000008.png"]
    assert label_by_folder(names)[1] == ("heron", "otter")


def test_loose_pictures_have_no_classes(sets, tmp_path):
    found = sets.add(None, save_pictures(tmp_path / "loose", 4))
    assert found.classes == {}
    folder = sets.folder(found.set_id)
    assert [path.name for path in folder.iterdir() if path.is_dir()] == []
    assert len(everything(folder)) == 4


def test_strays_are_left_out_and_the_classes_stay(sets, tmp_path):
    found = sets.add(None, [class_zip(tmp_path / "a.zip"), *save_pictures(tmp_path / "loose", 20)[15:]])
    assert len(found.pictures) == 17
    assert found.classes == {"heron": 6, "otter": 6}
    assert [picture.name for picture in found.strays] == [f"picture {row}.png" for row in range(15, 20)]
    assert len(everything(sets.folder(found.set_id))) == 12
    few = sets.add(None, [class_zip(tmp_path / "b.zip", each=4), *save_pictures(tmp_path / "loose", 20)[15:]])
    with pytest.raises(RequestError, match="at least 10 different images; found 8"):
        sets.check_size(few)


def test_where_most_pictures_are_loose_folders_are_no_classes(sets, tmp_path):
    found = sets.add(None, [class_zip(tmp_path / "a.zip", each=2), *save_pictures(tmp_path / "loose", 20)[10:]])
    assert found.classes == {}
    assert found.loses_folders
    assert len(everything(sets.folder(found.set_id))) == 14


def test_several_uploads_add_up_and_duplicates_are_counted(sets, tmp_path):
    pictures = save_pictures(tmp_path / "a", 8)
    first = sets.add(None, pictures[:5])
    both = sets.add(first.set_id, pictures[3:])
    assert both.set_id == first.set_id
    assert len(both.pictures) == 8
    assert both.duplicates == 2
    assert sets.get(first.set_id) == both
    assert len(everything(sets.folder(both.set_id))) == 8


def test_uploads_to_one_set_at_the_same_time_are_all_kept(sets, tmp_path):
    pictures = save_pictures(tmp_path / "a", 12)
    set_id = sets.add(None, pictures[:4]).set_id
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda first: sets.add(set_id, pictures[first : first + 2]), range(4, 12, 2)))
    assert len(sets.get(set_id).pictures) == len(sets.files(set_id)) == 12


def test_a_long_upload_does_not_hold_up_another_visitors(sets, tmp_path, monkeypatch):
    pictures, go_on, reading = save_pictures(tmp_path / "a", 4), threading.Event(), sets._read

    def slow_for_the_first(files):
        if files[0] == pictures[0]:
            assert go_on.wait(60)
        return reading(files)

    monkeypatch.setattr(sets, "_read", lambda files, encoding: (yield from slow_for_the_first(files)))
    numbers = itertools.count()
    monkeypatch.setattr(secrets, "token_hex", lambda bytes: f"{next(numbers):0{2 * bytes}x}")  # two locks for sure
    with ThreadPoolExecutor() as pool:
        first = pool.submit(sets.add, None, pictures[:2])
        assert len(sets.add(None, pictures[2:]).pictures) == 2
        assert not first.done()
        go_on.set()
        assert len(first.result().pictures) == 2


def test_the_same_pixels_in_another_format_are_a_duplicate(sets, tmp_path):
    Image.open(io.BytesIO(png(1))).save(tmp_path / "same.bmp")
    (tmp_path / "1.png").write_bytes(png(1))
    found = sets.add(None, [tmp_path / "1.png", tmp_path / "same.bmp"])
    assert (len(found.pictures), found.duplicates) == (1, 1)


def test_bad_files_are_listed_with_their_reason(sets, tmp_path):
    (tmp_path / "notes.jpg").write_text("no picture")
    found = sets.add(None, [*save_pictures(tmp_path / "a", 2), tmp_path / "notes.jpg"])
    assert [name for name, _ in found.skipped] == ["notes.jpg"]
    assert "Not an image" in found.skipped[0][1]


def test_empty_folders_are_noted(sets, tmp_path):
    path = write_zip(tmp_path / "a.zip", {"otter/": b"", "heron/1.png": png(1)})
    assert sets.add(None, [path]).notes == ("The folder 'otter' is empty.",)


def test_a_refused_archive_leaves_nothing_behind(sets, tmp_path):
    evil = write_zip(tmp_path / "evil.zip", {"1.png": png(1), "../2.png": png(2)})
    with pytest.raises(ArchiveError, match="unsafe path"):
        sets.add(None, [*save_pictures(tmp_path / "a", 3), evil])
    assert everything(tmp_path / "sets") == []
    assert not (tmp_path / "2.png").exists()


def test_a_refused_archive_leaves_the_set_as_it_was(sets, tmp_path):
    before = sets.add(None, save_pictures(tmp_path / "a", 3))
    evil = write_zip(tmp_path / "evil.zip", {"9.png": png(9), "../2.png": png(2)})
    files = everything(tmp_path / "sets")
    with pytest.raises(ArchiveError):
        sets.add(before.set_id, [evil])
    assert everything(tmp_path / "sets") == files
    assert sets.get(before.set_id) == before


def test_nothing_usable_is_refused_with_the_first_reason(sets, tmp_path):
    with pytest.raises(ArchiveError, match=r"No usable image was found\. a\.txt: Not an image"):
        sets.add(None, [write_zip(tmp_path / "a.zip", {"a.txt": b"hello"})])


def test_too_few_different_pictures_are_refused_with_both_numbers(sets, tmp_path):
    pictures = save_pictures(tmp_path / "a", 4)
    found = sets.add(None, pictures + pictures[:2])
    with pytest.raises(RequestError, match=r"Need at least 10 different images; found 4 \(2 duplicates\)"):
        sets.check_size(found)


def test_limits_are_kept_and_named(tmp_path):
    few = TrainingSets(tmp_path / "few", Limits(pictures=5))
    with pytest.raises(RequestError, match="the limit is 5"):
        few.add(None, save_pictures(tmp_path / "a", 6))
    small = TrainingSets(tmp_path / "small", replace(Limits(), set_bytes=3000))
    with pytest.raises(RequestError, match="MB"):
        small.add(None, save_pictures(tmp_path / "a", 6))
    assert everything(tmp_path / "few") == everything(tmp_path / "small") == []


def test_stored_pictures_are_small_and_carry_no_metadata(sets, tmp_path):
    exif = Image.Exif()
    exif[0x010E] = "at home"
    Image.new("RGB", (2000, 1000), "teal").save(tmp_path / "large.jpg", exif=exif)
    stored = Image.open(sets.files(sets.add(None, [tmp_path / "large.jpg"]).set_id)[0])
    assert stored.size == (512, 256)
    assert not stored.getexif()


@pytest.mark.parametrize("set_id", ["", "../../etc", "0" * 32, "A" * 32, None])
def test_an_unknown_set_is_refused(sets, set_id):
    with pytest.raises(RequestError, match="no longer here"):
        sets.get(set_id)


def test_old_sets_are_swept_unless_a_run_needs_them(sets, tmp_path):
    first, second = (sets.add(None, save_pictures(tmp_path / name, 2)) for name in "ab")
    sets.sweep([first.set_id], older_than_s=-1)
    assert sets.get(first.set_id)
    with pytest.raises(RequestError):
        sets.get(second.set_id)


# --- the built-in set ---


def test_the_built_in_set_has_four_classes_and_no_duplicate(sets):
    found = sets.built_in()
    assert found.classes == dict.fromkeys(CLASSES, 15)
    assert found.duplicates == 0
    assert found.is_built_in


def test_the_built_in_set_is_always_the_same():
    first, second = (np.stack([np.asarray(picture) for *_, picture in draw_objects(2)]) for _ in range(2))
    assert (first == second).all()


def test_its_pictures_vary_in_colour_and_light():
    pictures = np.stack([np.asarray(picture, dtype=float) for *_, picture in draw_objects(8)])
    assert pictures.std(axis=0).mean() > 20
    assert len({tuple(picture[2, 2]) for picture in pictures}) == len(pictures)


def jpeg(number):
    buffer = io.BytesIO()
    noise(number, 5).resize((96, 96)).save(buffer, "JPEG", quality=90)
    return buffer.getvalue()


def test_a_named_class_is_an_empty_box_until_pictures_come(sets, tmp_path):
    named = sets.name(sets.name(None, " <otter> ").set_id, "heron")
    assert {label: len(held) for label, held in named.boxes.items()} == {"otter": 0, "heron": 0}
    assert sets.name(named.set_id, "otter") == named
    found = sets.add(named.set_id, save_pictures(tmp_path / "a", 4), label="heron")
    assert found.classes == {"heron": 4}
    assert list(sets.get(named.set_id).boxes) == ["otter", "heron"]


def test_what_is_put_into_a_box_takes_its_class_even_from_a_zip(sets, tmp_path):
    found = sets.add(None, [class_zip(tmp_path / "a.zip"), *save_pictures(tmp_path / "loose", 14)[12:]], label="otter")
    assert found.classes == {"otter": 14}


def test_a_class_needs_a_name_and_there_are_not_endless_ones(sets, monkeypatch):
    with pytest.raises(RequestError, match="name of letters"):
        sets.name(None, " /.. ")
    monkeypatch.setattr("icgan_demo.service.training.training_sets.MAX_BOXES", 2)
    set_id = sets.name(sets.name(None, "a").set_id, "b").set_id
    with pytest.raises(RequestError, match="limit is 2"):
        sets.name(set_id, "c")


def test_a_video_fills_a_box_of_its_name_with_frames_that_differ(sets, tmp_path):
    pytest.importorskip("imageio_ffmpeg", reason="imageio-ffmpeg is not installed (requirements.txt)")
    found = sets.add(None, [write_video(tmp_path / "otter_1.mp4")])
    assert {label: len(held) for label, held in found.boxes.items()} == {"otter_1": 3}
    assert found.similar == 9
    again = sets.add(found.set_id, [write_video(tmp_path / "again.gif", count=4)], label="otter_1")
    assert len(again.pictures) == 4


def test_a_cameras_frames_that_look_alike_count_once_in_each_class(sets):
    first = sets.add_frames(None, [jpeg(1), jpeg(1), jpeg(2)], "otter")
    assert (len(first.pictures), first.duplicates, first.similar) == (2, 0, 1)
    held = sets.add_frames(first.set_id, [jpeg(1)], "otter")
    assert len(held.pictures) == 2
    nothing = sets.add_frames(first.set_id, [b"no picture"], "otter")
    assert nothing.skipped[-1][0] == "camera"


def test_a_picture_and_a_class_can_be_taken_out_and_their_files_go(sets, tmp_path):
    found = sets.add(None, [class_zip(tmp_path / "a.zip")])
    gone = found.pictures[-1].file
    fewer = sets.remove(found.set_id, gone)
    assert fewer.classes == {"heron": 5, "otter": 6}
    assert len(everything(sets.folder(found.set_id))) == 11
    assert sets.remove(found.set_id, "../set.json") == fewer
    more = sets.add(found.set_id, save_pictures(tmp_path / "b", 20)[19:], label="heron")
    assert more.pictures[-1].file not in {picture.file for picture in found.pictures}
    assert len(everything(sets.folder(found.set_id))) == 12
    assert sets.remove_class(found.set_id, "heron").classes == {"otter": 6}
    assert len(everything(tmp_path / "sets" / found.set_id / "pictures")) == 6


def test_a_renamed_class_keeps_its_place_and_two_of_one_name_become_one(sets, tmp_path):
    set_id = sets.name(sets.name(None, "zebra").set_id, "ant").set_id
    sets.add(set_id, save_pictures(tmp_path / "a", 3), label="zebra")
    assert list(sets.rename(set_id, "zebra", "yak").boxes) == ["yak", "ant"]
    assert {label: len(held) for label, held in sets.rename(set_id, "yak", "ant").boxes.items()} == {"ant": 3}


def test_pictures_of_no_class_can_be_given_one(sets, tmp_path):
    set_id = sets.add(None, save_pictures(tmp_path / "a", 3)).set_id
    assert sets.rename(set_id, "", "otter").classes == {"otter": 3}


def test_a_copy_changes_without_its_original(sets, tmp_path):
    found = sets.add(None, [class_zip(tmp_path / "a.zip")])
    copied = sets.copy(found.set_id)
    assert replace(copied, set_id=found.set_id) == found
    sets.remove_class(copied.set_id, "otter")
    assert sets.get(found.set_id) == found
    assert all(path.exists() for path in sets.files(found.set_id))


def test_a_set_of_an_earlier_version_opens_and_grows(sets, tmp_path):
    set_id = sets.add(None, save_pictures(tmp_path / "a", 3)).set_id
    listing = tmp_path / "sets" / set_id / "set.json"
    values = json.loads(listing.read_text())
    for key in ("similar", "named", "changes", "numbered"):
        del values[key]
    for picture in values["pictures"]:
        del picture["look"], picture["is_frame"]
    listing.write_text(json.dumps(values))
    grown = sets.add(set_id, save_pictures(tmp_path / "a", 5)[3:])
    assert [picture.file for picture in grown.pictures] == [f"{number:06d}.png" for number in range(1, 6)]
