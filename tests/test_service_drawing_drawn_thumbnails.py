import gc
import threading
import weakref

import numpy as np
import pytest

from icgan_demo.inference.loading import load_model
from icgan_demo.service.drawing import drawn_thumbnails as thumbnails_module
from icgan_demo.service.drawing.drawn_thumbnails import Thumbnails


@pytest.fixture
def model(models_folder):
    return load_model("tiny", [models_folder])


def test_each_instance_has_a_picture_of_its_own(model):
    pictures = Thumbnails().draw(model, range(6))
    assert sorted(pictures) == list(range(6))
    assert len({picture.tobytes() for picture in pictures.values()}) == 6


def test_a_thumbnail_does_not_depend_on_the_others(model, monkeypatch):
    together = Thumbnails().draw(model, range(6))[4]
    monkeypatch.setattr(thumbnails_module, "AT_ONCE", 2)
    alone = Thumbnails().draw(model, [4])[4]
    assert abs(np.asarray(together, dtype=int) - np.asarray(alone, dtype=int)).max() <= 1


def test_a_thumbnail_is_drawn_once_whoever_asks(model, monkeypatch):
    drawn = []
    original = thumbnails_module._draw
    monkeypatch.setattr(thumbnails_module, "_draw", lambda model, rows: drawn.extend(rows) or original(model, rows))
    thumbnails = Thumbnails()
    visitors = [threading.Thread(target=thumbnails.draw, args=[model, range(6)]) for _ in range(4)]
    for visitor in visitors:
        visitor.start()
    for visitor in visitors:
        visitor.join(30)
    assert sorted(drawn) == list(range(6))
    assert sorted(thumbnails.drawn(model)) == list(range(6))


def test_thumbnails_go_with_their_model(models_folder):
    thumbnails = Thumbnails()
    model = load_model("tiny", [models_folder])
    gone = weakref.ref(model)
    thumbnails.draw(model, [0])
    del model
    gc.collect()
    assert gone() is None
