"""The Tags page as a person uses it, in Debian's Chromium: tags, similar words, the way on, a phone, Korean.

With ``ICGAN_SCREENSHOTS`` set to a folder, pictures of the page are left there.
"""

import pytest
from chromium import MARKS, expect, screenshot, visitors
from fakes import PaintedSampling
from live_page import open_page
from PIL import Image
from tagging_fakes import PaintedTagging

pytestmark = MARKS

PATIENCE_MS = 60_000
TAGS = "#tags-votes .confidence-set"


@pytest.fixture(scope="module")
def sampling():
    return PaintedSampling()


@pytest.fixture(scope="module")
def url(sampling, tmp_path_factory):
    with open_page(sampling, tmp_path_factory.mktemp("page"), tagging=PaintedTagging()) as address:
        yield address


@pytest.fixture
def visit(browser, url):
    """Return a function that opens the page; at the end no error was logged and nothing left this machine."""
    expect.set_options(timeout=PATIENCE_MS)

    with visitors(browser, PATIENCE_MS) as new_page:

        def open_tags(width=1280, height=900, **settings):
            page = new_page(width, height, **settings)
            page.goto(f"{url}tags")
            expect(page.locator("#tags-examples img")).not_to_have_count(0)
            return page

        yield open_tags


def fits(page):
    return page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_an_uploaded_photo_gets_tags_a_map_and_similar_words(visit, photo_path):
    page = visit()
    page.set_input_files("#tags-photo input[type=file]", str(photo_path))
    expect(page.locator(TAGS)).to_have_count(10)
    expect(page.locator(TAGS).first).to_contain_text("lemon")
    expect(page.locator(TAGS).first).to_contain_text("100%")
    expect(page.locator("#tags-map svg .tags text")).to_have_count(10)
    expect(page.locator("#tags-map svg .cloud circle")).to_have_count(100)
    expect(page.locator("#tags-verdict")).to_contain_text("Of 100 samples")
    expect(page.locator("#tags-similar li")).to_have_count(10)
    screenshot(page, "tags-1280")


def test_a_clicked_or_chosen_word_shows_what_it_is_similar_to(visit):
    page = visit()
    page.locator("#tags-examples button").first.click()
    expect(page.locator("#tags-similar li").first).to_contain_text("apple")
    page.locator(TAGS).filter(has_text="apple").click()
    expect(page.locator("#tags-similar li").first).to_contain_text("brown")
    expect(page.locator("#tags-word input")).to_have_value("apple")
    page.locator("#tags-word input").click()
    page.locator("#tags-word input").fill("mush")
    page.get_by_role("option", name="mushroom").click()
    expect(page.locator("#tags-similar li").first).to_contain_text("apple")


def test_an_example_goes_on_to_the_generate_page_with_its_class(visit, sampling):
    page = visit()
    page.locator("#tags-examples button").nth(1).click()
    expect(page.locator(TAGS)).to_have_count(10)
    expect(page.locator("#tags-class")).to_contain_text("Lemon")
    page.locator("#tags-use").click()
    expect(page.locator("#results .thumbnail-lg")).to_have_count(16)
    expect(page.locator("#generate-page")).to_be_visible()
    expect(page.locator("#instance img")).to_have_count(1)
    last = sampling.drawing.requests[-1]
    assert last.label == "Lemon"
    assert (last.blend.features[0] == sampling.pick("painted", 1).feature).all()


def test_a_photo_goes_on_without_a_class_if_none_is_chosen(visit, sampling, photo_path):
    page = visit()
    page.set_input_files("#tags-photo input[type=file]", str(photo_path))
    expect(page.locator(TAGS)).to_have_count(10)
    page.locator("#tags-class").get_by_label("none").check()
    page.locator("#tags-use").click()
    expect(page.locator("#results .thumbnail-lg")).to_have_count(16)
    last = sampling.drawing.requests[-1]
    assert last.label is None
    assert (last.blend.features[0] == sampling.encode("painted", photo_path).feature).all()


def test_weak_votes_are_said(visit):
    page = visit()
    page.locator("#tags-examples button").nth(4).click()
    expect(page.locator("#tags-verdict")).to_contain_text("All votes are weak")


def test_what_is_no_picture_gives_one_sentence(visit, tmp_path):
    page = visit()
    (tmp_path / "fake.png").write_bytes(b"<html>no picture</html>")
    page.set_input_files("#tags-photo input[type=file]", str(tmp_path / "fake.png"))
    expect(page.get_by_text("Not an image we can read")).to_be_visible()
    expect(page.locator(TAGS)).to_have_count(0)


def test_it_fits_a_phone_in_korean_and_in_the_dark(visit, tmp_path):
    page = visit(390, 844, locale="ko-KR", color_scheme="dark")
    Image.new("RGB", (90, 60), "orange").save(tmp_path / "orange.png")
    page.set_input_files("#tags-photo input[type=file]", str(tmp_path / "orange.png"))
    expect(page.locator(TAGS)).to_have_count(10)
    expect(page.locator("#tags-verdict")).to_contain_text("샘플 100개")
    assert fits(page)
    screenshot(page, "tags-390-dark-ko")


def test_the_keyboard_is_enough(visit):
    page = visit()
    page.locator("#tags-examples button").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator(TAGS)).to_have_count(10)
    page.locator("#tags-use").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#results .thumbnail-lg")).to_have_count(16)
