import pytest
import torch

from icgan_demo.config import EncoderConfig
from icgan_demo.encoders.bundled import BundledEncoder, build_network
from icgan_demo.encoders.encoder import encode_pictures, unit_length
from icgan_demo.pixels import crop_to_square, from_pictures, to_images


def small_encoder(**changes):
    torch.manual_seed(0)
    config = EncoderConfig(**{"input_side": 32, "widths": (8, 8, 16, 24), **changes})
    return BundledEncoder(build_network(config), config, "small")


def some_images(side=32):
    return torch.rand(3, 3, side, side, generator=torch.Generator().manual_seed(1)) * 2 - 1


def test_features_are_unit_length_float32():
    encoder = small_encoder()
    features = encoder.encode(some_images())
    assert features.dtype == torch.float32
    assert features.shape == (3, encoder.feature_dim) == (3, 24)
    torch.testing.assert_close(features.norm(dim=1), torch.ones(3))


def test_an_averaged_feature_does_not_know_left_from_right():
    images = some_images()
    averaged, single = small_encoder(), small_encoder(flip_averaged=False)
    torch.testing.assert_close(averaged.encode(images), averaged.encode(images.flip(-1)))
    assert not torch.allclose(single.encode(images), single.encode(images.flip(-1)), atol=1e-3)


def test_a_feature_depends_on_its_own_image_alone():
    encoder, images = small_encoder(), some_images()
    torch.testing.assert_close(encoder.encode(images)[1:2], encoder.encode(images[1:2]))


@pytest.mark.parametrize("side", [16, 32, 128])
def test_images_of_any_side_are_brought_to_the_networks(side):
    assert small_encoder().encode(some_images(side)).shape == (3, 24)


def test_a_larger_picture_can_be_seen_with_the_detail_of_a_smaller_one():
    images = some_images(64)
    reduced = torch.nn.functional.interpolate(images, (16, 16), mode="bilinear", antialias=True)
    seen = small_encoder(detail_side=16).encode(images)
    torch.testing.assert_close(seen, small_encoder().encode(reduced))
    assert not torch.allclose(seen, small_encoder().encode(images), atol=1e-3)


def test_a_picture_that_is_small_already_is_not_reduced():
    torch.testing.assert_close(
        small_encoder(detail_side=32).encode(some_images(32)), small_encoder().encode(some_images(32))
    )


def test_the_network_is_frozen_and_in_evaluation_mode():
    config = EncoderConfig(input_side=32, widths=(8, 8, 16, 24))
    network = build_network(config).train()
    BundledEncoder(network, config, "small")
    assert not network.training
    assert not any(value.requires_grad for value in network.parameters())


def test_pooling_in_the_stem_is_a_setting():
    with_pool, without = (build_network(EncoderConfig(stem_pool=pool)) for pool in (True, False))
    assert sum(isinstance(module, torch.nn.MaxPool2d) for module in with_pool.modules()) == 1
    assert sum(isinstance(module, torch.nn.MaxPool2d) for module in without.modules()) == 0


def test_a_photo_is_encoded_as_its_centre_square(photo):
    encoder = small_encoder()
    by_hand = encoder.encode(to_images(from_pictures([crop_to_square(photo, 32)])))
    assert torch.equal(encode_pictures(encoder, [photo], 32), by_hand)


def test_a_zero_feature_stays_finite():
    features = unit_length(torch.tensor([[0.0, 0.0], [3.0, 4.0]]))
    torch.testing.assert_close(features, torch.tensor([[0.0, 0.0], [0.6, 0.8]]))
