"""What pictures look like at a glance: the same scene again, another one, a mirror image."""

import numpy as np
from PIL import Image, ImageEnhance, ImageOps
from training_sets import noise

from icgan_demo.service.training.looks import DOUBLE, SAME_FRAME, differences, levels_of, look_of, mirrored


def scene(number):
    return noise(number, 5).resize((200, 150), Image.Resampling.BICUBIC)


def levels(*pictures):
    return levels_of([look_of(picture) for picture in pictures])


def test_a_cameras_noise_and_exposure_do_not_make_another_picture():
    grain = np.random.default_rng(0).normal(0, 8, (150, 200, 3))
    grainy = Image.fromarray((np.asarray(scene(1)) + grain).clip(0, 255).astype(np.uint8))
    brighter = ImageEnhance.Brightness(scene(1)).enhance(1.03)
    assert differences(levels(scene(1)), levels(grainy, brighter)).max() < SAME_FRAME
    assert differences(levels(scene(1)), levels(grainy)).max() < DOUBLE


def test_another_scene_and_a_moved_one_are_different():
    moved = scene(1).transform((200, 150), Image.Transform.AFFINE, (1, 0, 20, 0, 1, 0))
    assert differences(levels(scene(1)), levels(scene(2), moved)).min() > SAME_FRAME


def test_a_mirror_image_is_found_by_its_mirrored_levels():
    there, back = levels(scene(1)), levels(ImageOps.mirror(scene(1)))
    assert differences(mirrored(there), back).item() < DOUBLE < differences(there, back).item()
    assert np.allclose(mirrored(mirrored(there)), there)
