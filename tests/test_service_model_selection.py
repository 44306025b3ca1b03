"""Which model knows a photo: tiny models that share an encoder, each with instances of its own corner."""

from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from conftest import write_tiny_model
from PIL import Image

from icgan_demo.errors import ImageError, RequestError
from icgan_demo.inference import loading
from icgan_demo.service import model_selection
from icgan_demo.service.drawing.sampling_service import SamplingService
from icgan_demo.service.model_store import ModelStore
from icgan_demo.weights.calibration import Calibration
from icgan_demo.weights.cards import INSTANCES, read_card, write_card
from icgan_demo.weights.tensor_files import save_tensors

DIM = 16
STEPS = tuple(step / 100 for step in range(101))
CALIBRATION = Calibration(100, "evaluation", STEPS)


class ColourEncoder:
    """Sees the mean colour: red, green and blue are three directions."""

    identity, feature_dim, is_mirror_free = "colour", DIM, True

    def encode(self, images):
        return F.normalize(F.pad((images.mean(dim=(2, 3)) + 1) / 2 + 1e-3, (0, DIM - 3)), dim=1)

    embed = encode


def picture(tmp_path, name, colour):
    path = tmp_path / f"{name}.png"
    Image.new("RGB", (40, 40), colour).save(path)
    return path


def calibrated_model(folder, axis, seed=0):
    """Write a model whose instances all lie on one axis and whose encoder is the shared one."""
    card = write_tiny_model(folder, seed=seed)
    record = save_tensors(
        {"features": torch.eye(DIM)[[axis] * 6].contiguous(), "labels": torch.zeros(6, dtype=torch.int64)},
        folder / INSTANCES,
    )
    files = {**card.files, INSTANCES: record}
    write_card(replace(card, files=files, encoder={"kind": "lite0"}, calibration=CALIBRATION), folder)


@pytest.fixture
def service(tmp_path, monkeypatch):
    """A service with a model of red things and one of green things; blue is nothing."""
    monkeypatch.setattr(model_selection, "read_nothing", lambda: torch.eye(DIM)[2:3])
    for module in (model_selection, loading):
        monkeypatch.setattr(module, "load_encoder", lambda card, folder: ColourEncoder())
    for module in ("icgan_demo.service.model_store", "icgan_demo.training.start.networks"):
        monkeypatch.setattr(f"{module}.check_encoder", lambda card, folder: None)
    calibrated_model(tmp_path / "models" / "red", 0)
    calibrated_model(tmp_path / "models" / "green", 1, seed=1)
    write_tiny_model(tmp_path / "models" / "older")
    return SamplingService(ModelStore([tmp_path / "models"]))


def test_a_photo_goes_to_the_model_that_knows_it_best(service, tmp_path):
    for colour, best in (((250, 10, 0), "red"), ((10, 250, 0), "green")):
        familiarities = service.choose(picture(tmp_path, best, colour)).familiarities
        assert [familiarity.model for familiarity in familiarities] == [best, "red" if best == "green" else "green"]
        assert familiarities[0].is_known
        assert familiarities[0].percent > 90 > familiarities[1].percent
        assert all(familiarity.is_of_unseen for familiarity in familiarities)


def test_a_preferred_model_that_draws_the_same_kind_larger_takes_the_place(service, tmp_path, monkeypatch):
    """Its own encoder cannot say how well it knows a photo."""
    monkeypatch.setattr(model_selection, "PREFERRED", ("older",))
    photo = picture(tmp_path, "red", (250, 10, 0))
    infos = service._store.infos()
    assert [familiarity.model for familiarity in service.choose(photo).familiarities] == ["red", "green"]  # of one size
    larger = [replace(info, resolution=64) if info.name == "older" else info for info in infos]
    monkeypatch.setattr(service._store, "infos", lambda: larger)
    choice = service.choose(photo)
    familiarities = choice.familiarities
    assert [familiarity.model for familiarity in familiarities] == ["older", "red", "green"]
    assert familiarities[0].share == familiarities[1].share
    own = service.encode("older", photo)
    assert choice.model == "older"
    assert (choice.instance.feature == own.feature).all()  # by its own encoder
    assert choice.instance.familiarity == familiarities[0]
    nothing = picture(tmp_path, "blue", (0, 0, 255))
    assert "older" not in [familiarity.model for familiarity in service.choose(nothing).familiarities]
    others = [replace(info, class_names=("Otter",)) if info.name == "older" else info for info in larger]
    monkeypatch.setattr(service._store, "infos", lambda: others)
    assert [familiarity.model for familiarity in service.choose(photo).familiarities] == ["red", "green"]


def test_choosing_loads_no_generator(service, tmp_path):
    service.choose(picture(tmp_path, "red", (250, 10, 0)))
    assert {info.state for info in service.models()} == {"available"}


def test_what_is_like_a_picture_of_no_thing_is_known_to_none(service, tmp_path):
    familiarities = service.choose(picture(tmp_path, "blue", (0, 0, 255))).familiarities
    assert {(familiarity.percent, familiarity.is_known) for familiarity in familiarities} == {(0, False)}


def test_models_that_cannot_say_take_no_part(service):
    assert {info.name: info.is_automatic for info in service.models()} == {"green": True, "red": True, "older": False}


def test_an_encoded_photo_says_how_well_its_model_knows_it(service, tmp_path):
    photo = picture(tmp_path, "red", (250, 10, 0))
    choice, own = service.choose(photo), service.encode("red", photo)
    assert own.familiarity == choice.familiarities[0] == choice.instance.familiarity
    assert (own.feature == choice.instance.feature).all()
    assert own.crop.tobytes() == choice.instance.crop.tobytes()
    assert not service.encode("green", photo).familiarity.is_known
    assert service.encode("older", photo).familiarity is None
    assert service.pick("red", 0).familiarity is None


@pytest.mark.parametrize("calibration", [None, Calibration(1, "evaluation", STEPS, version=2)])
def test_without_a_calibration_that_this_program_reads_nothing_is_said(service, tmp_path, calibration):
    for name in ("red", "green"):
        folder = tmp_path / "models" / name
        write_card(replace(read_card(folder), calibration=calibration), folder)
    service._store.refresh()
    photo = picture(tmp_path, "red", (250, 10, 0))
    assert service.encode("red", photo).familiarity is None
    with pytest.raises(RequestError, match="Name the model"):
        service.choose(photo)


def test_a_model_with_damaged_instances_takes_no_part(service, tmp_path):
    path = tmp_path / "models" / "red" / INSTANCES
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    assert [
        familiarity.model for familiarity in service.choose(picture(tmp_path, "red", (250, 10, 0))).familiarities
    ] == ["green"]


def test_what_is_no_picture_is_refused(service):
    with pytest.raises(ImageError):
        service.choose(b"not a picture")
