"""Folders of IDX files: MNIST's family is read, the rest is refused in a sentence."""

import gzip
from pathlib import Path

import numpy as np
import pytest
import torch
from digit_fakes import write_idx, write_tiny_digits

from icgan_demo.errors import RequestError, TrainingError
from icgan_demo.guards.idx_file import read_images, read_labels
from icgan_demo.training.digits.digit_data import download_mnist, has_digits, load_digits

MNIST = Path(__file__).parents[2] / "shared" / "data" / "mnist"


def test_a_folder_is_read_and_a_sixth_kept_for_validation(tmp_path):
    write_tiny_digits(tmp_path)
    data = load_digits(tmp_path)
    assert (len(data.train), len(data.validation), len(data.test), data.classes) == (200, 40, 60, 10)
    pictures = data.train.pictures()
    assert pictures.shape == (200, 1, 28, 28)
    assert pictures.max() == pytest.approx(250 / 255)


def test_a_file_sorted_by_class_still_has_every_class_in_both_parts(tmp_path):
    """The last class of such a file was never learned: the last sixth was kept for validation."""
    write_tiny_digits(tmp_path)
    path = next(tmp_path.glob("train-labels*"))
    order = np.argsort(read_labels(path), kind="stable")
    write_idx(read_labels(path)[order], path)
    pictures = next(tmp_path.glob("train-images*"))
    write_idx(read_images(pictures)[order], pictures)
    data = load_digits(tmp_path)
    assert set(data.train.labels.tolist()) == set(range(10))
    assert len(set(data.validation.labels.tolist())) > 7
    again, other = load_digits(tmp_path), load_digits(tmp_path, seed=1)
    assert torch.equal(again.validation.labels, data.validation.labels)
    assert not torch.equal(other.validation.pixels, data.validation.pixels)
    both = torch.cat([data.train.pixels, data.validation.pixels]).flatten(1).sum(1)
    assert both.sort().values.tolist() == np.sort(read_images(pictures).reshape(240, -1).sum(1)).tolist()


@pytest.mark.skipif(not MNIST.is_dir(), reason="MNIST is not on this machine")
def test_mnist_splits_as_in_2014():
    data = load_digits(MNIST)
    assert (len(data.train), len(data.validation), len(data.test), data.classes) == (50_000, 10_000, 10_000, 10)
    # Counts, since some distributions keep the pictures in another order.
    both = torch.cat([data.train.labels, data.validation.labels])
    assert both.bincount().tolist() == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert data.test.labels.bincount().tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]


def test_emnist_files_stand_upright(tmp_path):
    write_tiny_digits(tmp_path)
    upright = load_digits(tmp_path).train.pixels
    for path in list(tmp_path.iterdir()):
        name = path.name.replace("t10k", "test")
        if "images" in name:
            write_idx(np.ascontiguousarray(read_images(path).transpose(0, 2, 1)), tmp_path / f"emnist-digits-{name}")
            path.unlink()
        else:
            path.rename(tmp_path / f"emnist-digits-{name}")
    assert np.array_equal(load_digits(tmp_path).train.pixels, upright)


def test_more_than_ten_classes_are_fine(tmp_path):
    write_tiny_digits(tmp_path, train=960, classes=47)
    assert load_digits(tmp_path).classes == 47


@pytest.mark.parametrize("missing", ["train-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte"])
def test_a_missing_file_is_named(tmp_path, missing):
    write_tiny_digits(tmp_path)
    (tmp_path / missing).unlink()
    assert not has_digits(tmp_path)
    with pytest.raises(RequestError, match=missing.removesuffix(".gz")):
        load_digits(tmp_path)


def test_a_folder_that_is_not_there_is_refused(tmp_path):
    assert not has_digits(tmp_path / "nowhere")
    with pytest.raises(RequestError, match="nowhere"):
        load_digits(tmp_path / "nowhere")


def test_other_sizes_are_refused_with_both_sizes(tmp_path):
    write_tiny_digits(tmp_path, side=32)
    with pytest.raises(RequestError, match="32 x 32 pixels; 28 x 28 are needed"):
        load_digits(tmp_path)


def test_pictures_and_labels_must_be_as_many(tmp_path):
    write_tiny_digits(tmp_path)
    write_idx(np.zeros(7, np.uint8), tmp_path / "train-labels-idx1-ubyte")
    with pytest.raises(RequestError, match="240 images, 7 labels"):
        load_digits(tmp_path)


def test_too_many_classes_are_refused(tmp_path):
    write_tiny_digits(tmp_path)
    write_idx(np.full(240, 200, np.uint8), tmp_path / "train-labels-idx1-ubyte")
    with pytest.raises(RequestError, match="at most 100 classes"):
        load_digits(tmp_path)


def test_too_few_pictures_are_refused(tmp_path):
    write_tiny_digits(tmp_path, train=30)
    with pytest.raises(TrainingError, match="at least 100"):
        load_digits(tmp_path)


def test_a_cut_file_is_refused(tmp_path):
    write_tiny_digits(tmp_path)
    path = tmp_path / "train-images-idx3-ubyte.gz"
    path.write_bytes(gzip.compress(gzip.decompress(path.read_bytes())[:5000]))
    with pytest.raises(RequestError, match="incomplete"):
        load_digits(tmp_path)


def test_nothing_is_downloaded_over_files_that_are_there(tmp_path, monkeypatch):
    write_tiny_digits(tmp_path)
    monkeypatch.setattr("torchvision.datasets.MNIST", None)
    download_mnist(tmp_path)


def test_a_download_ends_where_it_was_asked_for(tmp_path, monkeypatch):
    def fetch(root, train, download):
        write_tiny_digits(Path(root) / "MNIST" / "raw")
        for path in (Path(root) / "MNIST" / "raw").glob("*labels*"):
            path.with_name(path.name + ".gz").write_bytes(gzip.compress(path.read_bytes()))

    monkeypatch.setattr("torchvision.datasets.MNIST", fetch)
    download_mnist(tmp_path)
    assert len(load_digits(tmp_path).test) == 60


def test_a_download_without_a_network_is_one_sentence(tmp_path, monkeypatch):
    def fail(*_, **__):
        raise RuntimeError("Error downloading train-images-idx3-ubyte.gz")

    monkeypatch.setattr("torchvision.datasets.MNIST", fail)
    with pytest.raises(TrainingError, match="could not be downloaded"):
        download_mnist(tmp_path)
