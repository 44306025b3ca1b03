import pytest
from conftest import LEARNING, write_tiny_model
from fakes import learning_webp

from icgan_demo.errors import WeightsError
from icgan_demo.weights import learning
from icgan_demo.weights.cards import inspect_model, read_card, write_card
from icgan_demo.weights.learning import Learning, Moment, learning_picture


def test_a_model_keeps_how_it_learned_among_its_files(tmp_path):
    card = write_tiny_model(tmp_path / "tiny", learning=True)
    assert read_card(tmp_path / "tiny").learning == LEARNING
    file = learning_picture(card.learning, card.files, tmp_path / "tiny")
    assert file is not None
    assert file.read_bytes() == learning_webp()
    file.unlink()
    assert inspect_model(tmp_path / "tiny").message == "tiny/learning.webp is missing. Download the model again."


def test_a_model_without_it_or_with_one_that_is_too_large_shows_none(tmp_path, monkeypatch):
    plain = write_tiny_model(tmp_path / "plain")
    assert learning_picture(plain.learning, plain.files, tmp_path) is None
    card = write_tiny_model(tmp_path / "tiny", learning=True)
    assert learning_picture(card.learning, plain.files, tmp_path) is None
    monkeypatch.setattr(learning, "MAX_LEARNING_BYTES", 10)
    assert learning_picture(card.learning, card.files, tmp_path) is None


@pytest.mark.parametrize("steps", [(0,), (0, 0), (5, 2)])
def test_moments_that_are_not_in_order_are_no_card(tmp_path, steps):
    write_tiny_model(tmp_path / "tiny", learning=True)
    values = read_card(tmp_path / "tiny").to_json()
    values["learning"]["moments"] = [{"step": step, "images": step} for step in steps]

    class Written:
        def to_json(self):
            return values

    write_card(Written(), tmp_path / "tiny")
    with pytest.raises(WeightsError, match="moments"):
        read_card(tmp_path / "tiny")


def test_moments_are_the_rows_of_the_picture_in_order():
    assert Learning((Moment(0, 0), Moment(1, 64))).moments[1].images == 64
    with pytest.raises(ValueError, match="order"):
        Learning((Moment(1, 64), Moment(0, 0)))
