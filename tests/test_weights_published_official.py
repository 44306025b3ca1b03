import io
import json
import os
import pickle
import socket
import sys
import tarfile
import zipfile
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from official_files import (
    CC_NAME,
    NAME,
    official_settings,
    official_state,
    official_tensors,
    rewritten,
    tiny_config,
    torch_bytes,
    write_archive,
    write_official,
)

from icgan_demo.config import Precision
from icgan_demo.errors import WeightsError
from icgan_demo.inference.loading import load_model
from icgan_demo.models.biggan_discriminator import BigGanDiscriminator
from icgan_demo.models.biggan_generator import BigGanGenerator
from icgan_demo.weights.cards import read_card
from icgan_demo.weights.published import conversion, official
from icgan_demo.weights.published.catalogue import BIGGAN, PUBLISHED, STYLEGAN2, imagenet_class_names
from icgan_demo.weights.published.conversion import convert, convert_apart
from icgan_demo.weights.published.official import config_from_settings, convert_official, infer_config, read_official
from icgan_demo.weights.tensor_files import load_module

GOLDEN = Path(__file__).parents[1].parent / "shared" / "golden"
GOLDEN_FILES = sorted(GOLDEN.glob("*.tar.gz"))
needs_golden = pytest.mark.skipif(not GOLDEN_FILES, reason="the golden files of ../shared/golden are not here")

# Parameters of generator and discriminator, generator keys; icgan files hold an unused class table as well.
PUBLISHED_COUNTS = {
    "icgan_biggan_imagenet_res64": (36_655_876, 21_646_018, 142),
    "icgan_biggan_imagenet_res128": (77_160_132, 89_593_634, 170),
    "icgan_biggan_imagenet_res256": (90_014_340, 100_837_154, 198),
    "icgan_biggan_imagenet_res256_halfcap": (42_860_804, 45_520_066, 198),
    "cc_icgan_biggan_imagenet_res64": (37_868_292, 21_108_930, 142),
    "cc_icgan_biggan_imagenet_res128": (79_052_484, 88_788_002, 170),
    "cc_icgan_biggan_imagenet_res256": (92_299_908, 100_031_522, 198),
    "cc_icgan_biggan_imagenet_res256_halfcap": (44_384_516, 44_982_978, 198),
    "cc_icgan_biggan_imagenetlt_res64": (37_868_292, 21_108_930, 142),
    "cc_icgan_biggan_imagenetlt_res128": (38_073_988, 39_985_346, 170),
    "cc_icgan_biggan_imagenetlt_res256": (44_384_516, 44_982_978, 198),
    "icgan_biggan_coco_res128": (22_271_076, 23_189_330, 170),
    "icgan_biggan_coco_res256": (25_861_956, 26_000_786, 198),
}


def names_without_suffix(path):
    return path.name.removesuffix(".tar.gz")


@needs_golden
@pytest.mark.parametrize("path", GOLDEN_FILES, ids=names_without_suffix)
def test_golden_files_draw_what_the_original_code_drew(path):
    checkpoint = read_official(path)
    with torch.device("meta"):
        generator = BigGanGenerator(checkpoint.config)
    generator.load_state_dict(checkpoint.tensors, assign=True)
    expected = np.load(path.with_name(f"{checkpoint.name}.npz"))
    z, h, y = (torch.from_numpy(expected[key]) for key in "zhy")
    with torch.inference_mode():
        images = generator.eval()(z, generator.condition(h, y if checkpoint.config.num_classes else None))
    assert np.abs(images.numpy() - expected["images"]).max() <= 1e-4


@needs_golden
@pytest.mark.parametrize("path", GOLDEN_FILES, ids=names_without_suffix)
def test_golden_files_once_imported_draw_the_same_as_the_page_does(path, tmp_path):
    """Through the converted folder and the prepared generator, and with the surplus noise of the original demo."""
    name = convert_official(path, tmp_path)
    model = load_model(name, [tmp_path], Precision.FLOAT32)
    expected = np.load(path.with_name(f"{name}.npz"))
    z, h, y = (torch.from_numpy(expected[key]) for key in "zhy")
    z = F.pad(z, (0, 128 - z.shape[1]), value=3.0)
    images = model.draw(z, h, y if model.card.class_names else None)
    assert np.abs(images.numpy() - expected["images"]).max() <= 1e-4


