import threading
from pathlib import Path

import pytest
import torch
from huggingface_hub import constants
from official_files import NAME, tiny_config, write_archive, write_official, write_stored
from snapshot_files import STYLE_NAME, pickled, snapshot_of, tiny_style_config
from stub_server import StubFile, serving

from icgan_demo.errors import BusyError, RequestError, WeightsError
from icgan_demo.models.resnet50_network import build_resnet50
from icgan_demo.service import download_service
from icgan_demo.service.download_requests import Installation
from icgan_demo.service.download_service import DownloadService, is_installed, remote_file
from icgan_demo.weights.cards import INSTANCES, read_card
from icgan_demo.weights.published.catalogue import ENCODER_WEIGHTS, MIRROR_REVISION, PUBLISHED
from icgan_demo.weights.published.conversion import convert
from icgan_demo.weights.published.hub import Servers

ARCHIVE_PATH = f"/facebook/ic_gan/resolve/{MIRROR_REVISION}/pretrained_models_path/{NAME}.tar.gz"
ENCODER_PATH = "/deepcluster/swav_800ep_pretrain.pth.tar"
DEADLINE_S = 60


@pytest.fixture(autouse=True)
def in_this_process(monkeypatch, tmp_path):
    """Convert without a child process, and keep the library's own cache out."""
    monkeypatch.setattr(download_service, "convert_apart", convert)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setenv("ICGAN_MODELS_DIR", str(tmp_path / "models"))


@pytest.fixture
def server():
    with serving() as stub:
        yield stub


@pytest.fixture(scope="module")
def contents(tmp_path_factory):
    """An archive and an encoder file as the servers would send them."""
    folder = tmp_path_factory.mktemp("contents")
    tensors = {f"module.{key}": value for key, value in build_resnet50().state_dict().items()}
    torch.save({**tensors, "module.prototypes.weight": torch.zeros(2, 2)}, folder / "swav.pth.tar")
    archive = write_official(folder / f"{NAME}.tar.gz", tiny_config(feature_dim=2048))
    return archive.read_bytes(), (folder / "swav.pth.tar").read_bytes()


def finished(models, name=NAME, **options):
    """Start, wait for the end, and return the last state; whoever lists models is told before."""
    told = []
    installer = DownloadService(models, on_ready=lambda: told.append(installer.progress().is_running), **options)
    installer.start(name)
    state = installer.wait(DEADLINE_S)
    assert not state.is_running
    assert told == [True]
    return state


def test_a_model_comes_with_the_encoder_it_needs(server, contents, tmp_path):
    server.files[ARCHIVE_PATH], server.files[ENCODER_PATH] = StubFile(contents[0]), StubFile(contents[1])
    models = tmp_path / "models"
    state = finished(models, servers=Servers(server.url, server.url))
    assert state.stage == "done"
    assert state.message.startswith(f"{NAME} is ready. resnet50-swav is ready. ")
    assert (state.part, state.parts, state.number) == (3, 3, 1)
    assert is_installed(NAME, models)
    assert download_service.missing_encoder(PUBLISHED[NAME], models) is None
    left = sorted(path.name for path in (models / "downloads").iterdir())
    assert left == ["received.json"]  # the fetched files are gone, what they were is remembered


def test_a_stylegan2_model_comes_the_same_way(server, contents, tmp_path):
    """From the authors' server, because the mirror has none; with its encoder and its stored instances."""
    snapshot = pickled(snapshot_of(tiny_style_config(feature_dim=2048)))
    archive = write_archive(tmp_path / "style.tar.gz", {"best-network-snapshot.pkl": snapshot}, STYLE_NAME)
    server.files[f"/ic_gan/{STYLE_NAME}.tar.gz"] = StubFile(archive.read_bytes())
    server.files[ENCODER_PATH] = StubFile(contents[1])
    stored = write_stored(tmp_path / "stored_instances.tar.gz", PUBLISHED[STYLE_NAME].stored_instances)
    server.files["/ic_gan/stored_instances.tar.gz"] = StubFile(stored.read_bytes())
    models = tmp_path / "models"
    assert len(DownloadService(models).terms(STYLE_NAME)) == 3
    state = finished(models, STYLE_NAME, servers=Servers(server.url, server.url))
    assert state.stage == "done", state.message
    assert is_installed(STYLE_NAME, models)
    assert INSTANCES in read_card(models / STYLE_NAME).files
    assert DownloadService(models).terms(STYLE_NAME) == []


