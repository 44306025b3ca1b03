import json
import sys

import pytest
import torch
from conftest import write_tiny_model
from safetensors.torch import save_file
from torchvision.transforms.functional import to_pil_image

from icgan_demo.encoders.openclip import MEAN, OpenClipEncoder, create_encoder
from icgan_demo.encoders.table import check_encoder, load_encoder
from icgan_demo.errors import EncoderError, WeightsError
from icgan_demo.weights.cards import read_card
from icgan_demo.weights.tensor_files import save_tensors

open_clip = pytest.importorskip("open_clip")
TINY = "icgan-test-tiny"


@pytest.fixture(scope="module")
def architecture(tmp_path_factory):
    """The name of an architecture that open_clip knows for these tests only."""
    folder = tmp_path_factory.mktemp("architectures")
    config = {
        "embed_dim": 12,
        "vision_cfg": {"image_size": 32, "layers": 1, "width": 64, "patch_size": 16},
        "text_cfg": {"context_length": 8, "vocab_size": 50, "width": 64, "heads": 1, "layers": 1},
    }
    (folder / f"{TINY}.json").write_text(json.dumps(config))
    open_clip.add_model_config(folder)
    return TINY


@pytest.fixture(scope="module")
def model(architecture):
    torch.manual_seed(0)
    return open_clip.create_model(architecture).eval()


@pytest.fixture(scope="module")
def weights(model, tmp_path_factory):
    """The model's weights as local files of both formats."""
    folder = tmp_path_factory.mktemp("weights")
    save_file(model.state_dict(), folder / "clip.safetensors")
    torch.save(model.state_dict(), folder / "clip.pt")
    return folder


@pytest.fixture(scope="module")
def images():
    return torch.rand(3, 3, 64, 64, generator=torch.Generator().manual_seed(1)) * 2 - 1


@pytest.mark.parametrize("file", ["clip.safetensors", "clip.pt"])
def test_local_weights_give_the_models_own_unit_features(architecture, model, weights, images, file):
    encoder = create_encoder(architecture, str(weights / file))
    features = encoder.encode(images)
    assert features.dtype == torch.float32
    assert features.shape == (3, encoder.feature_dim) == (3, 12)
    torch.testing.assert_close(features.norm(dim=1), torch.ones(3))
    with torch.no_grad():
        expected = model.encode_image(encoder.prepare(images), normalize=True)
    torch.testing.assert_close(features, expected)


def test_pictures_are_prepared_as_open_clip_prepares_them(architecture, weights):
    """Smooth pictures, so that the 8-bit rounding of open_clip's own transform stays small."""
    ramp = torch.linspace(-1, 1, 64)
    image = torch.stack([ramp.expand(64, 64), ramp.expand(64, 64).T, torch.zeros(64, 64)])
    encoder = create_encoder(architecture, str(weights / "clip.pt"))
    transform = open_clip.image_transform(32, is_train=False, mean=encoder.model.visual.image_mean)
    expected = transform(to_pil_image((image + 1) / 2))
    torch.testing.assert_close(encoder.prepare(image[None])[0], expected, atol=0.02, rtol=0)


def test_a_model_without_statistics_gets_clips(model):
    statistics = model.visual.image_mean, model.visual.image_std
    try:
        model.visual.image_mean = model.visual.image_std = None
        grey = OpenClipEncoder(model, "tiny").prepare(torch.zeros(1, 3, 32, 32))
    finally:
        model.visual.image_mean, model.visual.image_std = statistics
    assert grey[0, 0, 0, 0].item() == pytest.approx((0.5 - MEAN[0]) / 0.26862954)


def test_the_identity_follows_the_weights(architecture, model, weights, tmp_path):
    other = {key: value + 1e-3 for key, value in model.state_dict().items()}
    save_file(other, tmp_path / "clip.safetensors")
    one, same, another = (
        create_encoder(architecture, str(path)).identity
        for path in (weights / "clip.safetensors", weights / "clip.safetensors", tmp_path / "clip.safetensors")
    )
    assert one == same != another
    assert one.startswith(f"openclip:{TINY}:")


@pytest.mark.parametrize(
    ("name", "pretrained"), [("no such architecture", "openai"), (TINY, "no such weights"), (TINY, "/nowhere/clip.pt")]
)
def test_unknown_names_and_missing_files_are_one_sentence(architecture, name, pretrained):
    with pytest.raises(EncoderError, match=r"^The OpenCLIP encoder .* cannot be loaded: [^/]*$"):
        create_encoder(name, pretrained)


def test_random_weights_are_never_taken_for_an_encoder(architecture):
    with pytest.raises(EncoderError, match="needs weights"):
        create_encoder(architecture, None)


@pytest.mark.parametrize("content", [b"", b"<html>", b"\x80\x02}q\x00.", b"PK\x03\x04"])
def test_a_damaged_file_is_one_sentence(architecture, tmp_path, content):
    (tmp_path / "clip.pt").write_bytes(content)
    with pytest.raises(EncoderError, match=r"\(clip\.pt\) cannot be loaded"):
        create_encoder(architecture, str(tmp_path / "clip.pt"))


def test_weights_of_the_hub_that_cannot_be_reached_are_one_sentence(monkeypatch):
    def no_network(*_, **__):
        raise OSError("Network is unreachable: https://somewhere")

    monkeypatch.setattr(open_clip.factory, "download_pretrained", no_network)
    with pytest.raises(EncoderError, match="can neither be found on this machine nor fetched"):
        create_encoder("RN50", "openai")


def test_a_program_without_open_clip_says_so(monkeypatch):
    monkeypatch.setitem(sys.modules, "open_clip", None)
    with pytest.raises(EncoderError, match="OpenCLIP cannot be imported here"):
        create_encoder("ViT-B-32", "openai")


@pytest.fixture
def clip_model(tmp_path, model):
    """Return a function that writes a model folder whose card has a given encoder record."""

    def write(**record):
        folder = tmp_path / "tiny"
        write_tiny_model(folder)
        values = json.loads((folder / "card.json").read_text())
        written = save_tensors(model.state_dict(), folder / "clip.safetensors")
        values["files"]["clip.safetensors"] = {"size": written.size, "sha256": written.sha256}
        values["encoder"] = {"kind": "openclip", **record}
        (folder / "card.json").write_text(json.dumps(values))
        return read_card(folder), folder

    return write


def test_a_card_may_name_a_file_of_its_own_folder(architecture, clip_model, images):
    card, folder = clip_model(architecture=architecture, file="clip.safetensors")
    check_encoder(card, folder)
    assert load_encoder(card, folder).encode(images).shape == (3, 12)


@pytest.mark.parametrize("record", [{}, {"architecture": 5}, {"file": "../clip.safetensors"}, {"file": "other.pt"}])
def test_a_card_cannot_name_anything_else(architecture, clip_model, record):
    card, folder = clip_model(**{"architecture": architecture, **record} if record else record)
    with pytest.raises(EncoderError, match="The card of tiny does not"):
        check_encoder(card, folder)


def test_an_altered_file_of_the_folder_is_refused(architecture, clip_model):
    card, folder = clip_model(architecture=architecture, file="clip.safetensors")
    content = bytearray((folder / "clip.safetensors").read_bytes())
    content[-1] ^= 1
    (folder / "clip.safetensors").write_bytes(content)
    with pytest.raises(WeightsError, match=r"clip\.safetensors"):
        load_encoder(card, folder)
