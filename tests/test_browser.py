"""The page as a person uses it, in Debian's Chromium: mouse, keyboard, phone, two languages, two colour schemes.

With ``ICGAN_SCREENSHOTS`` set to a folder, pictures of the page are left there.
"""

import re
import threading
import time
import zipfile
from collections.abc import Callable, Iterator

import pytest
from chromium import MARKS, click_answered, expect, go_to, screenshot, unfold, visitors
from fakes import PaintedDrawing, PaintedSampling, colour_of_seed
from live_page import open_page
from PIL import Image

from icgan_demo.service.drawing.drawing_requests import DrawRequest, Sample
from icgan_demo.service.drawing.sampling_service import SamplingService
from icgan_demo.service.model_store import ModelStore
from icgan_demo.weights.folders import bundled_models_folder

BUNDLED = sorted(bundled_models_folder().glob("*/card.json"))

pytestmark = MARKS

PATIENCE_MS = 90_000
PICTURES = "#results .thumbnail-lg"
expect.set_options(timeout=PATIENCE_MS)


class PatientDrawing(PaintedDrawing):
    """Draws one picture every now and then until it is told to hurry, so that a test can look at a running drawing."""

    def __init__(self, sampling: PaintedSampling) -> None:
        super().__init__(sampling, chunk=1)
        self.drawn = 0
        self.hurry = threading.Event()
        self.hurry.set()

    def samples(self, request: DrawRequest) -> Iterator[list[Sample]]:
        """Yield like the painted fake, slowly."""
        drawing = super().samples(request)
        try:
            for samples in drawing:
                self.drawn += 1
                yield samples
                self.hurry.wait(0.2)
                while len(samples) == len(request.seeds) - 1 and not self.hurry.wait(0.2):
                    yield samples  # never whole before that, and a Stop is noticed
        finally:
            drawing.close()


@pytest.fixture(scope="module")
def sampling():
    painted = PaintedSampling()
    painted.drawing = PatientDrawing(painted)
    return painted


@pytest.fixture(scope="module")
def url(sampling, tmp_path_factory):
    with open_page(sampling, tmp_path_factory.mktemp("page")) as address:
        yield address


@pytest.fixture
def visit(browser, url, sampling) -> Iterator[Callable]:
    """Return a function that opens the page; at the end no error was logged and nothing left this machine."""
    sampling.drawing.hurry.set()

    with visitors(browser, PATIENCE_MS) as new_page:

        def open_as(width=1280, height=900, address=url, **settings):
            page = new_page(width, height, **settings)
            page.goto(address)
            expect(page.locator("#examples img")).not_to_have_count(0)
            return page

        yield open_as
        sampling.drawing.hurry.set()


def upload(page, path):
    page.set_input_files("#instance input[type=file]", str(path))


def wait_for_pictures(page, count=16):
    expect(page.locator(PICTURES)).to_have_count(count)
    expect(page.locator("#stop")).to_be_hidden(timeout=PATIENCE_MS)


def first_colour(page):
    """Return the colour that the first picture shows on the screen, read in the browser itself.

    No colour if it was replaced before it was decoded.
    """
    return tuple(
        page.locator(f"{PICTURES} img").first.evaluate(
            """async (image) => {
                try { await image.decode(); } catch (replaced) { return []; }
                const canvas = new OffscreenCanvas(1, 1).getContext("2d");
                canvas.drawImage(image, 0, 0, 1, 1);
                return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3);
            }"""
        )
    )


def until(condition, message):
    deadline = time.monotonic() + PATIENCE_MS / 1000
    while not condition():
        assert time.monotonic() < deadline, message
        time.sleep(0.02)


def test_a_photo_becomes_sixteen_pictures_without_any_setting(visit, photo_path):
    page = visit()
    screenshot(page, "open")
    upload(page, photo_path)
    wait_for_pictures(page)
    until(lambda: first_colour(page) == colour_of_seed(0), "the first picture is another one")
    expect(page.locator("#crop img")).to_be_visible()
    expect(page.locator("#neighbours .thumbnail-lg")).to_have_count(6)
    expect(page.locator("#synthetic")).to_contain_text("synthetic")
    expect(page.locator("#licence-note")).to_contain_text("painted for tests")
    expect(page.locator("#status")).to_contain_text("16 images in")
    screenshot(page, "drawn")


