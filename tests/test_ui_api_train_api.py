"""The endpoints around training, through a client over HTTP as a program would use them."""

import pytest
from conftest import write_tiny_model
from fakes import PaintedSampling
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from live_page import open_page
from training_services import open_training, until
from training_sets import class_zip, save_pictures

from icgan_demo.service.drawing.sampling_service import SamplingService
from icgan_demo.service.model_store import ModelStore
from icgan_demo.service.training.training_service import own_models_folder


@pytest.fixture
def client(tmp_path):
    with open_training(tmp_path) as training, open_page(PaintedSampling(), tmp_path, training=training) as url:
        yield Client(url, verbose=False)


def wait(client, run_id, state):
    def seen():
        status = client.predict(run_id=run_id, api_name="/train_status")
        return status["state"] == state and status

    return until(seen, state)


def test_a_zip_is_trained_on_and_its_run_is_listed(client, tmp_path):
    zipped = class_zip(tmp_path / "a.zip")
    run = client.predict(
        files=[handle_file(zipped)],
        steps=20,
        title="Otters",
        augment="none",
        seed=3,
        held_out=0,
        api_name="/train_start",
    )
    assert len(run["run_id"]) == 32
    done = wait(client, run["run_id"], "finished")
    assert done["model"].startswith("otters-")
    assert (done["settings"]["augment"], done["settings"]["seed"]) == ([], 3)
    assert done["settings"]["held_out"] == 0
    assert done["step"] == 20
    assert run["by_class"] is None
    assert [each["name"] for each in done["by_class"]["classes"]] == ["heron <b>", "otter"]
    assert [listed["run_id"] for listed in client.predict(api_name="/train_list")] == [run["run_id"]]
    assert str(tmp_path) not in repr(done)


def test_without_files_the_drawn_objects_are_used_and_stop_keeps_the_model(client):
    run = client.predict(files=None, steps=5000, api_name="/train_start")
    wait(client, run["run_id"], "running")
    stopped = client.predict(run_id=run["run_id"], api_name="/train_stop")
    assert stopped["state"] in ("finishing", "finished")
    assert wait(client, run["run_id"], "finished")["model"]


def test_a_photo_is_drawn_by_a_run_that_continues(tmp_path, monkeypatch):
    write_tiny_model(tmp_path / "tiny")
    monkeypatch.setenv("FAKE_MODEL", str(tmp_path / "tiny"))
    photo = handle_file(save_pictures(tmp_path / "photo", 1)[0])
    with open_training(tmp_path) as training:
        states = own_models_folder(training.folder)
        sampling = SamplingService(ModelStore([training.models], unlisted=[states]))
        with open_page(sampling, tmp_path, training=training) as url:
            client = Client(url, verbose=False)
            run = client.predict(files=None, steps=20_000, api_name="/train_start")
            wait(client, run["run_id"], "running")
            asked = {"photo": photo, "run_id": run["run_id"], "count": 2, "seed": 5, "api_name": "/train_draw"}
            files, recipe, step = client.predict(**asked)
            assert len(files) == 2
            assert recipe["seeds"] == [5, 6]
            assert recipe["model"]["name"].endswith(f"-step-{step}")
            assert wait(client, run["run_id"], "running")["step"] >= step
            assert client.predict(**asked)[2] > step
            with pytest.raises(AppError, match="Run not found"):
                client.predict(**asked | {"run_id": "0" * 32})


def test_a_run_without_a_state_says_so(client, tmp_path):
    runs = [client.predict(files=None, steps=20_000, api_name="/train_start") for _ in range(2)]
    photo = handle_file(save_pictures(tmp_path / "photo", 1)[0])
    with pytest.raises(AppError, match="no state to generate with yet"):
        client.predict(photo=photo, run_id=runs[1]["run_id"], api_name="/train_draw")


