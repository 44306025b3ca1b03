"""Checkpoints: what was saved comes back, and a torn one gives way to the one before."""

import pytest
import torch
from torch import nn

from icgan_demo.errors import TrainingError
from icgan_demo.training.common import checkpoint
from icgan_demo.training.common.checkpoint import KEEP, load_newest_checkpoint, newest_settings, save_checkpoint


def trained() -> tuple[nn.Module, torch.optim.Optimizer]:
    torch.manual_seed(0)
    network = nn.Linear(3, 2)
    optimizer = torch.optim.Adam(network.parameters(), 0.1)
    network(torch.ones(1, 3)).sum().backward()
    optimizer.step()
    return network, optimizer


def save(folder, step, network, optimizer):
    return save_checkpoint(folder, step, {"net": network}, {"adam": optimizer}, {"step was": step})


def test_networks_and_optimisers_come_back_bit_for_bit(tmp_path):
    network, optimizer = trained()
    save(tmp_path, 7, network, optimizer)
    other = nn.Linear(3, 2)
    other_optimizer = torch.optim.Adam(other.parameters(), 0.1)
    assert load_newest_checkpoint(tmp_path, {"net": other}, {"adam": other_optimizer}) == (7, {"step was": 7})
    assert torch.equal(other.weight, network.weight)
    mine, theirs = optimizer.state_dict()["state"], other_optimizer.state_dict()["state"]
    assert all(torch.equal(mine[i][slot], theirs[i][slot]) for i in mine for slot in mine[i])


@pytest.mark.parametrize(("slot", "value"), [("exp_avg", torch.tensor(0.5)), ("step", torch.ones(2, 3))])
def test_an_optimisers_value_of_another_shape_is_refused(tmp_path, slot, value):
    """Fused Adam would read and write beyond its end."""
    network, optimizer = trained()
    optimizer.state[network.weight][slot] = value
    save(tmp_path, 1, network, optimizer)
    network, optimizer = trained()
    with pytest.raises(TrainingError, match="is of another adam"):
        load_newest_checkpoint(tmp_path, {"net": network}, {"adam": optimizer})


def test_an_empty_folder_has_no_checkpoint(tmp_path):
    network, optimizer = trained()
    assert load_newest_checkpoint(tmp_path, {"net": network}, {"adam": optimizer}) is None
    with pytest.raises(TrainingError, match="holds no complete checkpoint"):
        newest_settings(tmp_path)


@pytest.mark.parametrize("damage", ["cut", "flip", "no tensors", "no marker", "torn marker"])
def test_a_damaged_checkpoint_gives_way_to_the_one_before(tmp_path, damage):
    network, optimizer = trained()
    save(tmp_path, 1, network, optimizer)
    path = save(tmp_path, 2, network, optimizer)
    content = path.read_bytes()
    match damage:
        case "cut":
            path.write_bytes(content[:-5])
        case "flip":
            path.write_bytes(content[:-5] + bytes([content[-5] ^ 1]) + content[-4:])
        case "no tensors":
            path.unlink()
        case "no marker":
            path.with_suffix(".json").unlink()
        case "torn marker":
            path.with_suffix(".json").write_text('{"step": 2, "si')
    assert newest_settings(tmp_path) == {"step was": 1}


def test_only_the_newest_are_kept(tmp_path):
    network, optimizer = trained()
    for step in range(1, KEEP + 3):
        save(tmp_path, step, network, optimizer)
    kept = sorted(path.stem for path in tmp_path.glob("*.safetensors"))
    assert kept == [f"step_{step:06d}" for step in range(3, KEEP + 3)]


def test_values_that_are_not_finite_are_never_saved(tmp_path):
    network, optimizer = trained()
    save(tmp_path, 1, network, optimizer)
    network.weight.data[0, 0] = float("nan")
    with pytest.raises(TrainingError, match=r"net/weight is not finite at step 2"):
        save(tmp_path, 2, network, optimizer)
    assert newest_settings(tmp_path) == {"step was": 1}


def test_a_save_that_fails_leaves_the_checkpoint_before_and_no_scraps(tmp_path, monkeypatch):
    network, optimizer = trained()
    save(tmp_path, 1, network, optimizer)

    def full(tensors, path):
        path.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(checkpoint, "save_tensors", full)
    with pytest.raises(TrainingError, match="step 2 could not be written"):
        save(tmp_path, 2, network, optimizer)
    assert newest_settings(tmp_path) == {"step was": 1}
    assert not list(tmp_path.glob("*.tmp"))
