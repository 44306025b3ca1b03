"""Banks of any size: from every kind of source, continued after a kill, the same as if nothing had happened."""

import io
import signal
import subprocess
import sys
import tarfile
import zipfile

import numpy as np
import pytest
import torch
from PIL import Image

from icgan_demo.config import EmbedPlan, IndexPlan
from icgan_demo.errors import ArchiveError, IndexFileError, RequestError
from icgan_demo.index import NeighbourIndex
from icgan_demo.inference.loading import load_model
from icgan_demo.service.banks.bank_building import build_bank
from icgan_demo.service.banks.bank_streaming import build_bank_folder, embed_into
from icgan_demo.weights.bank_folder import StoredPictures, StoredRows, check_bank_folder, read_labels, read_shard

PLAN = EmbedPlan("Mine", shard_pictures=4)


def png(seed):
    buffer = io.BytesIO()
    Image.fromarray(np.random.default_rng(seed).integers(0, 255, (40, 40, 3), dtype=np.uint8)).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    """Ten different pictures in two class folders, a copy of one of them, and a file that is none."""
    folder = tmp_path_factory.mktemp("pictures")
    for n in range(10):
        path = folder / ("apple" if n % 2 else "pear") / f"{n}.png"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(png(n))
    (folder / "pear" / "again.png").write_bytes(png(9))
    (folder / "pear" / "broken.jpg").write_bytes(b"nothing")
    return folder


@pytest.fixture
def model(models_folder):
    return load_model(models_folder / "tiny")


def contents(folder):
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.name != "lock"}


def names_in(folder):
    return [name for path in sorted(folder.glob("shard-*")) for name in read_shard(path).names]


def test_a_folder_becomes_shards_with_classes_and_without_doubles(pictures, model, tmp_path):
    manifest = embed_into([pictures], model, tmp_path / "bank", PLAN)
    assert (manifest.count, manifest.looked_at, manifest.skipped, manifest.duplicates) == (10, 12, 1, 1)
    assert manifest.class_names == ("apple", "pear")
    labels = [manifest.class_names[row] for row in read_labels(tmp_path / "bank", manifest).tolist()]
    assert labels == [name.split("/")[0] for name in names_in(tmp_path / "bank")]
    assert "pear/again.png" not in names_in(tmp_path / "bank")
    assert check_bank_folder(tmp_path / "bank") == manifest


def test_the_features_are_those_of_a_bank_in_one_file(pictures, model, tmp_path):
    manifest = embed_into([pictures], model, tmp_path / "bank", PLAN)
    bank, _ = build_bank([pictures], model)
    index = NeighbourIndex.of_folder(tmp_path / "bank", manifest)
    found, cosines = index.search(torch.nn.functional.normalize(bank.features, dim=1), 1)
    assert sorted(found[:, 0].tolist()) == list(range(10))
    assert cosines.min() > 0.999


def test_a_second_call_continues_and_the_result_is_that_of_one(pictures, model, tmp_path):
    whole = tmp_path / "whole"
    embed_into([pictures], model, whole, PLAN)

    class StopError(Exception):
        pass

    def stop(progress):
        if progress.looked_at >= 8:
            raise StopError

    with pytest.raises(StopError):
        embed_into([pictures], model, tmp_path / "parts", PLAN, stop)
    assert [path.name for path in (tmp_path / "parts").glob("shard-*")]
    with pytest.raises(IndexFileError, match=r"holds no finished bank. Build it, or continue"):
        check_bank_folder(tmp_path / "parts")
    told = []
    embed_into([pictures], model, tmp_path / "parts", PLAN, told.append)
    assert told[0].found_done >= 4
    assert contents(tmp_path / "parts") == contents(whole)


KILLED = """
import os, signal, sys
from pathlib import Path
from icgan_demo.config import EmbedPlan
from icgan_demo.inference.loading import load_model
from icgan_demo.service.banks.bank_streaming import embed_into
folder, model, out, last = sys.argv[1:]
def tell(progress):
    if progress.looked_at >= int(last):
        os.kill(os.getpid(), signal.SIGKILL)
embed_into([Path(folder)], load_model(model), Path(out), EmbedPlan("Mine", shard_pictures=4), tell)
"""