@needs_golden
@pytest.mark.parametrize("path", GOLDEN_FILES, ids=names_without_suffix)
def test_golden_settings_equal_what_the_tensors_imply(path, tmp_path):
    with tarfile.open(path) as archive:
        archive.extractall(tmp_path, filter="data")
    folder = tmp_path / names_without_suffix(path)
    told = read_official(folder)
    for state in folder.glob("state_dict_*"):
        state.unlink()
    inferred = read_official(folder)
    assert inferred.settings == {}
    assert inferred.config == told.config
    assert inferred.encoder == told.encoder == PUBLISHED[told.name].encoder


@pytest.mark.parametrize("name", PUBLISHED_COUNTS)
def test_each_published_configuration_has_the_published_sizes(name):
    model = BIGGAN[name]
    with torch.device("meta"):
        generator, discriminator = BigGanGenerator(model.generator), BigGanDiscriminator(model.discriminator)
    unused_table = 0 if model.class_conditional else 1000 * 128
    parameters = sum(value.numel() for value in generator.parameters()) + unused_table
    keys = len(generator.state_dict()) + bool(unused_table)
    judged = sum(value.numel() for value in discriminator.parameters())
    assert (parameters, judged, keys) == PUBLISHED_COUNTS[name]


def test_there_are_fifteen_published_models():
    assert list(PUBLISHED_COUNTS.keys() ^ BIGGAN.keys()) == []
    assert list(STYLEGAN2) == ["icgan_stylegan2_coco_res128", "icgan_stylegan2_coco_res256"]
    assert len(PUBLISHED) == 15


@pytest.mark.parametrize("name", BIGGAN)
def test_full_width_shapes_and_published_settings_give_the_same_architecture(name):
    """The settings as published: 120 noise numbers also at 256 px, where 119 are used."""
    model = BIGGAN[name]
    with torch.device("meta"):
        tensors = dict(BigGanGenerator(model.generator).state_dict())
        tensors["shared.weight"] = torch.empty(1000, 128)
    settings = {
        "resolution": model.resolution,
        "G_ch": model.width,
        "G_attn": "32" if model.resolution == 64 else "64",
        "dim_z": 120,
        "shared_dim": 128,
        "shared_dim_feat": 512,
        "class_cond": name.startswith("cc_"),
        "n_classes": 1000,
        "G_param": "SN",
    }
    assert infer_config(tensors) == config_from_settings(settings) == model.generator


def test_imagenet_names_are_unique_and_in_the_order_of_the_wordnet_ids():
    names = imagenet_class_names()
    assert len({name.casefold() for name in names}) == len(names) == 1000
    assert (names[0], names[207], names[999]) == ("Tench", "Golden Retriever", "Toilet paper")
    assert names[134] != names[517]  # two cranes


def test_an_archive_and_its_unpacked_folder_are_the_same_model(tmp_path):
    archive = write_official(tmp_path / f"{NAME}.tar.gz")
    with tarfile.open(archive) as packed:
        packed.extractall(tmp_path, filter="data")
    one, other = read_official(archive), read_official(tmp_path / NAME)
    assert (
        (one.name, one.config, one.encoder)
        == (other.name, other.config, other.encoder)
        == (NAME, tiny_config(), "resnet50-swav")
    )
    assert all(torch.equal(value, other.tensors[key]) for key, value in one.tensors.items())


def test_prefixes_of_distributed_training_are_removed(tmp_path):
    tensors = {f"module.{key}": value for key, value in official_tensors(tiny_config()).items()}
    path = write_archive(tmp_path / f"{NAME}.tar.gz", {"G_ema_best0.pth": OrderedDict(tensors)})
    assert "linear.weight" in read_official(path).tensors


