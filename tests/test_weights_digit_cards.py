"""Folders of digit generators: round trip, strict reading, and that they never pass for an IC-GAN."""

import json
import os

import pytest
import torch
from conftest import write_tiny_model
from digit_fakes import write_tiny_digit_model

from icgan_demo.errors import WeightsError
from icgan_demo.weights.cards import CARD, find_cards, folders_of_kind, kind_of, read_card_as
from icgan_demo.weights.digit_cards import (
    KIND,
    DigitCard,
    file_of,
    load_classifier,
    load_digit_generator,
)


@pytest.fixture
def folder(tmp_path):
    write_tiny_digit_model(tmp_path / "tiny-digits")
    return tmp_path / "tiny-digits"


def test_generators_and_classifier_come_back_as_they_were_written(folder):
    card = read_card_as(DigitCard, folder)
    torch.manual_seed(0)
    for network in ("paper", "modern"):
        generator = load_digit_generator(card, folder, network)
        assert not generator.training
        assert all(value.dtype != torch.float16 for value in generator.state_dict().values())
    assert load_classifier(card, folder).classes == 10


def test_digit_models_are_told_from_icgans(folder):
    write_tiny_model(folder.parent / "tiny")
    assert folders_of_kind([folder.parent, folder.parent / "absent"], KIND) == [folder]
    assert [model.name for model in find_cards([folder.parent])] == ["tiny"]
    assert (kind_of(folder), kind_of(folder.parent / "tiny"), kind_of(folder.parent)) == ("cgan-digits", "icgan", None)


@pytest.mark.parametrize("content", ["{", "[]", '{"schema": 1, "kind": 7}', "[" * 100_000])
def test_a_card_that_says_nothing_is_of_no_kind(tmp_path, content):
    (tmp_path / CARD).write_text(content)
    assert kind_of(tmp_path) is None


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("networks", {}, "networks must not be empty"),
        ("networks", {"dcgan": {"title": "x"}}, "wrong kind"),
        ("class_names", ["0"], "wrong kind"),
        ("name", "../up", "wrong kind"),
        ("files", {}, r"files must list modern\.safetensors"),
        ("schema", 2, "newer version"),
        ("surplus", 1, "not one of its fields"),
    ],
)
def test_a_wrong_card_is_refused_with_the_field_s_name(folder, field, value, sentence):
    values = json.loads((folder / CARD).read_text()) | {field: value}
    (folder / CARD).write_text(json.dumps(values))
    with pytest.raises(WeightsError, match=sentence):
        read_card_as(DigitCard, folder)


def test_a_cut_or_missing_file_is_named(folder):
    card = read_card_as(DigitCard, folder)
    os.truncate(folder / file_of("modern"), 100)
    (folder / file_of("paper")).unlink()
    for network in ("modern", "paper"):
        with pytest.raises(WeightsError, match=rf"{network}\.safetensors is missing or incomplete"):
            load_digit_generator(card, folder, network)


def test_a_changed_byte_is_found(folder):
    path = folder / file_of("modern")
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(WeightsError, match="modern"):
        load_digit_generator(read_card_as(DigitCard, folder), folder, "modern")
