"""The map's HTML: everything from outside is escaped, many instances stay light."""

import re
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from icgan_demo.errors import RequestError
from icgan_demo.service.banks.bank_requests import BankMap, Explanation, NearestInstance
from icgan_demo.ui.map.map_view import Mark, chosen_of, scene_html
from icgan_demo.ui.stage.explain_view import explanation_html

HOSTILE = "\"><img src=x onerror=alert(1)>'${alert(1)}"


def bank(count=3, labels=None, pictures=()):
    places = np.linspace(0.1, 0.9, 2 * count, dtype=np.float32).reshape(count, 2)
    shown = {row: Image.new("RGB", (48, 48), (row % 256, 0, 0)) for row in pictures}
    return BankMap(places, tuple(labels or [None] * count), shown, len(shown) // 2, 0.5)


def tags(html):
    return set(re.findall(r"<(\w+)", html))


def test_names_from_outside_are_escaped():
    mark = Mark("p0", 0.5, 0.5, HOSTILE, Image.new("RGB", (20, 20)))
    html = scene_html(bank(labels=[HOSTILE, None, "Lime"], pictures=[0, 1]), [mark], "en")
    assert "<img" not in html
    assert tags(html) <= {"div", "svg", "path", "i", "b", "output", "button"}
    assert re.findall(r"\son\w+=", re.sub(r'"[^"]*"', '""', html)) == []


def test_thumbnails_have_names_and_dots_are_one_path():
    html = scene_html(bank(3, ["Lemon", None, None], [0, 2]), [], "en")
    assert 'aria-label="Lemon" data-key="b0"' in html
    assert 'aria-label="instance 2" data-key="b2"' in html
    assert html.count("<path") == 1
    assert html.count("h0") == 3
    assert html.count('class="thumb fine"') == 1


def test_ten_thousand_instances_stay_light():
    html = scene_html(bank(10_000, ["Lemon", "Lime"] * 5_000, range(0, 10_000, 40)), [], "en")
    assert len(html) < 500_000
    assert html.count("<") < 1_000


def test_a_sample_of_a_million_stays_light_and_names_the_rows_of_the_bank():
    sample = range(0, 1_000_000, 200)
    shown = bank(5_000, [f"kind {row % 1_000} " + "x" * 60 for row in sample], range(0, 5_000, 20))
    html = scene_html(replace(shown, rows=tuple(sample), total=1_000_000), [], "en")
    assert len(html) < 500_000
    assert 'data-key="b4000"' in html
    assert 'data-rows="0,200,400,' in html


def test_a_model_without_a_bank_says_what_to_do():
    empty = BankMap(np.zeros((0, 2), np.float32), (), {}, 0)
    assert "Make one from your own images" in scene_html(empty, [], "en")


@pytest.mark.parametrize("value", ["", None, "x3", "b", "b-1", "b1.5", "b１", "p" + "9" * 30 + "x", {"a": 1}])
def test_values_that_name_nothing_are_refused(value):
    with pytest.raises(RequestError, match="Choose a point"):
        chosen_of(value)


def test_values_name_rows_and_photos():
    assert chosen_of("b12") == ("b", 12)
    assert chosen_of("p0") == ("p", 0)


def explanation(is_suspicious=False, training=True):
    near = (NearestInstance(0, HOSTILE, 0.25, is_suspicious), NearestInstance(1, None, 0.75, False))
    return Explanation((0.5, 0.6), near, near if training else (), 0.8, 0.4, 0.7, None, 100 if training else 0)


def test_the_explanation_names_copies_and_what_it_cannot_say():
    html = explanation_html(explanation(is_suspicious=True), [7, 8], "en", is_own_bank=True)
    assert "1 of 2 images are suspiciously close" in html
    assert "Only the 100 stored instances" in html
    assert "<img" not in html
    assert "instance 1" in html
    assert "No image looks like a copy" in explanation_html(explanation(), [7, 8], "en", is_own_bank=True)


def test_a_single_picture_has_no_diversity():
    one = Explanation((0.5,), (NearestInstance(0, "Lime", 0.25, False),), (), 0.8, 0.0, None, None, 0)
    html = explanation_html(one, [7], "en", is_own_bank=True)
    assert "for this image" in html
    assert "Fidelity" in html
    assert "Diversity" not in html


def test_without_training_pictures_copies_are_not_claimed_absent():
    html = explanation_html(explanation(training=False), [7, 8], "en", is_own_bank=False)
    assert "cannot be checked for copies" in html
    assert "No image looks like a copy" not in html
