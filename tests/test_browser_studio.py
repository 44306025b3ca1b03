"""The studio as a person uses it: sliders dragged, pictures that follow, files saved and dropped back."""

import base64
import io
import json
import re
import zipfile

import pytest
from chromium import MARKS, expect, go_to, go_within_studio, screenshot, unfold, visitors
from fakes import PaintedSampling
from live_page import open_page
from PIL import Image
from test_browser import PATIENCE_MS, until

from icgan_demo.service.drawing.drawing_requests import Blend, DrawRequest
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
    """Return a function that opens the studio; at the end no error was logged and nothing left this machine."""
    with visitors(browser, PATIENCE_MS) as new_page:

        def open_as(width=1280, height=900, address="studio", **settings):
            page = new_page(width, height, **settings)
            page.goto(f"{url}{address}")
            finished(page, "swap")
            return page

        yield open_as


def finished(page, name):
    """Wait until the pictures of a page are there in full quality, with their distances."""
    expect(page.locator(f"#{name}-stage figcaption").first).to_contain_text(re.compile("distance|거리"))


def colour(page, name, place=0):
    """Return the colour of a picture on the stage, from its own data."""
    return _colour_in(page.locator(f"#{name}-stage img").nth(place).get_attribute("src"))


def finished_colour(page, name):
    """Return the colour of the first picture, None unless it is there in full quality: both of one moment."""
    both = "(one) => [one.querySelector('img')?.getAttribute('src'), one.innerText]"
    source, said = page.locator(f"#{name}-stage figure").first.evaluate(both)
    return _colour_in(source) if "distance" in said else None


def _colour_in(source):
    data = base64.b64decode((source or "").partition(",")[2])
    return Image.open(io.BytesIO(data)).convert("RGB").getpixel((5, 5)) if data else None


def near(a, b):
    """Return whether two colours are the same but for what a lossy preview changes."""
    return a is not None and all(abs(x - y) <= 6 for x, y in zip(a, b, strict=True))


def drag(page, slider, places, *, release=True):
    """Move the handle of a slider over ``places``, each 0..1 of its width, with the mouse."""
    handle = page.locator(f"#{slider} input[type=range]")
    handle.scroll_into_view_if_needed()
    box = handle.bounding_box()
    at = [(box["x"] + 8 + place * (box["width"] - 16), box["y"] + box["height"] / 2) for place in places]
    page.mouse.move(*at[0])
    page.mouse.down()
    for point in at[1:]:
        page.mouse.move(*point)
    if release:
        page.mouse.up()


def value_of(page, slider):
    return float(page.locator(f"#{slider} input[type=range]").input_value())


def red_of(position):
    return round(127.5 * (position + 1))


# --- class swap ---


def test_the_studio_opens_with_pictures_before_anything_was_chosen(visit):
    page = visit()
    expect(page.locator("#swap-stage img")).to_have_count(4)
    expect(page.locator("#swap-status")).to_contain_text("Lemon 100 %")
    screenshot(page, "studio-swap")


def test_the_pictures_follow_a_dragged_slider_and_the_last_value_is_the_one_drawn(visit):
    page = visit()
    drag(page, "position", [0, 0.3, 0.5], release=False)
    until(
        lambda: near(colour(page, "swap"), (red_of(value_of(page, "position")), 128, 0)), "the picture did not follow"
    )
    for place in range(50, 90):  # quicker than pictures come
        box = page.locator("#position input[type=range]").bounding_box()
        page.mouse.move(box["x"] + box["width"] * place / 100, box["y"] + box["height"] / 2)
    page.mouse.up()
    last = value_of(page, "position")
    assert last > 0.5
    until(lambda: near(colour(page, "swap"), (red_of(last), 128, 0)), "another value than the last one is drawn")
    finished(page, "swap")
    assert near(colour(page, "swap"), (red_of(last), 128, 0))
    assert near(colour(page, "swap", 2), (red_of(last), 128, 60))


def test_a_quick_picture_that_arrives_after_full_quality_is_not_shown(visit):
    page = visit()
    late = []

    def hold(route):
        late.append((route, route.fetch()))  # drawn now, delivered at the end of this test

    page.route("**/run/predict", hold)
    drag(page, "position", [0, 0.3], release=False)
    until(lambda: page.evaluate("1") and late, "nothing was drawn quickly")
    handle = page.locator("#position input[type=range]").bounding_box()
    page.mouse.move(handle["x"] + 0.9 * handle["width"], handle["y"] + handle["height"] / 2)
    page.mouse.up()
    last = value_of(page, "position")
    until(lambda: near(colour(page, "swap"), (red_of(last), 128, 0)), "full quality did not come")
    finished(page, "swap")
    for route, response in late:
        with page.expect_response("**/run/predict"):
            route.fulfill(response=response)
    page.wait_for_timeout(300)  # nothing can be waited for: nothing may happen
    assert near(colour(page, "swap"), (red_of(last), 128, 0))
    finished(page, "swap")


