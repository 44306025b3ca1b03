"""What a visit takes along from page to page, and how long it is kept."""

import os
import time
from dataclasses import replace
from types import SimpleNamespace

import pytest
from fakes import PaintedSampling

from icgan_demo.service.drawing.drawing_requests import Blend, DrawRequest
from icgan_demo.service.drawing.path_parts import PathPart
from icgan_demo.service.recipes.drawn_files import KEEP_S, DrawnFiles
from icgan_demo.service.recipes.recipe import write_recipe
from icgan_demo.ui.common.instances import choose_photo
from icgan_demo.ui.common.services import Services
from icgan_demo.ui.visitor import visits
from icgan_demo.ui.visitor.generate_state import Settings
from icgan_demo.ui.visitor.places import MapPlace, PathStop
from icgan_demo.ui.visitor.visit_files import KEEP_VISITS_S, VisitFiles
from icgan_demo.ui.visitor.visits import MAX_VISITS, StudioStage, Visits

NAME = "0123456789abcdef" * 2


def page(session):
    return SimpleNamespace(session_hash=session)


def test_pages_of_one_browser_tab_share_a_visit_and_those_of_others_do_not():
    known = Visits()
    visit = known.enter(page("first"), NAME)
    assert known.enter(page("second"), NAME) is visit
    assert known.of(page("first")) is known.of(page("second")) is visit
    assert known.enter(page("third"), "f" * 32) is not visit
    assert known.of(page("never entered")) is not visit


def test_what_was_asked_before_the_name_was_known_is_a_visit_of_its_own():
    known = Visits()
    early = known.of(page("first"))
    assert known.of(page("first")) is early
    assert known.enter(page("first"), NAME) is not early


@pytest.mark.parametrize("name", [None, "", 5, "../etc", NAME.upper(), NAME + "0", {"a": 1}])
def test_a_name_that_no_page_of_ours_gives_is_nobodys_visit(name):
    known = Visits()
    assert known.enter(page("first"), name) is not known.enter(page("second"), name)


def test_what_is_handed_over_is_taken_once():
    visit = Visits().enter(page("first"), NAME)
    visit.handed_instance = visit.sent_instance = "instance"
    assert (visit.take_handed_instance(), visit.take_handed_instance()) == ("instance", None)
    assert (visit.take_sent_instance(), visit.take_sent_instance()) == ("instance", None)


def test_a_visit_is_forgotten_with_its_pictures_an_hour_after_the_last_sign_of_life(monkeypatch, tmp_path):
    now = [0.0]
    monkeypatch.setattr(visits.time, "monotonic", lambda: now[0])
    known = Visits()
    visit = known.enter(page("first"), NAME)
    visit.history.folder = tmp_path / "kept"
    visit.history.folder.mkdir()
    now[0] = KEEP_S
    assert known.of(page("first")) is visit
    now[0] = 2 * KEEP_S + 1
    known.enter(page("other"), "f" * 32)
    assert not (tmp_path / "kept").exists()
    assert known.of(page("first")) is not visit


def test_of_many_visits_the_last_are_kept():
    known = Visits()
    first = known.enter(page("0"), f"{0:032x}")
    for number in range(1, MAX_VISITS):
        known.enter(page(str(number)), f"{number:032x}")
    assert known.of(page("0")) is first
    known.enter(page("new"), f"{MAX_VISITS:032x}")
    assert known.of(page("0")) is first
    assert known.of(page("1")) is not None
    assert len(known._visits) == MAX_VISITS


@pytest.fixture
def files(tmp_path):
    return VisitFiles(Services(PaintedSampling(), tmp_path / "thumbnails", tmp_path))


def test_after_a_restart_a_visit_is_what_its_file_holds(files):
    visit = (known := Visits(files)).enter(page("first"), NAME)
    request = DrawRequest("painted", Blend((PaintedSampling().pick("painted", 1).feature,)), (3, 4))
    visit.model, visit.is_pinned = "painted", True
    visit.settings = visit.drawn_settings = Settings("painted", 4, None, 1, "Lemon", 1)
    visit.fill_stage("mix", StudioStage("painted", request))
    known.keep(page("first"))
    again = Visits(files).enter(page("second"), NAME)
    assert again is not visit
    assert (again.model, again.is_pinned, again.settings, again.drawn_settings) == (
        "painted", True, visit.settings, visit.settings,
    )  # fmt: skip
    assert again.stages["mix"].seen == "painted"
    assert again.stages["mix"].request.seeds == (3, 4)
    assert Visits(files).enter(page("third"), "f" * 32).model == ""


def test_a_page_that_is_filled_while_the_visit_is_being_kept_disturbs_nothing(files, monkeypatch):
    request = DrawRequest("painted", Blend((PaintedSampling().pick("painted", 1).feature,)), (3,))
    visits = Visits(files)
    visit = visits.enter(page("first"), NAME)
    visit.fill_stage("mix", StudioStage("painted", request))
    write = files.recipe

    def interrupted(drawn):
        visit.fill_stage("swap", StudioStage("painted", request))
        return write(drawn)

    monkeypatch.setattr(files, "recipe", interrupted)
    visits.keep(page("first"))
    visits.keep(page("first"))
    assert set(files.read(NAME).stages) == {"mix", "swap"}


