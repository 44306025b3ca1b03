import errno
import fcntl
import hashlib
import json
import shutil
from collections import namedtuple
from types import SimpleNamespace

import pytest
from huggingface_hub import constants, file_download
from stub_server import StubFile, serving

from icgan_demo.errors import BusyError, WeightsError
from icgan_demo.weights.published.catalogue import MIRROR_REVISION, PUBLISHED, RemoteFile
from icgan_demo.weights.published.hub import Servers, fetch, forget

CONTENT = b"\x1f\x8b" + bytes(range(256)) * 40
REMOTE = RemoteFile("model.tar.gz", "ic_gan/model.tar.gz", "pretrained_models_path/model.tar.gz")
MIRROR_PATH = f"/facebook/ic_gan/resolve/{MIRROR_REVISION}/pretrained_models_path/model.tar.gz"
ORIGIN_PATH = "/ic_gan/model.tar.gz"


@pytest.fixture
def server():
    with serving() as stub:
        yield stub


@pytest.fixture
def servers(server):
    return Servers(hub=server.url, origin=server.url)


@pytest.fixture(autouse=True)
def library(monkeypatch, tmp_path):
    """Keep the library's own cache out, let it report often, and let its retries not wait."""
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(constants, "DOWNLOAD_CHUNK_SIZE", 1000)
    monkeypatch.setattr(file_download, "time", SimpleNamespace(sleep=lambda _: None))


def left_in(folder):
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def test_the_mirror_is_asked_at_its_pinned_revision_and_progress_is_told(server, servers, tmp_path):
    server.files[MIRROR_PATH] = StubFile(CONTENT)
    told = []
    path = fetch(REMOTE, tmp_path, report=lambda done, total: told.append((done, total)), servers=servers)
    assert path.read_bytes() == CONTENT
    assert told[0] == (0, len(CONTENT))
    assert told[-1] == (len(CONTENT), len(CONTENT))
    assert len(told) > 5
    assert {path for _, path, _ in server.requests} == {MIRROR_PATH}
    assert left_in(tmp_path) == ["model.tar.gz", "received.json"]


def test_a_file_that_is_here_is_not_fetched_again(server, servers, tmp_path):
    server.files[MIRROR_PATH] = StubFile(CONTENT)
    fetch(REMOTE, tmp_path, servers=servers)
    server.requests.clear()
    assert fetch(REMOTE, tmp_path, servers=servers).read_bytes() == CONTENT
    assert server.requests == []


def test_an_altered_copy_is_fetched_again(server, servers, tmp_path):
    server.files[MIRROR_PATH] = StubFile(CONTENT)
    path = fetch(REMOTE, tmp_path, servers=servers)
    path.write_bytes(CONTENT[:-1] + b"x")
    assert fetch(REMOTE, tmp_path, servers=servers).read_bytes() == CONTENT


def test_the_redirect_to_a_storage_server_is_followed(server, servers, tmp_path):
    server.files[MIRROR_PATH] = StubFile(CONTENT, redirect=f"{server.url}/storage")
    server.files["/storage"] = StubFile(CONTENT)
    assert fetch(REMOTE, tmp_path, servers=servers).read_bytes() == CONTENT


def test_a_transfer_that_breaks_off_goes_on_where_it_stopped(server, servers, tmp_path):
    server.files[MIRROR_PATH] = StubFile(CONTENT, cuts=[5000])
    assert fetch(REMOTE, tmp_path, servers=servers).read_bytes() == CONTENT
    assert server.ranges() == [None, "bytes=5000-"]


def test_a_transfer_that_was_cancelled_is_resumed_by_the_next_call(server, servers, tmp_path):
    server.files[MIRROR_PATH] = StubFile(CONTENT)

    def cancel(done, total):
        if done >= 3000:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch(REMOTE, tmp_path, report=cancel, servers=servers)
    assert [name for name in left_in(tmp_path) if not name.endswith(".part")] == []
    part = next((tmp_path / "downloads").glob("*.part")).stat().st_size
    assert 0 < part < len(CONTENT)
    assert fetch(REMOTE, tmp_path, servers=servers).read_bytes() == CONTENT
    assert server.ranges() == [None, f"bytes={part}-"]
    assert left_in(tmp_path) == ["model.tar.gz", "received.json"]


def test_a_server_that_ignores_ranges_sends_all_of_it_again(server, servers, tmp_path):
    server.files[MIRROR_PATH] = StubFile(CONTENT, cuts=[5000], ignores_ranges=True)
    assert fetch(REMOTE, tmp_path, servers=servers).read_bytes() == CONTENT


