"""The parts of the app as pages: names without a menu, addresses, titles, the way back, what is there again.

With ``ICGAN_SCREENSHOTS`` set to a folder, pictures of the pages are left there.
"""

import pytest
from chromium import MARKS, expect, go_to, go_within_studio, screenshot, unfold, visitors
from fakes import MOMENTS, PaintedSampling, learning_webp
from live_page import open_page
from tagging_fakes import PaintedTagging
from test_browser import PATIENCE_MS, upload, wait_for_pictures
from test_browser_studio import finished

from icgan_demo.config import Limits
from icgan_demo.service.training.training_service import TrainingService
from icgan_demo.ui.generate.welcome import CELLS, INSTANCES
from icgan_demo.ui.texts.language import LANGUAGES

pytestmark = MARKS
PARTS = ("generate", "explore", "studio", "train", "digits", "tags", "about")


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    folder = tmp_path_factory.mktemp("page")
    sampling = PaintedSampling()
    sampling.learning = folder / "learning.webp"
    sampling.learning.write_bytes(learning_webp())
    training = TrainingService(folder / "data", folder / "models", Limits())
    with open_page(sampling, folder, tagging=PaintedTagging(), training=training) as address:
        yield address


@pytest.fixture
def visit(browser, url):
    """Return a function that opens a page; at the end no error was logged and nothing left this machine."""
    expect.set_options(timeout=PATIENCE_MS)
    with visitors(browser, PATIENCE_MS) as new_page:

        def opened(width=1280, height=900, address="", **settings):
            page = new_page(width, height, **settings)
            page.goto(f"{url}{address}")
            expect(page.locator("#parts a")).to_have_count(len(PARTS))
            return page

        yield opened


def in_one_line(page, bar):
    return page.locator(f"{bar} a").evaluate_all(
        "(all) => new Set(all.map((one) => Math.round(one.getBoundingClientRect().top))).size == 1"
    )


@pytest.mark.parametrize(("language", "locale"), [("en", "en-US"), ("ko", "ko-KR")])
def test_on_a_phone_every_part_is_there_by_its_name(visit, language, locale):
    page = visit(390, 844, address="studio", locale=locale)
    names = [LANGUAGES[language][f"tab_{part}"] for part in PARTS]
    assert page.locator("#parts a").all_inner_texts() == names
    expect(page.locator("#studio-parts a")).to_have_count(8)
    assert in_one_line(page, "#parts")  # the Studio's tools may take two
    for bar in ("#parts", "#studio-parts"):
        for link in page.locator(f"{bar} a").all():
            expect(link).to_be_in_viewport(ratio=1)
    assert page.locator(".overflow-menu:visible").count() == 0
    expect(page.locator("#parts a[aria-current=page]")).to_have_text(names[2])
    assert page.title().startswith(names[2])
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    finished(page, "swap")
    screenshot(page, f"parts-390-{language}")


def test_links_are_followed_by_keyboard_and_the_way_back_leads_through_the_parts(visit):
    page = visit()
    page.locator("#parts a").first.focus()
    page.keyboard.press("Tab")
    expect(page.locator("#parts a", has_text="Explore")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    finished(page, "swap")
    go_within_studio(page, "Mix")
    finished(page, "mix")
    assert page.url.endswith("/studio?part=mix")
    go_to(page, "About")
    expect(page.locator("#card")).to_contain_text("MIT")
    expect(page.locator("#parts a[aria-current=page]")).to_have_text("About")
    page.go_back()
    finished(page, "mix")
    expect(page.locator("#studio-parts a[aria-current=page]")).to_have_text("Mix")
    page.go_back()
    finished(page, "swap")
    expect(page.locator("#studio-parts a[aria-current=page]")).to_have_text("Class swap")
    page.go_back()
    expect(page.locator("#examples img")).to_have_count(6)
    assert page.title() == "Neighbours · IC-GAN"


def test_what_was_drawn_is_there_again_on_the_way_back(visit, photo_path):
    page = visit()
    expect(page.locator("#examples img")).to_have_count(6)
    unfold(page, "#settings")
    page.locator("#count input[type=number]").fill("4")
    page.keyboard.press("Tab")
    upload(page, photo_path)
    wait_for_pictures(page, 4)
    go_to(page, "Digits")
    page.locator("#digits-way img").wait_for()
    go_to(page, "Generate")
    wait_for_pictures(page, 4)
    expect(page.locator("#instance img")).to_have_count(1)
    expect(page.locator("#neighbours img")).to_have_count(6)
    unfold(page, "#settings")
    expect(page.locator("#count input[type=number]")).to_have_value("4")


def test_what_programs_call_has_a_page_of_its_own_and_is_explained_there_alone(visit, url):
    page = visit()
    page.locator("#foot a").click()
    expect(page.locator("#api-open")).to_be_visible()
    assert page.url == f"{url}api"
    explained = page.evaluate("fetch('gradio_api/info?page=api').then((answer) => answer.json())")
    assert {"/generate", "/mix", "/train_status", "/digits", "/tag"} <= set(explained["named_endpoints"])
    elsewhere = page.evaluate("fetch('gradio_api/info?page=studio').then((answer) => answer.json())")
    assert elsewhere["named_endpoints"] == {}


def test_the_settings_of_the_browser_page_open_and_close_without_leaving_the_part(visit, url):
    page = visit()
    go_to(page, "Studio")
    finished(page, "swap")
    page.locator("footer button", has_text="Settings").click()
    page.wait_for_url(f"{url}studio?view=settings")
    page.reload()
    finished(page, "swap")
    expect(page.locator("#parts a[aria-current=page]")).to_have_text("Studio")


def test_a_first_visit_is_welcomed_by_changing_pictures_until_a_photo_comes(visit, photo_path):
    page = visit()
    expect(page.locator("#empty i")).not_to_have_count(0)
    cell = "getComputedStyle(document.querySelector('#empty i'))"
    address = page.evaluate(f"{cell}.backgroundImage.slice(5, -2)")
    is_there = "(address) => fetch(address).then((answer) => answer.blob()).then(createImageBitmap)"
    width, height = page.evaluate(f"{is_there}.then((all) => [all.width, all.height])", address)
    assert height * INSTANCES == width * CELLS
    assert page.evaluate(f"{cell}.animationName") == "welcome"
    page.emulate_media(reduced_motion="reduce")
    assert page.evaluate(f"{cell}.animationName") == "none"
    upload(page, photo_path)
    wait_for_pictures(page)
    expect(page.locator("#empty")).to_be_hidden()
    assert page.evaluate(f"{cell}.backgroundImage") == "none"


@pytest.mark.parametrize(("width", "locale", "title"), [(1280, "en-US", "How it learned"), (390, "ko-KR", "학습 과정")])
def test_how_a_model_learned_is_shown_with_every_row_beside_its_step(visit, width, locale, title):
    page = visit(width, address="about", locale=locale)
    expect(page.get_by_role("heading", name=title)).to_be_visible()
    picture, steps = page.locator(".learning img"), page.locator(".learning li")
    expect(steps).to_have_count(len(MOMENTS))
    page.wait_for_function("document.querySelector('.learning img').naturalWidth > 0")
    box = picture.bounding_box()
    for row, step in enumerate(steps.all()):
        middle = step.bounding_box()["y"] + step.bounding_box()["height"] / 2
        assert abs(middle - (box["y"] + box["height"] * (row + 0.5) / len(MOMENTS))) < 2
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    screenshot(page, f"learned-{width}")
