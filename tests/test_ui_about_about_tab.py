"""The About page's contents as text."""

import re
from dataclasses import asdict
from pathlib import Path

import pytest
from conftest import LEARNING
from fakes import PaintedSampling, learning_webp

from icgan_demo.ui.about.about_tab import LISTED_CLASSES, card_html, method_html
from icgan_demo.ui.texts.language import LANGUAGES


def card(figures=None, classes=("Lemon",), language="en", folder=Path("unused"), picture=None, **fields):
    models = PaintedSampling().models()
    info = models[0]
    contents = {"figures": figures or {}, "data": "Grocery Store", "encoder": {"kind": "bundled"}, **fields}
    info = type(info)(**{**vars(info), "class_names": tuple(classes), "card": contents, "learning": picture})
    return card_html(info, [info, *models[1:]], language, folder)


def cells(html):
    return [re.sub("<[^>]+>", "", cell) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", html)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_picture_of_the_method_has_its_five_steps_and_an_alternative_text(language):
    html = method_html(language)
    assert html.count('class="step"') == 5
    assert re.search(r'role="img" aria-label="[^"]{20,}"', html)


def test_figures_of_any_depth_become_rows():
    found = cells(card({"frechet_distance": {"samples": 12.34567, "real": 4}, "counts": [1, 2], "none": None}))
    for name, value in [
        ("frechet distance · samples", "12.35"),
        ("frechet distance · real", "4"),
        ("counts", "1, 2"),
        ("none", "None"),
    ]:
        assert found[found.index(name) + 1] == value


def test_a_model_without_figures_says_so():
    assert "No figures have been measured" in card()


def test_a_thousand_classes_are_counted_and_not_all_listed():
    listed = cells(card(classes=[f"class {number}" for number in range(1000)]))
    classes = listed[listed.index("Classes") + 1]
    assert classes.startswith("1000: class 0, ")
    assert classes.count(",") == LISTED_CLASSES


def test_the_licence_is_a_link_only_to_a_web_page():
    assert 'href="https://opensource.org/license/mit"' in card(licence={"url": "https://opensource.org/license/mit"})
    assert "href" not in card(licence={"url": "javascript:alert(1)"})


def test_every_model_is_listed_with_its_state_and_what_is_wrong():
    listed = " ".join(cells(card()))
    for words in ("ready", "on disk", "unusable · generator.safetensors is missing"):
        assert words in listed


def test_the_settings_of_the_training_are_part_of_the_card():
    found = cells(card(settings={"steps": 500, "base": {"name": "tiny"}, "augment": ["cutout", "color"]}))
    for name, value in [("steps", "500"), ("base · name", "tiny"), ("augment", "cutout, color")]:
        assert found[found.index(name) + 1] == value


@pytest.mark.parametrize(("language", "shown"), [("en", "1,280 images seen"), ("ko", "이미지 1,280장 학습")])
def test_how_a_model_learned_stands_beside_the_steps_of_its_rows(tmp_path, language, shown):
    file = tmp_path / "learning.webp"
    file.write_bytes(learning_webp())
    served = tmp_path / "served"
    html = card(language=language, folder=served, picture=file, learning=asdict(LEARNING))
    assert html.count("<li>") == len(LEARNING.moments)
    assert shown in html
    [copy] = served.iterdir()
    assert f'src="gradio_api/file={copy}"' in html
    assert copy.read_bytes() == learning_webp()


def test_a_model_that_does_not_show_how_it_learned_has_no_such_section(tmp_path):
    assert "How it learned" not in card(folder=tmp_path)
    gone = card(folder=tmp_path, picture=tmp_path / "deleted.webp", learning=asdict(LEARNING))
    assert "How it learned" not in gone
