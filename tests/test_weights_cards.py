import json
import os

import pytest
from conftest import write_tiny_model

from icgan_demo.errors import WeightsError
from icgan_demo.weights.cards import CARD, Card, find_cards, read_card, write_card


@pytest.fixture
def folder(tmp_path, models_folder):
    """A folder with a good card and no other file."""
    folder = tmp_path / "tiny"
    folder.mkdir()
    (folder / CARD).write_bytes((models_folder / "tiny" / CARD).read_bytes())
    return folder


def edit(folder, change):
    values = json.loads((folder / CARD).read_text())
    change(values)
    (folder / CARD).write_text(json.dumps(values))


def test_a_card_comes_back_the_same(models_folder, tmp_path):
    card = read_card(models_folder / "tiny")
    write_card(card, tmp_path / "copy")
    assert read_card(tmp_path / "copy") == card
    assert card.generator.widths == (8, 8, 8, 8)
    assert card.class_names == ("Lemon", "Lime", "Golden apple")


def test_an_encoder_without_files_of_its_own_is_a_valid_record(folder):
    edit(folder, lambda card: card.update(encoder={"kind": "openclip", "architecture": "RN50", "pretrained": "openai"}))
    assert read_card(folder).encoder["architecture"] == "RN50"


WRONG = {
    "a missing key": (lambda card: card.pop("licence"), "licence is missing"),
    "an unknown key": (lambda card: card.update(extra=1), "extra is not one of its fields"),
    "an unknown setting": (lambda card: card["generator"].update(depth=3), "generator.depth is not one of its fields"),
    "a number as text": (lambda card: card["generator"].update(resolution="32"), "generator.resolution has a value of"),
    "an impossible size": (lambda card: card["generator"].update(resolution=33), "resolution must be one of"),
    "a path as name": (lambda card: card.update(name="../tiny"), "name has a value of the wrong kind"),
    "a hidden name": (lambda card: card.update(name=".tiny"), "name has a value of the wrong kind"),
    "a path as file": (lambda card: card["files"].update({"../x": {"size": 1, "sha256": "0" * 64}}), "files"),
    "no generator": (lambda card: card["files"].pop("generator.safetensors"), "files must list generator.safetensors"),
    "no hash": (lambda card: card["files"]["generator.safetensors"].update(sha256=""), "each size and SHA-256"),
    "a script as address": (lambda card: card["licence"].update(url="javascript:alert(1)"), "licence.url"),
    "one name twice": (lambda card: card.update(class_names=["Lemon", "Lemon", "Lime"]), "class_names must be unique"),
    "a name too few": (lambda card: card.update(class_names=["Lemon"]), "class_names must be 3, got 1"),
    "an encoder without kind": (lambda card: card.update(encoder={}), "encoder must have a kind"),
    "a figure beyond all numbers": (lambda card: card.update(figures={"fd": [float("inf")]}), "figures"),
    "not a number": (lambda card: card.update(settings={"lr": float("nan")}), "settings"),
    "another kind": (lambda card: card.update(kind="cgan"), "kind has a value of the wrong kind"),
    "an older schema": (lambda card: card.update(schema=0), "schema has a value of the wrong kind"),
    "a newer schema": (lambda card: card.update(schema=2), "newer version of this program. Update the program"),
}


@pytest.mark.parametrize(("change", "message"), WRONG.values(), ids=WRONG.keys())
def test_a_wrong_card_is_one_sentence_that_names_card_and_field(folder, change, message):
    edit(folder, change)
    with pytest.raises(WeightsError, match=rf"^tiny/card\.json .*{message}"):
        read_card(folder)


@pytest.mark.parametrize("text", ["", "[1, 2", "\x00\xff", "[" * 200_000, '{"schema": ' + "9" * 5000 + "}"])
def test_text_that_is_not_json_is_one_sentence(folder, text):
    (folder / CARD).write_text(text)
    with pytest.raises(WeightsError, match=r"tiny/card\.json is damaged: it is not JSON"):
        read_card(folder)


def test_a_huge_card_is_refused_unread(folder):
    (folder / CARD).write_text(" " * 2_000_000)
    with pytest.raises(WeightsError, match="larger than 1 MB"):
        read_card(folder)


def test_a_missing_card_is_one_sentence_without_a_path(tmp_path):
    with pytest.raises(WeightsError, match=r"^nothing/card\.json is missing") as caught:
        read_card(tmp_path / "nothing")
    assert str(tmp_path) not in str(caught.value)


def test_models_are_found_in_order_and_the_first_of_a_name_counts(tmp_path, models_folder):
    write_tiny_model(tmp_path / "tiny", seed=5)
    write_tiny_model(tmp_path / "extra")
    found = find_cards([models_folder, tmp_path, tmp_path / "absent"])
    assert [model.name for model in found] == ["plain", "tiny", "extra"]
    assert [model.folder.parent for model in found] == [models_folder, models_folder, tmp_path]
    assert all(isinstance(model.card, Card) and not model.message for model in found)


def test_broken_models_are_listed_with_what_is_wrong(tmp_path):
    for name in ("cardless", "damaged", "good", "lacking", "torn"):
        write_tiny_model(tmp_path / name)
    os.remove(tmp_path / "cardless" / CARD)
    (tmp_path / "damaged" / CARD).write_text("{")
    os.remove(tmp_path / "lacking" / "encoder.safetensors")
    os.truncate(tmp_path / "torn" / "generator.safetensors", 100)
    messages = {model.name: model.message for model in find_cards([tmp_path])}
    assert messages["good"] == ""
    assert messages["cardless"].startswith("cardless/card.json is missing")
    assert messages["damaged"].startswith("damaged/card.json is damaged")
    assert messages["lacking"].startswith("lacking/encoder.safetensors is missing")
    assert messages["torn"].startswith("torn/generator.safetensors is incomplete")


def test_folders_that_hold_no_model_are_not_listed(tmp_path):
    (tmp_path / "downloads").mkdir()
    (tmp_path / ".scratch").mkdir()
    (tmp_path / ".scratch" / "generator.safetensors").write_bytes(b"half")
    (tmp_path / "README.md").write_text("models")
    assert find_cards([tmp_path]) == []