@pytest.mark.parametrize(
    ("fids", "chosen"),
    [
        ((10.0, 20.0), 0),
        ((20.0, 10.0), 1),
        ((10.0, 10.0), 0),
        ((None, 999.0), 1),
        ((float("nan"), 5.0), 1),
        ((np.float64(7), np.float32(6)), 1),
    ],
)
def test_the_copy_with_the_lower_score_is_taken(tmp_path, fids, chosen):
    config, files = tiny_config(), {}
    for copy, fid in enumerate(fids):
        files[f"G_ema_best{copy}.pth"] = official_tensors(config, seed=copy)
        files[f"state_dict_best{copy}.pth"] = official_state(config, fid=fid)
    found = read_official(write_archive(tmp_path / f"{NAME}.tar.gz", files))
    assert torch.equal(found.tensors["linear.weight"], official_tensors(config, seed=chosen)["linear.weight"])


def test_a_single_copy_is_enough(tmp_path):
    config = tiny_config()
    files = {"G_ema_best1.pth": official_tensors(config), "state_dict_best1.pth": official_state(config)}
    assert read_official(write_archive(tmp_path / f"{NAME}.tar.gz", files)).figures["best_FID"] == 12.5


def test_a_training_runs_newest_copy_counts_only_without_a_best_one(tmp_path):
    config = tiny_config()
    files = {"G_ema.pth": official_tensors(config, seed=5), "G_ema_best0.pth": official_tensors(config, seed=6)}
    both = read_official(write_archive(tmp_path / f"{NAME}.tar.gz", files))
    del files["G_ema_best0.pth"]
    newest = read_official(write_archive(tmp_path / "other.tar.gz", files))
    assert torch.equal(both.tensors["linear.weight"], official_tensors(config, seed=6)["linear.weight"])
    assert torch.equal(newest.tensors["linear.weight"], official_tensors(config, seed=5)["linear.weight"])


@pytest.mark.parametrize(
    ("name", "classes", "settings", "encoder"),
    [
        (NAME, 0, {"feature_extractor": "selfsupervised"}, "resnet50-swav"),
        (CC_NAME, 5, {"feature_extractor": "classification"}, "resnet50-supervised"),
        (CC_NAME, 5, {"feature_extractor": "classification", "longtail": True}, "resnet50-imagenet-lt"),
        ("cc_icgan_biggan_imagenetlt_res64", 5, {"feature_extractor": "classification"}, "resnet50-imagenet-lt"),
        ("mine", 0, {}, "resnet50-swav"),
        ("mine", 5, {}, "resnet50-supervised"),
    ],
)
def test_the_encoder_follows_from_settings_and_name(tmp_path, name, classes, settings, encoder):
    config = tiny_config(classes)
    files = {"G_ema_best0.pth": official_tensors(config), "state_dict_best0.pth": official_state(config, **settings)}
    assert read_official(write_archive(tmp_path / f"{name}.tar.gz", files, name)).encoder == encoder


def test_an_archive_tells_its_encoder_and_data_also_under_another_name(tmp_path):
    lt = "cc_icgan_biggan_imagenetlt_res64"
    archive = write_archive(tmp_path / "a.tar.gz", {"G_ema_best0.pth": official_tensors(tiny_config(5))}, lt)
    convert_official(archive, tmp_path / "models", "mine")
    card = read_card(tmp_path / "models" / "mine")
    assert (card.title, card.encoder["kind"]) == ("mine", "resnet50-imagenet-lt")
    assert "trained on ImageNet-LT" in card.licence.note


