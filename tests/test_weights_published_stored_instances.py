import io
import os
import pickle
import tarfile

import numpy as np
import pytest
import torch
from official_files import NAME, tiny_config, write_official

from icgan_demo.errors import WeightsError
from icgan_demo.inference.loading import load_model
from icgan_demo.weights.published import stored_instances
from icgan_demo.weights.published.catalogue import PUBLISHED
from icgan_demo.weights.published.conversion import convert
from icgan_demo.weights.published.official import convert_official
from icgan_demo.weights.published.stored_instances import (
    attach_instances,
    convert_stored_instances,
    kept_instances,
    read_stored_instances,
)

FILE = PUBLISHED[NAME].stored_instances


def some_values(rows=6, width=2048, **changes):
    source = np.random.default_rng(0)
    return {
        "instance_features": source.normal(size=(rows, width)).astype(np.float32) * 3,
        "labels": source.integers(0, 1000, rows),
        "image_path": [f"train/n{row:08d}.JPEG" for row in range(rows)],
        **changes,
    }


def npy(values):
    """What the authors' ``np.save`` of a dictionary writes."""
    stream = io.BytesIO()
    np.save(stream, values, allow_pickle=True)
    return stream.getvalue()


def test_features_come_back_with_unit_length_and_labels():
    values = some_values()
    bank = read_stored_instances(io.BytesIO(npy(values)), FILE)
    expected = values["instance_features"] / np.linalg.norm(values["instance_features"], axis=1, keepdims=True)
    np.testing.assert_allclose(bank.features.numpy(), expected, atol=1e-6)
    assert bank.features.dtype == torch.float32
    assert bank.labels.tolist() == values["labels"].tolist()
    assert bank.labels.dtype == torch.int64


@pytest.mark.parametrize(
    "change",
    [
        {"instance_features": some_values()["instance_features"].astype(np.float64)},
        {"instance_features": np.asfortranarray(some_values()["instance_features"])},
        {"instance_features": list(some_values()["instance_features"])},
        {"labels": some_values()["labels"].tolist()},
        {"labels": list(some_values()["labels"])},
        {"labels": some_values()["labels"].astype(np.int32)[:, None]},
        {"image_path": np.array([f"train/{row}.JPEG" for row in range(6)])},
        {"image_path": np.array([f"train/{row}.JPEG" for row in range(6)], dtype=object)},
        {"more": None},
    ],
    ids=[
        "float64",
        "column order",
        "list of rows",
        "list of int",
        "list of numpy",
        "column",
        "text",
        "objects",
        "more",
    ],
)
def test_the_forms_such_a_dictionary_may_take(change):
    bank = read_stored_instances(io.BytesIO(npy(some_values(**change))), FILE)
    plain = read_stored_instances(io.BytesIO(npy(some_values())), FILE)
    torch.testing.assert_close(bank.features, plain.features)
    assert torch.equal(bank.labels, plain.labels)


def test_files_of_old_numpy_are_read():
    """The authors' numpy wrote pickle protocol 3 and called its module ``numpy.core``."""
    array = np.empty((), dtype=object)
    array[()] = some_values()
    stream = io.BytesIO()
    np.lib.format.write_array_header_1_0(stream, np.lib.format.header_data_from_array_1_0(array))
    pickled = pickle.dumps(array, protocol=3)
    assert b"numpy._core.multiarray" in pickled
    stream.write(pickled.replace(b"numpy._core.multiarray", b"numpy.core.multiarray"))
    stream.seek(0)
    assert read_stored_instances(stream, FILE).features.shape == (6, 2048)


class Gadget:
    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


def hostile(place, gadget):
    values = some_values()
    if place == "whole":
        array = np.empty((), dtype=object)
        array[()] = gadget
        return npy(array)
    values[place] = gadget
    return npy(values)


@pytest.mark.parametrize("place", ["whole", "instance_features", "labels", "image_path"])
@pytest.mark.parametrize(
    "call",
    [
        lambda canary: Gadget(os.system, f"touch {canary}"),
        lambda canary: Gadget(exec, f"open({canary!r}, 'w')"),
        lambda canary: Gadget(open, canary, "w"),
        lambda canary: Gadget(pickle.loads, b"cos\nsystem\n(S'touch x'\ntR."),
        lambda canary: Gadget(np.fromfile, canary),
        lambda canary: np.memmap,
    ],
    ids=["system", "exec", "open", "nested", "fromfile", "memmap"],
)
def test_code_is_refused_by_name_and_never_runs(tmp_path, place, call):
    canary = str(tmp_path / "canary")
    with pytest.raises(WeightsError, match=r"contains code \([\w.]+\) and was not loaded"):
        read_stored_instances(io.BytesIO(hostile(place, call(canary))), FILE)
    assert not os.path.exists(canary)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<html>",
        npy(some_values())[:3000],
        npy(np.zeros((2, 3))),
        npy([1, 2]),
        npy({"labels": np.zeros(3)}),
        npy(some_values(labels=np.array(["a"] * 6))),
        npy(some_values(labels=object)),
    ],
    ids=["empty", "page", "cut", "plain array", "list", "no features", "text labels", "a class"],
)
def test_what_is_no_such_file_is_one_sentence(content):
    sentence = rf"^{FILE} (is not a file of stored instances|contains code|has features of shape)"
    with pytest.raises(WeightsError, match=sentence):
        read_stored_instances(io.BytesIO(content), FILE)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"instance_features": np.ones((6, 512), np.float32)}, r"features of shape \(6, 512\)"),
        ({"labels": np.zeros(5, np.int64)}, r"labels of shape \(5,\)"),
        ({"labels": np.full(6, 1000)}, r"labels outside 0\.\.999"),
        ({"instance_features": np.zeros((6, 2048), np.float32)}, "zero or not finite"),
        ({"instance_features": np.full((6, 2048), np.nan, np.float32)}, "zero or not finite"),
    ],
)
def test_values_that_do_not_fit_are_refused(change, message):
    with pytest.raises(WeightsError, match=message):
        read_stored_instances(io.BytesIO(npy(some_values(**change))), FILE)


