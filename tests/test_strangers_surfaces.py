"""The same set of strangers' files over HTTP, as a program sends them, and by command line."""

import json
from collections import Counter
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from live_page import open_page
from PIL import Image
from strangers_files import strangers_archives, strangers_pictures
from tagging_fakes import write_tiny_tags
from training_services import open_training
from training_sets import png, write_zip

from icgan_demo.cli import main
from icgan_demo.config import Limits
from icgan_demo.errors import ImageError, RequestError
from icgan_demo.guards.picture import read_picture
from icgan_demo.service.banks.bank_service import BankService
from icgan_demo.service.banks.larger_set import LargerSetService
from icgan_demo.service.drawing.sampling_service import SamplingService
from icgan_demo.service.model_store import ModelStore
from icgan_demo.service.photo_embedding import embed_photos
from icgan_demo.weights.bank_file import read_bank

PICTURES = strangers_pictures()
ARCHIVES = strangers_archives()
REFUSED = [file for file in PICTURES if file.size is None]


def by_name(value):
    return value.name


@pytest.fixture(scope="module")
def store(models_folder):
    return ModelStore([models_folder])


@pytest.fixture(scope="module")
def training(tmp_path_factory):
    with open_training(tmp_path_factory.mktemp("training")) as training:
        yield training


@pytest.fixture(scope="module")
def client(store, training, tmp_path_factory):
    folder = tmp_path_factory.mktemp("page")
    service = SamplingService(store)
    banks = BankService(store, service, folder / "data", Limits())
    larger_sets = LargerSetService(store, service)
    with open_page(service, folder, banks=banks, training=training, larger_sets=larger_sets) as url:
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


@pytest.mark.parametrize("file", ARCHIVES, ids=by_name)
def test_an_archive_that_is_made_larger_over_http_keeps_its_classes(client, file, tmp_path):
    archive = write_zip(tmp_path / "a.zip", file.members)
    files, summary = client.predict(
        files=[handle_file(archive)], model="tiny", per_picture=1, packed_as="tar", api_name="/augment"
    )
    told = [json.loads(line) for line in Path(files[1]).read_text(encoding="utf-8").splitlines()]
    given = Counter(line["class"] for line in told if line["class"])
    assert summary["skipped"] == []
    assert dict(given) == file.classes or not file.classes
    for line in told:
        assert len(Path(line.get("file", "a/b")).parts) == 2
        assert ".." not in Path(line.get("file", "")).parts


@pytest.mark.parametrize(
    "path", [file for file in REFUSED if not file.content.startswith(b"PK")], ids=by_name, indirect=True
)
def test_a_file_that_cannot_be_made_larger_over_http_is_one_sentence(client, path):
    with pytest.raises(ImageError) as guarded:
        read_picture(path)
    with pytest.raises(AppError) as refused:
        client.predict(files=[handle_file(path)], model="tiny", api_name="/augment")
    assert str(guarded.value) in str(refused.value).replace("\u2060", "")


@pytest.fixture
def train_on(client, training, monkeypatch):
    """Return what ``/train_start`` makes of files: the training set, before a trainer would start."""

    def read(set_id, request):
        found.append(training.sets.get(set_id))
        raise RequestError("The pictures were read.")

    def start(*paths):
        with pytest.raises(AppError, match="The pictures were read"):
            client.predict(files=[handle_file(path) for path in paths], steps=1, api_name="/train_start")
        return found.pop()

    found = []
    monkeypatch.setattr(training.jobs, "start", read)
    return start


UNPACKED = [file for file in PICTURES if not file.content.startswith(b"PK")]
"""A zip under a picture's name is a zip to whoever takes zips."""


@pytest.mark.parametrize(("file", "path"), [(file, file) for file in UNPACKED], ids=by_name, indirect=["path"])
def test_a_training_over_http_takes_and_refuses_the_same_pictures(train_on, file, path, tmp_path):
    (tmp_path / "good.png").write_bytes(png(1))
    found = train_on(path, tmp_path / "good.png")
    if file.size is None:
        with pytest.raises(ImageError) as guarded:
            read_picture(path)
        assert len(found.pictures) == 1
        assert [reason for _, reason in found.skipped] == [str(guarded.value)]
    else:
        assert len(found.pictures) == 2
        assert found.skipped == ()


@pytest.mark.parametrize("file", ARCHIVES, ids=by_name)
def test_a_training_over_http_has_the_classes_of_an_archive(train_on, file, tmp_path):
    found = train_on(write_zip(tmp_path / "a.zip", file.members))
    assert found.classes == file.classes
    assert len(found.strays) == file.strays


def run(*words):
    """Return the exit code of a command."""
    with pytest.raises(SystemExit) as stopped:
        main.main([str(word) for word in words])
    return stopped.value.code


