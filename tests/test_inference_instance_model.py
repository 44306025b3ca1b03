import numpy as np
import pytest
import torch
from conftest import write_tiny_model
from PIL import Image

from icgan_demo.errors import ImageError, RequestError
from icgan_demo.inference import instance_model as sample_module
from icgan_demo.inference.loading import load_model
from icgan_demo.models.noise import draw_noise
from icgan_demo.pixels import to_pictures


@pytest.fixture(scope="module")
def model(models_folder):
    return load_model("tiny", [models_folder])


@pytest.fixture(scope="module")
def feature(model, photo):
    return model.encode([photo])[0]


def pixels(pictures):
    return np.stack([np.asarray(picture, dtype=np.int16) for picture in pictures])


def test_features_are_unit_rows_whatever_the_batch(model, photo, monkeypatch):
    pictures = [photo.rotate(angle) for angle in range(0, 50, 10)]
    features = model.encode(pictures)
    assert features.shape == (5, 16)
    assert features.dtype == torch.float32
    torch.testing.assert_close(features.norm(dim=1), torch.ones(5))
    monkeypatch.setattr(sample_module, "ENCODED_AT_ONCE", 2)
    torch.testing.assert_close(model.encode(pictures), features, atol=1e-5, rtol=0)
    assert model.encode([]).shape == (0, 16)


def saved(picture, path, **options):
    picture.save(path, **options)
    return path


def test_a_picture_and_its_file_have_one_feature(model, photo, tmp_path):
    turned = Image.Exif()
    turned[0x0112] = 6
    grey16 = Image.fromarray(np.linspace(0, 65535, 6400).reshape(80, 80).astype(np.uint16))
    clear = photo.convert("RGBA")
    clear.putalpha(Image.linear_gradient("L").resize(photo.size))
    paths = [
        saved(photo, tmp_path / "plain.png"),
        saved(photo, tmp_path / "turned.jpg", exif=turned),
        saved(photo.resize((1800, 1440)), tmp_path / "large.png"),
        saved(clear, tmp_path / "clear.png"),
        saved(grey16, tmp_path / "grey16.png"),
        saved(photo.quantize(16), tmp_path / "palette.png"),
    ]
    opened = [Image.open(path) for path in paths]
    torch.testing.assert_close(model.encode(opened), model.encode(paths), atol=1e-5, rtol=0)


def test_a_file_that_is_no_picture_is_refused(model, tmp_path):
    (tmp_path / "a.png").write_text("not a picture")
    with pytest.raises(ImageError):
        model.encode([tmp_path / "a.png"])


def test_a_seed_draws_the_same_picture_whatever_the_count_and_batch(model, feature, monkeypatch):
    sixteen = pixels(model.sample(feature, range(5, 21)))
    assert abs(pixels(model.sample(feature, [9]))[0] - sixteen[4]).max() <= 1
    monkeypatch.setattr(sample_module, "PIXELS_AT_ONCE", 3 * 32 * 32)
    assert abs(pixels(model.sample(feature, range(5, 21))) - sixteen).max() <= 1


def test_seed_truncation_label_and_instance_each_change_the_picture(model, feature):
    base = pixels(model.sample(feature, [0], 0.8, "Lemon"))
    other = model.bank.features[0]
    for changed in (
        model.sample(feature, [1], 0.8, "Lemon"),
        model.sample(feature, [0], 0.1, "Lemon"),
        model.sample(feature, [0], 0.8, "Lime"),
        model.sample(feature, [0], 0.8, None),
        model.sample(other, [0], 0.8, "Lemon"),
    ):
        assert abs(pixels(changed) - base).max() > 1


def test_sampling_is_drawing_with_the_noise_of_the_seeds(model, feature):
    pictures = model.sample(feature, [3, 4], truncation=0.6, label="Lime")
    z = draw_noise([3, 4], 16, 0.6)
    images = model.draw(z, feature.expand(2, -1), torch.tensor([1, 1]))
    assert images.shape == (2, 3, 32, 32)
    assert images.dtype == torch.float32
    assert images.abs().max() <= 1
    assert (pixels(to_pictures(images)) == pixels(pictures)).all()


def test_drawing_ignores_surplus_noise_and_takes_no_label_as_minus_one(model, feature):
    z, h = torch.randn(2, 20), feature.expand(2, -1)
    torch.testing.assert_close(model.draw(z, h), model.draw(z[:, :16], h, torch.tensor([-1, -1])))


def test_nothing_asked_for_is_nothing_drawn(model, feature):
    assert model.sample(feature, []) == []
    assert model.draw(torch.empty(0, 16), torch.empty(0, 16)).shape == (0, 3, 32, 32)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"seeds": [-1]}, "Seeds must be between 0 and 2147483647"),
        ({"seeds": [2**31]}, "Seeds must be between 0 and 2147483647"),
        ({"truncation": 0.01}, "Truncation must be between 0.05 and 1, got 0.01"),
        ({"truncation": float("nan")}, "Truncation must be"),
        ({"label": "Durian"}, r"Tiny tiny does not know the class 'Durian'\.$"),
        ({"label": "lemon"}, "does not know the class 'lemon'. Did you mean 'Lemon'"),
    ],
)
def test_settings_out_of_range_are_refused(model, feature, arguments, message):
    with pytest.raises(RequestError, match=message):
        model.sample(feature, **({"seeds": [0]} | arguments))


def test_shapes_that_do_not_fit_are_refused(model, feature):
    z, h = torch.zeros(2, 16), feature.expand(2, -1)
    with pytest.raises(RequestError, match="noise must have shape"):
        model.draw(z[:, :15], h)
    with pytest.raises(RequestError, match="features must have shape"):
        model.draw(z, h[:1])
    with pytest.raises(RequestError, match="labels must be 2 rows between -1 and 2"):
        model.draw(z, h, torch.tensor([0, 3]))


def test_a_model_without_classes_draws_without_and_refuses_them(models_folder, photo):
    plain = load_model("plain", [models_folder])
    assert len(plain.sample(plain.encode([photo])[0], [0])) == 1
    with pytest.raises(RequestError, match="has no classes"):
        plain.sample(plain.bank.features[0], [0], label="Lemon")


def test_a_model_that_needs_a_class_says_so(tmp_path, photo):
    write_tiny_model(tmp_path / "strict", no_label=False)
    strict = load_model("strict", [tmp_path])
    assert len(strict.sample(strict.bank.features[0], [0], label="Lime")) == 1
    with pytest.raises(RequestError, match="needs a class"):
        strict.sample(strict.bank.features[0], [0])
    with pytest.raises(RequestError, match="needs a class"):
        strict.draw(torch.zeros(1, 16), strict.bank.features[:1])


def test_a_flat_picture_has_a_finite_feature(model):
    features = model.encode([Image.new("RGB", (40, 40), color) for color in ("grey", "black", "white")])
    assert torch.isfinite(features).all()