def test_a_claim_of_more_values_than_there_are_is_refused(monkeypatch):
    monkeypatch.setattr(stored_instances, "MAX_VALUES", 6 * 2048 - 1)
    with pytest.raises(WeightsError, match="not a file of stored instances"):
        read_stored_instances(io.BytesIO(npy(some_values())), FILE)


def write_instances(path, files):
    with tarfile.open(path, "w:gz", compresslevel=1) as archive:
        for file, content in files.items():
            member = tarfile.TarInfo(f"stored_instances/{file}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return path


@pytest.fixture
def archive(tmp_path):
    other = FILE.replace("imagenet", "coco").replace("res64", "res256")
    files = {FILE: npy(some_values()), other: npy(some_values()), "notes.txt": b"not read"}
    return write_instances(tmp_path / "stored_instances.tar.gz", files)


@pytest.fixture
def real_size_model(tmp_path):
    """A function that imports a model whose features have the published length."""
    config = tiny_config()
    wide = type(config)(**{**vars(config), "feature_dim": 2048})
    return lambda: convert_official(write_official(tmp_path / f"{NAME}.tar.gz", wide), tmp_path / "models")


@pytest.mark.parametrize("first", ["model", "instances"])
def test_instances_become_the_bank_of_their_model_whichever_comes_first(tmp_path, archive, real_size_model, first):
    models = tmp_path / "models"
    if first == "model":
        real_size_model()
        assert convert_stored_instances(archive, models) == [NAME]
    else:
        assert convert_stored_instances(archive, models) == []
        real_size_model()
        config = tiny_config()
        wide = type(config)(**{**vars(config), "feature_dim": 2048})
        again = convert(write_official(tmp_path / f"{NAME}.tar.gz", wide), models, replace=True)
        assert again == f"{NAME} is ready with its stored instances."
    bank = load_model(NAME, [models]).bank
    assert bank is not None
    assert bank.features.shape == (6, 2048)
    assert bank.labels.tolist() == [-1] * 6  # a model without classes has no use for them


def test_a_damaged_waiting_bank_does_not_stop_the_import_of_its_model(tmp_path, archive, real_size_model):
    models = tmp_path / "models"
    convert_stored_instances(archive, models)
    kept = kept_instances(models, FILE)
    kept.write_bytes(kept.read_bytes()[:100])
    real_size_model()
    assert attach_instances(models, NAME) is False
    assert not kept.exists()  # so that it is fetched again
    assert load_model(NAME, [models]).bank is None


def test_a_folder_and_a_single_file_are_read_too(tmp_path, archive, real_size_model):
    real_size_model()
    with tarfile.open(archive) as packed:
        packed.extractall(tmp_path, filter="data")
    assert convert_stored_instances(tmp_path / "stored_instances", tmp_path / "models") == [NAME]
    message = convert(tmp_path / "stored_instances" / FILE, tmp_path / "models")
    assert message == f"Stored instances are ready for {NAME}."


def test_an_archive_without_instances_is_refused(tmp_path):
    path = write_instances(tmp_path / "stored_instances.tar.gz", {"notes.txt": b"nothing"})
    with pytest.raises(WeightsError, match="holds no file of stored instances"):
        convert_stored_instances(path, tmp_path / "models")


def test_a_cut_archive_is_refused(tmp_path, archive):
    archive.write_bytes(archive.read_bytes()[:5000])
    with pytest.raises(WeightsError, match=r"not a complete \.tar\.gz archive"):
        convert_stored_instances(archive, tmp_path / "models")


def test_the_list_of_models_does_not_take_waiting_banks_for_models(tmp_path, archive, real_size_model):
    from icgan_demo.weights.cards import find_cards

    convert_stored_instances(archive, tmp_path / "models")
    real_size_model()
    assert [model.name for model in find_cards([tmp_path / "models"])] == [NAME]
