"""The page as a whole: what building it costs, and what its configuration tells."""

import inspect
import json
import re
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
from comparison_fakes import PaintedComparison
from fakes import PaintedSampling
from gradio.components import Checkbox, Dropdown, Gallery, Image, Radio
from gradio.context import Context
from live_page import open_page
from tagging_fakes import PaintedTagging

from icgan_demo.config import Limits
from icgan_demo.service.training.training_service import TrainingService
from icgan_demo.ui.common.events import TAKES_TURNS, WORKS
from icgan_demo.ui.common.services import Services
from icgan_demo.ui.layout import build_app, look

CHOICES = (Checkbox, Dropdown, Gallery, Image, Radio)


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """A page whose services must not be asked for anything while it is built."""
    folder = tmp_path_factory.mktemp("page")
    return build_app(Services(sampling=None, thumbnail_dir=folder / "thumbnails", output_dir=folder / "drawn"))


def test_building_the_page_imports_no_network_library():
    """Torch takes seconds to import, and the page must be open before that."""
    program = (
        "import sys, icgan_demo.ui.layout; print([name for name in ('torch', 'faiss', 'timm') if name in sys.modules])"
    )
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"


def test_every_documented_endpoint_has_its_name_in_the_whole_page(tmp_path):
    """A private handler of the Train page had taken the name of /neighbours, which programs then asked for in vain."""
    training = TrainingService(tmp_path / "data", tmp_path / "models", Limits())
    folders = {"thumbnail_dir": tmp_path / "thumbnails", "output_dir": tmp_path / "drawn"}
    parts = {"tagging": PaintedTagging(), "training": training, "banks": object(), "larger_sets": object()}
    parts["compared"] = PaintedComparison()
    whole = build_app(Services(PaintedSampling(), **folders, **parts))
    public = {f"/{event.api_name}" for event in whole.fns.values() if event.api_visibility == "public"}
    documented = (Path(__file__).parents[1] / "docs/api.md").read_text(encoding="utf-8")
    assert public == set(re.findall(r"^\| `(/\w+)` \|", documented, re.MULTILINE))


def test_no_style_is_taken_away_by_a_list(page):
    """Gradio writes each rule once more, with the page's own selector after every comma: in a list of what is not to be
    there, that names nothing, and the places of neighbours to come were hidden."""
    assert re.findall(r":not\((?:[^(){},]|\([^(){},]*\))*(?:,|\([^(){}]*,)[^{]*", look(page)["css"]) == []


def test_no_page_is_told_more_than_250_kilobytes(tmp_path, monkeypatch):
    """All of it is read, and kept up to date, before a page can be used."""
    monkeypatch.setattr(Context, "id", 0)  # components are numbered as in a process of one app
    training = TrainingService(tmp_path / "data", tmp_path / "models", Limits())
    parts = {
        "downloads": object(),
        "tagging": PaintedTagging(),
        "training": training,
        "banks": object(),
        "larger_sets": object(),
        "compared": PaintedComparison(),
    }
    with open_page(PaintedSampling(), tmp_path, **parts) as url:
        within = ("travel", "edit", "directions", "grids")
        addresses = [
            url + part
            for part in ("", "explore", "studio", *within, "train", "digits", "tags", "compare", "about", "api")
        ]
        pages = {address: urllib.request.urlopen(address).read().decode() for address in addresses}
    sizes = {
        address: len(re.search(r"gradio_config = (.*?);?</script>", html, re.S)[1]) for address, html in pages.items()
    }
    assert {address for address, size in sizes.items() if size > 250_000} == set(), sizes


def test_everything_that_runs_a_model_takes_turns_at_it(page):
    drawing = [event for event in page.fns.values() if event.concurrency_id == "model"]
    assert {event.name for event in drawing} == {
        *("take_photo", "draw", "draw_others", "take_sample", "take_row", "generate", "encode", "neighbours"),
        *("pin_model", "draw_handed_instance", "send_to_studio"),
        *("open_swap", "open_on_arrival", "open_mix", "arrive", "change_model", "draw_full", "choose_classes"),
        *("draw_all_classes", "draw_grid", "draw_at_handle", "empty_corner", "add_stop", "draw_sketch", "draw_film"),
        *("open_dropped", "open_from_history", "open_search", "take_target_row", "take_target_photo", "draw_start"),
        *("open", "take_surprise", "choose_child", "choose_member", "draw_again", "draw_crossings", "undo_step"),
        *("prune_branch", "pair_chosen", "rename", "open_file"),
        *("draw_edited", "choose_class", "find", "find_named", "add_photos"),
        *("swap_class", "mix", "interpolate", "children", "recipe_restore", "grid", "directions", "move"),
        *("draw_all", "blend", "walk", "digits"),
    }
    assert all(event.concurrency_limit == WORKS and event.queue for event in drawing)
    assert all(inspect.iscoroutinefunction(event.fn) or inspect.isasyncgenfunction(event.fn) for event in drawing)


