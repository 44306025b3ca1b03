"""Named directions: kept with the model, over restarts, and refused where they do not belong."""

from dataclasses import replace

import numpy as np
import pytest
from fakes import PaintedSampling

from icgan_demo.errors import RequestError
from icgan_demo.service.drawing.direction_requests import Direction, Space
from icgan_demo.service.recipes.direction_files import MAX_KEPT, KeptDirections, read_directions, write_directions


@pytest.fixture
def info():
    return PaintedSampling().models()[0]


@pytest.fixture
def direction():
    return Direction(Space.CONDITION, np.arange(1, 5, dtype=np.float32), 16, "weights 1", (-1.5, 2.0))


def test_a_named_direction_is_there_after_a_restart(tmp_path, info, direction):
    KeptDirections(tmp_path).keep(info, direction, "  redder\tand  rounder ")
    (kept,) = KeptDirections(tmp_path).of(info)
    assert (kept.name, kept.space, kept.side, kept.good) == ("redder and rounder", Space.CONDITION, 16, (-1.5, 2.0))
    np.testing.assert_array_equal(kept.vector, direction.vector)


def test_a_name_is_given_once_and_can_be_forgotten(tmp_path, info, direction):
    kept = KeptDirections(tmp_path)
    kept.keep(info, direction, "redder")
    kept.keep(info, replace(direction, side=8), "redder")
    kept.keep(info, direction, "rounder")
    assert [(each.name, each.side) for each in kept.of(info)] == [("redder", 8), ("rounder", 16)]
    kept.delete(info, "redder")
    assert [each.name for each in kept.of(info)] == ["rounder"]


def test_other_versions_of_a_model_have_their_own(tmp_path, info, direction):
    kept = KeptDirections(tmp_path)
    kept.keep(info, direction, "redder")
    other = replace(info, card={**info.card, "files": {"generator.safetensors": {"sha256": "cd" * 32}}})
    assert kept.of(other) == []


def test_bad_names_and_too_many_are_refused(tmp_path, info, direction):
    kept = KeptDirections(tmp_path)
    for name in ("", "   ", "x" * 61, "a\x00b"):
        with pytest.raises(RequestError, match="1 to 60 characters"):
            kept.keep(info, direction, name)
    write_directions([replace(direction, name=str(place)) for place in range(MAX_KEPT)], info, kept._path(info))
    with pytest.raises(RequestError, match="At most 40"):
        kept.keep(info, direction, "one more")


def test_a_damaged_file_is_no_directions(tmp_path, info, direction):
    kept = KeptDirections(tmp_path)
    kept._path(info).write_text("{")
    assert kept.of(info) == []
    kept.keep(info, direction, "redder")
    assert len(kept.of(info)) == 1


def test_a_strangers_file_is_read_with_care(tmp_path, info, direction):
    file = tmp_path / "directions.json"
    write_directions([direction], info, file)
    assert read_directions(file, info)[0].name == "weights 1"
    with pytest.raises(RequestError, match="belong to another model"):
        read_directions(file, replace(info, name="other"))
    file.write_text(file.read_text().replace('"condition"', '"nonsense"'))
    with pytest.raises(RequestError, match="cannot be used"):
        read_directions(file, info)
    file.write_bytes(b" " * (9 << 20))
    with pytest.raises(RequestError, match="larger than 8 MB"):
        read_directions(file, info)