def test_an_encoder_that_is_here_is_not_fetched_again(server, contents, tmp_path):
    (tmp_path / "swav.pth.tar").write_bytes(contents[1])
    convert(tmp_path / "swav.pth.tar", tmp_path / "models")
    server.files[ARCHIVE_PATH] = StubFile(contents[0])
    state = finished(tmp_path / "models", servers=Servers(server.url, server.url))
    assert (state.stage, state.parts) == ("done", 2)
    assert ENCODER_PATH not in {path for _, path, _ in server.requests}


def test_stored_instances_come_along_and_become_a_bank(server, contents, tmp_path):
    server.files[ARCHIVE_PATH], server.files[ENCODER_PATH] = StubFile(contents[0]), StubFile(contents[1])
    stored = write_stored(tmp_path / "stored_instances.tar.gz", PUBLISHED[NAME].stored_instances)
    server.files["/ic_gan/stored_instances.tar.gz"] = StubFile(stored.read_bytes())
    models = tmp_path / "models"
    state = finished(models, servers=Servers(server.url, server.url))
    assert state.message.endswith(f"Stored instances are ready for {NAME}.")
    assert INSTANCES in read_card(models / NAME).files
    assert DownloadService(models).terms(NAME) == []


def test_a_model_works_without_its_stored_instances_and_says_so(server, contents, tmp_path):
    server.files[ARCHIVE_PATH], server.files[ENCODER_PATH] = StubFile(contents[0]), StubFile(contents[1])
    state = finished(tmp_path / "models", servers=Servers(server.url, server.url))
    assert state.stage == "done"
    assert "stored_instances.tar.gz could not be downloaded: the authors' server answered 404" in state.message
    assert DownloadService(tmp_path / "models").terms(NAME) == []  # nothing that it cannot do without


def test_the_terms_name_everything_with_size_and_licence(tmp_path):
    model, encoder, instances = DownloadService(tmp_path / "models").terms(NAME)
    assert (model.title, model.megabytes, model.licence) == ("IC-GAN ImageNet 64", 136, "CC BY-NC 4.0")
    assert "not for commercial use" in model.note
    assert model.url == "https://creativecommons.org/licenses/by-nc/4.0/"
    assert (encoder.title, encoder.megabytes) == ("ResNet-50, self-supervised with SwAV, 800 epochs", 108)
    assert (encoder.licence, instances.licence) == ("CC BY-NC 4.0", "CC BY-NC 4.0")
    assert "1,000 stored instances" in instances.title


def test_nothing_is_offered_for_a_name_that_is_not_published(tmp_path):
    assert DownloadService(tmp_path).terms("produce64") == []


def test_a_failure_is_a_sentence_and_leaves_no_model(server, tmp_path):
    state = finished(tmp_path / "models", servers=Servers(server.url, server.url))
    assert state.stage == "failed"
    assert state.message.startswith(f"{NAME}.tar.gz could not be downloaded: the Hub answered 404")
    assert not is_installed(NAME, tmp_path / "models")


def test_a_wrong_archive_is_a_sentence_and_leaves_no_model(server, tmp_path):
    server.files[ARCHIVE_PATH] = StubFile(b"\x1f\x8b but nothing of the kind")
    state = finished(tmp_path / "models", servers=Servers(server.url, server.url))
    assert (state.stage, state.message) == (
        "failed",
        f"{NAME}.tar.gz is not a complete .tar.gz archive. Download it again.",
    )
    assert not (tmp_path / "models" / NAME).exists()


def test_a_wrong_archive_does_not_stand_in_the_way_of_the_right_one(server, contents, tmp_path):
    """Neither as a file that need not be fetched again, nor as the hash that the next one is compared with."""
    models = tmp_path / "models"
    server.files[ARCHIVE_PATH], server.files[ENCODER_PATH] = StubFile(b"\x1f\x8b wrong"), StubFile(contents[1])
    assert finished(models, servers=Servers(server.url, server.url)).stage == "failed"
    assert [path.name for path in models.rglob("*") if path.is_file()] == ["received.json"]
    server.files[ARCHIVE_PATH] = StubFile(contents[0])
    state = finished(models, servers=Servers(server.url, server.url))
    assert state.stage == "done", state.message


