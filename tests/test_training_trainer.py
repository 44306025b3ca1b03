"""The adversarial updates on tiny networks: they learn, keep both sides' law, and split without changing."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from tiny_training import CONFIG, COUNT, make, neighbourhoods, state_of

from icgan_demo.training.common.losses import mismatched_logistic
from icgan_demo.training.pairs import Neighbourhoods, PairSampler
from icgan_demo.training.schedules import r1_weight, rate_factor


@pytest.fixture(scope="module")
def data() -> Neighbourhoods:
    return neighbourhoods()


@pytest.mark.parametrize("loss", ["logistic", "hinge"])
@pytest.mark.parametrize(
    ("kind", "owners"),
    [
        ("pixel", ("generator", "discriminator")),
        ("projected", ("generator", "projected")),
        ("both", ("generator", "discriminator", "projected")),
    ],
)
def test_an_update_changes_all_networks_and_stays_finite(data, loss, kind, owners):
    trainer = make(data, replace(CONFIG, loss=loss, discriminator=kind))
    before = {key: value.clone() for key, value in state_of(trainer).items()}
    progress = trainer.update()
    after = state_of(trainer)
    assert set(trainer.modules) == {*owners, "average"}
    for owner in owners:
        changed = [not torch.equal(before[key], after[key]) for key in before if key.startswith(f"{owner}/")]
        assert sum(changed) > len(changed) / 2
    assert all(torch.isfinite(value).all() for value in after.values())
    assert progress.step == 1


def test_real_pairs_are_neighbours_with_their_own_label(data):
    trainer = make(data, replace(CONFIG, label_dropout=0.0))
    for update in range(20):
        pairs = trainer.pairs.real(update)
        for feature, label, row in zip(pairs.features, pairs.labels, pairs.rows, strict=True):
            instance = int((data.features == feature).all(1).nonzero())
            assert row in data.neighbours[instance]
            assert label == data.images.labels[row]


def test_every_instance_is_seen_once_in_each_pass(data):
    trainer = make(data, replace(CONFIG, batch_size=5, pictures_per_instance=1))
    seen = torch.cat([trainer.pairs.real(update).features for update in range(COUNT // 5)])
    assert torch.equal(seen.unique(dim=0), data.features.unique(dim=0))


def test_real_and_drawn_sides_withhold_labels_alike(data):
    trainer = make(data, replace(CONFIG, label_dropout=0.5, batch_size=30))
    real = torch.cat([trainer.pairs.real(update).labels for update in range(40)])
    fake = torch.cat([trainer.pairs.fake(step, "test").labels for step in range(40)])
    assert (real < 0).float().mean().item() == pytest.approx(0.5, abs=0.06)
    assert (fake < 0).float().mean().item() == pytest.approx(0.5, abs=0.06)
    for label in range(3):
        assert (real == label).float().mean().item() == pytest.approx((fake == label).float().mean().item(), abs=0.06)


def test_a_gradient_that_is_not_finite_changes_no_weight(data):
    trainer = make(data)
    trainer.discriminator.pixel.linear.weight.data.fill_(float("inf"))
    before = {key: value.clone() for key, value in trainer.generator.state_dict().items() if "stored" not in key}
    assert trainer.update().is_skipped
    assert all(torch.equal(before[key], trainer.generator.state_dict()[key]) for key in before)


def test_the_average_starts_as_a_copy_and_then_follows_slowly(data):
    trainer = make(data)
    trainer.update()
    live, average = trainer.generator.linear.weight, trainer.average.module.linear.weight
    assert torch.equal(live, average)
    trainer.update()
    assert not torch.equal(live, average)


@pytest.mark.parametrize("mismatch", [0.0, 0.5])
def test_mismatched_pairs_are_shown_to_every_discriminator(data, mismatch):
    config = replace(CONFIG, batch_size=8, discriminator="both", mismatch=mismatch)
    seen = []
    trainer = make(data, config)
    trainer.discriminator.register_forward_hook(lambda _, __, scores: seen.append(scores.shape))
    trainer.update()
    assert seen[0] == ((5, 32) if mismatch else (5, 16))


@pytest.mark.parametrize("mismatch", [0.0, 0.5])
def test_parts_of_an_update_add_up_to_the_whole(data, mismatch):
    """With stored statistics and minibatch deviation in groups of four, nothing else looks across the batch."""
    config = replace(CONFIG, batch_size=16, frozen_statistics=True, augment=(), r1_every=1, mismatch=mismatch)
    whole, parts = make(data, config), make(data, replace(config, accumulate=2))
    for _ in range(3):
        one, other = whole.update(), parts.update()
        assert other.loss_discriminator == pytest.approx(one.loss_discriminator, rel=1e-4)
        assert other.loss_generator == pytest.approx(one.loss_generator, rel=1e-4)
        assert other.r1 == pytest.approx(one.r1, rel=1e-3)


def test_frozen_blocks_stay_and_the_rest_learns(data):
    trainer = make(data, replace(CONFIG, freeze=2))
    before = {key: value.clone() for key, value in trainer.discriminator.pixel.state_dict().items()}
    for _ in range(2):
        trainer.update()
    for key, value in trainer.discriminator.pixel.state_dict().items():
        assert torch.equal(before[key], value) == key.startswith(("blocks.0.", "blocks.1."))


def test_the_network_that_heads_look_through_stays_as_it_is(data):
    trainer = make(data, replace(CONFIG, discriminator="both"))
    eyes = trainer.discriminator.projected._eyes[0]
    before = {key: value.clone() for key, value in eyes.state_dict().items()}
    trainer.update()
    assert all(torch.equal(before[key], value) for key, value in eyes.state_dict().items())
    assert all(parameter.grad is None for parameter in eyes.parameters())


def test_heads_weigh_in_the_generators_loss_as_asked(data):
    """Beside the pixel discriminator each head has the weight; alone it has 1."""
    config = replace(CONFIG, r1_gamma=0.0)

    def losses_of(**changes):
        return make(data, replace(config, discriminator_first=1, **changes)).update()

    pixel = losses_of(discriminator="pixel").loss_generator
    light, heavy = (losses_of(discriminator="both", projected_weight=w).loss_generator for w in (0.25, 1.0))
    assert heavy - pixel == pytest.approx(4 * (light - pixel), rel=1e-3)


def test_a_grid_weighs_in_the_generators_loss_as_asked(data):
    """Everything else is drawn as it is without the penalty."""

    def loss_of(weight):
        return make(data, replace(CONFIG, discriminator_first=1, grid_weight=weight)).update().loss_generator

    none, light, heavy = map(loss_of, (0.0, 0.5, 1.0))
    assert light > none
    assert heavy - none == pytest.approx(2 * (light - none), rel=1e-3)


def test_a_fresh_discriminator_learns_first(data):
    trainer = make(data, replace(CONFIG, discriminator_first=2))
    weight = trainer.generator.linear.weight.clone()
    for _ in range(2):
        assert trainer.update().loss_generator > 0
    assert torch.equal(weight, trainer.generator.linear.weight)
    trainer.update()
    assert not torch.equal(weight, trainer.generator.linear.weight)


def test_statistics_that_are_not_finite_are_put_back_and_the_update_is_skipped(data, monkeypatch):
    """They never decay, spread to the averaged generator, and in the end no checkpoint could be saved."""
    trainer = make(data)
    trainer.update()
    norm = next(module for module in trainer.generator.modules() if hasattr(module, "stored_var"))
    update_generator = trainer._update_generator

    def overflow():
        report = update_generator()
        norm.stored_var.fill_(torch.inf)
        return report

    monkeypatch.setattr(trainer, "_update_generator", overflow)
    assert trainer.update().is_skipped
    monkeypatch.undo()
    for module in (trainer.generator, trainer.average):
        assert all(bool(torch.isfinite(buffer).all()) for buffer in module.buffers() if buffer.is_floating_point())
    assert not trainer.update().is_skipped


def test_picture_and_feature_are_mirrored_together(data):
    mirrored = -data.features
    sampler = PairSampler(replace(data, mirrored=mirrored), 30, 0.0, seed=0)
    pairs = sampler.real(0)
    assert 0 < pairs.flips.sum() < 30
    pictures = sampler.pictures(pairs, torch.device("cpu"))
    for feature, row, flip, picture in zip(pairs.features, pairs.rows, pairs.flips, pictures, strict=True):
        assert bool((feature == (mirrored if flip else data.features)).all(1).any())
        pixels = data.images.pixels[int(row)]
        shown = (picture.permute(1, 2, 0) * 127.5 + 127.5).round().numpy().astype(np.uint8)
        assert np.array_equal(shown, pixels[:, ::-1] if flip else pixels)


def test_pictures_of_one_instance_stand_together_with_neighbours_of_their_own(data):
    sampler = PairSampler(data, 10, 0.0, seed=0, pictures_per_instance=4)
    for pairs in (sampler.real(0), sampler.fake(0, "fake")):
        assert len(pairs.rows) == len(pairs.features) == 10
        groups = pairs.features.split(4)
        assert all(bool((group == group[0]).all()) for group in groups)
        assert len({tuple(group[0].tolist()) for group in groups}) > 1
        assert pairs.rows.unique().numel() > len(groups)
    first_pass = [sampler.real(update).features[::4] for update in range(len(data.images) // 3)]
    assert len(torch.cat(first_pass).unique(dim=0)) >= len(data.images) - 2  # the pass goes over all instances


@pytest.mark.parametrize("batch_size", [8, 10, 15])
def test_no_picture_meets_its_own_instance_among_the_others(data, batch_size):
    pairs = PairSampler(data, batch_size, 0.0, seed=0, pictures_per_instance=4).real(0)
    others = pairs.of_others(4)
    assert not (others.features == pairs.features).all(dim=1).any()
    assert torch.equal(others.rows, pairs.rows)


def test_a_cluster_stands_in_the_place_of_the_neighbours_and_each_member_is_as_likely(data):
    clusters = torch.arange(len(data.images)) // 10
    clusters[:3] = 2  # of unequal sizes
    sampler = PairSampler(replace(data, clusters=clusters), 30, 0.0, seed=0)
    counts = torch.zeros(len(data.images))
    for update in range(200):
        pairs = sampler.real(update)
        assert torch.equal(pairs.instances, clusters[pairs.rows])
        counts += pairs.rows.bincount(minlength=len(counts))
    assert counts.min() > 150
    assert counts.max() < 250  # 200 are expected of each


def test_a_picture_is_real_beside_another_condition_that_says_the_same(data):
    of_one = PairSampler(replace(data, clusters=torch.zeros(len(data.images), dtype=torch.int64)), 12, 0.5, seed=0)
    pairs = of_one.real(0)
    others = pairs.of_others(4)
    shown = data.classes[pairs.rows]
    assert torch.equal(of_one.fits(pairs, others), (others.labels == shown) | (others.labels < 0))
    told_nothing = replace(others, labels=torch.full_like(others.labels, -1))
    assert bool(of_one.fits(pairs, told_nothing).all())
    of_many = PairSampler(data, 12, 0.5, seed=0, pictures_per_instance=4)
    pairs = of_many.real(0)
    assert not of_many.fits(pairs, pairs.of_others(4)).any()


def test_a_model_that_is_told_nothing_refuses_no_real_picture(data):
    config = replace(CONFIG, batch_size=16, label_dropout=1.0, discriminator="both")
    alone = replace(data, clusters=torch.zeros(len(data.images), dtype=torch.int64))
    trainer, without = make(alone, replace(config, mismatch=2.0)), make(alone, config)
    assert trainer.update().loss_discriminator == pytest.approx(without.update().loss_discriminator, rel=1e-5)


def test_mismatched_pairs_add_their_loss_and_their_gradient(data):
    config = replace(CONFIG, batch_size=16, frozen_statistics=True, augment=(), label_dropout=0.0, r1_gamma=0.0)
    trainer, without = make(data, replace(config, mismatch=2.0)), make(data, config)
    for network in (trainer.discriminator.pixel, without.discriminator.pixel):
        for layer in (network.linear, network.linear_feat, network.embed):
            layer.weight.data *= 0.01  # tiny networks start with scores so large that the loss is flat
    real = trainer.pairs.real(0)
    others, pictures = real.of_others(4), trainer.pairs.pictures(real, trainer.device)
    trainer.discriminator.train()
    with torch.no_grad():
        refused = trainer.discriminator.pixel(pictures, others.features, others.labels)
    assert mismatched_logistic(refused) > 0.1
    expected = without.update().loss_discriminator + 2 * mismatched_logistic(refused)
    assert trainer.update().loss_discriminator == pytest.approx(expected, rel=1e-4)
    pairs = list(zip(trainer.discriminator.parameters(), without.discriminator.parameters(), strict=True))
    assert sum(not torch.equal(one, other) for one, other in pairs) > len(pairs) / 2


def test_a_batch_of_one_instance_has_no_others():
    with pytest.raises(ValueError, match="at least two instances"):
        replace(CONFIG, batch_size=4, mismatch=1.0)


def test_shares_are_cut_from_one_draw(data):
    pairs = PairSampler(data, 12, 0.25, seed=0).real(3)
    shares = [pairs.share(part, 3) for part in range(3)]
    for name in vars(pairs):
        assert torch.equal(torch.cat([getattr(share, name) for share in shares]), getattr(pairs, name))


def test_large_gradients_are_clipped(data):
    trainer = make(data, replace(CONFIG, clip_norm=1e-3))
    seen = []
    trainer.optimizer_d.register_step_pre_hook(
        lambda *_: seen.append(torch.nn.utils.get_total_norm([p.grad for p in trainer.discriminator.parameters()]))
    )
    trainer.update()
    assert seen[0].item() == pytest.approx(1e-3, rel=1e-3)


def test_rates_rise_and_fall_as_asked(data):
    config = replace(CONFIG, steps=10, warmup=2, decay="linear")
    assert [round(rate_factor(config, step), 3) for step in (0, 1, 2, 6, 10)] == [0.5, 1.0, 1.0, 0.5, 0.0]
    assert rate_factor(replace(config, decay="cosine"), 6) == pytest.approx(0.5)
    assert rate_factor(replace(config, decay="none"), 9) == 1.0
    trainer = make(data, config)
    trainer.update()
    assert trainer.optimizer_g.param_groups[0]["lr"] == pytest.approx(config.lr_generator / 2)


def test_the_penalty_moves_to_its_last_weight():
    config = replace(CONFIG, steps=10, r1_gamma=1.0, r1_gamma_end=0.0)
    assert r1_weight(config, 5) == pytest.approx(0.5)
    assert r1_weight(replace(config, r1_gamma_end=None), 5) == 1.0
