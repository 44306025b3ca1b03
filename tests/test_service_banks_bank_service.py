"""Banks of visitors through the real service around a tiny model."""

import io
import zipfile

import numpy as np
import pytest
from PIL import Image

from icgan_demo.config import EmbedPlan, Limits
from icgan_demo.errors import ArchiveError, IndexFileError, RequestError
from icgan_demo.service.banks import bank_service
from icgan_demo.service.banks.bank_building import build_bank
from icgan_demo.service.banks.bank_service import BankService
from icgan_demo.service.banks.bank_streaming import embed_into
from icgan_demo.service.drawing.drawing_requests import Blend
from icgan_demo.service.drawing.sampling_service import SamplingService
from icgan_demo.service.model_store import ModelStore
from icgan_demo.weights.bank_file import read_bank, write_bank


def png(seed):
    pixels = np.random.default_rng(seed).integers(0, 255, (40, 48, 3), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def zip_of(path, members):
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


@pytest.fixture(scope="module")
def store(models_folder):
    return ModelStore([models_folder])


@pytest.fixture
def banks(store, tmp_path):
    return BankService(store, SamplingService(store), tmp_path / "data", Limits())


@pytest.fixture
def archive(tmp_path):
    members = {f"{'birds' if n % 2 else 'cats'}/{n}.png": png(n) for n in range(20)}
    return zip_of(tmp_path / "animals.zip", members | {"birds/copy.png": png(1), "birds/broken.png": b"no picture"})


def built(banks, *files, model="tiny", name=""):
    *_, last = banks.build(model, files, name)
    return last.finished


def test_a_zip_becomes_a_bank_with_its_folders_as_classes(banks, archive, store):
    reports = list(banks.build("tiny", [archive], ""))
    info = reports[-1].finished
    assert (info.name, info.count, info.classes, info.duplicates) == ("animals", 20, 2, 1)
    assert [name for name, _ in info.skipped] == ["birds/broken.png"]
    assert (reports[0].done, reports[0].total) == (0, 22)
    assert [report.done for report in reports] == sorted(report.done for report in reports)
    bank = read_bank(banks.file(info.bank_id))
    assert bank.encoder == store.get("tiny").feature_identity
    member = Image.open(io.BytesIO(png(0)))
    assert float(bank.features[0] @ store.get("tiny").encode([member])[0]) > 0.9999
    assert bank.label(0) == "cats"


def test_a_stopped_building_leaves_nothing(banks, archive, tmp_path):
    reports = banks.build("tiny", [archive], "")
    next(reports)
    reports.close()
    assert list((tmp_path / "data").rglob("*.safetensors")) == []


def test_a_bank_is_a_map_with_pictures_whose_instances_can_be_picked(banks, archive):
    info = built(banks, archive)
    shown = banks.map("tiny", info.bank_id, "pca")
    assert shown.places.shape == (20, 2)
    assert set(shown.labels) == {"birds", "cats"}
    assert 0 < shown.sparse <= len(shown.pictures) <= 20
    instance = banks.pick("tiny", info.bank_id, 3)
    place = banks.place("tiny", info.bank_id, "pca", instance.feature)
    assert place == pytest.approx(tuple(shown.places[3].tolist()), abs=1e-4)
    assert instance.crop.width > 8
    assert banks.label("tiny", info.bank_id, 3) == "birds"
    with pytest.raises(RequestError, match="There is no instance 20"):
        banks.pick("tiny", info.bank_id, 20)


def test_an_own_photo_lies_on_its_own_point(banks, archive, tmp_path):
    info = built(banks, archive)
    photo = tmp_path / "photo.png"
    photo.write_bytes(png(4))
    feature = SamplingService(banks._store).encode("tiny", photo).feature
    place = banks.place("tiny", info.bank_id, "pca", feature)
    assert place == pytest.approx(tuple(banks.map("tiny", info.bank_id, "pca").places[4]), abs=5e-3)


def test_a_bank_file_goes_to_another_visitor(banks, archive, tmp_path):
    info = built(banks, archive, name="Shared")
    copy = tmp_path / "from a friend.safetensors"
    copy.write_bytes(banks.file(info.bank_id).read_bytes())
    taken = banks.take(copy)
    assert (taken.name, taken.count) == ("Shared", 20)
    assert taken.bank_id != info.bank_id
    banks.delete(info.bank_id)
    assert banks.map("tiny", taken.bank_id, "pca").places.shape == (20, 2)
    with pytest.raises(RequestError, match="no longer here"):
        banks.info(info.bank_id)


def test_a_model_with_another_encoder_says_so(banks, archive):
    info = built(banks, archive)
    with pytest.raises(IndexFileError, match="another encoder than that of Tiny plain"):
        banks.map("plain", info.bank_id, "pca")


@pytest.mark.parametrize("bank_id", ["../../etc/passwd", "0" * 32, "", None, "G" * 32])
def test_unknown_and_forged_ids_are_one_sentence(banks, bank_id):
    with pytest.raises(RequestError, match="no longer here"):
        banks.file(bank_id)


def test_too_many_pictures_are_refused(store, archive, tmp_path):
    small = BankService(store, SamplingService(store), tmp_path / "small", Limits(bank_pictures=18))
    with pytest.raises((RequestError, ArchiveError), match="Too many"):
        built(small, archive)


def test_no_usable_picture_is_said_with_a_reason(banks, tmp_path):
    with pytest.raises(ArchiveError, match=r"No usable image was found. a.png: "):
        built(banks, zip_of(tmp_path / "bad.zip", {"a.png": b"nothing"}))
    with pytest.raises(RequestError, match="Choose some images"):
        built(banks)


def test_only_the_newest_banks_are_kept(store, archive, tmp_path):
    few = BankService(store, SamplingService(store), tmp_path / "few", Limits(kept_banks=2))
    ids = [built(few, archive).bank_id for _ in range(3)]
    assert few.info(ids[-1]).count == 20
    assert len(list((tmp_path / "few").rglob("*.safetensors"))) == 2


def test_a_picture_in_a_bank_file_that_is_none_is_left_out(banks, store, archive, tmp_path):
    bank = read_bank(banks.file(built(banks, archive).bank_id))
    hostile = type(bank)(
        bank.name, bank.encoder, bank.features, bank.labels, bank.class_names, (b"<svg>", *bank.thumbnails[1:])
    )
    write_bank(hostile, tmp_path / "h.safetensors")
    taken = banks.take(tmp_path / "h.safetensors")
    assert 0 not in banks.map("tiny", taken.bank_id, "pca").pictures
    assert banks.pick("tiny", taken.bank_id, 0).crop.width == 32  # drawn instead


def test_samples_are_explained_against_bank_and_training_pictures(banks, archive, store):
    info = built(banks, archive)
    instance = banks.pick("tiny", info.bank_id, 0)
    pictures = [Image.open(io.BytesIO(png(0))), Image.open(io.BytesIO(png(99)))]
    found = banks.explain("tiny", info.bank_id, Blend((instance.feature,)), pictures)
    assert found.distances[0] == pytest.approx(0, abs=0.02)
    assert found.nearest[0].row == 0
    assert found.nearest[0].label == "cats"
    assert len(found.nearest_training) == 2
    assert found.training_count == len(store.get("tiny").bank.labels)
    assert found.fidelity == pytest.approx(1 - sum(d * d / 2 for d in found.distances) / 2, abs=1e-3)
    assert found.real_fidelity is not None


def test_a_mix_is_explained_as_the_one_instance_it_is(banks, archive):
    info = built(banks, archive)
    a, b = (banks.feature("tiny", info.bank_id, row) for row in (0, 1))
    picture = Image.open(io.BytesIO(png(0)))
    alone, mixed = (
        banks.explain("tiny", info.bank_id, Blend((a, b), weights), [picture]) for weights in ((1.0, 0.0), (0.5, 0.5))
    )
    middle = (a + b) / np.linalg.norm(a + b)
    assert alone.fidelity == pytest.approx(1, abs=1e-3)
    assert mixed.fidelity == pytest.approx(float(a @ middle), abs=2e-3)


@pytest.mark.parametrize("bank", ["own", "visitor's"])
def test_a_feature_is_that_of_the_picked_instance_and_unknown_rows_are_refused(banks, archive, bank):
    bank_id = "" if bank == "own" else built(banks, archive).bank_id
    assert (banks.feature("tiny", bank_id, 2) == banks.pick("tiny", bank_id, 2).feature).all()
    for row in (-1, 10_000, True, "1"):
        with pytest.raises(RequestError, match="no instance"):
            banks.feature("tiny", bank_id, row)


def test_the_models_own_bank_is_a_map_drawn_by_the_model(banks, store):
    shown = banks.map("tiny", "", "pca")
    assert len(shown.places) == len(store.get("tiny").bank.labels)
    assert len(shown.pictures) > 0
    assert banks.pick("tiny", "", 2).crop.width == 32


def test_python_builds_the_same_bank_from_a_folder(store, tmp_path, banks, archive):
    for n in range(20):
        target = tmp_path / "folder" / ("birds" if n % 2 else "cats") / f"{n:02d}.png"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(png(n))
    seen = []
    bank, skipped = build_bank([tmp_path / "folder"], store.get("tiny"), report=lambda done, total: seen.append(total))
    assert (bank.name, len(bank), skipped) == ("folder", 20, [])
    assert seen == [20] * 20
    other = read_bank(banks.file(built(banks, archive).bank_id))
    assert sorted(bank.features.sum(1).tolist()) == pytest.approx(sorted(other.features.sum(1).tolist()), abs=2e-2)


@pytest.fixture
def shared(banks, store, archive, tmp_path, monkeypatch):
    """Return the bank that the command line has put where the page finds it; the map shows seven of its rows."""
    monkeypatch.setattr(bank_service, "MOST_SHOWN", 7)
    plan = EmbedPlan("Everybody's", shard_pictures=8, has_thumbnails=True)
    embed_into([archive], store.get("tiny"), tmp_path / "data" / "shared-banks" / "animals", plan)
    [info] = banks.shared()
    return info


def test_a_bank_for_everybody_is_listed_with_all_its_pictures(shared, banks):
    assert (shared.name, shared.count, shared.classes, shared.is_shared) == ("Everybody's", 20, 2, True)
    assert banks.info(shared.bank_id) == shared


def test_the_map_shows_a_sample_and_a_click_means_the_row_of_the_bank(shared, banks):
    shown = banks.map("tiny", shared.bank_id, "pca")
    assert shown.places.shape == (7, 2)
    assert (len(shown.rows), shown.total) == (7, 20)
    assert shown.pictures
    for place, row in enumerate(shown.rows):
        assert banks.label("tiny", shared.bank_id, row) == shown.labels[place]
    row = shown.row(6)
    picked = banks.pick("tiny", shared.bank_id, row)
    np.testing.assert_array_equal(picked.feature, banks.feature("tiny", shared.bank_id, row))
    assert picked.crop.size == (32, 32)


def test_comparisons_use_the_rows_that_are_not_shown(shared, banks, store, tmp_path, monkeypatch):
    instances = [banks.pick("tiny", shared.bank_id, row) for row in range(20)]
    blend, pictures = Blend((instances[0].feature,)), [instance.crop for instance in instances]
    compared = banks.explain("tiny", shared.bank_id, blend, pictures)
    shown = banks.map("tiny", shared.bank_id, "pca").rows
    assert {near.row for near in compared.nearest} - set(shown)
    monkeypatch.setattr(bank_service, "MOST_SHOWN", 100)
    whole = BankService(store, SamplingService(store), tmp_path / "data", Limits())
    assert whole.explain("tiny", shared.bank_id, blend, pictures) == compared


def test_a_bank_for_everybody_is_neither_handed_out_nor_deleted(shared, banks):
    with pytest.raises(RequestError, match="too large to be handed out"):
        banks.file(shared.bank_id)
    banks.delete(shared.bank_id)
    assert banks.shared() == (shared,)


def test_a_bank_that_is_still_being_built_is_not_listed(shared, banks, tmp_path):
    (tmp_path / "data" / "shared-banks" / "half").mkdir()
    assert banks.shared() == (shared,)