@pytest.fixture
def installed(server, contents, tmp_path):
    """A model folder with the model and its encoder."""
    server.files[ARCHIVE_PATH], server.files[ENCODER_PATH] = StubFile(contents[0]), StubFile(contents[1])
    models = tmp_path / "models"
    assert finished(models, servers=Servers(server.url, server.url)).stage == "done"
    return models


def cut_short(path):
    path.write_bytes(path.read_bytes()[:-9])


def flip_a_bit(path):
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize(
    ("damage", "file", "title"),
    [
        (cut_short, f"{NAME}/generator.safetensors", "IC-GAN ImageNet 64"),
        (flip_a_bit, f"{NAME}/generator.safetensors", "IC-GAN ImageNet 64"),
        (cut_short, f"{NAME}/card.json", "IC-GAN ImageNet 64"),
        (Path.unlink, f"{NAME}/card.json", "IC-GAN ImageNet 64"),
        (flip_a_bit, "encoders/resnet50-swav/encoder.safetensors", "ResNet-50, self-supervised with SwAV, 800 epochs"),
    ],
)
def test_a_damaged_part_is_fetched_again_and_only_that(server, installed, damage, file, title):
    damage(installed / file)
    first, *others = DownloadService(installed).terms(NAME)
    assert first.title == title
    assert all("stored instances" in other.title for other in others)
    state = finished(installed, servers=Servers(server.url, server.url))
    assert state.stage == "done", state.message
    assert DownloadService(installed).terms(NAME) == []


def test_a_damaged_model_stays_as_it_is_while_the_new_one_cannot_be_had(server, installed):
    flip_a_bit(installed / NAME / "generator.safetensors")
    server.files.clear()
    assert finished(installed, servers=Servers(server.url, server.url)).stage == "failed"
    assert (installed / NAME / "generator.safetensors").exists()


def test_a_second_start_is_told_to_wait_and_stop_ends_the_first(contents, tmp_path, monkeypatch):
    running, gate, held, ended = (threading.Event() for _ in range(4))
    gate.set()

    def slow(remote, models, *, report, servers):
        running.set()
        while not ended.wait(0.01):
            if not gate.is_set():
                held.set()
                gate.wait(DEADLINE_S)
            report(1, 100)
        raise AssertionError("was not stopped")

    monkeypatch.setattr(download_service, "fetch", slow)
    installer = DownloadService(tmp_path / "models")
    assert installer.progress() is None
    installer.start(NAME)
    assert running.wait(DEADLINE_S)
    with pytest.raises(BusyError, match=f"{NAME} is being downloaded"):
        installer.start("icgan_biggan_imagenet_res128")
    state = installer.progress()
    assert state.is_running
    assert (state.name, state.stage) == (NAME, "fetching")
    assert not installer.progress().is_stopping
    gate.clear()
    assert held.wait(DEADLINE_S)
    installer.stop()
    assert installer.progress().is_stopping, "a stop is told of before the next bytes come"
    gate.set()
    state = installer.wait(DEADLINE_S)
    assert (state.stage, state.is_stopping) == ("cancelled", False)
    ended.set()


def test_the_time_left_follows_from_the_pace_of_the_current_file_since_it_was_resumed(tmp_path, monkeypatch):
    now, seen = [0.0], []

    def fetched(remote, models, *, report, servers):
        for second, done in ((0.0, 40), (2.0, 50), (4.0, 70)):
            now[0] = second
            report(done, 100)
            seen.append(installer.progress().left_s)
        raise WeightsError("That is enough.")

    monkeypatch.setattr(download_service, "fetch", fetched)
    monkeypatch.setattr(download_service.time, "monotonic", lambda: now[0])
    installer = DownloadService(tmp_path / "models")
    installer.start(NAME)
    installer.wait(DEADLINE_S)
    assert seen[:3] == [None, 10.0, 4.0]


def test_an_unknown_name_is_answered_with_the_known_ones(tmp_path):
    with pytest.raises(RequestError, match=r"named 'nothing'\. Published: icgan_biggan_imagenet_res64, "):
        DownloadService(tmp_path).start("nothing")


def test_the_share_is_known_when_the_size_is():
    assert Installation("a", "fetching", done_bytes=25, total_bytes=100).share == 0.25
    assert Installation("a", "fetching", done_bytes=25).share is None


@pytest.mark.parametrize("name", [*PUBLISHED, *ENCODER_WEIGHTS, "stored_instances"])
def test_everything_published_has_a_file_and_terms(name):
    assert remote_file(name).url
    assert download_service.licence_of(name).note
