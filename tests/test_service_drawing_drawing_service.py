"""Drawing with a tiny real model: pure cases, measures, paths; recipes through real PNG files."""

import io
import json
from dataclasses import replace

import numpy as np
import pytest
from conftest import write_tiny_model
from PIL import Image

from icgan_demo.config import MAX_SEED, PUBLIC_LIMITS, Limits
from icgan_demo.errors import RequestError
from icgan_demo.service.drawing.drawing_requests import (
    MAX_BEST_OF,
    MAX_FRAMES_PER_LEG,
    MAX_PICTURES,
    MAX_STOPS,
    Blend,
    DrawRequest,
    Swap,
    TravelRequest,
    TravelStop,
    seeds_from,
)
from icgan_demo.service.drawing.drawing_service import keep_nearest
from icgan_demo.service.drawing.path_parts import Easing, PathPart
from icgan_demo.service.drawing.sampling_service import SamplingService
from icgan_demo.service.model_store import ModelStore
from icgan_demo.service.recipes.drawn_files import labelled_sheet, png_with_recipe
from icgan_demo.service.recipes.recipe import read_recipe, read_recipe_file, version_problem, write_recipe
from icgan_demo.service.recipes.redraw import draw_file


@pytest.fixture(scope="module")
def service(models_folder):
    return SamplingService(ModelStore([models_folder]))


@pytest.fixture(scope="module")
def features(service):
    return [service.pick("tiny", row).feature for row in range(4)]


@pytest.fixture
def info(service):
    return next(info for info in service.models() if info.name == "tiny")


def pixels(picture):
    return np.asarray(picture, dtype=int)


def png_bytes(picture):
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    return buffer.getvalue()


def assert_same(pictures, others):
    """Within the one grey level that the size of a batch may change."""
    assert len(pictures) == len(others)
    for picture, other in zip(pictures, others, strict=True):
        assert np.abs(pixels(picture) - pixels(other)).max() <= 1


def pictures_of(service, request):
    return [drawn.picture for drawn in service.drawing.draw(request)]


def generated(service, feature, label):
    return pictures_of(service, DrawRequest.neighbours("tiny", feature, count=4, label=label))


# --- pure cases ---


@pytest.mark.parametrize(
    ("swap", "label"),
    [
        (Swap("Lime", (("Lemon", 1.0),), -1.0), "Lime"),
        (Swap("Lime", (("Lemon", 1.0),), 0.0), None),
        (Swap("Lime", (("Lemon", 1.0),), 1.0), "Lemon"),
        (Swap(None, (("Lemon", 1.0),), -1.0), None),
        (Swap(), None),
    ],
)
def test_the_ends_of_the_class_slider_are_the_pictures_of_the_generate_tab(service, features, swap, label):
    drawn = pictures_of(service, DrawRequest("tiny", Blend((features[1],), swap=swap)))
    assert_same(drawn, generated(service, features[1], label))


@pytest.mark.parametrize("row", range(3))
def test_a_mix_with_one_weight_is_that_instance(service, features, row):
    weights = tuple(float(place == row) for place in range(3))
    mixed = pictures_of(service, DrawRequest("tiny", Blend(tuple(features[:3]), weights)))
    assert_same(mixed, generated(service, features[row], None))


def test_style_mixing_at_its_ends_is_one_of_both(service, features):
    a, b = Blend((features[0],)), Blend((features[1],))
    request = DrawRequest("tiny", a, fine=b)
    assert_same(pictures_of(service, replace(request, fine_from=8)), pictures_of(service, DrawRequest("tiny", b)))
    assert_same(pictures_of(service, replace(request, fine_from=64)), pictures_of(service, DrawRequest("tiny", a)))


def test_the_balance_forgets_the_instance_at_0_and_the_class_at_1(service, features):
    def drawn(feature, label, balance):
        blend = Blend((feature,), swap=Swap(None, ((label, 1.0),), 1.0), balance=balance)
        return pictures_of(service, DrawRequest("tiny", blend))

    assert_same(drawn(features[0], "Lemon", 0.0), drawn(features[1], "Lemon", 0.0))
    assert_same(drawn(features[0], "Lemon", 1.0), drawn(features[0], "Lime", 1.0))


def test_a_model_without_classes_mixes_instances(service):
    feature = service.pick("plain", 0).feature
    assert len(pictures_of(service, DrawRequest("plain", Blend((feature,))))) == 4
    assert service.drawing.own_class("plain", feature) is None