def test_the_stops_of_a_path_are_there_after_a_restart_without_their_pictures(files):
    visit = (known := Visits(files)).enter(page("first"), NAME)
    features = [PaintedSampling().pick("painted", row).feature for row in range(3)]
    visit.stops = tuple(
        PathStop.of(DrawRequest(model, Blend((feature,)), (seed, 99)), PathPart(rest=seed))
        for seed, (model, feature) in enumerate(zip(("painted", "plain", "deleted"), features, strict=True))
    )
    known.keep(page("first"))
    again = (known := Visits(files)).enter(page("second"), NAME)
    assert [(one.model, one.stop.seed, one.picture) for one in again.stops] == [
        ("painted", 0, None), ("plain", 1, None),
    ]  # fmt: skip
    assert [one.stop.part.rest for one in again.stops] == [0, 1]
    assert all(
        (one.stop.blend.features[0] == feature).all() for one, feature in zip(again.stops, features, strict=False)
    )
    known.keep(page("second"))
    assert [one.model for one in Visits(files).enter(page("third"), NAME).stops] == ["painted", "plain"]


def test_the_maps_place_is_there_after_a_restart_with_its_photos_also_if_nobody_looks_at_it(
    files, photo_path, tmp_path
):
    services = Services(PaintedSampling(), tmp_path / "thumbnails", tmp_path)
    visit = (known := Visits(files)).enter(page("first"), NAME)
    photo = choose_photo(services, "painted", photo_path, "en")
    visit.place = MapPlace("painted", "a bank", photos=(photo,), opens_with="b7")
    known.keep(page("first"))
    assert b"PNG" not in (tmp_path / "visits" / f"{NAME}.json").read_bytes()
    for session in ("second", "third"):
        again = (known := Visits(files)).enter(page(session), NAME)
        assert again.place is None
        known.keep(page(session))
    place = again.kept_place.place(services, "en")
    assert (place.model, place.bank_id, place.opens_with) == ("painted", "a bank", "b7")
    [made] = place.photos
    assert (made.photo, (made.feature == photo.feature).all()) == (photo_path, True)


def test_a_photo_of_a_model_that_is_gone_leaves_the_map(files, photo_path, tmp_path):
    services = Services(PaintedSampling(), tmp_path / "thumbnails", tmp_path)
    visit = (known := Visits(files)).enter(page("first"), NAME)
    photo = replace(choose_photo(services, "painted", photo_path, "en"), model="deleted")
    visit.place = MapPlace("painted", photos=(photo,))
    known.keep(page("first"))
    again = Visits(files).enter(page("second"), NAME)
    assert again.kept_place.place(services, "en") == MapPlace("painted")


def test_the_history_is_there_after_a_restart_with_its_order_and_its_stars(files, tmp_path):
    visit = (known := Visits(files)).enter(page("first"), NAME)
    request = DrawRequest("painted", Blend((PaintedSampling().pick("painted", 1).feature,)), (3, 4, 5))
    recipe = write_recipe(request, PaintedSampling().models()[0])
    drawn = DrawnFiles(tmp_path, recipe)
    pictures = [str(drawn.save(one)) for one in PaintedSampling().drawing.draw(request)]
    visit.history.keep([pictures], tmp_path)
    visit.history.mark(next(iter(visit.history.pictures)), True)
    known.keep(page("first"))
    again = Visits(files).enter(page("second"), NAME).history.pictures
    before = visit.history.pictures
    assert list(again) == list(before)
    assert [(one.seed, one.is_favourite, one.thumbnail) for one in again.values()] == [
        (one.seed, one.is_favourite, one.thumbnail) for one in before.values()
    ]


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"model": 5}', '{"history": "../../etc"}', '{"stages": {"mix": [""]}}']
)
def test_a_file_that_cannot_be_understood_begins_a_new_visit(files, tmp_path, text):
    (tmp_path / "visits").mkdir()
    (tmp_path / "visits" / f"{NAME}.json").write_text(text)
    assert Visits(files).enter(page("first"), NAME).model == ""


def test_a_file_goes_a_day_after_it_was_last_written(files, tmp_path):
    known = Visits(files)
    known.enter(page("first"), NAME)
    known.keep(page("first"))
    old = tmp_path / "visits" / f"{NAME}.json"
    os.utime(old, (0, time.time() - KEEP_VISITS_S - 1))
    known.enter(page("other"), "f" * 32)
    known.keep(page("other"))
    assert [path.stem for path in (tmp_path / "visits").iterdir()] == ["f" * 32]


def test_of_two_apps_on_one_folder_each_continues_where_the_other_left_off(files):
    first, second = Visits(files), Visits(files)
    first.enter(page("a"), NAME).model = "painted"
    first.keep(page("a"))
    assert second.enter(page("b"), NAME).model == "painted"
    second.of(page("b")).model = "plain"
    second.keep(page("b"))
    assert first.enter(page("c"), NAME).model == "plain"
    assert first.enter(page("d"), NAME) is first.of(page("c"))


def test_the_pictures_of_a_visit_that_another_app_has_taken_up_stay(files, monkeypatch, tmp_path):
    now = [0.0]
    monkeypatch.setattr(visits.time, "monotonic", lambda: now[0])
    first, second = Visits(files), Visits(files)
    visit = first.enter(page("a"), NAME)
    visit.history.folder = tmp_path / NAME
    visit.history.folder.mkdir()
    first.keep(page("a"))
    second.enter(page("b"), NAME)
    now[0] = KEEP_S + 1
    first.enter(page("other"), "f" * 32)
    assert (tmp_path / NAME).exists()
