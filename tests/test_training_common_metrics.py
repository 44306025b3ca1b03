"""Figures against other libraries and hand-made cases."""

import pytest
import torch

from icgan_demo.training.common.metrics import (
    class_agreement,
    classes_covered,
    coverage_of,
    frechet_distance,
    kernel_distance,
)


def test_frechet_distance_equals_that_of_another_library():
    fid = pytest.importorskip("torch_fidelity.metric_fid")
    source = torch.Generator().manual_seed(0)
    first = torch.randn(300, 6, generator=source)
    second = torch.randn(200, 6, generator=source) @ torch.randn(6, 6, generator=source) + 0.5
    statistics = [fid.fid_features_to_statistics(features) for features in (first, second)]
    expected = fid.fid_statistics_to_metric(*statistics, verbose=False)["frechet_inception_distance"]
    assert frechet_distance(first, second) == pytest.approx(expected, rel=1e-4)


def test_frechet_distance_of_a_set_to_itself_is_zero():
    features = torch.randn(50, 8, generator=torch.Generator().manual_seed(1))
    assert frechet_distance(features, features) == pytest.approx(0, abs=1e-6)


def test_identical_sets_overlap_fully():
    features = torch.randn(60, 4, generator=torch.Generator().manual_seed(2))
    result = coverage_of(features, features, k=3)
    assert (result.precision, result.recall, result.coverage) == (1, 1, 1)


def test_sets_far_apart_do_not_overlap():
    features = torch.randn(60, 4, generator=torch.Generator().manual_seed(3))
    result = coverage_of(features, features + 100, k=3)
    assert (result.precision, result.recall, result.density, result.coverage) == (0, 0, 0, 0)


def test_drawing_one_good_picture_only_is_precise_but_covers_little():
    real = torch.randn(100, 4, generator=torch.Generator().manual_seed(4))
    drawn = real[:1] + 1e-3 * torch.randn(100, 4, generator=torch.Generator().manual_seed(5))
    result = coverage_of(real, drawn, k=3)
    assert result.precision == 1
    assert result.recall < 0.05
    assert result.coverage < 0.2


def test_kernel_distance_equals_that_of_another_library():
    """On features of mean square 1, so that the scaling changes nothing."""
    kid = pytest.importorskip("torchmetrics.image.kid")
    source = torch.Generator().manual_seed(0)
    first, second = (torch.randn(80, 8, generator=source).double() for _ in range(2))
    second = (second + 0.3) / (second + 0.3).square().mean().sqrt()
    expected = kid.poly_mmd(first, second, degree=3, gamma=None, coef=1.0)
    assert kernel_distance(first, second) == pytest.approx(float(expected), rel=1e-9)


def test_kernel_distance_of_one_law_is_about_zero_for_any_number_of_pictures():
    source = torch.Generator().manual_seed(0)
    values = [
        kernel_distance(torch.randn(20, 4, generator=source), torch.randn(20, 4, generator=source)) for _ in range(200)
    ]
    assert abs(sum(values) / len(values)) < 0.15
    assert kernel_distance(torch.randn(20, 4, generator=source) + 2, torch.randn(20, 4, generator=source)) > 1


def test_agreement_is_the_share_whose_nearest_real_picture_is_of_the_asked_class():
    real = torch.eye(4)
    classes = torch.tensor([0, 0, 1, -1])
    drawn = torch.eye(4)[[0, 2, 2, 3]]
    assert class_agreement(drawn, torch.tensor([0, 0, 1, -1]), real, classes) == pytest.approx(2 / 3)
    assert class_agreement(drawn, torch.tensor([-1, -1, -1, -1]), real, classes) is None
    assert class_agreement(drawn, torch.tensor([0, 0, 0, 0]), real, torch.tensor([0, 0, 0, 0])) is None


def test_few_pictures_still_have_a_coverage():
    few = torch.randn(4, 3, generator=torch.Generator().manual_seed(0))
    assert coverage_of(few, few).coverage == 1.0


def test_a_class_is_covered_if_it_is_that_of_the_photo_nearest_to_some_image():
    real = torch.eye(4)
    classes = torch.tensor([0, 1, 2, -1])
    drawn = torch.nn.functional.normalize(torch.tensor([[1.0, 0.2, 0, 0], [0.9, 0, 0.1, 0], [0, 1, 0, 2.0]]), dim=1)
    assert classes_covered(drawn, real, classes) == pytest.approx(2 / 3)
    assert classes_covered(drawn, real, torch.zeros(4, dtype=torch.int64)) is None