def test_a_class_that_the_model_does_not_know_is_refused(service, features):
    blend = Blend((features[0],), swap=Swap(None, (("Durian", 1.0),), 1.0))
    with pytest.raises(RequestError, match="does not know the class 'Durian'"):
        pictures_of(service, DrawRequest("tiny", blend))


# --- what is said about pictures ---


def test_a_bank_entry_has_its_own_class_and_a_photo_that_of_its_neighbours(service, features, photo_path):
    assert service.drawing.own_class("tiny", features[1]) == "Lime"
    assert service.drawing.own_class("tiny", service.encode("tiny", photo_path).feature) in (
        "Lemon",
        "Lime",
        "Golden apple",
    )


def test_measures_are_cosines_to_the_mix_and_to_the_nearest_real_instance(service, features):
    request = DrawRequest("tiny", Blend(tuple(features[:2]), (1.0, 1.0)))
    samples = service.drawing.measure(request, list(service.drawing.draw(request)))
    assert [sample.seed for sample in samples] == [0, 1, 2, 3]
    for sample in samples:
        mean = (features[0] + features[1]) / np.linalg.norm(features[0] + features[1])
        feature = service.encode("tiny", png_bytes(sample.picture)).feature
        assert sample.cosine == pytest.approx(float(feature @ mean), abs=1e-4)
        assert sample.nearest_real == service.neighbours("tiny", feature, 1)[0].entry.row


def test_what_fits_into_a_time_is_at_least_one_picture(service, features):
    pictures_of(service, DrawRequest("tiny", Blend((features[0],))))
    assert service.drawing.affordable("tiny", 1e-9, 4) == 1
    assert service.drawing.affordable("tiny", 1000, 4) == 4


# --- shares ---


@pytest.mark.parametrize("seed", range(30))
def test_the_shares_of_classes_sum_to_1_and_none_is_negative(seed):
    source = np.random.default_rng(seed)
    targets = tuple((name, float(source.random())) for name in "abc"[: source.integers(0, 4)])
    swap = Swap("own" if seed % 2 else None, targets, float(source.uniform(-1, 1)))
    shares = [share for _, share in swap.classes()]
    assert sum(shares) == pytest.approx(1)
    assert min(shares) > 0


def test_the_shares_of_classes_are_in_proportion_to_their_weights():
    assert dict(Swap("own", (("a", 0.2), ("b", 0.6)), 0.5).classes()) == pytest.approx(
        {"": 0.5, "a": 0.125, "b": 0.375}
    )
    assert dict(Swap("own", (("a", 1.0),), -0.25).classes()) == pytest.approx({"": 0.75, "own": 0.25})
    assert dict(Swap(None, (("a", 0.0),), 1.0).classes()) == {"": 1.0}


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda f: Blend(()), "Between 1 and 4 instances"),
        (lambda f: Blend((f,) * 5, (1.0,) * 5), "Between 1 and 4 instances"),
        (lambda f: Blend((f, f), (1.0,)), "need as many weights"),
        (lambda f: Blend((f, f), (0.0, 0.0)), "All weights are zero"),
        (lambda f: Blend((f,), (float("nan"),)), "The weight of an instance"),
        (lambda f: Blend((f,), (-1.0,)), "The weight of an instance"),
        (lambda f: Blend((f,), balance=1.5), "The balance"),
        (lambda f: Swap(position=2.0), "The class slider"),
        (lambda f: Swap(targets=(("a", True),)), "The weight of a class"),
        (lambda f: Swap(targets=(("a", 1.0),) * 7), "At most 6 classes"),
        (lambda f: DrawRequest("tiny", Blend((f,)), ()), "Between 1 and 64 seeds"),
        (lambda f: DrawRequest("tiny", Blend((f,)), (-1,)), "The seed must be"),
        (lambda f: DrawRequest("tiny", Blend((f,)), fine_from=7), "The side of the fine blocks"),
        (lambda f: TravelRequest("tiny", (TravelStop(Blend((f,))),)), "between 2 and 12 stops"),
        (lambda f: TravelRequest("tiny", (TravelStop(Blend((f,))),) * 2, 0), "Frames per leg"),
    ],
)
def test_settings_out_of_range_are_named(features, make, message):
    with pytest.raises(RequestError, match=message):
        make(features[0])


def test_a_page_draws_no_more_at_a_time_than_its_limit_candidates_and_frames_included(models_folder, features):
    bound = SamplingService(ModelStore([models_folder]), Limits(drawn_at_once=6))
    blend = Blend((features[0],))
    as_many = DrawRequest.neighbours("tiny", features[0], count=2, best_of=3)
    path = TravelRequest("tiny", (TravelStop(blend), TravelStop(blend)), frames_per_leg=6, loop=False)
    assert len(pictures_of(bound, as_many)) == 2
    for too_many in (replace(as_many, seeds=seeds_from(0, 7), best_of=1), path):
        with pytest.raises(RequestError, match=r"at most 6 images at a time.* would be 7\."):
            pictures_of(bound, too_many)


