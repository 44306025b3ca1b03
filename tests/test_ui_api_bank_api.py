"""/bank_build through the real client."""

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from live_page import open_page
from PIL import Image

from icgan_demo.config import Limits
from icgan_demo.service.banks.bank_service import BankService
from icgan_demo.service.drawing.sampling_service import SamplingService
from icgan_demo.service.model_store import ModelStore
from icgan_demo.weights.bank_file import read_bank


@pytest.fixture(scope="module")
def store(models_folder):
    return ModelStore([models_folder])


@pytest.fixture(scope="module")
def client(store, tmp_path_factory):
    folder = tmp_path_factory.mktemp("page")
    service = SamplingService(store)
    banks = BankService(store, service, folder / "data", Limits())
    with open_page(service, folder, banks=banks) as url:
        yield Client(url, verbose=False, download_files=str(tmp_path_factory.mktemp("downloads")))
    assert list((folder / "data").rglob("*.safetensors")) == []  # the caller has the file, the server keeps none


@pytest.fixture
def archive(tmp_path):
    path = tmp_path / "pictures.zip"
    with zipfile.ZipFile(path, "w") as members:
        for n in range(6):
            buffer = io.BytesIO()
            pixels = np.random.default_rng(n).integers(0, 255, (40, 40, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(buffer, "PNG")
            members.writestr(f"{'a' if n % 2 else 'b'}/{n}.png", buffer.getvalue())
        members.writestr("a/broken.png", b"nothing")
    return path


def test_a_zip_becomes_a_bank_file_and_its_summary(client, archive, store):
    file, summary = client.predict(
        files=[handle_file(archive)], model="tiny", name="From the API", api_name="/bank_build"
    )
    bank = read_bank(Path(file))
    assert (bank.name, len(bank), bank.class_names) == ("From the API", 6, ("a", "b"))
    assert summary["encoder"] == bank.encoder == store.get("tiny").feature_identity
    assert (summary["count"], summary["classes"], summary["model"]) == (6, 2, "tiny")
    assert summary["skipped"][0][0] == "a/broken.png"


def test_pictures_without_an_archive_do_too(client, photo_path):
    file, summary = client.predict(files=[handle_file(photo_path)], api_name="/bank_build")
    assert summary["count"] == 1
    assert read_bank(Path(file)).label(0) is None


def test_bad_requests_are_one_sentence(client, tmp_path, archive):
    with pytest.raises(AppError, match="Please upload the file"):
        client.predict(files=None, api_name="/bank_build")
    with pytest.raises(AppError, match="There is no model of that name"):
        client.predict(files=[handle_file(archive)], model="nothing", api_name="/bank_build")
    bad = tmp_path / "bad.zip"
    bad.write_bytes(b"PK\3\4 nothing")
    with pytest.raises(AppError, match="ZIP file is damaged"):
        client.predict(files=[handle_file(bad)], model="tiny", api_name="/bank_build")