def test_arrow_keys_move_the_pictures_too(visit, sampling):
    page = visit()
    slider = page.locator("#balance input[type=range]")
    slider.focus()
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    wanted = (0, round(255 * 0.7), 0)
    until(lambda: finished_colour(page, "swap") == wanted, "the picture did not follow the keys")
    assert sampling.drawing.requests[-1].blend.balance == pytest.approx(0.7)


def test_a_key_pressed_there_and_back_leaves_no_preview_behind(visit):
    """The quick picture of the step away stayed, because the value was again that of the pictures before it."""
    page = visit()
    page.locator("#balance input[type=range]").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowLeft")
    until(lambda: near(colour(page, "swap"), (0, 128, 0)), "the picture of the step away stayed")
    finished(page, "swap")
    expect(page.locator("#swap-stage a[download]")).to_have_count(4)


def test_several_classes_have_weights_that_can_be_normalised_and_removed(visit, sampling):
    page = visit()
    expect(page.locator("#swap-weight-0")).to_be_hidden()
    page.click("#swap-targets input")
    page.keyboard.type("Lime")
    page.keyboard.press("Enter")
    expect(page.locator("#swap-weight-1")).to_be_visible()
    drag(page, "swap-weight-1", [1, 0.5])
    drag(page, "position", [0, 1])
    until(lambda: "67 %" in page.locator("#swap-status").inner_text(), "the shares are not those of the weights")
    page.keyboard.press("Escape")
    page.click("#swap-normalise")
    until(
        lambda: value_of(page, "swap-weight-0") + value_of(page, "swap-weight-1") == pytest.approx(1, abs=0.06), "sum"
    )
    page.locator("#swap-targets .token-remove").first.click()
    until(lambda: len(sampling.drawing.requests[-1].blend.swap.targets) == 1, "the class was not removed")
    expect(page.locator("#swap-weight-1")).to_be_hidden()


def test_a_clicked_picture_is_saved_with_its_recipe(visit, tmp_path):
    page = visit()
    drag(page, "position", [0, 1])
    until(lambda: value_of(page, "position") == 1 and near(colour(page, "swap"), (255, 128, 0)), "not drawn")
    expect(page.locator("#swap-stage a[download]")).to_have_count(4)
    with page.expect_download() as download:
        page.locator("#swap-stage a[download]").nth(1).click()
    download.value.save_as(tmp_path / "one.png")
    recipe = json.loads(Image.open(tmp_path / "one.png").text["recipe"])
    assert recipe["seeds"] == [1]
    assert recipe["blend"]["position"] == 1


def test_one_seed_in_all_classes_and_classes_by_seeds_are_drawn(visit):
    page = visit()
    page.click("#class-strip")
    expect(page.locator("#sheet .thumbnail-lg")).to_have_count(4)
    expect(page.locator("#sheet-status")).to_contain_text("4 images in")
    page.click("#class-grid")
    expect(page.locator("#sheet .thumbnail-lg")).to_have_count(24)
    with page.expect_download() as download:
        page.click("#sheet-download")
    assert download.value.suggested_filename == "classes.png"
    screenshot(page, "studio-sheet")