def test_nothing_that_can_be_asked_for_is_beyond_the_limit_of_a_page_of_ones_own():
    most = max(MAX_PICTURES * MAX_BEST_OF, MAX_STOPS * MAX_FRAMES_PER_LEG)
    assert PUBLIC_LIMITS.drawn_at_once < most <= Limits().drawn_at_once


def test_the_expected_time_is_what_was_measured_for_each_picture(models_folder, features):
    fresh = SamplingService(ModelStore([models_folder])).drawing
    request = DrawRequest.neighbours("tiny", features[0], count=2, best_of=3)
    assert fresh.expected_s(request) == 0
    list(fresh.samples(request))
    once = fresh.expected_s(request)
    assert once > 0
    assert fresh.expected_s(replace(request, seeds=seeds_from(0, 12))) == pytest.approx(2 * once)


def test_seeds_follow_each_other_and_go_on_at_zero_after_the_largest():
    assert seeds_from(7, 3) == (7, 8, 9)
    assert seeds_from(MAX_SEED - 1, 3) == (MAX_SEED - 1, MAX_SEED, 0)
    first, *others = seeds_from(None)
    assert [first, *others] == list(seeds_from(first))


def test_candidates_continue_from_the_base_seed(features):
    request = DrawRequest.neighbours("tiny", features[0], count=2, seed=7, best_of=3)
    assert (request.seeds, request.count) == ((7, 8, 9, 10, 11, 12), 2)


# --- paths ---


def path(features, **changes):
    stops = (
        TravelStop(Blend((features[0],), swap=Swap(None, (("Lemon", 1.0),), 1.0)), 3),
        TravelStop(Blend((features[1],), balance=0.75), 4),
        TravelStop(Blend((features[2], features[3]), (0.2, 0.6)), 4),
    )
    return TravelRequest("tiny", stops, **{"frames_per_leg": 3, **changes})


@pytest.mark.parametrize("loop", [True, False])
def test_a_path_passes_through_its_stops_and_has_the_frames_it_promises(service, features, loop):
    request = path(features, loop=loop)
    frames = pictures_of(service, request)
    assert len(frames) == request.frames == (9 if loop else 7)
    for place, stop in enumerate(request.stops):
        alone = pictures_of(service, DrawRequest("tiny", stop.blend, (stop.seed,)))
        assert_same([frames[3 * place]], alone)


@pytest.mark.parametrize("loop", [True, False])
def test_the_stops_of_a_path_are_frames_of_it(service, features, loop):
    request = path(features, loop=loop)
    frames, stops = (pictures_of(service, wanted) for wanted in (request, request.stills()))
    assert [pixels(stop).tolist() for stop in stops] == [pixels(frame).tolist() for frame in frames[::3]][:3]


def timed(features, **changes):
    times = (PathPart(rest=2), PathPart(frames=4, easing=Easing.HOLD), PathPart(frames=2, easing=Easing.LINEAR))
    request = path(features, **changes)
    stops = zip(request.stops, times, strict=True)
    return replace(request, stops=tuple(replace(stop, part=part) for stop, part in stops))


def test_parts_of_a_path_have_their_own_rests_lengths_and_easings(service, features, monkeypatch):
    request = timed(features)
    asked = []
    drawing = service.drawing
    whole = type(drawing)._travelled

    def counted(self, model, wanted):
        for few in whole(self, model, wanted):
            asked.extend(few)
            yield few

    monkeypatch.setattr(type(drawing), "_travelled", counted)
    frames = [pixels(picture) for picture in pictures_of(service, request)]
    assert len(frames) == request.frames == 2 + 3 + 4 + 2
    stops = [pixels(picture) for picture in pictures_of(service, request.stills())]
    for places, stop in (((0, 1, 2), 0), ((5, 6, 7, 8), 1), ((9,), 2)):
        for place in places:
            assert abs(frames[place].astype(int) - stops[stop]).max() <= 1
    asked_for_path = len(asked) - 3
    assert asked_for_path == 6, "a picture that stays is drawn once"
    assert not np.array_equal(frames[10], frames[9])


