"""The app as a process of its own: it opens, says how it is, survives damaged weights, and stops when told."""

import shutil
import signal
import socket

import pytest
from app_process import PATIENCE_S, get, started
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError


def test_the_page_opens_loads_its_model_behind_it_and_stops_cleanly(tmp_path, models_folder):
    with started(tmp_path, "app.py", ICGAN_MODELS_DIR=str(models_folder), GRADIO_SHARE="True") as app:
        app.wait(lambda: app.health()["status"] == "ok", "the page")
        assert "gradio" in get(app.url)
        app.wait(lambda: app.health()["model_loaded"], "the model")
        assert app.health()["model"]
        app.process.send_signal(signal.SIGTERM)
        assert app.process.wait(PATIENCE_S) == 0
        log = app.log.read_text()
        assert f"The page is open at {app.url}" in log
        assert "GRADIO_SHARE is ignored" in log
        assert "Traceback" not in log


def test_the_command_line_opens_the_same_page_and_a_stop_while_loading_is_clean(tmp_path):
    with started(tmp_path, "-m", "icgan_demo", "serve") as app:
        app.wait(lambda: app.health()["status"] == "ok", "the page")
        app.process.send_signal(signal.SIGTERM)
        assert app.process.wait(PATIENCE_S) == 0


def test_damaged_weights_leave_a_page_that_names_the_file(tmp_path, models_folder, photo_path):
    models = tmp_path / "models"
    shutil.copytree(models_folder / "tiny", models / "tiny")
    weights = models / "tiny" / "generator.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])
    with started(tmp_path, "app.py", ICGAN_MODELS_DIR=str(models)) as app:
        app.wait(lambda: app.health()["status"] == "ok", "the page")
        assert "gradio" in get(app.url)
        client = Client(app.url, verbose=False)
        with pytest.raises(AppError, match=r"generator\.safetensors") as refusal:
            client.predict(photo=handle_file(photo_path), model="tiny", api_name="/encode")
        assert str(tmp_path) not in str(refusal.value)
        told = next(model for model in client.predict(api_name="/models") if model["name"] == "tiny")
        assert told["state"] == "unavailable"
        assert "generator.safetensors" in told["message"]


def test_a_taken_port_is_said_in_the_log(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        with started(tmp_path, "app.py", "--port", port) as app:
            assert app.process.wait(PATIENCE_S) == 1
            assert f"cannot open on 127.0.0.1, port {port}" in app.log.read_text()


@pytest.mark.parametrize("arguments", [["--port", "http"], ["--no-such-flag"]])
def test_a_wrong_flag_is_one_line_and_exit_code_2(tmp_path, arguments):
    with started(tmp_path, "app.py", *arguments) as app:
        assert app.process.wait(PATIENCE_S) == 2
        assert "Traceback" not in app.log.read_text()


def test_a_dry_run_prints_settings_and_models_and_opens_nothing(tmp_path, models_folder):
    with started(tmp_path, "app.py", "--dry-run", ICGAN_MODELS_DIR=str(models_folder)) as app:
        assert app.process.wait(PATIENCE_S) == 0
        log = app.log.read_text()
        assert "host='127.0.0.1'" in log
        assert "tiny: Tiny tiny, 32 px" in log
