"""/augment through the real client."""

import json
import zipfile
from pathlib import Path

import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from live_page import open_page
from training_services import open_training
from training_sets import class_zip, save_pictures

from icgan_demo.guards.tar_file import read_tar
from icgan_demo.service.banks.larger_set import LargerSetService
from icgan_demo.service.drawing.sampling_service import SamplingService
from icgan_demo.service.model_store import ModelStore


@pytest.fixture(scope="module")
def client(models_folder, tmp_path_factory):
    folder = tmp_path_factory.mktemp("page")
    store = ModelStore([models_folder])
    sampling = SamplingService(store)
    with (
        open_training(folder, larger_images=100) as training,
        open_page(sampling, folder, training=training, larger_sets=LargerSetService(store, sampling)) as url,
    ):
        yield Client(url, verbose=False, download_files=str(tmp_path_factory.mktemp("downloads")))
    assert [path for path in (folder / "data").rglob("*.png")] == []  # nothing of the images is kept


def test_a_zip_becomes_a_larger_one_of_the_same_classes(client, tmp_path):
    zipped = class_zip(tmp_path / "photos.zip")
    job = client.submit(files=[handle_file(zipped)], model="tiny", per_picture=2, seed=5, api_name="/augment")
    (file,), summary = job.result()
    done = [told[-1]["done"] for told in job.outputs() if len(told) == 2]
    assert done == sorted(done)
    assert (summary["total"], summary["done"], summary["classes"], summary["model"]) == (12, 12, 2, "tiny")
    with zipfile.ZipFile(file) as archive:
        told = [json.loads(line) for line in archive.read("manifest.jsonl").splitlines()]
        written = [line["file"] for line in told if "file" in line]
        assert sorted(archive.namelist()) == sorted([*written, "manifest.jsonl"])
    assert [line["seed"] for line in told] == list(range(5, 29))
    assert (len(written), 24 - len(written)) == (summary["images"], summary["copies"])
    assert {line["class"] for line in told} == {"otter", "heron"}
    assert str(tmp_path) not in json.dumps([told, summary])


def test_a_shard_comes_with_its_manifest(client, photo_path):
    files, summary = client.predict(files=[handle_file(photo_path)], packed_as="tar", api_name="/augment")
    shard, manifest = map(Path, files)
    assert (shard.suffix, manifest.suffix) == (".tar", ".jsonl")
    assert len(list(read_tar(shard))) == summary["images"] == len(manifest.read_text().splitlines()) == 4


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"files": None}, "Choose some images"),
        ({"model": "nothing"}, "There is no model of that name"),
        ({"packed_as": "../x"}, "packed as zip or tar"),
        ({"per_picture": 65}, "per_picture must"),
        ({"per_picture": 1.5}, "per_picture must"),
        ({"per_picture": 60}, "at most 100 new images at a time; these would be 120"),
        ({"truncation": 0}, "[Tt]runcation"),
        ({"seed": -1}, "The seed must"),
    ],
)
def test_bad_requests_are_one_sentence(client, tmp_path, changes, said):
    files = [handle_file(path) for path in save_pictures(tmp_path, 2)]
    with pytest.raises(AppError, match=said) as refused:
        client.predict(**({"files": files, "model": "tiny"} | changes), api_name="/augment")
    assert str(tmp_path) not in str(refused.value)


def test_a_file_that_is_no_image_is_refused_and_beside_others_named(client, tmp_path):
    (tmp_path / "bad.png").write_bytes(b"nothing")
    with pytest.raises(AppError, match="No usable image was found"):
        client.predict(files=[handle_file(tmp_path / "bad.png")], model="tiny", api_name="/augment")
    files = [handle_file(path) for path in (tmp_path / "bad.png", *save_pictures(tmp_path / "good", 1))]
    _, summary = client.predict(files=files, model="tiny", api_name="/augment")
    assert (summary["total"], [name for name, _ in summary["skipped"]]) == (1, ["bad.png"])
