import os

import pytest
import torch
import torch.nn.functional as F
from conftest import write_tiny_model
from PIL import Image
from safetensors.torch import save_file
from torchvision.models import resnet50
from torchvision.transforms import functional as transforms

from icgan_demo.encoders import resnet50 as ours
from icgan_demo.encoders.encoder import encode_pictures
from icgan_demo.encoders.resnet50 import Resnet50Encoder
from icgan_demo.encoders.table import check_encoder, load_encoder
from icgan_demo.errors import EncoderError, WeightsError
from icgan_demo.guards.weights_file import sha256_of
from icgan_demo.models.resnet50_network import build_resnet50
from icgan_demo.weights.cards import read_card
from icgan_demo.weights.published.encoder_store import convert_encoder
from icgan_demo.weights.published.resnet50_files import KINDS, read_resnet50


def read_encoder(path, kind=None, *, align_corners=True):
    """Return an encoder from a local file as published."""
    kind, tensors = read_resnet50(path, kind)
    network = build_resnet50()
    network.load_state_dict(tensors)
    return Resnet50Encoder(network, f"{kind}:{sha256_of(path)[:16]}", align_corners=align_corners)


@pytest.fixture(scope="module")
def whole():
    """torchvision's own network with its classifier, random weights."""
    torch.manual_seed(0)
    network = resnet50(weights=None).eval()
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.normal_(std=0.1)
            module.running_var.uniform_(0.5, 2)
    return network


@pytest.fixture(scope="module")
def images():
    return torch.rand(2, 3, 64, 64, generator=torch.Generator().manual_seed(1)) * 2 - 1


def as_published(network, kind):
    """The network's weights in the layout in which that kind was published."""
    tensors = dict(network.state_dict())
    if kind == "resnet50-swav":
        del tensors["fc.weight"], tensors["fc.bias"]
        tensors["projection_head.0.weight"] = torch.randn(4, 2048)
        tensors["projection_head.1.num_batches_tracked"] = torch.tensor(3)
        tensors["prototypes.weight"] = torch.randn(5, 4)
        return {f"module.{key}": value for key, value in tensors.items()}
    if kind == "resnet50-imagenet-lt":
        backbone = {f"module.{key}": value for key, value in tensors.items() if not key.startswith("fc.")}
        classifier = {f"module.{key}": value for key, value in tensors.items() if key.startswith("fc.")}
        return {"state_dict_best": {"feat_model": backbone, "classifier": classifier}, "best_acc": 0.4}
    # The published file is older than these counters.
    return {key: value for key, value in tensors.items() if not key.endswith("num_batches_tracked")}


@pytest.fixture(scope="module")
def published(whole, tmp_path_factory):
    """A file of each kind."""
    folder = tmp_path_factory.mktemp("published")
    for kind in KINDS:
        torch.save(as_published(whole, kind), folder / f"{kind}.pth.tar")
    return {kind: folder / f"{kind}.pth.tar" for kind in KINDS}


def features_of(whole, images, align_corners=True):
    """The published recipe, written out: statistics, bicubic, network without classifier, unit length."""
    mean, std = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
    x = ((images + 1) / 2 - mean[None, :, None, None]) / std[None, :, None, None]
    x = F.interpolate(x, size=(224, 224), mode="bicubic", align_corners=align_corners)
    with torch.no_grad():
        for name, module in whole.named_children():
            if name != "fc":
                x = module(x)
    x = x.flatten(1)
    return x / x.norm(dim=1, keepdim=True)


@pytest.mark.parametrize("kind", KINDS)
def test_each_published_layout_is_recognised_and_gives_the_networks_features(whole, published, images, kind):
    encoder = read_encoder(published[kind])
    features = encoder.encode(images)
    assert encoder.identity.startswith(f"{kind}:")
    assert features.dtype == torch.float32
    assert features.shape == (2, encoder.feature_dim) == (2, 2048)
    torch.testing.assert_close(features.norm(dim=1), torch.ones(2))
    torch.testing.assert_close(features, features_of(whole, images), atol=1e-5, rtol=1e-4)


def test_the_data_preparations_way_of_enlarging_is_a_setting(whole, published, images):
    demo = read_encoder(published["resnet50-swav"])
    data = read_encoder(published["resnet50-swav"], align_corners=False)
    expected = features_of(whole, images, align_corners=False)
    torch.testing.assert_close(data.encode(images), expected, atol=1e-5, rtol=1e-4)
    assert not torch.allclose(data.encode(images), demo.encode(images), atol=1e-4)
    assert data.identity != demo.identity


