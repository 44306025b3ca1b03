"""What the Train page says of a finished model."""

import pytest

from icgan_demo.service.card_figures import REASONS, ByClass, Recognised
from icgan_demo.ui.train.outcome_view import SHOWN, after_text, by_class_html


def found(count, encoder="produce64"):
    rows = tuple(Recognised(f"class {row} <b>", 40, row % 41, 10, 9) for row in range(count))
    return ByClass(classes=rows, encoder=encoder, told=True, left_out=3)


@pytest.mark.parametrize("language", ["en", "ko"])
def test_shares_of_generated_images_and_photos_stand_beside_each_other(language):
    shown = by_class_html(found(2), language)
    assert shown.count("<tr>") == 3
    assert "--share:0.900" in shown
    assert "class 0 &lt;b&gt;" in shown
    assert "90%" in shown
    assert "produce64" in shown


def test_of_many_classes_those_recognised_least_are_seen_at_once():
    shown, folded = by_class_html(found(SHOWN + 5), "en").split("<details>")
    assert shown.count('scope="row"') == SHOWN
    assert folded.count('scope="row"') == 5
    assert "5 more classes" in folded
    assert "too many classes: 3" in folded


def test_an_untrained_encoder_is_named_in_the_language_of_the_page():
    assert "an untrained network" in by_class_html(found(2, "untrained"), "en")


@pytest.mark.parametrize("reason", REASONS)
@pytest.mark.parametrize("language", ["en", "ko"])
def test_a_reason_is_one_sentence_and_no_table(reason, language):
    shown = by_class_html(ByClass(reason), language)
    assert "<table" not in shown
    assert shown.count(".") == 1


def test_older_runs_say_nothing():
    assert by_class_html(None, "en") == ""


def test_what_there_was_before_is_said_as_it_is():
    assert "the model that the run started from" in after_text(400, "everyday64", "en")
    assert "learned nothing yet" in after_text(400, "", "en")
    assert "1,400" in after_text(1400, "", "ko")
