"""Automatic in a browser: what knows the photo draws it, one click takes another model, and nothing is drawn unasked.

With ``ICGAN_SCREENSHOTS`` set to a folder, pictures of the page are left there.
"""

import re

import pytest
from chromium import expect, screenshot
from fakes import PaintedSampling
from test_browser import (
    PICTURES,
    PatientDrawing,
    pytestmark,  # noqa: F401  the same marks
    until,
    upload,
    url,  # noqa: F401  a fixture
    visit,  # noqa: F401
    wait_for_pictures,
)


@pytest.fixture(scope="module")
def sampling():
    painted = PaintedSampling()
    painted.drawing = PatientDrawing(painted)
    painted.knows = {"painted": 3.0, "plain": 63.9}
    return painted


def test_a_photo_is_drawn_by_the_model_that_knows_it_and_one_click_takes_another(visit, sampling, photo_path):  # noqa: F811
    sampling.knows = {"painted": 3.0, "plain": 63.9}
    page = visit()
    upload(page, photo_path)
    wait_for_pictures(page)
    expect(page.locator("#knowing")).to_contain_text("Automatic chose “Squares without classes”")
    expect(page.locator("#knowing")).to_contain_text("63 %")
    expect(page.locator("#draw-anyway")).to_be_hidden()
    screenshot(page, "automatic")
    page.get_by_label("Painted squares").check()
    expect(page.locator("#knowing")).to_contain_text("does not know photos like yours")
    drawn = ["plain", "painted"]
    until(lambda: [request.model for request in sampling.drawing.requests][-2:] == drawn, "the pinned model draws not")
    wait_for_pictures(page)
    expect(page.get_by_label("Squares without classes")).to_be_visible()


def test_a_photo_that_no_model_knows_is_drawn_only_on_demand(visit, sampling, photo_path):  # noqa: F811
    sampling.knows = {"painted": 3.0, "plain": 7.0}
    page, before = visit(), len(sampling.drawing.requests)
    upload(page, photo_path)
    expect(page.locator("#knowing")).to_contain_text("No model here knows photos like yours.")
    expect(page.locator("#crop img")).to_be_visible()
    screenshot(page, "automatic-unknown")
    expect(page.locator(PICTURES)).to_have_count(0)
    expect(page.locator("#empty")).to_be_hidden()  # the places of images that are not on their way
    assert len(sampling.drawing.requests) == before
    page.click("#draw-anyway")
    wait_for_pictures(page)
    expect(page.locator("#draw-anyway")).to_be_hidden()


def test_the_list_of_models_begins_with_automatic(visit, sampling):  # noqa: F811
    sampling.knows = {"painted": 3.0, "plain": 7.0}
    page = visit()
    page.get_by_role("button", name=re.compile("Settings")).first.click()
    expect(page.locator("#model input")).to_have_value(re.compile("^Automatic"))