def test_a_generator_without_settings_of_its_own_has_those_of_the_other_copy(tmp_path):
    """The original demos always open ``state_dict_best0.pth``, whichever copy of the generator an archive holds."""
    config = tiny_config()
    state = official_state(config, feature_extractor="classification")
    files = {"state_dict_best0.pth": state, "G_ema_best1.pth": official_tensors(config)}
    found = read_official(write_archive(tmp_path / "a.tar.gz", files))
    assert (found.encoder, found.settings["G_ch"]) == ("resnet50-supervised", 2)
    assert "best_FID" not in found.figures  # that is of the copy that is not here
    files["state_dict_best0.pth"] = official_state(config, G_ch=3)
    with pytest.raises(WeightsError, match="has widths"):
        read_official(write_archive(tmp_path / "b.tar.gz", files))


def test_scores_written_by_any_numpy_are_read(tmp_path):
    state = torch_bytes(official_state(tiny_config(), fid=np.float64(3.5)))
    new, old = b"numpy._core.multiarray", b"numpy.core.multiarray"
    assert new in state
    for text in (state, rewritten(state, new, old)):
        files = {"G_ema_best0.pth": official_tensors(tiny_config()), "state_dict_best0.pth": text}
        found = read_official(write_archive(tmp_path / f"{NAME}.tar.gz", files))
        assert found.figures["best_FID"] == 3.5


def test_reading_leaves_nothing_on_the_process_wide_allow_list(tmp_path):
    before = set(torch.serialization.get_safe_globals())
    read_official(write_official(tmp_path / f"{NAME}.tar.gz"))
    assert set(torch.serialization.get_safe_globals()) == before


def changed(key, value):
    def change(tensors):
        tensors[key] = value(tensors[key]) if callable(value) else value

    return change


def removed(key):
    return lambda tensors: tensors.pop(key)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (removed("blocks.1.0.conv2.bias"), r"lacks blocks\.1\.0\.conv2\.bias"),
        (removed("linear.weight"), r"linear\.weight is missing"),
        (changed("extra.weight", torch.zeros(2)), r"holds extra\.weight"),
        (changed("blocks.0.0.bn1.bn.running_mean", torch.zeros(2)), r"running_mean.*another batch norm"),
        (changed("output_layer.0.accumulation_counter", torch.zeros(1)), r"accumulation_counter.*another batch norm"),
        (changed("output_layer.0.gain", torch.zeros(9)), r"has output_layer\.0\.gain as 9 instead of 4"),
        (changed("linear.bias", lambda bias: bias.double()), r"linear\.bias in .* is float64, expected float32"),
        (changed("linear.bias", lambda bias: bias / 0), r"NaN or infinite values in linear\.bias"),
        (changed("linear.bias", torch.zeros(1).expand(512)), r"linear\.bias in .* claims more values"),
        (changed("linear.bias", "text"), r"holds 'linear\.bias', which is not a named tensor"),
        (changed("linear.bias", torch.zeros(512).to_sparse()), r"linear\.bias in .* is not a plain tensor"),
        (changed("module.linear.bias", torch.zeros(512)), r"holds linear\.bias twice"),
        (changed("blocks.0.0.bn1.gain.weight", lambda gain: gain[:, :4]), "without instance conditioning"),
    ],
)
def test_the_first_difference_is_named(tmp_path, change, message):
    tensors = official_tensors(tiny_config())
    change(tensors)
    path = write_archive(tmp_path / f"{NAME}.tar.gz", {"G_ema_best0.pth": tensors})
    with pytest.raises(WeightsError, match=message):
        read_official(path)


