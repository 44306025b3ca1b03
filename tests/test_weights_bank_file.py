"""Bank files: what is written comes back, and nothing that a stranger changed gets through."""

import io
import json

import pytest
import torch
import torch.nn.functional as F
from PIL import Image
from safetensors.torch import save

from icgan_demo.errors import IndexFileError
from icgan_demo.weights.bank_file import StoredBank, bank_name, read_bank, summarise_bank, write_bank

COUNT, DIM = 5, 8


def webp(colour):
    buffer = io.BytesIO()
    Image.new("RGB", (16, 16), colour).save(buffer, "WEBP")
    return buffer.getvalue()


def bank(**changes):
    torch.manual_seed(0)
    values = {
        "name": "Birds",
        "encoder": "bundled:abc@64",
        "features": F.normalize(torch.randn(COUNT, DIM), dim=1),
        "labels": torch.tensor([0, 1, -1, 0, 1]),
        "class_names": ("Robin", "참새"),
        "thumbnails": tuple(webp((40 * row, 0, 0)) for row in range(COUNT)),
    }
    return StoredBank(**(values | changes))


def tensors(**changes):
    """Return the tensors of a good file, changed; None leaves one out."""
    stored = bank()
    ends = torch.tensor([len(data) for data in stored.thumbnails]).cumsum(0)
    values = {
        "features": stored.features.half(),
        "labels": stored.labels.int(),
        "thumbnails": torch.frombuffer(bytearray(b"".join(stored.thumbnails)), dtype=torch.uint8),
        "thumbnail_ends": ends,
    } | changes
    return {key: value for key, value in values.items() if value is not None}


def metadata(**changes):
    names = json.dumps(["Robin", "Sparrow"])
    good = {"kind": "icgan bank", "schema": "1", "name": "Birds", "encoder": "bundled:abc@64", "class_names": names}
    return {key: value for key, value in (good | changes).items() if value is not None}


def written(path, content=None, about=None):
    path.write_bytes(save(tensors() if content is None else content, metadata() if about is None else about))
    return path


def test_a_bank_comes_back_as_it_was_but_for_half_precision(tmp_path):
    before, path = bank(), tmp_path / "bank.safetensors"
    write_bank(before, path)
    after = read_bank(path)
    assert (after.name, after.encoder, after.class_names) == (before.name, before.encoder, before.class_names)
    assert after.labels.tolist() == before.labels.tolist()
    assert after.thumbnails == before.thumbnails
    assert [after.label(row) for row in range(3)] == ["Robin", "참새", None]
    assert float((after.features * before.features).sum(1).min()) > 1 - 1e-6
    assert torch.allclose(after.features.norm(dim=1), torch.ones(COUNT), atol=1e-6)
    assert [path.name for path in tmp_path.iterdir()] == ["bank.safetensors"]


def test_a_bank_without_pictures_or_classes_is_one_too(tmp_path):
    write_bank(bank(thumbnails=(), class_names=(), labels=torch.full((COUNT,), -1)), tmp_path / "b.safetensors")
    after = read_bank(tmp_path / "b.safetensors")
    assert after.thumbnails == ()
    assert after.label(0) is None


def test_the_summary_says_what_the_head_says(tmp_path):
    summary = summarise_bank(written(tmp_path / "b.safetensors"))
    assert (summary.name, summary.encoder, summary.count, summary.classes) == ("Birds", "bundled:abc@64", COUNT, 2)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"features": torch.ones(COUNT, DIM).half()}, "unit length"),
        ({"features": bank().features.double()}, "unknown form"),
        ({"features": torch.zeros(0, DIM).half(), "labels": torch.zeros(0).int()}, "between 1 and"),
        ({"features": bank().features.half().reshape(-1)}, "unknown form"),
        ({"features": torch.full((COUNT, DIM), float("nan")).half()}, "damaged"),
        ({"labels": torch.tensor([0, 1, 2, 0, 1]).int()}, "classes that it does not have"),
        ({"labels": torch.tensor([0, 1, -2, 0, 1]).int()}, "classes that it does not have"),
        ({"labels": torch.zeros(COUNT - 1).int()}, "unknown form"),
        ({"labels": torch.zeros(COUNT).long()}, "unknown form"),
        ({"labels": None}, "other tensors"),
        ({"more": torch.zeros(1)}, "other tensors"),
        ({"thumbnail_ends": None}, "incomplete"),
        ({"thumbnail_ends": torch.zeros(COUNT).long()}, "fit together"),
        ({"thumbnail_ends": torch.tensor([9, 3, 12, 20, tensors()["thumbnails"].numel()])}, "fit together"),
        ({"thumbnails": torch.zeros(90_000, dtype=torch.uint8), "thumbnail_ends": torch.full((COUNT,), 90_000)}, "fit"),
        ({"thumbnail_ends": torch.zeros(COUNT)}, "unknown form"),
    ],
)
def test_tensors_that_are_not_those_of_a_bank_are_refused(tmp_path, changes, sentence):
    with pytest.raises(IndexFileError, match=sentence):
        read_bank(written(tmp_path / "b.safetensors", tensors(**changes)))


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"kind": "weights"}, "not a bank"),
        ({"schema": "2"}, "of this version"),
        ({"encoder": None}, "which encoder"),
        ({"encoder": "a\nb"}, "which encoder"),
        ({"encoder": "x" * 301}, "which encoder"),
        ({"class_names": "{"}, "class names"),
        ({"class_names": "[" * 100_000}, "class names"),
        ({"class_names": '["a", 1]'}, "class names"),
        ({"class_names": json.dumps(["a"] * 1001)}, "class names"),
    ],
)
def test_metadata_that_is_not_that_of_a_bank_is_refused(tmp_path, changes, sentence):
    with pytest.raises(IndexFileError, match=sentence):
        read_bank(written(tmp_path / "b.safetensors", about=metadata(**changes)))


@pytest.mark.parametrize("content", [b"", b"{}", b"PK\3\4", b"\x80\x02.", b"\xff" * 100])
def test_other_files_are_refused_in_one_sentence(tmp_path, content):
    path = tmp_path / "b.safetensors"
    path.write_bytes(content)
    with pytest.raises(IndexFileError, match="not a bank"):
        read_bank(path)


def test_a_bank_cut_short_anywhere_is_refused(tmp_path):
    whole = written(tmp_path / "b.safetensors").read_bytes()
    for length in range(0, len(whole), 37):
        (tmp_path / "short.safetensors").write_bytes(whole[:length])
        with pytest.raises(IndexFileError):
            read_bank(tmp_path / "short.safetensors")


def test_more_pictures_or_bytes_than_allowed_are_refused(tmp_path):
    path = written(tmp_path / "b.safetensors")
    with pytest.raises(IndexFileError, match=r"between 1 and 4 images here; this one has 5"):
        read_bank(path, max_entries=4)
    with pytest.raises(IndexFileError, match="larger than"):
        read_bank(path, max_bytes=100)


def test_names_from_outside_become_harmless(tmp_path):
    about = metadata(name="<b>\n../etc", class_names=json.dumps(["<script>", "\0"]))
    after = read_bank(written(tmp_path / "b.safetensors", about=about))
    assert not set("<>/\n\0") & set(after.name + "".join(after.class_names))
    assert bank_name(" . ") == ""
