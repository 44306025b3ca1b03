"""The boundary between pictures and tensors."""

import torch
from PIL import Image

from icgan_demo.pixels import crop_to_square, from_pictures, to_images, to_pictures, to_pixels


def test_all_256_levels_survive_the_round_trip():
    pixels = torch.arange(256, dtype=torch.uint8)
    assert torch.equal(to_pixels(to_images(pixels)), pixels)


def test_images_reach_from_minus_one_to_one():
    assert to_images(torch.tensor([0, 255], dtype=torch.uint8)).tolist() == [-1.0, 1.0]


def test_values_out_of_range_are_clamped():
    assert to_pixels(torch.tensor([-3.0, 3.0])).tolist() == [0, 255]


def test_pictures_survive_the_way_through_tensors():
    picture = Image.effect_noise((8, 8), 90).convert("RGB")
    assert to_pictures(to_images(from_pictures([picture])))[0].tobytes() == picture.tobytes()


def test_crop_takes_the_centre_square():
    picture = Image.new("RGB", (90, 30), "red")
    picture.paste("lime", (30, 0, 60, 30))
    crop = crop_to_square(picture, 16)
    assert crop.size == (16, 16)
    assert crop.getcolors() == [(256, (0, 255, 0))]


def test_crop_of_an_upright_picture_is_centred_too():
    picture = Image.new("RGB", (30, 90), "red")
    picture.paste("lime", (0, 30, 30, 60))
    assert crop_to_square(picture, 16).getcolors() == [(256, (0, 255, 0))]
