"""Likeness: nothing to itself, grows with what is changed, sees place and colour, and can be derived."""

import pytest
import torch

from icgan_demo.inference.likeness import Likeness
from icgan_demo.models.efficientnet_lite import EfficientNetLite0


@pytest.fixture(scope="module")
def eyes():
    torch.manual_seed(0)
    return EfficientNetLite0().eval().requires_grad_(False)


@pytest.fixture(scope="module")
def photo():
    """Bright on the left, dark on the right."""
    return torch.linspace(1, -1, 64).expand(3, 64, 64).contiguous()


def test_a_photo_has_no_distance_to_itself(eyes, photo):
    assert float(Likeness(eyes, photo).distance(photo[None])[0]) == pytest.approx(0, abs=1e-3)


@pytest.mark.parametrize("has_eyes", [True, False])
def test_the_mirror_image_is_another_picture(eyes, photo, has_eyes):
    likeness = Likeness(eyes if has_eyes else None, photo)
    near, far = likeness.distance(torch.stack([0.9 * photo, photo.flip(-1)]))
    assert 0 < near < far


def test_rows_do_not_depend_on_each_other(eyes, photo):
    likeness = Likeness(eyes, photo)
    images = torch.stack([photo.flip(-1), 0.5 * photo])
    torch.testing.assert_close(likeness.distance(images), torch.cat([likeness.distance(each[None]) for each in images]))


def test_gradients_lead_towards_the_photo(eyes, photo):
    likeness = Likeness(eyes, photo)
    image = (0.2 * photo[None]).requires_grad_()
    distance = likeness.distance(image).sum()
    (slope,) = torch.autograd.grad(distance, image)
    assert torch.isfinite(slope).all()
    nearer = (image - 0.5 * slope / slope.norm()).detach()
    assert float(likeness.distance(nearer).sum()) < float(distance.detach())


def test_larger_images_are_compared_as_well(eyes):
    photo = torch.zeros(3, 256, 256)
    assert float(Likeness(eyes, photo).distance(photo[None])[0]) == pytest.approx(0, abs=1e-3)
