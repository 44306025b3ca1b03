"""Digits as a service: requests refuse nonsense, seeds belong to columns, blends end at their digits, and it learns."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from digit_fakes import write_tiny_digit_model, write_tiny_digits

from icgan_demo.errors import RequestError, WeightsError
from icgan_demo.inference.digit_model import DigitModel, open_digit_model
from icgan_demo.service.cgan import digit_service as digits_module
from icgan_demo.service.cgan.digit_requests import BLEND_STEPS, DigitBlendRequest, DigitRequest, parse_digits
from icgan_demo.service.cgan.digit_service import LEARN_CONFIG, DigitService, grid_of

CELL = 28 + 3


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("models") / "tiny-digits"
    write_tiny_digit_model(made)
    return made


@pytest.fixture(scope="module")
def service(folder):
    return DigitService(lambda: DigitModel(folder))


@pytest.fixture(autouse=True)
def _no_mnist(monkeypatch, tmp_path):
    monkeypatch.setenv("ICGAN_MNIST_DIR", str(tmp_path / "no mnist"))


def cell(sheet, row, column):
    """Return the grey levels of one digit of a sheet of scale 1."""
    return np.asarray(sheet)[row * CELL : row * CELL + 28, column * CELL : column * CELL + 28, 0]


@pytest.mark.parametrize("network", ["modern", "paper"])
def test_a_column_is_its_seed_whatever_the_number_of_columns(service, network):
    wide = service.grid(DigitRequest(network, (3, 7), seed=5, count=4), scale=1)
    narrow = service.grid(DigitRequest(network, (7,), seed=7, count=1), scale=1)
    assert wide.size == (4 * CELL - 3, 2 * CELL - 3)
    difference = np.abs(cell(wide, 1, 2).astype(int) - cell(narrow, 0, 0))
    assert difference.max() <= 1
    assert not np.array_equal(cell(wide, 1, 2), cell(wide, 1, 3))


def test_seeds_wrap_at_the_largest():
    assert DigitRequest(seed=2**31 - 1, count=2).seeds == [2**31 - 1, 0]


def test_a_blend_starts_and_ends_at_its_digits(service):
    way = service.blend(DigitBlendRequest.ways("paper", 3, 8, [11]), BLEND_STEPS, scale=1)
    ends = service.grid(DigitRequest("paper", (3, 8), seed=11, count=1), scale=1)
    assert way.size[0] == BLEND_STEPS * CELL - 3
    for column, row in ((0, 0), (BLEND_STEPS - 1, 1)):
        assert np.abs(cell(way, 0, column).astype(int) - cell(ends, row, 0)).max() <= 1


def test_sheets_have_whole_pixels_and_transparent_gaps():
    pictures = torch.tensor([0.0, 1.0])[:, None, None, None].expand(2, 1, 28, 28)
    sheet = np.asarray(grid_of(pictures, columns=2, scale=2))
    assert sheet.shape == (56, 2 * 56 + 3, 2)
    assert sheet[:, :56].tolist() == np.full((56, 56, 2), (0, 255)).tolist()
    assert (sheet[:, 56:59, 1] == 0).all()
    assert (sheet[:, 59:] == 255).all()


def test_drawing_that_is_not_finite_is_refused():
    with pytest.raises(RequestError, match="nothing usable"):
        grid_of(torch.full((1, 1, 28, 28), float("nan")), 1, 1)


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"network": "dcgan"}, "network must be"),
        ({"digits": ()}, "between 1 and 20"),
        ({"seed": -1}, "The seed must be a whole number between 0 and 2147483647"),
        ({"seed": 1.5}, "The seed"),
        ({"seed": True}, "The seed"),
        ({"count": 21}, "Seeds per digit must be a whole number between 1 and 20, got 21"),
    ],
)
def test_requests_refuse_nonsense(wrong, sentence):
    with pytest.raises(RequestError, match=sentence):
        replace(DigitRequest(), **wrong)


@pytest.mark.parametrize("amount", [-0.1, 1.1, float("nan")])
def test_blends_lie_between_the_digits(amount):
    with pytest.raises(RequestError, match="between 0 and 1"):
        DigitBlendRequest(amounts=(amount,))


def test_an_unknown_class_is_refused(service):
    with pytest.raises(RequestError, match="There is no class 12; they go from 0 to 9"):
        service.grid(DigitRequest(digits=(3, 12)))


@pytest.mark.parametrize(("text", "digits"), [("0123", (0, 1, 2, 3)), ("3, 10,25", (3, 10, 25)), ("7", (7,))])
def test_digits_are_read_from_text(text, digits):
    assert parse_digits(text) == digits


@pytest.mark.parametrize("text", ["", "abc", "1,,2", "-3", "²", "1;2", "1234,"])
def test_other_text_is_refused(text):
    with pytest.raises(RequestError, match="Digits must be written like"):
        parse_digits(text)


def test_without_a_model_the_sentence_says_what_is_missing(monkeypatch):
    monkeypatch.setattr("icgan_demo.inference.digit_model.model_folders", list)
    with pytest.raises(WeightsError, match="No model of digits was found"):
        DigitService().info()


def test_an_unknown_model_is_refused_with_those_there_are(monkeypatch, folder):
    monkeypatch.setattr("icgan_demo.inference.digit_model.model_folders", lambda: [folder.parent])
    with pytest.raises(RequestError, match="Known: tiny-digits"):
        open_digit_model("emnist")
    assert open_digit_model().card.name == "tiny-digits"


def test_learning_shows_itself_from_the_first_moment_and_ends_in_time(service, monkeypatch):
    monkeypatch.setattr(digits_module, "SHOW_EVERY_S", 0.0)
    monkeypatch.setattr(digits_module, "STAND_INS", 50)
    looks = list(service.learn(seconds=1000, config=replace(LEARN_CONFIG, updates=3, width=2, batch_size=8)))
    assert [look.update for look in looks] == [0, 1, 2, 3]
    assert [look.pictures_seen for look in looks] == [0, 8, 16, 24]
    assert not looks[0].real_data
    assert all(look.agreement is not None for look in looks)
    assert list(service.learn(seconds=0))[-1].update == 0


def test_closing_ends_the_learning(service, monkeypatch):
    monkeypatch.setattr(digits_module, "STAND_INS", 50)
    looks = service.learn(config=replace(LEARN_CONFIG, width=2))
    next(looks)
    looks.close()
    assert next(looks, None) is None


@pytest.mark.parametrize("damaged", [False, True])
def test_real_files_are_learned_from_where_they_can_be_read(service, monkeypatch, tmp_path, damaged):
    monkeypatch.setattr(digits_module, "STAND_INS", 50)
    write_tiny_digits(tmp_path / "mnist")
    if damaged:
        (tmp_path / "mnist" / "t10k-labels-idx1-ubyte").write_bytes(b"not labels")
    monkeypatch.setenv("ICGAN_MNIST_DIR", str(tmp_path / "mnist"))
    [look] = service.learn(seconds=0)
    assert look.real_data is not damaged