def test_a_class_label_is_found_by_typing_and_used(visit, sampling, photo_path):
    page = visit()
    unfold(page, "#settings")
    page.click("#label input")
    page.keyboard.type("golden")
    page.keyboard.press("Enter")
    upload(page, photo_path)
    wait_for_pictures(page)
    assert sampling.drawing.requests[-1].label == "Golden apple"


def test_one_picture_and_all_pictures_can_be_downloaded_with_their_recipe(visit, photo_path, tmp_path):
    page = visit()
    upload(page, photo_path)
    wait_for_pictures(page)
    page.locator(PICTURES).nth(3).click()
    with page.expect_download() as one:
        page.locator("#results .preview button[aria-label='Download']").click()
    one.value.save_as(tmp_path / "one.png")
    picture = Image.open(tmp_path / "one.png")
    assert picture.getpixel((0, 0)) == colour_of_seed(3)
    assert '"seed": 3' in picture.text["recipe"]
    with page.expect_download() as everything:
        page.click("#download-all")
    everything.value.save_as(tmp_path / "all.zip")
    with zipfile.ZipFile(tmp_path / "all.zip") as archive:
        assert "recipe.json" in archive.namelist()


def test_a_picture_becomes_the_next_instance(visit, sampling, photo_path):
    page = visit()
    upload(page, photo_path)
    wait_for_pictures(page)
    expect(page.locator("#use-sample")).to_be_disabled()
    expect(page.locator("#use-sample-how")).to_contain_text("Click an image")
    page.locator(PICTURES).nth(5).click()
    expect(page.locator("#picked p")).to_contain_text("Seed 5")
    drawn = len(sampling.drawing.requests)
    expect(page.locator("#use-sample-how")).to_be_hidden()
    page.click("#use-sample")
    until(lambda: len(sampling.drawing.requests) > drawn, "nothing was drawn from the picture")
    wait_for_pictures(page)
    expect(page.locator("#results .preview")).to_have_count(0)


def test_examples_bank_and_neighbours_are_drawn_from_at_a_click(visit, sampling):
    page = visit()
    unfold(page, "#bank-fold")
    start = len(sampling.drawing.requests)
    for strip in ("#examples", "#bank", "#neighbours"):
        drawn = len(sampling.drawing.requests)
        first = page.locator(f"{PICTURES} img").first
        before = first.get_attribute("src") if drawn > start else ""
        page.locator(f"{strip} .thumbnail-lg").nth(1).click()
        until(lambda drawn=drawn: len(sampling.drawing.requests) > drawn, f"nothing was drawn from {strip}")
        expect(first).not_to_have_attribute("src", before)
        wait_for_pictures(page)


def test_draw_others_goes_on_with_the_next_seeds(visit, photo_path):
    page = visit()
    upload(page, photo_path)
    wait_for_pictures(page)
    page.click("#more")
    until(lambda: first_colour(page) == colour_of_seed(16), "the next sixteen did not come")
    wait_for_pictures(page)


def test_stop_really_stops(visit, sampling, photo_path):
    page = visit()
    sampling.drawing.hurry.clear()
    closed = sampling.drawing.closed_early
    upload(page, photo_path)
    expect(page.locator(PICTURES)).not_to_have_count(0)
    screenshot(page, "drawing")
    click_answered(page, "stop")
    drawn = sampling.drawing.drawn
    until(lambda: sampling.drawing.closed_early > closed, "the service kept drawing")
    assert sampling.drawing.drawn <= drawn + 1, "it ends with the chunk that was being drawn"
    expect(page.locator("#status")).to_contain_text("Stopped.")
    expect(page.locator("#stop")).to_be_hidden()
    assert 0 < page.locator(PICTURES).count() < 16
    sampling.drawing.hurry.set()
    page.click("#generate")  # and it is ready for more
    wait_for_pictures(page)


