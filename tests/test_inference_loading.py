import json
import os
import sys

import pytest
from conftest import write_tiny_model

import icgan_demo
from icgan_demo.errors import EncoderError, RequestError, WeightsError
from icgan_demo.inference.loading import load_model


def test_a_model_is_found_by_name_or_by_folder(models_folder):
    assert load_model("tiny", [models_folder]).card.name == "tiny"
    assert load_model(str(models_folder / "tiny"), []).card.name == "tiny"


def test_the_package_itself_offers_it(models_folder, monkeypatch):
    monkeypatch.setenv("ICGAN_MODELS_DIR", str(models_folder))
    assert icgan_demo.load_model("tiny").resolution == 32


def test_an_unknown_name_is_answered_with_the_known_ones(models_folder):
    with pytest.raises(RequestError, match=r"no model 'nothing'. Available: plain, tiny\."):
        load_model("nothing", [models_folder])
    with pytest.raises(RequestError, match="the weights folder is empty"):
        load_model("nothing", [])


@pytest.mark.parametrize("file", ["generator.safetensors", "encoder.safetensors", "instances.safetensors"])
def test_an_altered_file_is_named(tmp_path, file):
    write_tiny_model(tmp_path / "tiny")
    content = bytearray((tmp_path / "tiny" / file).read_bytes())
    content[-1] ^= 1
    (tmp_path / "tiny" / file).write_bytes(content)
    with pytest.raises(WeightsError, match=file):
        load_model("tiny", [tmp_path])


def test_a_damaged_discriminator_does_not_stop_drawing(tmp_path):
    write_tiny_model(tmp_path / "tiny")
    path = tmp_path / "tiny" / "discriminator.safetensors"
    path.write_bytes(bytes(path.stat().st_size))
    assert load_model("tiny", [tmp_path]).resolution == 32


def edit_card(folder, change):
    values = json.loads((folder / "card.json").read_text())
    change(values)
    (folder / "card.json").write_text(json.dumps(values))


def test_a_generator_of_another_shape_is_refused(tmp_path):
    write_tiny_model(tmp_path / "tiny")
    edit_card(tmp_path / "tiny", lambda card: card["generator"].update(widths=[16, 8, 8, 8]))
    with pytest.raises(WeightsError, match=r"generator\.safetensors"):
        load_model("tiny", [tmp_path])


@pytest.mark.parametrize(
    ("encoder", "error", "message"),
    [
        ({"kind": "crystal ball"}, EncoderError, "'crystal ball'"),
        ({"kind": "bundled"}, WeightsError, "does not describe its encoder"),
        (
            {"kind": "bundled", "settings": {"input_side": 32, "layer": 5}},
            WeightsError,
            "does not describe its encoder",
        ),
        ({"kind": "bundled", "settings": {"input_side": "wide"}}, WeightsError, "does not describe its encoder"),
    ],
)
def test_an_encoder_that_cannot_be_built_is_one_sentence(tmp_path, encoder, error, message):
    write_tiny_model(tmp_path / "tiny")
    edit_card(tmp_path / "tiny", lambda card: card.update(encoder=encoder))
    with pytest.raises(error, match=message):
        load_model("tiny", [tmp_path])


def test_an_encoder_package_that_is_missing_stops_only_its_own_model(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "icgan_demo.encoders.openclip", None)  # its import fails
    write_tiny_model(tmp_path / "tiny")
    write_tiny_model(tmp_path / "clip")
    edit_card(tmp_path / "clip", lambda card: card.update(encoder={"kind": "openclip"}))
    with pytest.raises(EncoderError, match="openclip"):
        load_model("clip", [tmp_path])
    assert load_model("tiny", [tmp_path]).resolution == 32


def test_an_encoder_whose_features_do_not_fit_is_refused(tmp_path):
    write_tiny_model(tmp_path / "tiny")
    edit_card(tmp_path / "tiny", lambda card: card["generator"].update(feature_dim=32))
    with pytest.raises(EncoderError, match="makes 16 numbers per image, its generator takes 32"):
        load_model("tiny", [tmp_path])


def test_the_identity_of_features_covers_weights_settings_and_resolution(tmp_path):
    for name, seed in (("one", 0), ("same", 0), ("other", 1)):
        write_tiny_model(tmp_path / name, seed=seed)
    write_tiny_model(tmp_path / "unflipped")
    edit_card(tmp_path / "unflipped", lambda card: card["encoder"]["settings"].update(flip_averaged=False))
    one, same, other, unflipped = (
        load_model(name, [tmp_path]).feature_identity for name in ("one", "same", "other", "unflipped")
    )
    assert one == same
    assert len({one, other, unflipped}) == 3
    assert one.endswith("@32")


def test_a_missing_file_is_named_with_what_to_do(tmp_path):
    write_tiny_model(tmp_path / "tiny")
    os.remove(tmp_path / "tiny" / "encoder.safetensors")
    with pytest.raises(WeightsError, match=r"tiny/encoder\.safetensors is missing. Download the model again"):
        load_model("tiny", [tmp_path])
