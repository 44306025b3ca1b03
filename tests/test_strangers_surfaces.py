"""The same set of strangers' files over HTTP, as a program sends them, and by command line."""

import numpy as np
import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from live_page import open_page
from PIL import Image
from strangers_files import strangers_archives, strangers_pictures
from training_sets import write_zip

from icgan_demo.cli import main
from icgan_demo.config import Limits
from icgan_demo.errors import ImageError
from icgan_demo.guards.picture import read_picture
from icgan_demo.service.banks.bank_service import BankService
from icgan_demo.service.drawing.sampling_service import SamplingService
from icgan_demo.service.store import ModelStore

PICTURES = strangers_pictures()
ARCHIVES = strangers_archives()
REFUSED = [file for file in PICTURES if file.size is None]


def by_name(value):
    return value.name


@pytest.fixture(scope="module")
def store(models_folder):
    return ModelStore([models_folder])


@pytest.fixture(scope="module")
def client(store, tmp_path_factory):
    folder = tmp_path_factory.mktemp("page")
    service = SamplingService(store)
    with open_page(service, folder, banks=BankService(store, service, folder / "data", Limits())) as url:
        downloads = str(tmp_path_factory.mktemp("downloads"))
        yield Client(url, verbose=False, download_files=downloads, httpx_kwargs={"timeout": 60})


@pytest.fixture
def path(request, tmp_path):
    found = tmp_path / request.param.name
    found.write_bytes(request.param.content)
    return found


@pytest.mark.parametrize(("file", "path"), [(file, file) for file in PICTURES], ids=by_name, indirect=["path"])
def test_a_picture_over_http_is_what_the_guard_makes_of_it(client, service_crop, file, path):
    if file.size is None:
        with pytest.raises(ImageError) as guarded:
            read_picture(path)
        with pytest.raises(AppError) as refused:
            client.predict(photo=handle_file(path), model="tiny", api_name="/encode")
        assert str(refused.value).replace("\u2060", "") == str(guarded.value)
        return
    _, crop = client.predict(photo=handle_file(path), model="tiny", api_name="/encode")
    assert np.array_equal(np.asarray(Image.open(crop)), np.asarray(service_crop(path)))


@pytest.fixture
def service_crop(store):
    def crop(path):
        return SamplingService(store).encode("tiny", path).crop

    return crop


@pytest.mark.parametrize("file", ARCHIVES, ids=by_name)
def test_an_archive_over_http_has_its_classes(client, file, tmp_path):
    archive = write_zip(tmp_path / "a.zip", file.members)
    _, summary = client.predict(files=[handle_file(archive)], model="tiny", name="a", api_name="/bank_build")
    assert summary["classes"] == len(file.classes)
    assert summary["skipped"] == []


@pytest.mark.parametrize("path", REFUSED, ids=by_name, indirect=True)
def test_the_command_line_refuses_in_one_line(models_folder, path, tmp_path, capsys):
    with pytest.raises(SystemExit) as stopped:
        main.main(["sample", str(path), "--model", str(models_folder / "tiny"), "--out", str(tmp_path / "out")])
    said = capsys.readouterr().err
    assert stopped.value.code == 1
    assert said.startswith("Error: ")
    assert said.count("\n") == 1


def test_a_folder_by_command_line_names_what_it_leaves_out_and_takes_the_others(models_folder, tmp_path, capsys):
    folder = tmp_path / "set"
    folder.mkdir()
    for file in PICTURES:
        (folder / file.name).write_bytes(file.content)
    words = ["bank", "build", folder, "--model", models_folder / "tiny", "--out", tmp_path / "b.safetensors"]
    with pytest.raises(SystemExit) as stopped:
        main.main([str(word) for word in words])
    said = capsys.readouterr().err
    assert stopped.value.code == 0
    assert [file.name for file in PICTURES if f"Left out '{file.name}'" in said] == [file.name for file in REFUSED]
