"""Tag models survive the way to the disk and back; what is damaged is refused."""

import json

import pytest
import torch
from tagging_fakes import WORDS, write_tiny_tags

from icgan_demo.errors import WeightsError
from icgan_demo.models.cgan.word_vectors import WordVectors
from icgan_demo.weights.cards import CARD, find_cards, folders_of_kind, read_card
from icgan_demo.weights.encoder_fingerprint import encoder_fingerprint
from icgan_demo.weights.tag_files import (
    KIND,
    load_tag_model,
    load_words,
    save_words,
)


@pytest.fixture
def folder(models_folder, tmp_path):
    write_tiny_tags(tmp_path / "tags", models_folder / "tiny")
    return tmp_path / "tags"


def test_a_model_comes_back_as_it_was_written(folder, models_folder):
    first, second = load_tag_model(folder), load_tag_model(folder)
    assert first.words.words == WORDS
    noise, features = torch.randn(3, 5), torch.randn(3, 16)
    assert first.generator(noise, features).equal(second.generator(noise, features))
    assert first.card.encoder.fingerprint == encoder_fingerprint(read_card(models_folder / "tiny").to_json())


def test_it_is_found_among_tag_models_and_not_among_picture_models(folder):
    assert folders_of_kind([folder.parent], KIND) == [folder]
    assert find_cards([folder.parent]) == []


def test_words_come_back_with_letters_of_other_languages(tmp_path):
    words = WordVectors(("crème", "pölsa", "사과"), torch.eye(3))
    save_words(words, tmp_path / "words.safetensors")
    found = load_words(tmp_path / "words.safetensors")
    assert found.words == words.words
    assert found.vectors.equal(words.vectors)


def test_words_that_are_no_words_are_refused(tmp_path):
    for bad in (WordVectors(("a sentence of text", "b"), torch.eye(2)), WordVectors(("a", "b"), 2 * torch.eye(2))):
        save_words(bad, tmp_path / "words.safetensors")
        with pytest.raises(WeightsError, match="does not hold words"):
            load_words(tmp_path / "words.safetensors")


@pytest.mark.parametrize("name", ["generator.safetensors", "words.safetensors", CARD])
def test_a_damaged_file_is_named(folder, name):
    path = folder / name
    path.write_bytes(path.read_bytes()[:-9] + b"\0" * 9)
    with pytest.raises(WeightsError, match=name.replace(".", r"\.")):
        load_tag_model(folder)


def test_a_card_with_a_field_too_many_is_refused(folder):
    values = json.loads((folder / CARD).read_text())
    (folder / CARD).write_text(json.dumps(values | {"extra": 1}))
    with pytest.raises(WeightsError, match="extra"):
        load_tag_model(folder)