def test_a_photo_is_seen_as_the_official_demo_sees_it(images):
    """Centre crop, PIL to the generator's side, [0, 1], statistics, bicubic to 224 with aligned corners."""
    photo = transforms.to_pil_image((images[0] + 1) / 2).resize((90, 120))
    seen = []

    class Watching(Resnet50Encoder):
        def encode(self, images):
            seen.append(self.prepare(images))
            return torch.zeros(len(images), 2048)

    encode_pictures(Watching(torch.nn.Identity(), "watching"), [photo], 64)
    square = transforms.center_crop(photo, [90, 90]).resize((64, 64), Image.Resampling.BILINEAR)
    small = transforms.normalize(transforms.to_tensor(square), [0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
    expected = F.interpolate(small[None], (224, 224), mode="bicubic", align_corners=True)
    torch.testing.assert_close(seen[0], expected, atol=1e-5, rtol=1e-5)


def test_safetensors_under_torchvisions_names_need_the_kind(whole, published, images, tmp_path):
    path = tmp_path / "mine.safetensors"
    save_file({key: value for key, value in whole.state_dict().items() if not key.startswith("fc.")}, path)
    with pytest.raises(WeightsError, match="does not show which encoder it is"):
        read_encoder(path)
    encoder = read_encoder(path, "resnet50-swav")
    assert torch.equal(encoder.encode(images), read_encoder(published["resnet50-swav"]).encode(images))


def test_a_flat_picture_has_a_finite_feature(published):
    feature = read_encoder(published["resnet50-swav"]).encode(torch.zeros(1, 3, 32, 32))
    assert torch.isfinite(feature).all()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda tensors: tensors.pop("module.layer4.2.bn3.running_var"), r"lacks layer4\.2\.bn3\.running_var"),
        (lambda tensors: tensors.update({"module.layer9.weight": torch.zeros(1)}), r"holds layer9\.weight"),
        (lambda tensors: tensors.update({"module.fc.weight": torch.zeros(1)}), r"holds fc\.weight"),
        (
            lambda tensors: tensors.update({"module.conv1.weight": torch.zeros(64, 3, 3, 3)}),
            r"64x3x3x3 instead of 64x3x7x7",
        ),
        (lambda tensors: tensors["module.bn1.weight"].fill_(torch.nan), r"NaN or infinite values in bn1\.weight"),
        (lambda tensors: tensors.update({"module.bn1.bias": os.system}), r"contains code \(posix\.system\)"),
    ],
)
def test_a_file_that_does_not_fit_is_named_with_the_first_difference(whole, tmp_path, change, message):
    tensors = {key: value.clone() for key, value in as_published(whole, "resnet50-swav").items()}
    change(tensors)
    torch.save(tensors, tmp_path / "swav.pth.tar")
    with pytest.raises(WeightsError, match=message):
        read_encoder(tmp_path / "swav.pth.tar")


def test_one_kind_is_not_taken_for_another(published):
    with pytest.raises(WeightsError, match="holds resnet50-swav weights, not resnet50-supervised"):
        read_encoder(published["resnet50-swav"], "resnet50-supervised")


@pytest.mark.parametrize("content", [b"", b"<html>", b"PK\x03\x04", b"\x80\x02}q\x00."])
def test_a_file_that_is_no_network_is_one_sentence(tmp_path, content):
    (tmp_path / "swav.pth.tar").write_bytes(content)
    with pytest.raises(WeightsError, match=r"^swav\.pth\.tar "):
        read_encoder(tmp_path / "swav.pth.tar", "resnet50-swav")


def test_a_missing_file_is_one_sentence(tmp_path):
    with pytest.raises(WeightsError, match=r"no file named swav\.pth\.tar"):
        read_encoder(tmp_path / "swav.pth.tar")


@pytest.fixture
def model(tmp_path):
    """A card that asks for the SwAV encoder, in an otherwise empty model folder."""
    card = write_tiny_model(tmp_path / "tiny")
    text = (tmp_path / "tiny" / "card.json").read_text()
    kept = text.replace('"kind": "bundled"', '"kind": "resnet50-swav"')
    (tmp_path / "tiny" / "card.json").write_text(kept)
    assert card.encoder["kind"] == "bundled"
    return read_card(tmp_path / "tiny"), tmp_path / "tiny"


def test_a_model_finds_the_converted_encoder_beside_it(model, published, images):
    card, folder = model
    assert convert_encoder(published["resnet50-swav"], folder.parent) == "resnet50-swav"
    check_encoder(card, folder)
    encoder = load_encoder(card, folder)
    assert torch.equal(encoder.encode(images), read_encoder(published["resnet50-swav"]).encode(images))
    assert encoder.identity.startswith("resnet50-swav:")


def test_a_missing_encoder_says_how_to_get_it_before_anything_is_computed(model, images, tmp_path, monkeypatch):
    monkeypatch.setenv("ICGAN_MODELS_DIR", str(tmp_path / "nothing"))
    card, folder = model
    with pytest.raises(EncoderError, match="models import resnet50-swav"):
        check_encoder(card, folder)
    stand_in = load_encoder(card, folder)  # the model can still draw from given features
    assert stand_in.feature_dim == 2048
    with pytest.raises(EncoderError, match="models import resnet50-swav"):
        stand_in.encode(images)


def test_a_damaged_converted_encoder_is_refused(model, published):
    card, folder = model
    convert_encoder(published["resnet50-swav"], folder.parent)
    path = folder.parent / "encoders" / "resnet50-swav" / "encoder.safetensors"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(WeightsError, match=r"encoder\.safetensors.*[Cc]hecksum"):
        load_encoder(card, folder)
    path.write_bytes(content[:-100])
    with pytest.raises(EncoderError, match="not on this machine"):
        check_encoder(card, folder)


def test_the_network_is_torchvisions(whole):
    assert build_resnet50().state_dict().keys() == whole.state_dict().keys() - {"fc.weight", "fc.bias"}
    assert ours.INPUT_SIDE == 224
