"""Where a run starts from: old classes keep their rows, new ones start from what is known."""

import pytest
import torch
from conftest import CLASS_NAMES, write_tiny_model

from icgan_demo.config import TrainConfig
from icgan_demo.errors import RequestError
from icgan_demo.training.start import networks
from icgan_demo.training.start.grow import grown_generator
from icgan_demo.training.start.networks import bundled_model, encoder_of, networks_of, rows_of, second_encoder
from icgan_demo.weights.cards import inspect_model
from icgan_demo.weights.folders import bundled_models_folder
from icgan_demo.weights.tensor_files import load_module

LABELS = torch.tensor([0, 1, 1])


@pytest.fixture
def tiny(models_folder):
    return inspect_model(models_folder / "tiny")


def nets(found, names, labels=LABELS):
    return networks_of(found, names, labels, TrainConfig())


def test_classes_are_matched_by_name_whatever_their_case():
    assert rows_of(("Lemon", "Lime"), ("milk", "LIME")) == [None, 1]


def test_a_known_class_keeps_its_row_and_a_new_one_starts_near_no_label(tiny):
    whole, fitted = nets(tiny, CLASS_NAMES), nets(tiny, ("lime", "Milk"))
    old, new = whole.generator.shared.weight, fitted.generator.shared.weight
    assert new.shape[0] == 3
    assert torch.equal(new[0], old[1])
    assert torch.equal(new[2], old[3])
    assert 0 < (new[1] - old[3]).norm() < 0.2 * old[3].norm()
    assert torch.equal(fitted.discriminator.embed.weight[0], whole.discriminator.embed.weight[1])
    assert fitted.class_names == ("lime", "Milk")
    assert "knows 1 of the 2 classes" in fitted.notes[0]


def test_everything_else_is_the_base(tiny):
    fitted = nets(tiny, ("Milk",))
    original = load_module(type(fitted.generator)(tiny.card.generator), tiny.folder / "generator.safetensors", None)
    for key, value in original.state_dict().items():
        assert key == "shared.weight" or torch.equal(value, fitted.generator.state_dict()[key])


def test_fitted_networks_draw_and_judge(tiny):
    fitted = nets(tiny, ("Milk", "Lemon", "Juice", "Oat"))
    features = torch.nn.functional.normalize(torch.randn(4, 16), dim=1)
    labels = torch.tensor([0, 3, -1, 1])
    images = fitted.generator(torch.randn(4, 16), fitted.generator.condition(features, labels))
    assert fitted.discriminator(images, features, labels).isfinite().all()
    assert all(parameter.requires_grad for parameter in fitted.generator.parameters())


def test_unlabelled_pictures_keep_the_classes(tiny):
    assert nets(tiny, (), torch.full((3,), -1)).class_names == CLASS_NAMES


def test_pictures_of_twice_the_side_grow_both_networks():
    found = inspect_model(bundled_models_folder() / "produce64")
    features = torch.nn.functional.normalize(torch.randn(3, 256), dim=1)

    def grow(generator, labels):
        return grown_generator(generator, features, labels, steps=1)

    grown = networks_of(found, ("lemon", "Milk"), LABELS, TrainConfig(), grow=grow)
    assert grown.generator.config.resolution == grown.discriminator.config.resolution == 128
    assert grown.generator.shared.weight.shape[0] == grown.discriminator.embed.weight.shape[0] == 3


def test_a_model_that_must_have_classes_says_so(tmp_path):
    write_tiny_model(tmp_path / "strict", no_label=False)
    with pytest.raises(RequestError, match="needs classes"):
        nets(inspect_model(tmp_path / "strict"), (), torch.full((3,), -1))


def test_a_model_without_classes_leaves_the_labels_out(models_folder):
    fitted = nets(inspect_model(models_folder / "plain"), ("Milk", "Juice"))
    assert fitted.class_names == ()
    assert (fitted.labels == -1).all()
    assert "not used" in fitted.notes[0]


def test_the_second_encoder_is_another_one(tiny, models_folder, monkeypatch):
    monkeypatch.setattr(networks, "model_folders", lambda: [models_folder])
    monkeypatch.setattr(networks, "bundled_models_folder", lambda: models_folder)
    first = encoder_of(bundled_model())
    name, second = second_encoder(first)
    assert (name, second.identity != first.identity) == ("tiny", True)
    monkeypatch.setattr(networks, "model_folders", lambda: [])
    name, second = second_encoder(first)
    assert name == "untrained"
    assert torch.equal(
        second.encode(torch.zeros(1, 3, 32, 32)), networks.untrained_encoder().encode(torch.zeros(1, 3, 32, 32))
    )
