"""Bars of a model's figures."""

import re

import pytest

from icgan_demo.service.card_figures import LABELLED, NAMES, UNLABELLED, Measure
from icgan_demo.ui.about.figures_view import measures_html
from icgan_demo.ui.texts.language import LANGUAGES


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_measure_has_a_name_a_meaning_and_its_values_as_text(language):
    html = measures_html([Measure(name, {UNLABELLED: 0.25, LABELLED: 12.34}, 0.5) for name in NAMES], language)
    assert html.count("<figure>") == len(NAMES)
    assert html.count("0.25") == html.count("12.3") == len(NAMES)
    assert all(re.findall(r"<figcaption><b>([^<]+)</b> ([^<]{10,})</figcaption>", html))


def test_bars_are_as_long_as_their_values_and_the_mark_is_at_the_photos():
    html = measures_html([Measure("frechet", {UNLABELLED: 8.0}, 2.0)], "en")
    assert 'class="sample" style="width: 100.0%"' in html
    assert 'class="photo" style="width: 25.0%"' in html
    assert html.count('style="left: 25.0%"') == 2


def test_a_measure_of_nothing_but_zeros_is_drawn():
    assert 'style="width: 0.0%"' in measures_html([Measure("frechet", {UNLABELLED: 0.0}, None)], "en")