def test_a_log_of_singular_values_may_be_missing(tmp_path):
    tensors = {key: value for key, value in official_tensors(tiny_config()).items() if not key.endswith("sv0")}
    assert (
        read_official(write_archive(tmp_path / f"{NAME}.tar.gz", {"G_ema_best0.pth": tensors})).config == tiny_config()
    )


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"resolution": 128, "G_attn": "64"}, "has resolution 64, but the settings beside it say 128"),
        ({"G_ch": 3}, "has widths"),
        ({"dim_z": 120}, "has noise_chunk 4, but the settings beside it say 24"),
        ({"class_cond": True}, "has num_classes 0, but the settings beside it say 1000"),
        ({"G_attn": "0"}, "has attention"),
        ({"G_param": "none"}, "has spectral_norm True"),
        ({"mybn": True}, "ask for mybn"),
        ({"cross_replica": True}, "ask for cross_replica"),
        ({"resolution": "huge"}, "damaged or of another model"),
        ({"resolution": 512}, "damaged or of another model"),
    ],
)
def test_settings_that_contradict_the_tensors_are_refused(tmp_path, settings, message):
    config = tiny_config()
    files = {"G_ema_best0.pth": official_tensors(config), "state_dict_best0.pth": official_state(config, **settings)}
    with pytest.raises(WeightsError, match=message):
        read_official(write_archive(tmp_path / f"{NAME}.tar.gz", files))


@pytest.mark.parametrize(
    "changes",
    [
        {"feature_extractor": ["a list"]},
        {"longtail": torch.ones(2)},
        {"mybn": torch.ones(2)},
        {"fid": 10**400},
        {"fid": torch.ones(2)},
        {"class_names": [torch.ones(2)]},
        {"G_activation": torch.ones(2)},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_values_that_no_setting_has_count_as_absent(tmp_path, changes):
    config = tiny_config()
    files = {"G_ema_best0.pth": official_tensors(config), "state_dict_best0.pth": official_state(config, **changes)}
    found = read_official(write_archive(tmp_path / f"{NAME}.tar.gz", files))
    assert found.encoder == "resnet50-swav"
    json.dumps(found.settings)


@pytest.mark.parametrize("folder_or_archive", ["folder", "archive"])
def test_something_else_than_a_checkpoint_is_named_so(tmp_path, folder_or_archive):
    if folder_or_archive == "folder":
        (tmp_path / NAME).mkdir()
        (tmp_path / NAME / "network-snapshot.pkl").write_bytes(b"\x80\x03N.")
        path = tmp_path / NAME
    else:
        path = write_archive(tmp_path / f"{NAME}.tar.gz", {"G_best0.pth": {}, "network-snapshot.pkl": b"\x80\x03N."})
    with pytest.raises(WeightsError, match=r"holds no G_ema_best0\.pth"):
        read_official(path)


def cut(content):
    return content[: len(content) // 2]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "not a complete .tar.gz archive"),
        (b"<!doctype html><title>Not found</title>", "not a complete .tar.gz archive"),
        (b"\x1f\x8b" + b"\0" * 50, "not a complete .tar.gz archive"),
    ],
)
def test_what_is_no_archive_is_refused(tmp_path, content, message):
    path = tmp_path / f"{NAME}.tar.gz"
    path.write_bytes(content)
    with pytest.raises(WeightsError, match=message):
        read_official(path)


def test_a_cut_archive_is_refused(tmp_path):
    path = write_official(tmp_path / f"{NAME}.tar.gz")
    path.write_bytes(cut(path.read_bytes()))
    with pytest.raises(WeightsError, match=r"not a complete \.tar\.gz archive"):
        read_official(path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "G_ema_best0.pth is empty"),
        (b"  <html>404</html>", "G_ema_best0.pth is a web page or a pointer"),
        (b"version https://git-lfs.github.com/spec/v1", "G_ema_best0.pth is a web page or a pointer"),
        (b"PK\x03\x04 and nothing that a zip has", "G_ema_best0.pth is incomplete or damaged"),
        (b"some words", "G_ema_best0.pth is incomplete or damaged"),
        (torch_bytes([1, 2]), "G_ema_best0.pth does not hold named tensors"),
    ],
)
def test_a_damaged_member_is_named(tmp_path, content, message):
    path = write_archive(tmp_path / f"{NAME}.tar.gz", {"G_ema_best0.pth": content})
    with pytest.raises(WeightsError, match=message):
        read_official(path)


