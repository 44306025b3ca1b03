"""The app below a path of another site's address, as behind a proxy, and in a frame of that site, as in a Space."""

from urllib.parse import urlsplit

import pytest
from chromium import MARKS, chromium, expect, go_to, go_within_studio, screenshot, visitors
from comparison_fakes import PaintedComparison
from fakes import PaintedSampling, colour_of_seed
from live_page import open_page
from sub_path import AT, site
from tagging_fakes import PaintedTagging
from test_browser import PATIENCE_MS, first_colour, until, upload, wait_for_pictures
from test_browser_studio import finished

from icgan_demo.config import Limits
from icgan_demo.service.training.training_service import TrainingService

pytestmark = MARKS
PAGES = {
    "Explore": "#explore-litter button:nth-of-type(9)",
    "Studio": "#swap-stage img",
    "Train": "#train-start",
    "Digits": "#digits-way img",
    "Tags": "#tags-word input",
    "Compare": "#compare-rows img",
    "About": "#card table",
    "Generate": "#examples img",
}
"""By name: what is there once it is filled."""
STUDIO_PAGES = {"Edit": "#edit-stage img", "Grids": "#grids-draw", "Directions": "#directions-strips button"}
"""Pages of the studio with an address of their own."""


@pytest.fixture(scope="module")
def shown(tmp_path_factory):
    """Yield the site that shows the app."""
    folder = tmp_path_factory.mktemp("page")
    training = TrainingService(folder / "data", folder / "models", Limits())
    with pytest.MonkeyPatch.context() as patch, site() as opened:
        patch.setenv("GRADIO_ROOT_PATH", AT)
        parts = {"tagging": PaintedTagging(), "training": training, "compared": PaintedComparison()}
        with open_page(PaintedSampling(), folder, frame_ancestors=(opened.other_origin,), **parts) as page:
            opened.lead_to(page)
            yield opened


@pytest.fixture
def new_page():
    expect.set_options(timeout=PATIENCE_MS)
    with chromium() as browser, visitors(browser, PATIENCE_MS) as opened:
        yield opened


def watched(page):
    """Return the paths that a page asks for from now on."""
    asked = []
    page.on("request", lambda request: asked.append(urlsplit(request.url).path) if "://" in request.url else None)
    return asked


def drawn(page, photo_path):
    expect(page.locator("#examples img")).not_to_have_count(0)
    upload(page, photo_path)
    wait_for_pictures(page)
    until(lambda: first_colour(page) == colour_of_seed(0), "the pictures do not show")


def test_below_a_path_every_page_opens_by_its_link_and_asks_for_nothing_outside_that_path(shown, new_page, photo_path):
    page = new_page()
    asked = watched(page)
    page.goto(shown.url)
    drawn(page, photo_path)
    for name, filled in PAGES.items():
        go_to(page, name)
        page.locator(filled).first.wait_for(state="attached")
        assert page.url == shown.url + ("" if name == "Generate" else name.lower())
        expect(page.locator("#parts a[aria-current=page]")).to_have_text(name)
    wait_for_pictures(page)
    go_to(page, "Studio")
    finished(page, "swap")
    for name, filled in STUDIO_PAGES.items():
        go_within_studio(page, name)
        page.locator(filled).first.wait_for(state="attached")
        assert page.url == shown.url + name.lower()
        page.go_back()
    go_within_studio(page, "History")
    expect(page.locator("#history figure img").first).to_have_js_property("complete", True)
    page.locator("#foot a").click()
    expect(page.locator("#api-open")).to_be_visible()
    assert page.url == f"{shown.url}api"
    assert {path for path in asked if not path.startswith(f"{AT}/")} == set()


def test_answers_are_there_although_a_stream_that_is_over_seems_open_for_a_while(
    shown, new_page, photo_path, monkeypatch
):
    """What was asked before the end of a stream had come was answered into the next one, which nobody opened."""
    monkeypatch.setattr(shown, "late_s", 0.4)
    page = new_page()
    page.goto(shown.url)
    drawn(page, photo_path)
    go_to(page, "Studio")
    finished(page, "swap")
    go_to(page, "Generate")
    wait_for_pictures(page)


def test_the_icon_is_part_of_the_page_so_that_it_is_asked_for_nowhere(shown, new_page):
    page = new_page()
    asked = watched(page)
    page.goto(f"{shown.url}about")
    expect(page.locator("link[rel=icon]")).to_have_count(1)
    side = page.evaluate(
        "async () => { const icon = new Image(); icon.src = document.querySelector('link[rel=icon]').href;"
        " await icon.decode(); return icon.naturalWidth; }"
    )
    assert side > 0
    assert not [path for path in asked if "icon" in path]


def test_in_a_frame_of_another_site_a_visit_goes_through_the_pages_and_outlives_a_reload(shown, new_page, photo_path):
    """Chromium keeps nothing for such a page: every page of the app was opened by a new visitor."""
    page = new_page()
    page.goto(f"{shown.other_origin}/frame")
    framed = page.frames[1]
    drawn(framed, photo_path)
    go_to(framed, "Studio")
    finished(framed, "swap")
    go_to(framed, "Generate")
    wait_for_pictures(framed)
    expect(framed.locator("#instance img")).to_have_count(1)
    screenshot(page, "embedded")
    with framed.expect_navigation():
        framed.evaluate("location.reload()")
    wait_for_pictures(framed)
    until(lambda: first_colour(framed) == colour_of_seed(0), "the visit is lost")


def test_a_frame_as_narrow_as_a_phone_does_not_scroll_sideways(shown, new_page):
    page = new_page(width=430)
    page.goto(f"{shown.other_origin}/frame?width=390")
    framed = page.frames[1]
    expect(framed.locator("#examples img")).not_to_have_count(0)
    assert framed.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_site_that_is_not_named_may_not_frame_the_app(shown, new_page):
    answer = new_page().request.get(shown.url)
    assert answer.headers["content-security-policy"] == f"frame-ancestors 'self' {shown.other_origin}"