def test_a_photo_dropped_while_another_is_drawn_is_drawn_next(visit, sampling, photo_path, tmp_path):
    """It was ignored: the box showed the second photo, the gallery neighbours of the first."""
    page = visit()
    second = tmp_path / "second.png"
    Image.radial_gradient("L").save(second)
    sampling.drawing.hurry.clear()
    upload(page, photo_path)
    expect(page.locator(PICTURES)).not_to_have_count(0)
    page.click("#instance button[aria-label='Remove Image']")
    upload(page, second)
    expected = sampling.encode("painted", second).feature
    sampling.drawing.hurry.set()
    until(lambda: (sampling.drawing.requests[-1].blend.features[0] == expected).all(), "the second photo was not drawn")
    wait_for_pictures(page)


def test_real_neighbours_of_the_photo_before_leave_with_the_first_answer(visit, sampling, photo_path, tmp_path):
    page = visit()
    upload(page, photo_path)
    wait_for_pictures(page)
    expect(page.locator("#neighbours img")).to_have_count(6)
    height = page.locator("#neighbours").bounding_box()["height"]
    sampling.drawing.hurry.clear()
    Image.new("RGB", (80, 80), (9, 90, 200)).save(tmp_path / "other.png")
    upload(page, tmp_path / "other.png")
    expect(page.locator("#neighbours img")).to_have_count(0)
    expect(page.locator("#stop")).to_be_visible()
    expect(page.locator("#neighbours")).to_be_visible()  # their places are kept
    assert abs(page.locator("#neighbours").bounding_box()["height"] - height) < 60
    screenshot(page, "neighbours-awaited")
    sampling.drawing.hurry.set()
    expect(page.locator("#neighbours img")).to_have_count(6)
    wait_for_pictures(page)


def test_closing_the_page_ends_its_drawing(visit, sampling, photo_path):
    page = visit()
    sampling.drawing.hurry.clear()
    closed = sampling.drawing.closed_early
    upload(page, photo_path)
    expect(page.locator(PICTURES)).not_to_have_count(0)
    page.close()
    until(lambda: sampling.drawing.closed_early > closed, "the service kept drawing for nobody")


def test_a_bad_file_is_explained_and_the_next_good_one_works(visit, photo_path, tmp_path):
    page = visit()
    bad = tmp_path / "bad.png"
    bad.write_text("no picture")
    upload(page, bad)
    expect(page.get_by_text("Not an image we can read")).to_be_visible()
    screenshot(page, "error")
    expect(page.locator("#stop")).to_be_hidden()
    expect(page.locator("#instance img")).to_have_count(0)
    upload(page, photo_path)
    wait_for_pictures(page)


def test_generate_without_a_picture_says_what_to_do(visit):
    page = visit()
    page.click("#generate")
    expect(page.get_by_text("Choose a photo first")).to_be_visible()


def test_keyboard_alone_is_enough(visit, sampling):
    page = visit()
    focused = "document.activeElement.closest('#instance, #generate, #examples, #settings')?.id"
    stops = []
    for _ in range(20):
        page.keyboard.press("Tab")
        stops.append(page.evaluate(focused))
        if stops[-1] == "examples":
            break
    assert [stop for stop in dict.fromkeys(stops) if stop] == ["instance", "generate", "examples"]
    drawn = len(sampling.drawing.requests)
    page.keyboard.press("Enter")
    until(lambda: len(sampling.drawing.requests) > drawn, "Enter on an example drew nothing")
    wait_for_pictures(page)
    page.locator(PICTURES).first.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#results .preview .thumbnail-small").first).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#picked p")).to_contain_text("Seed 1")
    page.keyboard.press("Escape")
    expect(page.locator("#results .preview")).to_have_count(0)