def test_compressed_doubled_or_overlarge_records_are_refused(tmp_path):
    saved = torch_bytes(official_tensors(tiny_config()))
    packed = rewritten(saved, b"", b"", zipfile.ZIP_DEFLATED)
    doubled = io.BytesIO(saved)
    with zipfile.ZipFile(doubled, "a") as archive, pytest.warns(UserWarning, match="Duplicate name"):
        archive.writestr(archive.infolist()[0].filename, b"again")
    for content in (packed, doubled.getvalue()):
        path = write_archive(tmp_path / f"{NAME}.tar.gz", {"G_ema_best0.pth": content})
        with pytest.raises(WeightsError, match="not packed as torch packs its files"):
            read_official(path)


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE])
def test_links_and_devices_in_an_archive_are_refused(tmp_path, kind):
    path = tmp_path / f"{NAME}.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        member = tarfile.TarInfo(f"{NAME}/G_ema_best0.pth")
        member.type, member.linkname = kind, "/etc/passwd"
        archive.addfile(member)
    with pytest.raises(WeightsError, match="contains links"):
        read_official(path)


def test_doubled_members_and_huge_archives_are_refused(tmp_path, monkeypatch):
    config = tiny_config()
    path = tmp_path / f"{NAME}.tar.gz"
    data = torch_bytes(official_tensors(config))
    with tarfile.open(path, "w:gz") as archive:
        for folder in ("one", "two"):
            member = tarfile.TarInfo(f"{folder}/G_ema_best0.pth")
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    with pytest.raises(WeightsError, match=r"holds G_ema_best0\.pth twice"):
        read_official(path)
    monkeypatch.setattr(official, "MAX_ARCHIVE_BYTES", len(data))
    with pytest.raises(WeightsError, match="larger than any published archive"):
        read_official(path)


def test_a_member_above_the_limit_is_not_read(tmp_path, monkeypatch):
    path = write_official(tmp_path / f"{NAME}.tar.gz")
    monkeypatch.setattr(official, "MAX_GENERATOR_BYTES", 1000)
    with pytest.raises(WeightsError, match=r"G_ema_best0\.pth has .* MB; at most"):
        read_official(path)


class Gadget:
    """Pickles as a call of ``function``."""

    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


def gadgets(canary):
    return {
        "system": Gadget(os.system, f"touch {canary}"),
        "exec": Gadget(exec, f"open({str(canary)!r}, 'w')"),
        "open": Gadget(open, str(canary), "w"),
        "getattr": Gadget(getattr, Gadget(__import__, "os"), "system"),
    }


@pytest.mark.filterwarnings("ignore:Detected pickle protocol")
@pytest.mark.parametrize("gadget", ["system", "exec", "open", "getattr"])
@pytest.mark.parametrize("place", ["tensors", "settings", "plain0", "plain2", "plain5"])
def test_code_in_a_file_is_refused_by_name_and_never_runs(tmp_path, gadget, place):
    canary = tmp_path / "canary"
    hostile = gadgets(canary)[gadget]
    config = tiny_config()
    files = {"G_ema_best0.pth": official_tensors(config), "state_dict_best0.pth": official_state(config)}
    if place == "tensors":
        files["G_ema_best0.pth"]["linear.bias"] = hostile
    elif place == "settings":
        files["state_dict_best0.pth"]["config"]["G_activation"] = hostile
    else:
        files["G_ema_best0.pth"] = pickle.dumps({"linear.weight": hostile}, protocol=int(place[-1]))
    path = write_archive(tmp_path / f"{NAME}.tar.gz", files)
    with pytest.raises(WeightsError, match=r"contains code|incomplete or damaged") as caught:
        read_official(path)
    assert not canary.exists()
    assert "weights_only" not in str(caught.value)


@pytest.mark.parametrize("allowed_elsewhere", [torch.nn.Linear(2, 2), np.zeros(3), Path("x")])
def test_objects_that_no_published_file_holds_are_refused_by_name(tmp_path, allowed_elsewhere):
    config = tiny_config()
    files = {
        "G_ema_best0.pth": official_tensors(config),
        "state_dict_best0.pth": official_state(config, G_activation=allowed_elsewhere),
    }
    with pytest.raises(WeightsError, match=r"state_dict_best0\.pth contains code \(\S+\) and was not loaded"):
        read_official(write_archive(tmp_path / f"{NAME}.tar.gz", files))


