import os
import stat
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import nn

from icgan_demo.config import GeneratorConfig
from icgan_demo.errors import WeightsError
from icgan_demo.models.biggan_generator import BigGanGenerator
from icgan_demo.weights import tensor_files
from icgan_demo.weights.tensor_files import load_module, save_tensors, write_file


def test_a_module_comes_back_with_the_same_tensors(tmp_path):
    config = GeneratorConfig(32, (4, 4, 4, 4), 4, feature_dim=8, num_classes=3, no_label=True)
    original = BigGanGenerator(config)
    record = save_tensors(original.state_dict(), tmp_path / "g.safetensors")
    with torch.device("meta"):
        copy = BigGanGenerator(config)
    assert load_module(copy, tmp_path / "g.safetensors", record.sha256) is copy
    for name, value in original.state_dict().items():
        assert torch.equal(copy.state_dict()[name], value), name


def test_channels_last_tensors_can_be_saved(tmp_path):
    """safetensors itself refuses tensors whose memory is not in the order of their shape."""
    module = nn.Conv2d(4, 4, 3).to(memory_format=torch.channels_last)
    save_tensors(module.state_dict(), tmp_path / "a.safetensors")
    assert torch.equal(load_file(tmp_path / "a.safetensors")["weight"], module.weight)


@pytest.mark.parametrize(
    ("tensors", "message"),
    [
        ({"weight": torch.zeros(2, 3)}, "bias is missing"),
        ({"weight": torch.zeros(2, 3), "bias": torch.zeros(2), "more": torch.zeros(1)}, "more is not part of it"),
        ({"weight": torch.zeros(3, 3), "bias": torch.zeros(2)}, "weight is 3x3, expected 2x3"),
        ({"weight": torch.zeros(2, 3).half(), "bias": torch.zeros(2)}, "weight is F16, expected F32"),
        ({"weight": torch.full((2, 3), torch.nan), "bias": torch.zeros(2)}, "NaN values in weight"),
    ],
)
def test_anything_but_the_modules_own_tensors_is_refused(tmp_path, tensors, message):
    save_file(tensors, tmp_path / "a.safetensors")
    with pytest.raises(WeightsError, match=message):
        load_module(nn.Linear(3, 2), tmp_path / "a.safetensors", None)


def test_a_file_with_another_hash_is_refused(tmp_path):
    save_tensors(nn.Linear(3, 2).state_dict(), tmp_path / "a.safetensors")
    with pytest.raises(WeightsError, match=r"a\.safetensors"):
        load_module(nn.Linear(3, 2), tmp_path / "a.safetensors", "0" * 64)


def test_a_written_file_is_readable_by_everyone_and_nothing_else_stays(tmp_path):
    record = write_file(b"abc", tmp_path / "new" / "a.bin")
    assert (tmp_path / "new" / "a.bin").read_bytes() == b"abc"
    assert stat.S_IMODE((tmp_path / "new" / "a.bin").stat().st_mode) == 0o644
    assert os.listdir(tmp_path / "new") == ["a.bin"]
    assert record == tensor_files.FileRecord(3, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")


def test_a_failed_write_leaves_the_old_file_and_no_other(tmp_path, monkeypatch):
    def fails(descriptor):
        raise OSError(28, "No space left on device")

    write_file(b"old", tmp_path / "a.bin")
    monkeypatch.setattr(os, "fsync", fails)
    with pytest.raises(WeightsError, match=r"a\.bin could not be written. Is the disk full") as caught:
        write_file(b"new", tmp_path / "a.bin")
    assert str(tmp_path) not in str(caught.value)
    assert (tmp_path / "a.bin").read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["a.bin"]


def test_a_disk_that_does_not_keep_what_was_written_is_noticed(tmp_path, monkeypatch):
    monkeypatch.setattr(tensor_files, "sha256_of", lambda path: "0" * 64)
    with pytest.raises(WeightsError, match="could not be written"):
        write_file(b"new", tmp_path / "a.bin")
    assert os.listdir(tmp_path) == []


def test_the_new_content_is_on_disk_before_it_takes_the_name(tmp_path, monkeypatch):
    """Renaming first can leave an empty file under the good name after a power cut."""
    calls = []
    fsync, replace = os.fsync, Path.replace
    monkeypatch.setattr(os, "fsync", lambda descriptor: (calls.append("fsync"), fsync(descriptor)))
    monkeypatch.setattr(Path, "replace", lambda path, target: (calls.append("replace"), replace(path, target))[1])
    write_file(b"new", tmp_path / "a.bin")
    assert calls == ["fsync", "replace", "fsync"]


def test_tensors_that_are_not_finite_are_not_saved(tmp_path):
    with pytest.raises(WeightsError, match=r"weight has values that are not finite; a\.safetensors was not written"):
        save_tensors({"weight": torch.tensor([1.0, torch.inf])}, tmp_path / "a.safetensors")
    assert os.listdir(tmp_path) == []
