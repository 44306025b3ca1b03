"""Travel as a person uses it: stops from elsewhere, times of parts, films, another model, a phone."""

import pytest
from chromium import MARKS, expect, go_within_studio, screenshot, unfold, visitors
from fakes import PaintedSampling
from live_page import open_page
from PIL import Image
from test_browser import PATIENCE_MS, until
from test_browser_studio import finished, value_of

from icgan_demo.service.drawing.drawing_requests import Blend, TravelRequest, TravelStop
from icgan_demo.service.recipes.recipe import write_recipe

pytestmark = MARKS


@pytest.fixture(scope="module")
def sampling():
    return PaintedSampling()


@pytest.fixture(scope="module")
def url(sampling, tmp_path_factory):
    with open_page(sampling, tmp_path_factory.mktemp("page")) as address:
        yield address


@pytest.fixture
def visit(browser, url):
    """Return a function that opens a page as a new visitor; at the end no error was logged."""
    expect.set_options(timeout=PATIENCE_MS)
    with visitors(browser, PATIENCE_MS) as new_page:

        def opened(address="travel", width=1280, height=900, **settings):
            page = new_page(width, height, **settings)
            page.goto(f"{url}{address}")
            return page

        yield opened


def stops(page):
    return page.locator("#travel-stops .thumbnail-lg")


def test_a_path_becomes_a_strip_and_a_gif_with_all_its_frames(visit, tmp_path):
    page = visit("studio")
    finished(page, "swap")
    page.click("#swap-add-stop")
    expect(page.get_by_text("Added to the path")).to_be_visible()
    go_within_studio(page, "Travel")
    expect(stops(page)).to_have_count(1)
    unfold(page, "#travel-bank")
    for place in range(2):
        page.locator("#travel-choices .thumbnail-lg").nth(place).click()
        expect(stops(page)).to_have_count(place + 2)
    page.locator("#frames input[type=number]").fill("5")
    page.keyboard.press("Tab")
    expect(page.locator("#travel-length")).to_contain_text("3 stops · 15 frames · 1.0 s")
    stops(page).nth(1).click()
    expect(page.locator("#part-which")).to_contain_text("From stop 2 to stop 3")
    page.locator("#part-rest input[type=number]").fill("4")
    page.keyboard.press("Tab")
    expect(page.locator("#travel-length")).to_contain_text("19 frames")
    page.get_by_label("stay, then cut").check()
    expect(page.locator("#travel-stops")).to_contain_text("rests 4 · stay, then cut")
    page.click("#film-strip")
    expect(page.locator("#strip-picture img")).to_be_visible()
    expect(page.locator("#film-status .copy-link")).to_be_visible()
    screenshot(page, "travel")
    page.click("#make-film")
    expect(page.locator("#film-status")).to_contain_text("19 frames")
    expect(page.locator("#film img")).to_be_visible()
    with page.expect_download() as download:
        page.click("#film-download")
    download.value.save_as(tmp_path / "travel.gif")
    with Image.open(tmp_path / "travel.gif") as film:
        assert film.format == "GIF"
        assert film.info["loop"] == 0
    page.reload()
    expect(stops(page)).to_have_count(3)
    expect(page.locator("#travel-stops")).to_contain_text("rests 4 · stay, then cut")


def test_a_path_dropped_on_the_studio_opens_on_its_page_and_by_its_link(visit, sampling, tmp_path):
    plain = next(info for info in sampling.models() if info.name == "plain")
    a, b = (Blend((sampling.pick("plain", row).feature,)) for row in range(2))
    request = TravelRequest("plain", (TravelStop(a, 1), TravelStop(b, 2)), 7, loop=False, smooth=False, truncation=0.45)
    (tmp_path / "recipe.json").write_text(write_recipe(request, plain).to_json())
    page = visit("studio")
    finished(page, "swap")
    unfold(page, "#open-recipe")
    page.set_input_files("#recipe-file input[type=file]", str(tmp_path / "recipe.json"))
    expect(page.locator("#strip-picture img")).to_be_visible()
    assert page.url.endswith("/travel")
    link = page.locator("#film-status .copy-link").get_attribute("href")
    for shown in (page, visit(link)):
        expect(shown.locator("#strip-picture img")).to_be_visible()
        assert (value_of(shown, "frames"), value_of(shown, "travel-truncation")) == (7, 0.45)
        expect(shown.locator("#loop input")).not_to_be_checked()
        expect(shown.locator("#smooth input")).not_to_be_checked()
        expect(stops(shown)).to_have_count(2)


def test_a_link_from_when_travel_was_a_tab_leads_to_its_page(visit, url):
    page = visit("studio?part=travel")
    expect(stops(page)).to_have_count(4)
    assert page.url == f"{url}travel"
    expect(page.locator("#parts a[aria-current=page]")).to_have_text("Studio")
    expect(page.locator("#studio-parts a[aria-current=page]")).to_have_text("Travel")


@pytest.mark.parametrize(("scheme", "locale"), [("light", "en-US"), ("dark", "ko-KR")])
def test_another_model_draws_the_path_on_a_phone_too(visit, scheme, locale):
    page = visit(width=390, height=844, color_scheme=scheme, locale=locale)
    expect(stops(page)).to_have_count(4)
    page.click("#travel-model input")
    page.get_by_role("option", name="Squares without classes").click()
    expect(page.locator("#travel-remark")).to_contain_text("Squares without classes")
    expect(page.locator("#travel-remark")).to_contain_text("Lemon")
    stops(page).first.click()
    until(lambda: page.locator("#part-rest").is_visible(), "the time of the part is not shown")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    screenshot(page, f"travel-phone-{scheme}")
