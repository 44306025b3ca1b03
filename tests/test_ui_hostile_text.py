"""What comes from outside is text in everything that repeats it, in both languages."""

from dataclasses import replace
from html.parser import HTMLParser
from string import Formatter

import gradio as gr
import numpy as np
import pytest
from fakes import PaintedSampling
from PIL import Image

from icgan_demo.config import Limits
from icgan_demo.errors import RequestError
from icgan_demo.service.banks.bank_requests import BankInfo, Explanation, NearestInstance
from icgan_demo.service.drawing.drawing_requests import Blend, Drawn, DrawRequest
from icgan_demo.service.training.job_record import RunView
from icgan_demo.service.training.set_preview import NearPicture
from icgan_demo.service.training.train_request import TrainRequest
from icgan_demo.service.training.training_sets import StoredPicture, TrainingSet
from icgan_demo.ui.about.about_tab import card_html
from icgan_demo.ui.common.feedback import shown_to_visitor
from icgan_demo.ui.map.map_banks import _built_html
from icgan_demo.ui.stage.explain_view import explanation_html
from icgan_demo.ui.stage.stage import full_html, preview_html
from icgan_demo.ui.texts.language import LANGUAGES
from icgan_demo.ui.train.class_boxes import boxes_html
from icgan_demo.ui.train.preview_view import preview_html as set_preview_html
from icgan_demo.ui.train.run_text import set_html, status_html

HOSTILE = "\"'><img src=x onerror=alert(1)><!--"

pytestmark = pytest.mark.parametrize("language", LANGUAGES)


class Elements(HTMLParser):
    """Notes every picture that does not hold its own bytes, and every handler of an event."""

    def __init__(self, html):
        super().__init__()
        self.hostile = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        if (tag == "img" and not values.get("src", "").startswith("data:image/")) or any(
            name.startswith("on") for name in values
        ):
            self.hostile.append((tag, attrs))

    def handle_comment(self, data):
        self.hostile.append(data)


def filled(sentence):
    """Fill a text's gaps: with markup, and with a number where it wants one."""
    gaps = {name: form for _, name, form, _ in Formatter().parse(sentence) if name}
    return sentence.format(**{name: 1 if form else HOSTILE for name, form in gaps.items()})


def test_every_text_is_harmless_as_a_message_whatever_fills_its_gaps(language):
    gr_message = []
    for sentence in LANGUAGES[language].values():
        with pytest.raises(gr.Error) as caught, shown_to_visitor():
            raise RequestError(filled(sentence))
        gr_message.append(caught.value.message)
    assert any("onerror" in message for message in gr_message)
    assert Elements("".join(gr_message)).hostile == []


def test_a_training_set_is_described_in_text(language):
    stored = [StoredPicture(f"{place}.png", HOSTILE if place else "", str(place), HOSTILE) for place in range(5)]
    found = TrainingSet("0" * 32, tuple(stored), skipped=((HOSTILE, HOSTILE),), notes=(HOSTILE,))
    html = set_html(found, Limits(), language)
    html += boxes_html(found, lambda picture: f"data:image/{HOSTILE}", language)
    html += set_preview_html(
        found,
        [(40, 80)] * 5,
        [NearPicture(1, 0.5)],
        64,
        lambda place: f"data:image/{HOSTILE}",
        lambda place: f"data:image/{HOSTILE}",
        language,
    )
    assert html.count("onerror") >= 5
    assert Elements(html).hostile == []


def test_a_run_is_described_in_text(language):
    for state in ("queued", "running", "failed", "finished"):
        view = RunView("0", HOSTILE, state, 1, 2, 1.0, 1.0, 1.0, HOSTILE, 0, TrainRequest(), 0.0, HOSTILE)
        html = status_html(view, is_own=True, language=language)
        assert "onerror" in html
        assert Elements(html).hostile == []


def test_a_model_s_card_is_text(language, tmp_path):
    [info, *_] = PaintedSampling().models()
    card = {"data": HOSTILE, "description": HOSTILE, "figures": {HOSTILE: HOSTILE}, "encoder": {"kind": HOSTILE}}
    info = replace(info, title=HOSTILE, licence=HOSTILE, message=HOSTILE, class_names=(HOSTILE,), card=card)
    html = card_html(info, [info, replace(info, state="unavailable")], language, tmp_path)
    assert html.count("onerror") >= 5
    assert Elements(html).hostile == []


def test_a_bank_and_what_it_says_of_pictures_are_text(language):
    info = BankInfo("0", HOSTILE, "encoder", 1, 1, 1.0, 1, ((HOSTILE, HOSTILE),), (HOSTILE,))
    near = (NearestInstance(0, HOSTILE, 0.1, True),)
    found = Explanation(
        distances=(0.1,), fidelity=0.5, diversity=0.5, real_fidelity=0.5, real_diversity=0.5, nearest=near,
        nearest_training=near, training_count=1,
    )  # fmt: skip
    explained = explanation_html(found, [0], language, is_own_bank=False)
    assert Elements(_built_html(info, language) + explained).hostile == []
    assert "onerror" in explained


def test_what_is_said_below_pictures_is_text(language):
    drawn = Drawn(Image.new("RGB", (8, 8)), 0)
    request = DrawRequest(HOSTILE, Blend((np.ones(1, np.float32),)), (0,))
    html = preview_html([drawn], 1, HOSTILE) + full_html([b"png"], request, HOSTILE, HOSTILE, [HOSTILE], [""])
    assert html.count("onerror") >= 4
    assert Elements(html).hostile == []