def test_every_picture_has_an_alternative_text(visit, photo_path):
    page = visit()
    upload(page, photo_path)
    wait_for_pictures(page)
    silent = page.evaluate("[...document.images].filter((i) => i.offsetParent && !i.alt).map((i) => i.outerHTML)")
    assert silent == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_never_scrolls_sideways(visit, photo_path, scheme):
    page = visit(390, 844, color_scheme=scheme, has_touch=True)
    upload(page, photo_path)
    wait_for_pictures(page)
    unfold(page, "#settings")
    unfold(page, "#bank-fold")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    screenshot(page, f"phone-{scheme}")
    go_to(page, "About")
    expect(page.locator(".method")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    screenshot(page, f"phone-about-{scheme}")


def test_dark_mode_is_dark(visit):
    page = visit(color_scheme="dark")
    background = page.evaluate("getComputedStyle(document.querySelector('gradio-app')).backgroundColor")
    assert max(int(level) for level in re.findall(r"\d+", background)[:3]) < 60
    screenshot(page, "dark")


def test_the_page_speaks_korean_to_a_korean_browser(visit, photo_path):
    page = visit(locale="ko-KR")
    expect(page.locator("#generate")).to_have_text(re.compile("생성"))
    upload(page, photo_path)
    wait_for_pictures(page)
    expect(page.locator(f"{PICTURES} .caption-label").first).to_contain_text("시드")
    screenshot(page, "korean")


@pytest.mark.parametrize(
    ("locale", "title", "said"),
    [
        ("en-US", "none", "Not an image we can read (JPEG, PNG, WebP, GIF, BMP)."),
        ("ko-KR", '"오류"', "읽을 수 있는 이미지(JPEG, PNG, WebP, GIF, BMP)가 아닙니다."),
    ],
)
def test_what_is_wrong_is_said_in_the_visitors_language(visit, tmp_path, locale, title, said):
    page = visit(locale=locale)
    (tmp_path / "text.png").write_text("a text, renamed")
    upload(page, tmp_path / "text.png")
    expect(page.locator(".toast-body")).to_contain_text(said)
    shown = page.locator(".toast-title.error").evaluate("(title) => getComputedStyle(title, '::before').content")
    assert shown == title


@pytest.mark.parametrize(
    ("locale", "said"),
    [
        ("en-US", "This request is too large: the limit is 25 MB."),
        ("ko-KR", "한 번에 보내기에는 너무 큽니다. 최대 25 MB까지 보낼 수 있습니다."),
    ],
)
def test_a_refused_upload_is_a_sentence_in_the_visitors_language(browser, url, locale, said):
    """It read HTTP 413, and the answer's JSON."""
    with visitors(browser, PATIENCE_MS, forgiven=re.compile("413")) as new_page:
        page = new_page(locale=locale)
        page.goto(url)
        expect(page.locator("#examples img")).not_to_have_count(0)
        told = page.evaluate("""async () => {
            const body = new FormData();
            body.append("files", new Blob([new Uint8Array(26e6)]));
            const answer = await fetch("gradio_api/upload", {method: "POST", body});
            return answer.ok && answer.json().catch((error) => error.message);  // as Gradio's page reads it
        }""")
        assert told == said


def test_the_about_page_shows_method_card_and_licence(visit):
    page = visit()
    go_to(page, "About")
    expect(page.locator(".method .step")).to_have_count(5)
    expect(page.locator("#card")).to_contain_text("MIT")
    expect(page.locator("#privacy")).to_contain_text("deleted after an hour")
    screenshot(page, "about")


@pytest.mark.skipif(not BUNDLED, reason="no bundled model in weights/")
def test_the_bundled_models_draw_what_none_of_them_knows_once_they_are_told_to(visit, photo_path, tmp_path):
    service = SamplingService(ModelStore([bundled_models_folder()]))
    with open_page(service, tmp_path) as address:
        page = visit(address=address)
        upload(page, photo_path)  # two ramps of colour
        expect(page.locator("#knowing")).not_to_be_empty()
        expect(page.locator(PICTURES)).to_have_count(0)
        page.click("#draw-anyway")
        wait_for_pictures(page)
        assert page.locator(f"{PICTURES} img").evaluate_all("(all) => new Set(all.map((one) => one.src)).size") == 16
        expect(page.locator("#licence-note")).not_to_be_empty()
        screenshot(page, "bundled")
        page.close()  # before its server: it would look for it


def test_a_tab_that_was_suspended_while_its_pictures_were_drawn_shows_them_when_it_wakes(visit, sampling, photo_path):
    """Browsers freeze the scripts of tabs that nobody looks at."""
    page = visit()
    tab = page.context.new_cdp_session(page)
    sampling.drawing.hurry.clear()
    before = sampling.drawing.drawn
    upload(page, photo_path)
    expect(page.locator(PICTURES).first).to_be_visible()
    tab.send("Page.setWebLifecycleState", {"state": "frozen"})
    sampling.drawing.hurry.set()
    until(lambda: sampling.drawing.drawn >= before + 16, "the drawing stopped with the tab")
    tab.send("Page.setWebLifecycleState", {"state": "active"})
    wait_for_pictures(page)