def written(file, tmp_path):
    """Return an archive as a zip, and as a folder where that can be."""
    sources = [write_zip(tmp_path / "a.zip", file.members)]
    if file.as_folder:
        sources.append(tmp_path / "folder")
        for name, content in file.members.items():
            (sources[1] / name).parent.mkdir(parents=True, exist_ok=True)
            (sources[1] / name).write_bytes(content)
    return sources


@pytest.mark.parametrize("file", ARCHIVES, ids=by_name)
def test_a_training_by_command_line_has_the_classes_of_an_archive(models_folder, file, tmp_path, capsys, monkeypatch):
    """Only the plan of it: nothing is trained."""
    trainer = SimpleNamespace(update=lambda: None, modules={}, optimizers={}, bf16=False)
    monkeypatch.setattr("icgan_demo.training.plan.Plan.trainer", lambda plan: trainer)
    monkeypatch.setattr("icgan_demo.training.plan.MIN_PICTURES", 2)
    out = ("--out", tmp_path / "run", "--dry-run", "--json")
    for source in written(file, tmp_path):
        assert run("train", "--data", source, "--base", models_folder / "tiny", *out) == 0
        plan = json.loads(capsys.readouterr().out)
        assert {each["name"]: each["count"] for each in plan["classes"]} == file.classes
        assert plan["pictures"] == sum(file.classes.values()) or not file.classes


@pytest.mark.parametrize("file", ARCHIVES, ids=by_name)
def test_a_bank_by_command_line_has_the_classes_of_an_archive(models_folder, file, tmp_path):
    """A zip was "not an image" there, and the ``dataset.json`` of a folder was not looked at."""
    out = tmp_path / "b.safetensors"
    for source in written(file, tmp_path):
        assert run("bank", "build", source, "--model", models_folder / "tiny", "--out", out) == 0
        bank = read_bank(out)
        labels = [bank.label(row) for row in range(len(bank))]
        assert {name: labels.count(name) for name in bank.class_names} == file.classes


@pytest.mark.parametrize("members", [{"../a.png": png(1)}, {"a.png": b"none"}, {}], ids=["unsafe", "damaged", "empty"])
@pytest.mark.parametrize("command", ["train", "bank"])
def test_an_archive_that_cannot_be_used_is_one_line(models_folder, tmp_path, capsys, members, command):
    path = write_zip(tmp_path / "a.zip", members)
    out = tmp_path / "out.safetensors"
    words = {"train": ("train", "--dry-run", "--data", path), "bank": ("bank", "build", path)}[command]
    given = ("--base" if command == "train" else "--model", models_folder / "tiny", "--out", out)
    assert run(*words, *given) == 1
    said = capsys.readouterr().err
    assert said.startswith("Error: ")
    assert said.count("\n") == 1
    assert str(tmp_path) not in said
    assert not out.exists()


@pytest.fixture
def tag_models(models_folder, tmp_path, monkeypatch):
    write_tiny_tags(tmp_path / "models" / "tags", models_folder / "tiny")
    for module in ("icgan_demo.weights.folders", "icgan_demo.inference.loading"):
        monkeypatch.setattr(f"{module}.model_folders", lambda: [models_folder, tmp_path / "models"])


@pytest.mark.parametrize("path", REFUSED, ids=by_name, indirect=True)
def test_tagging_refuses_in_one_line(tag_models, path, capsys):
    with pytest.raises(ImageError) as guarded:
        read_picture(path)
    assert run("tag", path) == 1
    assert capsys.readouterr().err == f"Error: {guarded.value}\n"


def test_a_folder_of_photos_to_embed_leaves_out_what_is_refused(store, tmp_path):
    """The training of tags and the commands ``embed`` and ``index`` read folders this way."""
    for file in PICTURES:
        (tmp_path / file.name).write_bytes(file.content)
    embedded = embed_photos(store.get("tiny"), [tmp_path])
    assert sorted(name for name, _ in embedded.skipped) == sorted(file.name for file in REFUSED)
    assert len(embedded.names) == len(PICTURES) - len(REFUSED)


IDX = b"\0\0\x08\x03\0\0\0\x02\0\0\0\x1c\0\0\0\x1c" + bytes(2 * 28 * 28)


@pytest.mark.parametrize(
    "content",
    [b"", IDX[:9], IDX[:-1], IDX + b"x", b"\0\0\x0d" + IDX[3:], IDX[:4] + b"\xff" * 12, b"\x1f\x8b" + IDX, b"PK\3\4"],
    ids=["empty", "cut header", "cut", "too long", "floats", "too large", "no gzip", "zip"],
)
def test_digits_that_are_no_idx_file_are_one_line(tmp_path, content, capsys):
    folder = tmp_path / "digits"
    folder.mkdir()
    for part in ("train", "t10k"):
        for name in ("images-idx3", "labels-idx1"):
            (folder / f"{part}-{name}-ubyte").write_bytes(content)
    assert run("train-digits", folder, "--out", tmp_path / "run") == 2
    said = capsys.readouterr().err
    assert said.startswith("Error: ")
    assert said.count("\n") == 1
    assert str(tmp_path) not in said


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