def test_a_live_activation_object_is_not_allowed_among_the_tensors(tmp_path):
    tensors = {**official_tensors(tiny_config()), "activation": torch.nn.ReLU()}
    with pytest.raises(WeightsError, match=r"contains code \(torch\.nn\.modules\.activation\.ReLU\)"):
        read_official(write_archive(tmp_path / f"{NAME}.tar.gz", {"G_ema_best0.pth": tensors}))


def test_a_converted_model_has_a_card_and_the_same_tensors(tmp_path):
    config = tiny_config(classes=5)
    archive = write_official(tmp_path / f"{CC_NAME}.tar.gz", config, CC_NAME)
    models = tmp_path / "models"
    assert convert_official(archive, models) == CC_NAME
    card = read_card(models / CC_NAME)
    assert (card.name, card.title, card.generator) == (CC_NAME, "IC-GAN ImageNet 64, with classes", config)
    assert (card.licence.name, card.encoder["kind"]) == ("CC BY-NC 4.0", "resnet50-supervised")
    assert card.class_names == tuple(f"Class {row}" for row in range(5))
    assert card.figures["best_FID"] == 12.5
    generator = load_module(
        BigGanGenerator(config),
        models / CC_NAME / "generator.safetensors",
        card.files["generator.safetensors"].sha256,
    )
    for key, value in official_tensors(config).items():
        assert torch.equal(generator.state_dict()[key], value)
    assert sorted(path.name for path in models.iterdir()) == [CC_NAME]


def test_a_thousand_classes_get_the_imagenet_names(tmp_path):
    config = tiny_config(classes=1000)
    convert_official(write_official(tmp_path / f"{CC_NAME}.tar.gz", config, CC_NAME), tmp_path / "models")
    assert read_card(tmp_path / "models" / CC_NAME).class_names == imagenet_class_names()


def test_a_model_that_is_there_is_exchanged_only_when_asked(tmp_path):
    archive = write_official(tmp_path / f"{NAME}.tar.gz")
    convert_official(archive, tmp_path / "models")
    first = read_card(tmp_path / "models" / NAME)
    write_official(archive, seed=9)
    with pytest.raises(WeightsError, match="is already in the model folder"):
        convert_official(archive, tmp_path / "models")
    assert read_card(tmp_path / "models" / NAME) == first
    convert_official(archive, tmp_path / "models", replace_existing=True)
    assert read_card(tmp_path / "models" / NAME).files != first.files


def test_a_model_may_get_another_name_but_no_path(tmp_path):
    archive = write_official(tmp_path / f"{NAME}.tar.gz")
    assert convert_official(archive, tmp_path / "models", "mine") == "mine"
    for name in ("../mine", "a/b", ".hidden", ""):
        if name:
            with pytest.raises(WeightsError, match="cannot name a model"):
                convert_official(archive, tmp_path / "models", name)
    assert sorted(path.name for path in (tmp_path / "models").iterdir()) == ["mine"]


