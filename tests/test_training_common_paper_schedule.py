"""The paper's schedule at given updates, computed by hand or from logarithms."""

import math

import pytest

from icgan_demo.training.common.paper_schedule import paper_momentum, paper_rate


def test_the_rate_starts_at_a_tenth():
    assert paper_rate(0) == 0.1


def test_the_rate_is_divided_once_per_update():
    assert paper_rate(1) == pytest.approx(0.1 / 1.00004, rel=1e-12)
    assert paper_rate(1000) == pytest.approx(0.1 / 1.00004**1000, rel=1e-9)


def test_the_rate_reaches_its_floor_after_about_287_800_updates_and_stays():
    reached = math.log(1e5) / math.log(1.00004)
    assert reached == pytest.approx(287_829, abs=1)
    assert paper_rate(287_700) > 1e-6
    assert paper_rate(287_900) == paper_rate(10_000_000) == 1e-6


def test_the_rate_halves_every_seventeen_thousand_updates():
    assert paper_rate(17_329) == pytest.approx(0.05, rel=1e-4)


def test_the_momentum_rises_linearly_from_a_half_to_seven_tenths():
    assert paper_momentum(0) == paper_momentum(999) == 0.5
    assert paper_momentum(500 * 250) == paper_momentum(10_000_000) == pytest.approx(0.7)
    assert paper_momentum(500 * 125 + 250) == pytest.approx(0.5 + 0.2 * 124 / 249)


def test_the_momentum_follows_the_length_of_an_epoch():
    assert paper_momentum(10 * 250, updates_per_epoch=10) == pytest.approx(0.7)
