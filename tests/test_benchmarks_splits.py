"""The splits are deterministic, whole, and keep evaluation photos out of training."""

import zipfile
from pathlib import Path

import pytest

from benchmarks import splits

PHOTO = b"a photo"


def photos_in(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*.*")}


def write(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(PHOTO)


@pytest.fixture
def data(tmp_path):
    write(
        tmp_path / "data/grocery",
        "train/Fruit/Apple/Red/1.jpg",
        "val/Fruit/Apple/Red/1.jpg",
        "train/Packages/Milk/1.jpg",
        *[f"test/Vegetables/Leek/{row}.jpg" for row in range(4)],
    )
    write(tmp_path / "data/clothing", *[f"T-Shirt/{row:03d}.jpg" for row in range(300)], "LICENSE")
    with zipfile.ZipFile(tmp_path / "data/natural50.zip", "w") as archive:
        archive.writestr("natural50/train/red_panda/n1_0.JPEG", PHOTO)
        archive.writestr("natural50/val/red_panda/val_7.JPEG", PHOTO)
        archive.writestr("natural50/README.md", "no photo")
    return tmp_path / "data"


def test_every_photo_is_in_one_part(data, tmp_path):
    splits.split(data, tmp_path / "out")
    produce = tmp_path / "out/produce"
    assert photos_in(produce / "evaluation") == {"Leek/test_3.jpg"}
    assert photos_in(produce / "train") == {
        "Red/train_1.jpg",
        "Red/val_1.jpg",
        "Leek/test_0.jpg",
        "Leek/test_1.jpg",
        "Leek/test_2.jpg",
    }
    assert photos_in(tmp_path / "out/packages") == {"train/Milk/train_1.jpg"}
    parts = [photos_in(tmp_path / "out/clothing" / part) for part in splits.PARTS]
    assert not parts[0] & parts[1]
    assert parts[0] | parts[1] == {f"T-Shirt/{row:03d}.jpg" for row in range(300)}
    assert 30 <= len(parts[1]) <= 60
    assert photos_in(tmp_path / "out/natural") == {"train/Red panda/n1_0.JPEG", "evaluation/Red panda/val_7.JPEG"}
    assert (tmp_path / "out/natural/train/Red panda/n1_0.JPEG").read_bytes() == PHOTO


def test_everyday_is_produce_and_clothing(data, tmp_path):
    out = tmp_path / "out"
    splits.split(data, out)
    assert photos_in(out / "everyday") == photos_in(out / "produce") | photos_in(out / "clothing")


def test_writing_again_changes_nothing(data, tmp_path):
    out = tmp_path / "out"
    splits.split(data, out)
    before = {path: path.stat().st_mtime_ns for path in out.rglob("*.*")}
    splits.split(data, out)
    assert {path: path.stat().st_mtime_ns for path in out.rglob("*.*")} == before


def test_a_member_that_leads_out_of_the_folder_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "natural50.zip", "w") as archive:
        archive.writestr("natural50/train/../../../../x.JPEG", PHOTO)
    with pytest.raises((AssertionError, ValueError)):
        splits.natural(tmp_path / "natural50.zip", tmp_path / "out")
    assert not list(tmp_path.parent.rglob("x.JPEG"))


def test_clothing_evaluates_by_the_name_alone():
    names = [f"{row:08x}.jpg" for row in range(2000)]
    assert 0.13 < sum(map(splits.evaluates, names)) / len(names) < 0.17


def test_a_class_of_two_domains_is_refused(tmp_path):
    for domain in ("one", "two"):
        write(tmp_path / domain, "train/Top/1.jpg", "evaluation/Top/2.jpg")
    with pytest.raises(AssertionError, match="more than one domain"):
        splits.join((tmp_path / "one", tmp_path / "two"), tmp_path / "both")