def test_a_loop_with_times_of_its_own_closes_exactly(service, features):
    """Twice around shows the same frames again, and the frame after the last one is the first."""
    once = timed(features, loop=True)
    twice = replace(once, stops=once.stops * 2)
    frames = [pixels(picture).tolist() for picture in pictures_of(service, twice)]
    assert len(frames) == 2 * once.frames
    for place in range(once.frames):
        np.testing.assert_allclose(frames[place], frames[place + once.frames], atol=1)


def test_a_path_of_too_many_frames_is_refused(features):
    stops = path(features).stops * 4
    slow = tuple(replace(stop, part=PathPart(rest=120, frames=120)) for stop in stops)
    with pytest.raises(RequestError, match="at most 1440 frames, this one has 2880"):
        TravelRequest("tiny", slow)


# --- recipes ---


def saved(folder, picture, recipe):
    file = folder / "saved.png"
    file.write_bytes(png_with_recipe(picture, recipe))
    return file


def test_a_blend_is_drawn_again_identically_from_its_png(service, features, info, tmp_path):
    swap = Swap("Lime", (("Lemon", 0.25), ("Golden apple", 0.5)), 0.4)
    blend = Blend((features[0], features[2]), (0.3, 0.7), swap, 0.6)
    request = DrawRequest("tiny", blend, (7, 9), 0.55, Blend((features[3],)), 16)
    pictures = pictures_of(service, request)
    file = saved(tmp_path, pictures[0], write_recipe(request, info))
    again = read_recipe_file(file).request()
    assert again.blend.swap == swap
    assert (again.seeds, again.truncation, again.fine_from) == (request.seeds, 0.55, 16)
    np.testing.assert_array_equal(again.blend.features[1], features[2])
    for picture, other in zip(draw_file(file, service), pictures, strict=True):
        np.testing.assert_array_equal(pixels(picture), pixels(other))
    assert "Synthetic" in Image.open(file).text["Comment"]


def test_a_path_is_drawn_again_from_its_strip(service, features, info, tmp_path):
    request = path(features, smooth=False, truncation=0.4)
    frames = pictures_of(service, request)
    recipe = write_recipe(request, info)
    assert len(recipe.features) == 4
    assert recipe.values()["schema"] == 1, "programs that know no times can draw it"
    assert "part" not in recipe.to_json()
    file = saved(tmp_path, labelled_sheet([frames]), recipe)
    assert_same(draw_file(file, service), frames)


def test_the_times_of_a_path_are_in_its_recipe(service, features, info):
    request = timed(features, loop=False)
    recipe = write_recipe(request, info)
    assert recipe.values()["schema"] == 2
    again = read_recipe(recipe.to_json()).request()
    assert [stop.part for stop in again.stops] == [stop.part for stop in request.stops]
    assert again.frames == request.frames
    values = recipe.values()
    values["schema"] = 1
    with pytest.raises(RequestError, match="do not match its version"):
        read_recipe(json.dumps(values)).request()


def test_a_recipe_of_the_generate_tab_is_read_too(service, features, tmp_path):
    from icgan_demo.service.recipes.drawn_files import write_set

    request = DrawRequest.neighbours("tiny", features[0], count=2, seed=5, label="Lemon")
    *_, samples = service.drawing.samples(request)
    info = next(info for info in service.models() if info.name == "tiny")
    write_set(samples, write_recipe(request, info, [sample.seed for sample in samples]), tmp_path)
    assert_same(draw_file(tmp_path / "001.png", service), [samples[1].picture])
    assert_same(draw_file(tmp_path / "recipe.json", service), [sample.picture for sample in samples])


def test_truncation_towards_a_centre_is_drawn_again_without_looking_for_it(service, features, tmp_path, monkeypatch):
    """The recipe holds the centre itself, so neither another bank nor another clustering changes the pictures."""
    info = next(info for info in service.models() if info.name == "tiny")
    plain = DrawRequest.neighbours("tiny", features[0], count=2, seed=5, truncation=0.5, label="Lemon")
    request = service.drawing.centred(plain)
    np.testing.assert_array_equal(request.centre, service.drawing.centred(plain).centre)
    pictures = pictures_of(service, request)
    assert (pixels(pictures[0]) != pixels(pictures_of(service, plain)[0])).any()
    monkeypatch.setattr(service.drawing, "_centres", None)
    assert_same(draw_file(saved(tmp_path, pictures[0], write_recipe(request, info)), service), pictures)
    blend = replace(request, best_of=None)
    assert_same(
        draw_file(saved(tmp_path, pictures[0], write_recipe(blend, info)), service), pictures_of(service, blend)
    )