def test_a_killed_process_loses_no_picture_and_doubles_none(pictures, models_folder, model, tmp_path):
    for last in (4, 8):  # killed with one shard, and with two; the third process ends
        words = [sys.executable, "-c", KILLED, pictures, models_folder / "tiny", tmp_path / "killed", last]
        done = subprocess.run([str(word) for word in words], capture_output=True, text=True, check=False)
        assert done.returncode == -signal.SIGKILL, done.stderr
        assert not (tmp_path / "killed" / "manifest.json").exists()
        (tmp_path / "killed" / ".shard-000002.safetensors.1.abcd.tmp").write_bytes(b"half of")
    embed_into([pictures], model, tmp_path / "killed", PLAN)
    embed_into([pictures], model, tmp_path / "whole", PLAN)
    assert contents(tmp_path / "killed") == contents(tmp_path / "whole")


def test_a_finished_folder_is_left_as_it_is(pictures, model, tmp_path):
    embed_into([pictures], model, tmp_path / "bank", PLAN)
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "bank").glob("*.safetensors")}
    embed_into([pictures], model, tmp_path / "bank", PLAN)
    assert {path: path.stat().st_mtime_ns for path in before} == before


def test_pictures_added_at_the_end_are_added(pictures, model, tmp_path):
    more = tmp_path / "more"
    more.mkdir()
    (more / "new.png").write_bytes(png(77))
    embed_into([pictures], model, tmp_path / "bank", PLAN)
    manifest = embed_into([pictures, more], model, tmp_path / "bank", PLAN)
    assert manifest.count == 11
    assert names_in(tmp_path / "bank")[-1] == "new.png"


