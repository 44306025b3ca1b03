"""A run's files as they are while a trainer writes them: growing, cut back, torn."""

import json

import pytest

from icgan_demo.service.training.run_files import RunFiles, Series, copy_once, read_object, zip_folder


def write_lines(path, steps, loss=lambda step: float(step)):
    path.write_text("".join(json.dumps({"step": step, "loss": loss(step), "name": "x"}) + "\n" for step in steps))


def steps_of(series, **options):
    return [list(curve.steps) for curve in series.curves(**options)]


def test_only_what_is_new_is_read_and_a_half_line_waits(tmp_path):
    path = tmp_path / "log.jsonl"
    series = Series(path)
    assert series.curves() == []
    write_lines(path, range(1, 4))
    assert steps_of(series) == [[1, 2, 3]]
    with path.open("a") as stream:
        stream.write('{"step": 4, "lo')
    assert steps_of(series) == [[1, 2, 3]]
    with path.open("a") as stream:
        stream.write('ss": 4}\n')
    assert steps_of(series) == [[1, 2, 3, 4]]
    assert series.last["step"] == 4


@pytest.mark.parametrize("again", [range(1, 3), range(1, 30)])
def test_a_log_that_was_cut_back_is_read_anew(tmp_path, again):
    """A resumed run cuts its log back to its checkpoint, and may have grown it again before anyone looks."""
    path = tmp_path / "log.jsonl"
    series = Series(path)
    write_lines(path, range(1, 11))
    series.curves()
    write_lines(path, again)
    assert steps_of(series) == [list(again)]


def test_lines_without_numbers_leave_gaps_and_nonsense_is_passed_over(tmp_path):
    path = tmp_path / "log.jsonl"
    path.write_text('{"step": 1, "loss": null}\nnot json\n[1]\n{"step": 2, "loss": 0.5}\n{"step": 3, "loss": NaN}\n')
    assert steps_of(Series(path)) == [[2]]


def test_long_curves_are_thinned_and_keep_their_newest_point(tmp_path):
    path = tmp_path / "log.jsonl"
    write_lines(path, range(1, 2001))
    steps = steps_of(Series(path), points=500)[0]
    assert len(steps) == 500
    assert steps[-1] == 2000


def test_smoothing_is_an_unbiased_moving_average(tmp_path):
    path = tmp_path / "log.jsonl"
    write_lines(path, range(1, 3), loss=lambda step: {1: 4.0, 2: 2.0}[step])
    values = Series(path).curves(smoothing=0.5)[0].values
    assert values == pytest.approx([4.0, (0.5 * 4 + 2) / 1.5])


def test_sheets_are_in_the_order_of_their_steps(tmp_path):
    files = RunFiles(tmp_path)
    assert files.sheets() == {}
    (tmp_path / "sheets").mkdir()
    for name in ("step_000100.png", "step_000020.png", "real.png", "step_x.png", "step_000120.tmp"):
        (tmp_path / "sheets" / name).touch()
    assert list(files.sheets()) == [20, 100]


@pytest.mark.parametrize("content", ["", "{", "[]", "1"])
def test_a_torn_status_is_none(tmp_path, content):
    (tmp_path / "status.json").write_text(content)
    assert RunFiles(tmp_path).status() is None
    assert read_object(tmp_path / "absent") == {}


def test_a_copy_is_made_once_and_only_of_what_is_there(tmp_path):
    assert copy_once(tmp_path / "absent.png", tmp_path / "served", "a.png") is None
    (tmp_path / "a.png").write_bytes(b"first")
    copy = copy_once(tmp_path / "a.png", tmp_path / "served", "a.png")
    (tmp_path / "a.png").write_bytes(b"second")
    assert copy_once(tmp_path / "a.png", tmp_path / "served", "a.png") == copy
    assert copy.read_bytes() == b"first"


def test_a_model_is_zipped_under_its_own_name(tmp_path):
    import zipfile

    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "card.json").write_text("{}")
    with zipfile.ZipFile(zip_folder(tmp_path / "model", tmp_path / "out" / "mine-1a2b.zip")) as archive:
        assert archive.namelist() == ["mine-1a2b/card.json"]