def test_truncation_towards_a_centre_moves_the_instance_there_and_at_1_not_at_all(service, features):
    request = service.drawing.centred(DrawRequest("tiny", Blend((features[0],)), (3,), 1))
    assert_same(pictures_of(service, request), pictures_of(service, replace(request, centre=None)))
    near = replace(request, truncation=0.05)
    there = replace(near, blend=Blend((near.centre,)), centre=None)
    away = replace(near, centre=None)
    (got,), (end,), (start,) = (pictures_of(service, each) for each in (near, there, away))
    assert np.abs(pixels(got) - pixels(end)).mean() < np.abs(pixels(got) - pixels(start)).mean()


def test_a_model_without_stored_instances_has_no_centres(tmp_path):
    write_tiny_model(tmp_path / "bare", bank=False)
    bare = SamplingService(ModelStore([tmp_path]))
    feature = np.eye(1, bare._store.get("bare").card.generator.feature_dim, dtype=np.float32)[0]
    with pytest.raises(RequestError, match="has no stored instances"):
        bare.drawing.centred(DrawRequest.neighbours("bare", feature))


def test_a_model_of_a_visitors_own_draws_its_recipes_again(models_folder, service, features, info, tmp_path):
    """Only listed models were looked for, so that the page refused the recipes of the model that it had drawn with."""
    own = SamplingService(ModelStore([], unlisted=[models_folder]))
    assert own.models() == []
    request = DrawRequest("tiny", Blend((features[0],)))
    pictures = pictures_of(service, request)
    assert_same(draw_file(saved(tmp_path, pictures[0], write_recipe(request, info)), own), pictures)


def test_another_version_of_the_model_and_a_missing_model_are_told(service, features, info, tmp_path):
    recipe = write_recipe(DrawRequest("tiny", Blend((features[0],))), info)
    assert version_problem(recipe, info) is None
    other = replace(recipe, model=replace(recipe.model, generator_sha256="ab" * 32))
    assert "another version of Tiny" in (version_problem(other, info) or "")
    with pytest.raises(RequestError, match="another version"):
        draw_file(saved(tmp_path, Image.new("RGB", (8, 8)), other), service)
    with pytest.raises(RequestError, match="needs the model 'gone'"):
        version_problem(replace(recipe, model=replace(recipe.model, name="gone")), None)


WRONG = {
    "a newer version": (lambda r: r.update(schema=9), "newer version of this program"),
    "the version of noise without noise": (lambda r: r.update(schema=2), "does not match its version"),
    "an unknown field": (lambda r: r.update(path="/etc/passwd"), "path is not one of its fields"),
    "a row beyond": (lambda r: r["blend"].update(instances=[[5, 1.0]]), "an instance that it does not hold"),
    "a negative row": (lambda r: r["blend"].update(instances=[[-1, 1.0]]), "an instance that it does not hold"),
    "no instance": (lambda r: r["blend"].update(instances=[]), "Between 1 and 4 instances"),
    "a wild slider": (lambda r: r["blend"].update(position=9), "The class slider must be"),
    "a slider of NaN": (lambda r: r["blend"].update(position=float("nan")), "The class slider must be"),
    "text for a weight": (lambda r: r["blend"].update(instances=[[0, "1"]]), "value of the wrong kind"),
    "no feature": (lambda r: r.update(features=["AAAA"]), "not a unit-length feature|not base64"),
    "too many seeds": (lambda r: r.update(seeds=list(range(65))), "value of the wrong kind"),
    "an unknown kind": (lambda r: r.update(kind="film"), "kind is not one of its fields|missing|not one"),
}


@pytest.mark.parametrize(("change", "message"), WRONG.values(), ids=WRONG.keys())
def test_a_wrong_recipe_is_one_sentence(features, info, change, message):
    values = json.loads(write_recipe(DrawRequest("tiny", Blend((features[0],))), info).to_json())
    change(values)
    with pytest.raises(RequestError, match=message):
        read_recipe(json.dumps(values)).request()


def test_a_feature_of_another_model_is_refused_when_drawn(tmp_path, features, service):
    write_tiny_model(tmp_path / "tiny", seed=4)
    blend = Blend((np.ones(5, np.float32) / 5**0.5,))
    with pytest.raises(RequestError, match="does not belong to"):
        pictures_of(service, DrawRequest("tiny", blend))


def test_the_nearest_stay_nearest_first():
    assert keep_nearest([0.1, 0.9, -0.5, 0.4], 2) == [1, 3]


def test_equally_near_candidates_stay_in_seed_order():
    assert keep_nearest([0.5, 0.7, 0.5, 0.5], 3) == [1, 0, 2]
