"""Directions as a person uses them: strips, sliders, two sets, a name, a saved image that opens again."""

import base64
import json

import pytest
from chromium import MARKS, expect, screenshot, visitors
from fakes import PaintedSampling
from live_page import open_page
from PIL import Image
from test_browser import PATIENCE_MS, until

from icgan_demo.service.recipes.direction_files import KeptDirections

pytestmark = MARKS


@pytest.fixture
def sampling():
    return PaintedSampling()


@pytest.fixture
def visit(browser, sampling, tmp_path):
    """Return a function that opens the page; at the end no error was logged and nothing left this machine."""
    kept = KeptDirections(tmp_path / "directions")
    with open_page(sampling, tmp_path, kept_directions=kept) as url, visitors(browser, PATIENCE_MS) as new_page:

        def open_as(width=1280, height=900, path="directions", **settings):
            page = new_page(width, height, **settings)
            page.goto(url + path)
            if path == "directions":
                expect(page.locator("#directions-strips button")).to_have_count(30)
            return page

        yield open_as


def linked(link):
    """Return the file that a link holds itself; nothing while there is none."""
    return base64.b64decode((link.get_attribute("href") or "").partition(",")[2])


def drawn(sampling):
    """Return the moves of what was drawn last in full quality."""
    return [(move.direction.name, move.amount) for move in sampling.drawing.requests[-1].moves]


def test_a_strip_goes_onto_a_slider_is_moved_named_saved_and_opened_again(visit, sampling, tmp_path):
    page = visit()
    expect(page.locator("#studio-parts a[aria-current=page]")).to_have_text("Directions")
    page.locator("#directions-strips button[data-name='1:-1.5']").click()
    expect(page.locator("#directions-box-0")).to_contain_text("Images stay good from −1.5 to +3.")
    expect(page.locator("#directions-forget-0")).to_have_count(0)
    until(lambda: drawn(sampling) == [("Weights 2", -1.5)], "the images did not move")
    page.locator("#directions-strips button[data-name='0:3']").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#directions-amount-1 input[type=number]")).to_have_value("3")
    page.locator("#directions-amount-1 input[type=range]").focus()
    for _ in range(5):
        page.keyboard.press("ArrowLeft")
    until(lambda: drawn(sampling) == [("Weights 2", -1.5), ("Weights 1", 2.5)], "the slider was not followed")
    page.locator("#directions-name-0 :is(input, textarea)").fill("brighter")
    page.keyboard.press("Enter")
    expect(page.locator("#directions-about")).to_contain_text("“brighter” is kept")
    expect(page.locator("#directions-forget-0")).to_be_visible()
    link = page.locator("#directions-stage a[download]").first
    until(lambda: b"brighter" in linked(link), "the name did not come into the recipe")
    expect(page.locator("#directions-stage figcaption").first).to_contain_text("distance")
    with page.expect_download() as download:
        page.locator("#directions-stage a[download]").first.click()
    saved = tmp_path / "moved.png"
    download.value.save_as(saved)
    assert json.loads(Image.open(saved).text["recipe"])["schema"] == 3
    screenshot(page, "directions")

    studio = visit(path="studio")
    studio.locator("#open-recipe > button").click()
    studio.locator("#recipe-file input[type=file]").set_input_files(saved)
    expect(studio.locator("#directions-amount-0 input[type=number]")).to_have_value("-1.5")
    expect(studio.locator("#directions-amount-1 input[type=number]")).to_have_value("2.5")
    expect(studio.locator("#directions-box-0")).to_contain_text("brighter")
    studio.locator("#directions-remove-0").click()
    expect(studio.locator("#directions-box-1")).to_be_hidden()
    expect(studio.locator("#directions-amount-0 input[type=number]")).to_have_value("2.5")


def test_the_difference_of_two_sets_that_are_picked_by_quick_clicks(visit):
    page = visit()
    page.locator("#directions-kind label", has_text="These minus those").click()
    expect(page.locator("#directions-sets button")).to_have_count(12)
    for place in (0, 1, 4, 4):
        page.locator(f"#directions-sets button[data-name='{place}']").click()
    expect(page.locator("#directions-strips button")).to_have_count(5)
    assert page.locator("#directions-sets b").all_inner_texts() == ["+", "+", "−"]
    screenshot(page, "directions-sets")


@pytest.mark.parametrize("locale", ["en-US", "ko-KR"])
def test_nothing_scrolls_sideways_on_a_phone(visit, sampling, locale):
    page = visit(390, 844, locale=locale, has_touch=True)
    page.locator("#directions-strips button[data-name='1:3']").tap()
    expect(page.locator("#directions-box-0")).to_be_visible()
    until(lambda: drawn(sampling) and drawn(sampling)[0][1] == 3, "the images did not move")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    screenshot(page, f"directions-390-{locale}")