def test_a_full_disk_leaves_nothing_behind(tmp_path, monkeypatch):
    archive = write_official(tmp_path / f"{NAME}.tar.gz")

    def no_room(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", no_room)
    with pytest.raises(WeightsError, match="Is the disk full"):
        convert_official(archive, tmp_path / "models")
    assert list((tmp_path / "models").rglob("*")) == []


def test_a_refused_file_leaves_nothing_behind(tmp_path):
    path = write_archive(tmp_path / f"{NAME}.tar.gz", {"G_ema_best0.pth": {"linear.weight": torch.zeros(3)}})
    with pytest.raises(WeightsError):
        convert_official(path, tmp_path / "models")
    assert not (tmp_path / "models").exists()


def test_a_child_process_converts(tmp_path):
    models = tmp_path / "models"
    assert convert_apart(write_official(tmp_path / f"{NAME}.tar.gz"), models) == f"{NAME} is ready."
    assert read_card(models / NAME).generator == tiny_config()
    assert sorted(path.name for path in models.iterdir()) == [NAME]


@pytest.mark.filterwarnings("ignore:Detected pickle protocol")
def test_the_child_passes_on_why_a_file_is_refused(tmp_path, monkeypatch, capsys):
    """Run in this process, without the fence, which could not be taken down again."""
    code = pickle.dumps(gadgets(tmp_path / "canary")["system"])
    bad = write_archive(tmp_path / "bad.tar.gz", {"G_ema_best0.pth": code})
    request = {"path": str(bad), "models": str(tmp_path / "models"), "options": {}}
    monkeypatch.setattr(conversion, "_fence", lambda: None)
    monkeypatch.setattr(sys, "stdin", io.StringIO(json.dumps(request)))
    conversion._main()
    assert "contains code" in json.loads(capsys.readouterr().out)["refused"]
    assert not (tmp_path / "canary").exists()


def test_what_no_reader_foresaw_is_one_sentence_too(tmp_path, monkeypatch, capsys):
    def fails(*_, **__):
        raise RuntimeError("unforeseen")

    path = write_official(tmp_path / f"{NAME}.tar.gz")
    request = {"path": str(path), "models": str(tmp_path / "models"), "options": {}}
    monkeypatch.setattr(conversion, "_fence", lambda: None)
    monkeypatch.setattr(conversion, "convert_official", fails)
    monkeypatch.setattr(sys, "stdin", io.StringIO(json.dumps(request)))
    conversion._main()
    assert "is damaged in a way" in json.loads(capsys.readouterr().out)["refused"]


@pytest.mark.parametrize("program", ["import os; os.kill(os.getpid(), 9)", "print('no answer')", "raise MemoryError"])
def test_a_child_that_dies_is_one_sentence_and_leaves_nothing(tmp_path, monkeypatch, program):
    models = tmp_path / "models"
    left = f"import os; os.makedirs({str(models)!r} + f'/.{NAME}.{{os.getpid()}}.tmp'); "
    script = tmp_path / "python"
    script.write_text(f'#!/bin/sh\nexec {sys.executable} -c "{left}{program}"\n')
    script.chmod(0o755)
    monkeypatch.setattr(conversion.sys, "executable", str(script))
    with pytest.raises(WeightsError, match="could not be converted: it took too much memory or time"):
        convert_apart(write_official(tmp_path / f"{NAME}.tar.gz"), models)
    assert list(models.iterdir()) == []


def test_one_file_of_an_unpacked_archive_stands_for_its_folder(tmp_path):
    with tarfile.open(write_official(tmp_path / f"{NAME}.tar.gz")) as packed:
        packed.extractall(tmp_path, filter="data")
    assert convert(tmp_path / NAME / "G_ema_best0.pth", tmp_path / "models") == f"{NAME} is ready."


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
@pytest.mark.parametrize(
    "forbidden", [socket.socket, lambda: os.system("true"), lambda: os.execv("/bin/true", ["true"])]
)
def test_the_fence_leaves_no_network_and_no_other_programs(forbidden):
    """Forked, because a fence cannot be taken down again."""
    child = os.fork()
    if child == 0:
        conversion._fence()
        try:
            forbidden()
        except PermissionError:
            os._exit(0)
        os._exit(1)
    assert os.waitpid(child, 0)[1] == 0


def test_settings_without_a_word_on_sizes_count_as_published():
    settings = official_settings(tiny_config())
    for key in ("dim_z", "shared_dim", "shared_dim_feat"):
        del settings[key]
    config = config_from_settings(settings)
    assert (config.noise_chunk, config.class_embed_dim, config.feature_embed_dim, config.feature_dim) == (
        24,
        128,
        512,
        2048,
    )
