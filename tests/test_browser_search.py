"""The search page as a person uses it: start, a picture that improves, stop, a saved file dropped back."""

import json
import re

import pytest
from chromium import MARKS, click_answered, expect, go_within_studio, screenshot, unfold, visitors
from fakes import PaintedSampling
from live_page import open_page
from PIL import Image
from test_browser import PATIENCE_MS, until
from test_browser_studio import colour

pytestmark = MARKS


@pytest.fixture
def sampling():
    return PaintedSampling()


@pytest.fixture
def visit(browser, sampling, tmp_path):
    """Return a function that opens the search page; at the end no error was logged and nothing left this machine."""
    with open_page(sampling, tmp_path) as url, visitors(browser, PATIENCE_MS) as new_page:

        def open_as(width=1280, height=900, **settings):
            page = new_page(width, height, **settings)
            page.goto(f"{url}studio?part=search")
            expect(page.locator("#search-stage img")).to_have_count(1)
            return page

        yield open_as


def test_a_search_shows_its_best_so_far_and_stop_ends_it(visit, sampling, tmp_path):
    page = visit()
    sampling.search.allowed = 30
    page.click("#search-start")
    expect(page.locator("#search-stage img")).to_have_count(2)
    expect(page.locator("#search-start")).to_be_hidden()
    click_answered(page, "search-stop")
    sampling.search.allowed = 31
    expect(page.locator("#search-status")).to_contain_text("Stopped after")
    expect(page.locator("#search-start")).to_be_visible()
    assert sampling.search.rounds_done <= 31 < sampling.search.requests[-1].rounds
    expect(page.locator("#search-stage figcaption").nth(1)).to_contain_text("best · similarity 0.5")
    screenshot(page, "search")
    shown = colour(page, "search", 1)
    with page.expect_download() as download:
        page.locator("#search-stage a[download]").nth(1).click()
    download.value.save_as(tmp_path / "found.png")
    recipe = json.loads(Image.open(tmp_path / "found.png").text["recipe"])
    assert recipe["schema"] == 2
    assert recipe["search"]["method"] == "gradient"

    go_within_studio(page, "Class swap")
    expect(page).to_have_url(re.compile("part=swap"))
    page.reload()
    expect(page.locator("#swap-stage img")).to_have_count(4)
    unfold(page, "#open-recipe")
    page.locator("#recipe-file input[type=file]").set_input_files(tmp_path / "found.png")
    expect(page.locator("#search-stage img")).to_have_count(2)
    assert colour(page, "search", 1) == shown
    expect(page.locator("#search-target-photo img")).to_be_visible()
    assert sampling.drawing.requests[-1].noise is not None


def test_a_search_that_is_left_alone_comes_to_its_end(visit, sampling):
    page = visit()
    for name, place in (("search", 2), ("search-target", 5)):
        shown = page.locator(f"#{name}-photo img")
        before = shown.get_attribute("src")
        page.click(f"#{name}-choices button >> nth={place}")
        expect(shown).not_to_have_attribute("src", before)
    page.get_by_role("radio", name="CMA-ES").check()
    page.locator("#search-start").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#search-status")).to_contain_text("Similarity from 0.00 to 1.00")
    wanted = sampling.search.requests[-1]
    assert wanted.method.value == "evolution"
    assert (wanted.blend.features[0] == sampling.pick("painted", 2).feature).all()
    assert (wanted.target.feature == sampling.pick("painted", 5).feature).all()
    until(lambda: colour(page, "search", 1) == (255, 255, 255), "the best is not shown")


def test_without_openclip_no_text_is_asked_for_and_no_visitor_is_told_how_to_install_it(visit):
    page = visit()
    expect(page.locator("#search-start")).to_be_visible()
    expect(page.locator("#search-words")).to_be_hidden()
    expect(page.locator("#search-page")).not_to_contain_text("safetensors")


def test_with_openclip_words_are_searched(visit, sampling):
    sampling.search.has_words = True
    page = visit()
    page.fill("#search-words textarea, #search-words input", "a lemon")
    page.click("#search-start")
    expect(page.locator("#search-status")).to_contain_text("Similarity from")
    assert sampling.search.requests[-1].target.words == "a lemon"
    assert sampling.search.requests[-1].guide.value == "openclip"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_search_page_fits_a_phone_and_every_picture_has_a_text(visit, scheme):
    page = visit(390, 844, color_scheme=scheme, locale="ko-KR", has_touch=True)
    page.click("#search-start")
    expect(page.locator("#search-stage img")).to_have_count(2)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    silent = page.evaluate("[...document.images].filter((i) => i.offsetParent && !i.alt).map((i) => i.outerHTML)")
    assert silent == []
    screenshot(page, f"search-phone-{scheme}")