def test_stop_without_keeping_saves_only(client):
    run = client.predict(files=None, steps=5000, api_name="/train_start")
    wait(client, run["run_id"], "running")
    client.predict(run_id=run["run_id"], keep=False, api_name="/train_stop")
    assert wait(client, run["run_id"], "stopped")["model"] == ""


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"steps": 0}, "Steps must be a whole number"),
        ({"steps": 2.5}, "Steps must be a whole number"),
        ({"base": "../../etc"}, "no model of that name"),
        ({"title": ""}, "title"),
        ({"augment": "magic"}, "Augmentation knows"),
        ({"learning_rate": 5}, "learning rate"),
        ({"seed": -1}, "The seed"),
        ({"freeze": 99, "base": "painted"}, "Frozen blocks"),
    ],
)
def test_bad_settings_are_refused_in_one_sentence(client, settings, sentence):
    with pytest.raises(AppError, match=sentence):
        client.predict(**{"files": None, **settings}, api_name="/train_start")


def test_too_few_pictures_are_refused(client, tmp_path):
    files = [handle_file(path) for path in save_pictures(tmp_path / "few", 3)]
    with pytest.raises(AppError, match="Need at least 10 different images; found 3"):
        client.predict(files=files, api_name="/train_start")


@pytest.mark.parametrize("run_id", ["0" * 32, "", "../../etc/passwd"])
def test_an_unknown_run_is_not_found(client, run_id):
    for endpoint in ("/train_status", "/train_stop"):
        with pytest.raises(AppError, match="Run not found"):
            client.predict(run_id=run_id, api_name=endpoint)


def test_a_file_of_the_server_is_not_taken(client):
    with pytest.raises(Exception, match=r"upload|valid|refused|400"):
        client.predict(files=[{"path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}}], api_name="/train_start")


def test_a_public_page_lists_only_runs_that_are_named(tmp_path):
    with (
        open_training(tmp_path, is_public=True) as training,
        open_page(PaintedSampling(), tmp_path, training=training) as url,
    ):
        client = Client(url, verbose=False)
        run = client.predict(files=None, steps=20, api_name="/train_start")
        with pytest.raises(AppError, match="only runs that you name"):
            client.predict(api_name="/train_list")
        named = client.predict(run_ids=[run["run_id"], "0" * 32], api_name="/train_list")
        assert [listed["run_id"] for listed in named] == [run["run_id"]]


def test_a_run_is_exported_and_opened_again(tmp_path, monkeypatch):
    write_tiny_model(tmp_path / "tiny")
    monkeypatch.setenv("FAKE_MODEL", str(tmp_path / "tiny"))
    with open_training(tmp_path) as training, open_page(PaintedSampling(), tmp_path, training=training) as url:
        client = Client(url, verbose=False)
        run = client.predict(files=None, steps=20, title="Otters", api_name="/train_start")
        wait(client, run["run_id"], "finished")
        file, step = client.predict(run_id=run["run_id"], images=False, api_name="/train_export")
        assert step == 20
        opened = client.predict(file=handle_file(file), api_name="/train_open")
        assert (opened["state"], opened["title"], opened["lacks"]) == ("finished", "Otters", ["images"])
        assert {opened["run_id"], opened["model"]}.isdisjoint({run["run_id"], run["model"]})
        assert len(client.predict(api_name="/train_list")) == 2


@pytest.mark.parametrize("run_id", ["0" * 32, "", "../../etc/passwd"])
def test_a_run_that_is_not_there_is_not_exported(client, run_id):
    with pytest.raises(AppError, match="Run not found"):
        client.predict(run_id=run_id, api_name="/train_export")


def test_what_is_no_project_is_not_opened(client, tmp_path):
    with pytest.raises(AppError, match="not a project file"):
        client.predict(file=handle_file(class_zip(tmp_path / "a.zip")), api_name="/train_open")
    with pytest.raises(AppError, match="Choose a project file"):
        client.predict(file=None, api_name="/train_open")


def test_every_endpoint_is_documented(client):
    api = client.view_api(return_format="dict")["named_endpoints"]
    assert {"/train_start", "/train_status", "/train_stop", "/train_draw", "/train_list"} <= set(api)
    assert {"/train_export", "/train_open"} <= set(api)
    assert not [name for name in api if "poll" in name or "attach" in name]