def test_quick_pictures_go_past_the_queue_one_at_a_time_for_each_visitor(tmp_path):
    folders = {"thumbnail_dir": tmp_path / "thumbnails", "output_dir": tmp_path / "drawn"}
    with_map = build_app(Services(sampling=None, **folders, banks=object()))
    quick = [event for event in with_map.fns.values() if event.name in ("draw_live", "follow_handle", "show_glimpse")]
    assert {event.name for event in quick} == {"draw_live", "follow_handle", "show_glimpse"}
    assert all(event.queue is False and event.trigger_mode == "always_last" for event in quick)


def test_what_runs_no_model_does_not_wait_behind_it(page):
    queues = ("model", "film", "search", "digits_learn", "projection", "bank", "ranges", "larger")
    others = [event for event in page.fns.values() if event.concurrency_id not in queues and event.fn is not None]
    assert others
    assert all(event.queue is False or event.concurrency_id == "load" for event in others)
    assert all(event.concurrency_limit is None for event in others if event.concurrency_id == "load")


def test_long_work_of_every_kind_gives_way_to_drawings(page):
    """Banks, searches and the training of digits ran beside all drawings, and slowed them down."""
    names = {event.name for event in page.fns.values() if inspect.isasyncgenfunction(event.fn)}
    assert {"run_search", "learn", "draw_film", "generate", "interpolate"} <= names
    for event in page.fns.values():
        takes_turns = inspect.isasyncgenfunction(event.fn) or inspect.iscoroutinefunction(event.fn)
        assert takes_turns == (event.concurrency_id in TAKES_TURNS and event.fn is not None), event.name


def test_a_training_on_the_page_has_a_queue_of_its_own(page):
    """On the model's queue it would hold up every drawing until it ends."""
    [learning] = [event for event in page.fns.values() if event.concurrency_id == "digits_learn"]
    assert (learning.name, learning.concurrency_limit, learning.queue) == ("learn", 1, True)


def test_a_search_keeps_nobody_from_drawing(page):
    """It may look at thousands of pictures, and had held the model's queue all the time."""
    searching = [event for event in page.fns.values() if event.concurrency_id == "search"]
    assert {event.name for event in searching} == {"run_search", "redraw", "take_photo", "take_row", "invert"}
    assert all(event.concurrency_limit == 1 and event.queue for event in searching)


def test_uploads_are_deleted_and_nobody_is_counted(page):
    assert page.delete_cache == (600, 3600)
    assert page.analytics_enabled is False


def test_the_configuration_names_no_folder_of_this_machine(page):
    assert str(Path(__file__).parents[1]) not in json.dumps(page.get_config_file(), default=str)


def test_the_look_needs_no_other_server(page):
    theme = look(page)["theme"]
    assert "http" not in "".join(str(font) for font in theme._font)
    assert "http" not in look(page)["css"]


def test_stop_buttons_stay_in_the_page_while_they_are_hidden(page):
    hidden = {block.elem_id for block in page.blocks.values() if getattr(block, "visible", True) == "hidden"}
    assert {"stop", "sheet-stop", "film-stop", "search-stop", "digits-learn-stop"} <= hidden


def test_nothing_chosen_is_dropped_while_what_was_chosen_before_is_answered(tmp_path):
    """Gradio's own mode, "once", drops a second event: the page then shows one choice, and works with the other."""
    training = TrainingService(tmp_path / "data", tmp_path / "models", Limits())
    folders = {"thumbnail_dir": tmp_path / "thumbnails", "output_dir": tmp_path / "drawn"}
    parts = {"tagging": PaintedTagging(), "training": training, "banks": object(), "compared": PaintedComparison()}
    whole = build_app(Services(PaintedSampling(), **folders, **parts))
    dropped = {
        (whole.blocks[target].elem_id, event.name)
        for event in whole.fns.values()
        for target, trigger in event.targets
        if event.fn is not None and event.trigger_mode == "once"
        if isinstance(whole.blocks.get(target), CHOICES) and trigger in ("input", "select")
    }
    assert dropped == set()


def test_frames_and_boxes_of_one_set_are_answered_one_after_the_other(tmp_path):
    """A class that was named while frames came was in the set and had no box."""
    training = TrainingService(tmp_path / "data", tmp_path / "models", Limits())
    folders = {"thumbnail_dir": tmp_path / "thumbnails", "output_dir": tmp_path / "drawn"}
    whole = build_app(Services(PaintedSampling(), **folders, training=training))
    lines = [
        (event.concurrency_id, event.concurrency_limit)
        for event in whole.fns.values()
        if event.name in ("take_frames", "act_in_box")
    ]
    assert lines == [("boxes", 1)] * 3
