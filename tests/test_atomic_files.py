"""Files and folders that appear whole."""

import os

import pytest

from icgan_demo import atomic_files
from icgan_demo.atomic_files import atomic_write, write_json


def test_a_new_file_is_not_seen_before_it_is_whole(tmp_path):
    target = tmp_path / "new" / "a.txt"
    with atomic_write(target) as scratch:
        scratch.write_text("half")
        assert not target.exists()
    assert target.read_text() == "half"
    assert os.listdir(tmp_path / "new") == ["a.txt"]


def test_a_block_that_raises_leaves_the_old_file_and_no_other(tmp_path):
    target = tmp_path / "a.txt"
    target.write_text("old")
    with pytest.raises(NotADirectoryError), atomic_write(target) as scratch:
        (scratch.parent / "a.txt" / "b").write_text("new")
    assert target.read_text() == "old"
    assert os.listdir(tmp_path) == ["a.txt"]


def test_two_who_write_at_once_do_not_meet(tmp_path):
    target = tmp_path / "a.txt"
    with atomic_write(target) as first, atomic_write(target) as second:
        first.write_text("first")
        second.write_text("second")
    assert target.read_text() == "first"
    assert os.listdir(tmp_path) == ["a.txt"]


def test_a_folder_takes_the_place_of_an_older_one_with_all_that_was_in_it(tmp_path):
    target = tmp_path / "model"
    (target / "old").mkdir(parents=True)
    with atomic_write(target, durable=True) as scratch:
        (scratch / "new").mkdir(parents=True)
    assert os.listdir(target) == ["new"]
    assert os.listdir(tmp_path) == ["model"]


def test_a_folder_that_cannot_be_moved_leaves_the_old_one_in_its_place(tmp_path, monkeypatch):
    target = tmp_path / "model"
    (target / "old").mkdir(parents=True)

    def fails(path, target):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(atomic_files.Path, "replace", fails)
    with pytest.raises(OSError, match="No space"), atomic_write(target) as scratch:
        (scratch / "new").mkdir(parents=True)
    assert os.listdir(target) == ["old"]
    assert os.listdir(tmp_path) == ["model"]


def test_what_is_durable_is_on_the_disk_before_it_takes_the_name(tmp_path, monkeypatch):
    """Renaming first can leave an empty file under the good name after a power cut."""
    calls = []
    fsync, replace = os.fsync, atomic_files.Path.replace
    monkeypatch.setattr(os, "fsync", lambda descriptor: (calls.append("fsync"), fsync(descriptor)))
    monkeypatch.setattr(atomic_files.Path, "replace", lambda path, to: (calls.append("replace"), replace(path, to))[1])
    write_json({"a": "ä"}, tmp_path / "a.json")
    assert calls == ["fsync", "replace", "fsync"]
    assert "ä" in (tmp_path / "a.json").read_text()
    with atomic_write(tmp_path / "b") as scratch:
        scratch.touch()
    assert calls[3:] == ["replace"]


def test_numbers_that_are_not_finite_are_no_json(tmp_path):
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json({"a": float("nan")}, tmp_path / "a.json")
    assert os.listdir(tmp_path) == []