def test_a_half_of_another_version_is_not_continued(server, servers, tmp_path):
    server.files[MIRROR_PATH] = StubFile(CONTENT[::-1], cuts=[4000] + [0] * 10)
    with pytest.raises(WeightsError):
        fetch(REMOTE, tmp_path, servers=servers)
    server.files[MIRROR_PATH] = StubFile(CONTENT)
    server.requests.clear()
    assert fetch(REMOTE, tmp_path, servers=servers).read_bytes() == CONTENT
    assert server.ranges() == [None]
    assert left_in(tmp_path) == ["model.tar.gz", "received.json"]


def test_the_authors_server_is_the_second_source(server, servers, tmp_path):
    server.files[ORIGIN_PATH] = StubFile(CONTENT)
    assert fetch(REMOTE, tmp_path, servers=servers).read_bytes() == CONTENT
    assert [path for _, path, _ in server.requests] == [MIRROR_PATH, ORIGIN_PATH, ORIGIN_PATH]


def test_a_file_that_the_mirror_lacks_is_asked_of_the_authors_alone(server, servers, tmp_path):
    server.files[ORIGIN_PATH] = StubFile(CONTENT)
    fetch(RemoteFile("model.tar.gz", "ic_gan/model.tar.gz"), tmp_path, servers=servers)
    assert {path for _, path, _ in server.requests} == {ORIGIN_PATH}


def test_a_server_that_knows_no_head_still_serves(server, servers, tmp_path):
    server.files[ORIGIN_PATH] = StubFile(CONTENT, refuses_head=True)
    assert fetch(REMOTE, tmp_path, servers=servers).read_bytes() == CONTENT


def test_a_404_from_both_is_one_sentence(server, servers, tmp_path):
    with pytest.raises(
        WeightsError, match=r"the Hub answered 404; the authors' server answered 404\. Try again"
    ) as told:
        fetch(REMOTE, tmp_path, servers=servers)
    assert server.url not in str(told.value)
    assert left_in(tmp_path) == []


def test_a_web_page_in_place_of_the_file_is_recognised(server, servers, tmp_path):
    server.files[MIRROR_PATH] = StubFile(b"<!doctype html><title>Sign in to the hotel</title>")
    server.files[ORIGIN_PATH] = StubFile(CONTENT)
    assert fetch(REMOTE, tmp_path, servers=servers).read_bytes() == CONTENT
    del server.files[ORIGIN_PATH]
    (tmp_path / "downloads" / "model.tar.gz").unlink()
    with pytest.raises(WeightsError, match="the Hub sent something else in its place, perhaps a web page"):
        fetch(REMOTE, tmp_path, servers=servers)
    assert left_in(tmp_path) == ["received.json"]


def test_a_wrong_checksum_is_refused(server, servers, tmp_path):
    server.files[MIRROR_PATH] = StubFile(CONTENT, etag="0" * 64)
    with pytest.raises(WeightsError, match="what the Hub sent has the wrong checksum"):
        fetch(REMOTE, tmp_path, servers=servers)
    assert left_in(tmp_path) == []


def test_a_published_checksum_is_demanded_of_every_source(server, servers, tmp_path):
    wanted = hashlib.sha256(CONTENT).hexdigest()[:8]
    remote = RemoteFile("net.pth", "net.pth", sha256_prefix=wanted)
    server.files["/net.pth"] = StubFile(CONTENT[:-1], etag="v1")
    with pytest.raises(WeightsError, match="is not the published file"):
        fetch(remote, tmp_path, servers=servers)
    server.files["/net.pth"] = StubFile(CONTENT, etag="v2")
    assert fetch(remote, tmp_path, servers=servers).read_bytes() == CONTENT


def test_what_came_first_is_remembered_and_compared(server, servers, tmp_path):
    remote = RemoteFile("model.tar.gz", "ic_gan/model.tar.gz")
    server.files[ORIGIN_PATH] = StubFile(CONTENT, etag="v1")
    fetch(remote, tmp_path, servers=servers)
    record = json.loads((tmp_path / "downloads" / "received.json").read_text())
    assert record == {"model.tar.gz": {"size": len(CONTENT), "sha256": hashlib.sha256(CONTENT).hexdigest()}}
    forget(remote, tmp_path)
    assert left_in(tmp_path) == ["received.json"]
    server.files[ORIGIN_PATH] = StubFile(CONTENT + b"!", etag="v2")
    with pytest.raises(WeightsError, match="differs from what it sent the first time"):
        fetch(remote, tmp_path, servers=servers)


