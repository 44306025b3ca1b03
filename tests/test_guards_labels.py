"""Labels from paths: one rule for folders, zips and dropped folders; names differ, classes differ."""

import unicodedata

import pytest

from icgan_demo.guards.labels import are_classes, clean_label, labels_of


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("Brown bear", "Brown bear"),
        ("..", ""),
        ("a/b", "a b"),
        ("<b>x</b>", "b x b"),
        (" \n\t ", ""),
        ("수달", "수달"),
        ("x" * 300, "x" * 80),
        (".hidden.", "hidden"),
        ("हिन्दी", "हिन्दी"),
        ("ภาษาไทย", "ภาษาไทย"),
        ("C++", "C++"),
        ("C#", "C#"),
        ("🍎", "🍎"),
        ("👨\u200d👩\u200d👧", "👨\u200d👩\u200d👧"),
        ("a\u202eb", "a b"),
        ("![x](y)`z`", "! x (y) z"),
    ],
)
def test_labels_are_safe_as_names_of_folders(name, label):
    assert clean_label(name) == label


def test_a_label_fits_the_name_of_a_folder(tmp_path):
    for name in ("🍎" * 300, "사" * 300, "ก็" * 300):
        (tmp_path / clean_label(name)).mkdir()


@pytest.mark.parametrize(
    ("folders", "labels"),
    [
        (["cats", "dogs"], ["cats", "dogs"]),
        (["photos/cats", "photos/dogs"], ["cats", "dogs"]),
        (["Fruit/Apple/Red-Apple", "Vegetable/Leek"], ["Red Apple", "Leek"]),
        (["n01/images", "n02/images"], ["n01", "n02"]),
        (["tiny/n01/images", "tiny/n02/images"], ["n01", "n02"]),
        (["train/n01/images", "train/n02/images", "val/images"], ["n01", "n02", ""]),
        (["train/cats", "val/cats", "val/dogs"], ["cats", "cats", "dogs"]),
        (["train", "plane"], ["train", "plane"]),
        (["train", "test"], ["train", "test"]),
        (["a/red", "b/red", "b/green"], ["a/red", "b/red", "green"]),
        (["cats", ""], ["cats", ""]),
        (["cats", "cats/kittens"], ["cats", "kittens"]),
        (["red-apple", "red_apple", "pear"], ["red apple", "red apple", "pear"]),
        (["C++", "C#", "C"], ["C++", "C#", "C"]),
        (["🍎", "🍊"], ["🍎", "🍊"]),
        (["a?", "a*", "???", "***"], ["a", "a (2)", "unnamed", "unnamed (2)"]),
        (["b *", "b-?", "b_?", "train"], ["b", "b (2)", "b (2)", "train"]),
        (["train/a?", "train/a*", "val/a*"], ["a", "a (2)", "a (2)"]),
    ],
)
def test_a_class_is_the_part_of_the_path_that_differs(folders, labels):
    assert labels_of([f"{folder}/1.png" if folder else "1.png" for folder in folders]) == labels


@pytest.mark.parametrize("name", ["pêche", "사과", "한글"])
def test_both_spellings_of_a_name_are_one_class(name):
    spellings = [unicodedata.normalize(form, name) for form in ("NFC", "NFD")]
    assert labels_of([f"{spelling}/1.png" for spelling in spellings]) == [name, name]


def test_deep_and_long_paths_stay_different_and_short():
    deep = "/".join(["x" * 70] * 20)
    labels = labels_of([f"{deep}/{first}/images-{row}/same/1.png" for row, first in enumerate("abc")] + ["y/z/1.png"])
    assert len(set(labels)) == 4
    assert max(map(len, labels)) <= 90


def test_a_few_strays_leave_the_classes_and_many_do_not():
    assert are_classes(["a", "a", ""])
    assert not are_classes(["a", ""])
    assert not are_classes([])