@pytest.mark.parametrize("part", ["studio", ""])  # old links lead to the first page
def test_a_link_restores_instance_class_slider_and_seed(visit, sampling, part):
    page = visit(address=f"{part}?model=painted&row=2&to=Lime&position=0.5&balance=0.25&seed=9&truncation=0.6")
    request = sampling.drawing.requests[-1]
    assert request.seeds[0] == 9
    assert (request.truncation, request.blend.balance, request.blend.swap.position) == (0.6, 0.25, 0.5)
    assert request.blend.swap.targets == (("Lime", 1.0),)
    until(lambda: value_of(page, "position") == 0.5, "the slider does not stand where the link says")
    assert (request.blend.features[0] == sampling.pick("painted", 2).feature).all()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_a_phone_pictures_and_sliders_are_in_sight_together(visit, scheme):
    page = visit(390, 844, color_scheme=scheme, has_touch=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    bench = page.locator("#swap-page .studio-bench")
    bench.evaluate("(bench) => window.scrollTo(0, bench.getBoundingClientRect().bottom)")
    expect(page.locator("#swap-stage img").first).to_be_in_viewport(ratio=1)
    screenshot(page, f"studio-phone-{scheme}")


def test_every_picture_of_the_studio_has_an_alternative_text(visit):
    page = visit(locale="ko-KR")
    silent = page.evaluate("[...document.images].filter((i) => i.offsetParent && !i.alt).map((i) => i.outerHTML)")
    assert silent == []


# --- mix ---


def open_page_of(page, name, title):
    go_within_studio(page, title)
    if name == "mix":
        finished(page, "mix")


def test_the_pad_mixes_its_corners_and_its_last_place_is_the_one_drawn(visit, sampling):
    page = visit()
    open_page_of(page, "mix", "Mix")
    unfold(page, "#mix-weights")
    expect(page.locator("#mix-pad img.corner")).to_have_count(4)
    assert near(colour(page, "mix"), (64, 64, 64))
    page.locator("#mix-pad .pad").scroll_into_view_if_needed()
    box = page.locator("#mix-pad .pad").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    for step in range(1, 11):
        page.mouse.move(box["x"] + box["width"] * (0.5 + step / 20), box["y"] + box["height"] * (0.5 - step / 20))
    page.mouse.up()
    until(lambda: near(colour(page, "mix"), (0, 255, 0)), "the upper right corner is not the one drawn")
    until(lambda: value_of(page, "mix-weight-B") == 1, "the slider did not follow the pad")
    finished(page, "mix")
    assert sampling.drawing.requests[-1].blend.weights == (0, 1, 0, 0)
    screenshot(page, "studio-mix")


def test_the_pad_is_moved_by_arrow_keys(visit, sampling):
    page = visit()
    open_page_of(page, "mix", "Mix")
    page.locator("#mix-pad .pad").focus()
    page.keyboard.press("ArrowRight")
    until(lambda: sampling.drawing.requests[-1].blend.weights == (0.22, 0.28, 0.22, 0.28), "the pad did not move")
    expect(page.locator("#mix-pad .pad")).to_be_focused()


def test_a_corner_can_be_emptied_filled_and_lend_its_style(visit, sampling):
    page = visit()
    open_page_of(page, "mix", "Mix")
    unfold(page, "#mix-corners")
    page.click("#mix-empty")
    until(lambda: len(sampling.drawing.requests[-1].blend.features) == 3, "the corner was not emptied")
    expect(page.locator("#mix-pad img.corner")).to_have_count(3)
    page.locator("#mix-choices .thumbnail-lg").nth(2).click()
    until(lambda: len(sampling.drawing.requests[-1].blend.features) == 4, "the corner was not filled")
    unfold(page, "#mix-style")
    page.locator("#mix-fine").get_by_text("B", exact=True).click()
    until(lambda: sampling.drawing.requests[-1].fine is not None, "no style was mixed")
    screenshot(page, "studio-mix-open")


# --- recipes ---


def test_a_saved_picture_dropped_on_the_page_restores_its_controls_and_is_drawn_again(visit, sampling, tmp_path):
    page = visit()
    drag(page, "position", [0, 0.75])
    position = value_of(page, "position")
    until(lambda: near(colour(page, "swap"), (red_of(position), 128, 0)), "not drawn")
    expect(page.locator("#swap-stage a[download]")).to_have_count(4)
    finished(page, "swap")
    with page.expect_download() as download:
        page.locator("#swap-stage a[download]").nth(2).click()
    download.value.save_as(tmp_path / "saved.png")
    page = visit()
    assert value_of(page, "position") == -1
    unfold(page, "#open-recipe")
    page.set_input_files("#recipe-file input[type=file]", str(tmp_path / "saved.png"))
    until(lambda: value_of(page, "position") == position, "the slider was not restored")
    until(lambda: sampling.drawing.requests[-1].seeds == (2,), "the seed was not restored")
    expect(page.locator("#swap-stage img")).to_have_count(1)
    finished(page, "swap")
    assert colour(page, "swap") == Image.open(tmp_path / "saved.png").getpixel((5, 5))


@pytest.fixture
def blends(sampling):
    """Return two instances, and the model that is not the chosen one."""
    plain = next(info for info in sampling.models() if info.name == "plain")
    return plain, [Blend((sampling.pick("plain", row).feature,)) for row in range(2)]


def drop(page, recipe, folder):
    (folder / "recipe.json").write_text(recipe.to_json())
    unfold(page, "#open-recipe")
    page.set_input_files("#recipe-file input[type=file]", str(folder / "recipe.json"))


def test_a_mix_of_another_model_dropped_on_a_page_that_was_never_open_is_restored_whole(
    visit, sampling, blends, tmp_path
):
    """Opening the page by the drop emptied it: its own filling had nothing to tell and was taken for empty values."""
    plain, (a, b) = blends
    request = DrawRequest("plain", Blend((*a.features, *b.features), (0.3, 0.6)), (5, 6), 0.55)
    page = visit()
    drop(page, write_recipe(request, plain), tmp_path)
    finished(page, "mix")
    expect(page.locator("#mix-stage img")).to_have_count(2)
    assert near(colour(page, "mix"), (85, 170, 0))
    unfold(page, "#mix-weights")
    assert [value_of(page, f"mix-weight-{corner}") for corner in "ABCD"] == [0.3, 0.6, 0, 0]
    assert value_of(page, "mix-truncation") == 0.55
    expect(page.locator("#mix-seed input")).to_have_value("5")
    expect(page.locator("#mix-pad img.corner")).to_have_count(2)
    unfold(page, "#mix-corners")
    expect(page.locator("#mix-choices .thumbnail-lg")).to_have_count(12)
    page.locator("#mix-choices .thumbnail-lg").nth(2).click()
    until(lambda: sampling.drawing.requests[-1].blend.features[0] is not a.features[0], "the corner was not filled")
    assert sampling.drawing.requests[-1].model == "plain"


# --- history ---


def test_what_was_drawn_is_opened_again_starred_cleared_and_exported(visit, sampling, photo_path, tmp_path):
    page = visit()
    drag(page, "balance", [0.5, 1])
    until(lambda: near(colour(page, "swap"), (0, 255, 0)), "not drawn")
    finished(page, "swap")
    go_to(page, "Generate")
    page.set_input_files("#instance input[type=file]", str(photo_path))
    expect(page.locator("#results .thumbnail-lg")).to_have_count(16)
    expect(page.locator("#stop")).to_be_hidden()
    go_to(page, "Studio")
    finished(page, "swap")
    go_within_studio(page, "History")
    figures = page.locator("#history figure")
    expect(figures).to_have_count(24)  # 4 when the studio was opened, 4 with another balance, 16 on the Generate page
    screenshot(page, "studio-history")
    star = page.locator("#history .star")
    star.nth(1).focus()
    page.keyboard.press("Enter")
    expect(page.locator("#history-status")).to_contain_text("favourites: 1")
    expect(star.nth(1)).to_be_focused()
    star.nth(17).click()  # what the studio shows again on the way back keeps its place after the sixteen
    expect(page.locator("#history-status")).to_contain_text("Images: 24 · favourites: 2")
    page.click("#history-clear")
    expect(figures).to_have_count(2)
    page.click("#history-export")
    expect(page.locator("#history-status")).to_contain_text("2 images with their recipes")
    with page.expect_download() as download:
        page.click("#history-download")
    download.value.save_as(tmp_path / "history.zip")
    with zipfile.ZipFile(tmp_path / "history.zip") as archive:
        assert archive.namelist()[1::2] == ["001-painted-seed1.json", "002-painted-seed1.json"]
        with Image.open(io.BytesIO(archive.read("002-painted-seed1.png"))) as picture:
            recipe = json.loads(picture.text["recipe"])
    assert (recipe["seeds"], recipe["blend"]["balance"]) == ([1], 1)
    page.locator("#history figure > button:not(.star)").nth(1).focus()
    page.keyboard.press("Enter")
    expect(page.locator("#swap-stage img")).to_have_count(1)
    finished(page, "swap")
    assert value_of(page, "balance") == 1
    assert sampling.drawing.requests[-1].seeds == (1,)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_history_fits_a_phone_and_speaks_korean(visit, scheme):
    page = visit(390, 844, color_scheme=scheme, has_touch=True, locale="ko-KR")
    go_within_studio(page, "기록")
    expect(page.locator("#history figure")).to_have_count(4)
    expect(page.locator("#history-status")).to_contain_text("이미지 4장")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.locator("#history img:not([alt*=시드])").count() == 0
    page.locator("#history .star").nth(2).tap()
    expect(page.locator("#history-status")).to_contain_text("즐겨찾기 1장")
    page.locator("#history-favourites input").check()
    expect(page.locator("#history figure")).to_have_count(1)
    page.locator("#history-favourites input").uncheck()
    expect(page.locator("#history figure")).to_have_count(4)
    screenshot(page, f"studio-history-phone-{scheme}")


def test_a_picture_without_a_recipe_says_so(visit, photo_path):
    page = visit()
    unfold(page, "#open-recipe")
    page.set_input_files("#recipe-file input[type=file]", str(photo_path))
    expect(page.get_by_text("contains no recipe")).to_be_visible()


def test_a_picture_of_the_generate_page_is_sent_to_the_studio(visit, sampling, photo_path):
    page = visit()
    go_to(page, "Generate")
    page.set_input_files("#instance input[type=file]", str(photo_path))
    expect(page.locator("#results .thumbnail-lg")).to_have_count(16)
    expect(page.locator("#stop")).to_be_hidden()
    page.click("#to-studio")
    finished(page, "swap")
    feature = sampling.encode("painted", photo_path).feature
    until(lambda: (sampling.drawing.requests[-1].blend.features[0] == feature).all(), "it did not arrive")