def test_a_file_that_stays_short_is_one_sentence_and_kept_for_later(server, servers, tmp_path):
    server.files[MIRROR_PATH] = StubFile(CONTENT, cuts=[4000] + [0] * 10)
    with pytest.raises(WeightsError, match=r"the Hub broke off the transfer, .*; the authors' server answered 404"):
        fetch(REMOTE, tmp_path, servers=servers)
    assert all(name.endswith(".part") for name in left_in(tmp_path))
    server.requests.clear()
    server.files[MIRROR_PATH].cuts = []
    assert fetch(REMOTE, tmp_path, servers=servers).read_bytes() == CONTENT
    assert server.ranges() == ["bytes=4000-"]


def test_a_dead_network_is_one_sentence(tmp_path):
    with serving() as gone:
        servers = Servers(hub=gone.url, origin=gone.url)
    with pytest.raises(WeightsError, match="the Hub cannot be reached; the authors' server cannot be reached"):
        fetch(REMOTE, tmp_path, servers=servers)
    assert left_in(tmp_path) == []


def test_without_room_nothing_is_begun(server, servers, tmp_path, monkeypatch):
    server.files[MIRROR_PATH] = StubFile(CONTENT)
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(10**9, 10**9, 2 * len(CONTENT) - 1))
    with pytest.raises(WeightsError, match=r"The disk is full: model\.tar\.gz could not be stored"):
        fetch(REMOTE, tmp_path, servers=servers)
    assert server.ranges() == []
    assert left_in(tmp_path) == []


def test_a_disk_that_fills_up_on_the_way_is_one_sentence(server, servers, tmp_path):
    server.files[MIRROR_PATH] = StubFile(CONTENT)

    def fills(done, total):
        if done:
            raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(WeightsError, match="The disk is full"):
        fetch(REMOTE, tmp_path, report=fills, servers=servers)
    assert left_in(tmp_path) == []


def test_a_model_folder_that_cannot_be_written_is_one_sentence(server, servers, tmp_path):
    server.files[MIRROR_PATH] = StubFile(CONTENT)
    (tmp_path / "models").write_text("a file where the folder should be")
    with pytest.raises(WeightsError, match="Is the model folder writable"):
        fetch(REMOTE, tmp_path / "models", servers=servers)


def test_two_processes_do_not_write_the_same_file(server, servers, tmp_path):
    server.files[MIRROR_PATH] = StubFile(CONTENT, cuts=[4000] + [0] * 10)
    with pytest.raises(WeightsError):
        fetch(REMOTE, tmp_path, servers=servers)
    server.files[MIRROR_PATH].cuts = []
    with next((tmp_path / "downloads").glob("*.part")).open("ab") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(BusyError, match="is already being downloaded"):
            fetch(REMOTE, tmp_path, servers=servers)


def test_a_copy_in_the_hubs_cache_is_used_also_offline(tmp_path):
    repository = tmp_path / "hub" / "models--facebook--ic_gan"
    blob = repository / "blobs" / hashlib.sha256(CONTENT).hexdigest()
    pointer = repository / "snapshots" / MIRROR_REVISION / "pretrained_models_path" / "model.tar.gz"
    for folder in (blob.parent, pointer.parent):
        folder.mkdir(parents=True)
    blob.write_bytes(CONTENT)
    pointer.symlink_to(blob)
    assert fetch(REMOTE, tmp_path / "models", servers=Servers(offline=True)) == pointer
    forget(REMOTE, tmp_path / "models")
    assert pointer.exists()
    blob.write_bytes(b"damaged")
    with pytest.raises(WeightsError, match="downloads are switched off"):
        fetch(REMOTE, tmp_path / "models", servers=Servers(offline=True))


def test_offline_nothing_is_asked(server, tmp_path):
    with pytest.raises(WeightsError, match=r"not on this machine and downloads are switched off \(HF_HUB_OFFLINE\)"):
        fetch(REMOTE, tmp_path, servers=Servers(server.url, server.url, offline=True))
    assert server.requests == []


def test_the_environment_names_servers_and_offline_mode(monkeypatch):
    for name in ("HF_ENDPOINT", "ICGAN_ORIGIN", "HF_HUB_OFFLINE"):
        monkeypatch.delenv(name, raising=False)
    assert Servers.from_environment() == Servers("https://huggingface.co", "https://dl.fbaipublicfiles.com", False)
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:1/")
    monkeypatch.setenv("ICGAN_ORIGIN", "http://127.0.0.1:2")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert Servers.from_environment() == Servers("http://127.0.0.1:1", "http://127.0.0.1:2", True)


def test_eight_models_are_in_the_mirror_and_all_at_the_authors():
    remotes = [model.remote for model in PUBLISHED.values()]
    assert sum(bool(remote.mirror_path) for remote in remotes) == 8
    assert all(remote.url == f"ic_gan/{remote.name}" for remote in remotes)
