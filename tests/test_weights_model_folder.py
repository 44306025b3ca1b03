import os

import pytest
import torch
import torch.nn.functional as F
from conftest import write_tiny_model
from tiny_training import tiny_heads

from icgan_demo import atomic_files
from icgan_demo.config import GeneratorConfig
from icgan_demo.errors import WeightsError
from icgan_demo.guards.weights_file import sha256_of
from icgan_demo.models.biggan_generator import BigGanGenerator
from icgan_demo.weights import model_folder
from icgan_demo.weights.cards import Licence, inspect_model, read_card
from icgan_demo.weights.model_folder import write_model
from icgan_demo.weights.tensor_files import load_module

LICENCE = Licence("MIT", "", "Synthetic.")


def write_published(folder, **changes):
    """A model with an encoder that has no file here, and without discriminator and bank."""
    config = GeneratorConfig(32, (4, 4, 4, 4), 4, feature_dim=8)
    parts = {"name": folder.name, "title": "T", "description": "D", "data": "X", "licence": LICENCE}
    parts |= {"generator": BigGanGenerator(config), "encoder_config": {"kind": "resnet50-swav"}}
    return write_model(folder, **(parts | changes))


def test_every_file_is_on_the_card_with_its_size_and_hash(tmp_path):
    card = write_tiny_model(tmp_path / "tiny")
    names = {"generator.safetensors", "discriminator.safetensors", "encoder.safetensors", "instances.safetensors"}
    assert set(card.files) == names
    assert set(os.listdir(tmp_path / "tiny")) == names | {"card.json"}
    for name, record in card.files.items():
        assert record.size == (tmp_path / "tiny" / name).stat().st_size
        assert record.sha256 == sha256_of(tmp_path / "tiny" / name)
    assert read_card(tmp_path / "tiny") == card


def test_only_the_generator_is_compulsory(tmp_path):
    card = write_published(tmp_path / "mine")
    assert set(card.files) == {"generator.safetensors"}
    assert card.discriminator is None
    assert card.encoder == {"kind": "resnet50-swav"}
    assert inspect_model(tmp_path / "mine").message == ""


def test_halved_networks_take_half_the_file_and_load_as_float32(tmp_path):
    torch.manual_seed(0)
    generator = BigGanGenerator(GeneratorConfig(32, (16, 16, 16, 16), 4, feature_dim=8))
    whole = write_published(tmp_path / "whole", generator=generator)
    half = write_published(tmp_path / "half", generator=generator, half=True)
    sizes = [card.files["generator.safetensors"].size for card in (whole, half)]
    assert sizes[1] < 0.65 * sizes[0]
    loaded = load_module(BigGanGenerator(half.generator), tmp_path / "half" / "generator.safetensors", None)
    for key, value in generator.state_dict().items():
        assert loaded.state_dict()[key].dtype == value.dtype
        assert torch.allclose(loaded.state_dict()[key], value, rtol=1e-3, atol=1e-6)


def test_heads_are_listed_and_read_back(tmp_path):
    heads = tiny_heads(feature_dim=8)
    card = write_published(tmp_path / "mine", projected=heads)
    assert card.projected == heads.config
    loaded = load_module(tiny_heads(feature_dim=8), tmp_path / "mine" / "projected_discriminator.safetensors", None)
    assert all(torch.equal(value, loaded.state_dict()[key]) for key, value in heads.state_dict().items())


def test_a_second_write_replaces_the_first_and_leaves_nothing_beside_it(tmp_path):
    first = write_tiny_model(tmp_path / "tiny", seed=0)
    second = write_tiny_model(tmp_path / "tiny", seed=1)
    assert read_card(tmp_path / "tiny") == second != first
    assert os.listdir(tmp_path) == ["tiny"]


def test_a_failure_leaves_the_old_model_whole(tmp_path, monkeypatch):
    card = write_published(tmp_path / "mine")
    broken = BigGanGenerator(card.generator)
    broken.linear.weight.data[0, 0] = torch.nan
    with pytest.raises(WeightsError, match="not finite"):
        write_published(tmp_path / "mine", generator=broken)
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_published(tmp_path / "mine", figures={"fd": float("nan")})

    def fails(path):
        if path == tmp_path:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(atomic_files, "_sync", fails)
    with pytest.raises(WeightsError, match="mine could not be written"):
        write_published(tmp_path / "mine")
    assert inspect_model(tmp_path / "mine").message == ""
    assert os.listdir(tmp_path) == ["mine"]


def test_a_generator_that_reads_back_changed_does_not_replace_the_old_one(tmp_path, monkeypatch):
    write_published(tmp_path / "mine")
    before = (tmp_path / "mine" / "generator.safetensors").read_bytes()

    def changed(module, path, sha256):
        load_module(module, path, sha256).linear.weight.data[0, 0] += 1
        return module

    monkeypatch.setattr(model_folder, "load_module", changed)
    with pytest.raises(WeightsError, match=r"linear\.weight did not survive"):
        write_published(tmp_path / "mine", title="New")
    assert (tmp_path / "mine" / "generator.safetensors").read_bytes() == before
    assert read_card(tmp_path / "mine").title != "New"
    assert os.listdir(tmp_path) == ["mine"]


def test_instances_must_fit_the_generator(tmp_path):
    features = F.normalize(torch.randn(3, 8), dim=1)
    assert "instances.safetensors" in write_published(tmp_path / "a", features=features).files
    with pytest.raises(ValueError, match=r"features must be \(K, 8\)"):
        write_published(tmp_path / "b", features=features[:, :4])
    with pytest.raises(ValueError, match="labels must be -1 or name one of 0 classes"):
        write_published(tmp_path / "b", features=features, labels=torch.tensor([0, 1, 2]))
    assert not (tmp_path / "b").exists()


def test_a_name_that_is_not_plain_is_refused(tmp_path):
    with pytest.raises(WeightsError, match="name"):
        write_published(tmp_path / "mine", name="../mine")
    assert not os.listdir(tmp_path)
