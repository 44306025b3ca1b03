import tarfile
from dataclasses import replace
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from icgan_demo.config import GeneratorConfig
from icgan_demo.errors import WeightsError
from icgan_demo.models.biggan_generator import BigGanGenerator
from icgan_demo.weights.model_folder import write_model
from icgan_demo.weights.published.catalogue import BIGGAN, CC_BY_NC
from icgan_demo.weights.published.export import export_official, width_multiplier
from icgan_demo.weights.published.official import read_official

GOLDEN = Path(__file__).parents[1].parent / "shared" / "golden"


def write(folder, config, seed=0):
    """Write a model with statistics and gates that are not the initial ones; return its card and generator."""
    torch.manual_seed(seed)
    generator = BigGanGenerator(config).eval()
    for key, value in generator.state_dict().items():
        if key.endswith("gamma"):
            value.fill_(0.7)
        if key.endswith("stored_mean"):
            value.normal_()
        if key.endswith("stored_var"):
            value.uniform_(0.5, 2)
    card = write_model(
        folder,
        name=folder.name,
        title="Tiny",
        description="Random weights for tests.",
        data="No data.",
        licence=CC_BY_NC,
        generator=generator,
        encoder_config={"kind": "openclip", "architecture": "tiny"},
        class_names=[f"Kind {row}" for row in range(config.num_classes)],
    )
    return card, generator


def draw(generator, z, features, labels):
    with torch.inference_mode():
        return generator(z, generator.condition(features, labels if generator.config.num_classes else None))


ODD = GeneratorConfig(64, (19, 18, 17, 16, 5), 6, 20, 12, 4, 8, no_label=True, attention=(16, 32))


@pytest.mark.parametrize(
    "config",
    [
        ODD,
        replace(ODD, spectral_norm=False),
        replace(ODD, num_classes=0, no_label=False),
        GeneratorConfig(32, (8, 7, 6, 5), 3, 20, 12, 3, 8),
        GeneratorConfig(128, (16, 16, 9, 8, 8, 1), 2, 2048, 12, attention=(64,)),
    ],
    ids=["odd", "no spectral norm", "no classes", "32 px", "128 px"],
)
def test_an_exported_model_read_back_draws_the_same_pictures(tmp_path, config):
    card, generator = write(tmp_path / "mine", config)
    again = read_official(export_official(card, tmp_path / "mine", tmp_path))
    copy = BigGanGenerator(again.config).eval()
    copy.load_state_dict(again.tensors)
    z = torch.randn(3, config.noise_dim)
    features = F.normalize(torch.randn(3, config.feature_dim), dim=1)
    labels = torch.tensor([0, 2, -1 if config.no_label else 1])
    padded = F.pad(features, (0, 2048 - config.feature_dim))
    last_row = torch.where(labels < 0, config.num_classes, labels)
    expected, images = draw(generator, z, features, labels), draw(copy, z, padded, last_row)
    assert expected.std() > 0.05
    torch.testing.assert_close(images, expected, atol=1e-4, rtol=0)


def test_the_label_that_means_none_becomes_a_class_of_that_name(tmp_path):
    card, _ = write(tmp_path / "mine", ODD)
    again = read_official(export_official(card, tmp_path / "mine", tmp_path))
    assert again.class_names == ("Kind 0", "Kind 1", "Kind 2", "Kind 3", "no label")
    assert again.encoder == "openclip-padded"


def contents(archive):
    with tarfile.open(archive) as packed:
        assert all(member.isfile() for member in packed)
        return {member.name: packed.extractfile(member).read() for member in packed}


def read_pth(data, tmp_path, allowed=()):
    (tmp_path / "file.pth").write_bytes(data)
    with torch.serialization.safe_globals(list(allowed)):
        return torch.load(tmp_path / "file.pth", weights_only=True)


@pytest.mark.parametrize("name", ["icgan_biggan_imagenet_res64", "cc_icgan_biggan_imagenet_res64"])
def test_names_and_shapes_are_those_of_the_published_archives(tmp_path, name):
    """Compared with a file in the original layout where one is here, else with the published table."""
    published = BIGGAN[name].generator
    config = replace(published, widths=tuple(width // 16 for width in published.widths))
    card, _ = write(tmp_path / name, config)
    archive = export_official(card, tmp_path / name, tmp_path)
    files = contents(archive)
    assert sorted(files) == [f"{name}/G_ema_best0.pth", f"{name}/state_dict_best0.pth"]
    tensors = read_pth(files[f"{name}/G_ema_best0.pth"], tmp_path)
    assert len(tensors) == 142
    assert tensors["shared.weight"].shape == (1000, 128)
    assert tensors["shared_feat.weight"].shape == (512, 2048)
    golden = GOLDEN / f"{name}.tar.gz"
    if golden.exists():
        original = read_pth(contents(golden)[f"{name}/G_ema_best0.pth"], tmp_path)
        assert {key: value.shape for key, value in tensors.items()} == {
            key: value.shape for key, value in original.items()
        }


def test_the_settings_hold_what_the_original_code_looks_up(tmp_path):
    card, _ = write(tmp_path / "mine", ODD)
    files = contents(export_official(card, tmp_path / "mine", tmp_path))
    state = read_pth(files["mine/state_dict_best0.pth"], tmp_path, [nn.ReLU])
    counters = {"itr", "epoch", "save_num", "save_best_num", "best_IS", "best_FID", "es_epoch", "config"}
    assert state.keys() == counters
    config = state["config"]
    assert isinstance(config["G_activation"], nn.ReLU)
    assert (config["resolution"], config["G_ch"], config["n_classes"], config["G_attn"]) == (64, 4, 5, "16_32")
    assert (config["shared_dim"], config["shared_dim_feat"], config["dim_z"]) == (8, 12, 30)
    assert state["best_FID"] < 1e5  # the original takes no copy with a worse score


def test_the_multiplier_is_the_smallest_that_holds_all_widths():
    assert width_multiplier(GeneratorConfig(64, (192, 160, 96, 64, 32), 8, 256)) == 16
    assert width_multiplier(BIGGAN["icgan_biggan_imagenet_res256"].generator) == 96


@pytest.mark.parametrize(("features", "message"), [(0, "this model's have 0"), (4096, "this model's have 4096")])
def test_what_the_original_code_cannot_express_is_refused(features, message):
    with pytest.raises(WeightsError, match=message):
        width_multiplier(GeneratorConfig(32, (8, 8, 8, 8), 4, features, num_classes=3))


def test_clusters_have_no_place_in_the_original_code():
    with pytest.raises(WeightsError, match="but no clusters"):
        width_multiplier(GeneratorConfig(32, (8, 8, 8, 8), 4, 8, clusters=3))


def test_the_archive_may_be_named_and_a_full_disk_leaves_none(tmp_path, monkeypatch):
    card, _ = write(tmp_path / "mine", GeneratorConfig(32, (8, 8, 8, 8), 4, 20, 12))
    assert export_official(card, tmp_path / "mine", tmp_path / "out.tar.gz") == tmp_path / "out.tar.gz"
    (tmp_path / "out.tar.gz").unlink()

    def no_room(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", no_room)
    with pytest.raises(WeightsError, match="Is the disk full"):
        export_official(card, tmp_path / "mine", tmp_path / "out.tar.gz")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine"]