def test_other_pictures_and_other_encoders_are_refused(pictures, model, models_folder, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    (other / "1.png").write_bytes(png(50))
    embed_into([pictures], model, tmp_path / "bank", PLAN)
    before = contents(tmp_path / "bank")
    with pytest.raises(RequestError, match="bank holds other images than these"):
        embed_into([other], model, tmp_path / "bank", PLAN)
    model.encoder.identity = "another"
    with pytest.raises(RequestError, match="features of another encoder"):
        embed_into([pictures], model, tmp_path / "bank", PLAN)
    assert contents(tmp_path / "bank") == before


def tar_of(files, path):
    with tarfile.open(path, "w") as archive:
        for name, content in files:
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return path


def test_all_kinds_of_sources_give_their_pictures_and_classes(pictures, model, tmp_path):
    samples = [(f"{n:03d}.{end}", data) for n in (0, 1) for end, data in (("cls", b"otter"), ("png", png(20 + n)))]
    shard = tar_of([*samples, ("002.png", b"nothing")], tmp_path / "a.tar")
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as archive:
        archive.writestr("lynx/1.png", png(30))
        archive.writestr("seal/2.png", png(31))
    listed = tmp_path / "c.txt"
    listed.write_text(f"# some of them\n{pictures}/apple/1.png\n\nmissing.png\n")
    sources = [shard, tmp_path / "b.zip", listed]
    manifest = embed_into(sources, model, tmp_path / "bank", PLAN)
    assert (manifest.count, manifest.skipped) == (5, 2)
    labels = read_labels(tmp_path / "bank", manifest).tolist()
    assert [manifest.class_names[row] if row >= 0 else "" for row in labels][:4] == ["otter", "otter", "lynx", "seal"]
    again = embed_into(sources, model, tmp_path / "bank", PLAN)  # their names alone, the second time
    assert again == manifest


def test_a_folder_of_shards_is_read_shard_by_shard(model, tmp_path):
    (tmp_path / "data").mkdir()
    for number in range(3):
        tar_of([(f"{n}.png", png(10 * number + n)) for n in range(3)], tmp_path / "data" / f"{number}.tar")
    assert embed_into([tmp_path / "data"], model, tmp_path / "bank", PLAN).count == 9


def test_a_tar_cut_short_gives_what_stood_before_and_a_reason(model, tmp_path):
    shard = tar_of([(f"{n}.png", png(n)) for n in range(3)], tmp_path / "a.tar")
    shard.write_bytes(shard.read_bytes()[:9_000])
    manifest = embed_into([shard], model, tmp_path / "bank", PLAN)
    assert manifest.count == 1
    assert manifest.skipped >= 1


def parquet_of(path, count):
    pyarrow = pytest.importorskip("pyarrow", reason="Parquet needs pyarrow")
    from pyarrow import parquet

    rows = {
        "image": [{"bytes": png(n), "path": f"/etc/{n}.png"} for n in range(count)],
        "label": [n % 2 for n in range(count)],
    }
    said = b'{"info": {"features": {"label": {"names": ["wolf", "bear"]}}}}'
    table = pyarrow.table(rows).replace_schema_metadata({b"huggingface": said})
    parquet.write_table(table, path, row_group_size=3)
    return path


def test_a_parquet_file_gives_the_bytes_of_its_pictures_and_their_classes(model, tmp_path):
    path = parquet_of(tmp_path / "a.parquet", 7)
    manifest = embed_into([path], model, tmp_path / "bank", PLAN)
    assert manifest.count == 7
    assert manifest.class_names == ("bear", "wolf")
    assert read_labels(tmp_path / "bank", manifest).tolist() == [1, 0, 1, 0, 1, 0, 1]
    assert embed_into([path], model, tmp_path / "bank", PLAN) == manifest


def test_nothing_of_use_is_one_sentence(model, tmp_path):
    (tmp_path / "x.jpg").write_bytes(b"nothing")
    with pytest.raises(ArchiveError, match=r"No usable image was found. x.jpg: "):
        embed_into([tmp_path / "x.jpg"], model, tmp_path / "bank", PLAN)


def test_two_processes_do_not_fill_one_folder(pictures, model, tmp_path):
    def again(progress):
        with pytest.raises(RequestError, match="being filled by another process"):
            embed_into([pictures], model, tmp_path / "bank", PLAN)

    embed_into([pictures], model, tmp_path / "bank", PLAN, again)


def test_small_pictures_are_kept_where_they_are_wanted(pictures, model, tmp_path):
    manifest = embed_into([pictures], model, tmp_path / "bank", EmbedPlan(shard_pictures=4, has_thumbnails=True))
    kept = StoredPictures(tmp_path / "bank", manifest)
    for row in range(10):
        assert Image.open(io.BytesIO(kept[row])).format == "WEBP"
    assert len({kept[row] for row in range(10)}) == 10


def test_many_rows_get_an_index_and_few_need_none(pictures, model, tmp_path):
    plan = IndexPlan(exact_up_to=6, queries=10, segment_rows=4)
    manifest = build_bank_folder([pictures], model, tmp_path / "bank", PLAN, plan)
    assert (tmp_path / "bank" / "index.json").exists()
    index = NeighbourIndex.of_folder(tmp_path / "bank", manifest, plan)
    rows = StoredRows(tmp_path / "bank", manifest)
    found, cosines = index.search(rows.take(torch.arange(10)), 3)
    assert found[:, 0].tolist() == list(range(10))
    torch.testing.assert_close(cosines[:, 0], torch.ones(10))
    build_bank_folder([pictures], model, tmp_path / "few", PLAN)
    assert not (tmp_path / "few" / "index.json").exists()


def test_a_missing_index_is_one_sentence(pictures, model, tmp_path):
    manifest = embed_into([pictures], model, tmp_path / "bank", PLAN)
    with pytest.raises(IndexFileError, match=r"The index is missing or damaged. Build it again."):
        NeighbourIndex.of_folder(tmp_path / "bank", manifest, IndexPlan(exact_up_to=6))


def test_an_altered_shard_is_found(pictures, model, tmp_path):
    embed_into([pictures], model, tmp_path / "bank", PLAN)
    path = tmp_path / "bank" / "shard-000001.safetensors"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(IndexFileError, match=r"shard-000001.safetensors is damaged"):
        check_bank_folder(tmp_path / "bank")
