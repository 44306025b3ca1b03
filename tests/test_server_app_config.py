"""Flags and environment of the app."""

from pathlib import Path

import pytest

from icgan_demo.config import Engine, Precision, TrainOn
from icgan_demo.server.app_config import PROGRAM_FOLDER, AppConfig, read_config


def test_the_page_listens_on_this_machine_only_unless_told_otherwise():
    config = read_config([], {})
    assert (config.host, config.port, config.is_on_network) == ("127.0.0.1", None, False)
    assert "localhost" in config.allowed_hosts


def test_gradio_s_variables_are_respected():
    environment = {"GRADIO_SERVER_NAME": "0.0.0.0", "GRADIO_SERVER_PORT": "8123", "GRADIO_TEMP_DIR": "/var/tmp/page"}
    config = read_config([], environment)
    assert (config.host, config.port, config.upload_dir) == ("0.0.0.0", 8123, Path("/var/tmp/page"))
    assert config.is_on_network


def test_a_flag_wins_over_the_environment():
    assert read_config(["--port", "9000"], {"GRADIO_SERVER_PORT": "8123"}).port == 9000


def test_the_precision_comes_from_a_flag_or_a_variable():
    assert read_config([], {}).precision is Precision.AUTO
    assert read_config([], {"ICGAN_PRECISION": "float32"}).precision is Precision.FLOAT32
    assert read_config(["--precision", "bfloat16"], {"ICGAN_PRECISION": "float32"}).precision is Precision.BFLOAT16


def test_the_engine_comes_from_a_flag_or_a_variable(capsys):
    assert read_config([], {}).engine is Engine.LOCAL
    assert read_config([], {"ICGAN_ENGINE": "ray"}).engine is Engine.RAY
    assert read_config(["--engine", "local"], {"ICGAN_ENGINE": "ray"}).engine is Engine.LOCAL
    with pytest.raises(SystemExit):
        read_config([], {"ICGAN_ENGINE": "gpu"})
    assert "ICGAN_ENGINE must be one of local, ray, got 'gpu'" in capsys.readouterr().err


def test_training_goes_to_a_cluster_that_runs_already(capsys):
    cluster = {"RAY_ADDRESS": "10.0.0.1:6379"}
    assert read_config([], {}).train_on is TrainOn.LOCAL
    assert read_config([], {**cluster, "ICGAN_TRAIN_ON": "ray"}).train_on is TrainOn.RAY
    assert read_config(["--train-on", "ray-gpu"], cluster).train_on is TrainOn.RAY_GPU
    with pytest.raises(SystemExit):
        read_config(["--train-on", "ray"], {})
    assert "RAY_ADDRESS must name one that runs already" in capsys.readouterr().err


def test_a_comparison_comes_from_a_flag_or_a_variable_and_must_be_one(tmp_path, capsys):
    assert read_config([], {}).compared is None
    with pytest.raises(SystemExit):
        read_config(["--compared", str(tmp_path)], {})
    assert f"{tmp_path.name} holds no models that were compared" in capsys.readouterr().err
    (tmp_path / "instance-0").mkdir()
    with pytest.raises(SystemExit):
        read_config(["--compared", str(tmp_path)], {})  # its training has not ended
    (tmp_path / "instance-0" / "model").mkdir()
    (tmp_path / "instance-0" / "model" / "card.json").touch()
    assert read_config([], {"ICGAN_COMPARED": str(tmp_path)}).compared == tmp_path


def test_a_space_adds_its_own_name_and_lets_the_hub_frame_it():
    config = read_config([], {"SPACE_HOST": "me-demo.hf.space"})
    assert config.is_on_network
    assert "me-demo.hf.space" in config.allowed_hosts
    assert "https://huggingface.co" in config.frame_ancestors
    assert read_config([], {}).frame_ancestors == ()


def test_names_behind_a_proxy_can_be_added():
    config = read_config([], {"ICGAN_ALLOWED_HOSTS": "demo.example, www.demo.example,"})
    assert config.hosts == ("demo.example", "www.demo.example")


@pytest.mark.parametrize(
    ("arguments", "environment", "may"),
    [
        ([], {}, True),
        (["--host", "0.0.0.0"], {}, False),
        ([], {"SPACE_HOST": "me-demo.hf.space"}, False),
        ([], {"ICGAN_ALLOWED_HOSTS": "demo.example"}, False),  # loopback, but a proxy brings strangers
        (["--host", "0.0.0.0", "--downloads"], {}, True),
        (["--host", "0.0.0.0"], {"ICGAN_DOWNLOADS": "1"}, True),
        ([], {"ICGAN_DOWNLOADS": "0"}, False),
        (["--no-downloads"], {"ICGAN_DOWNLOADS": "1"}, False),
    ],
)
def test_strangers_fetch_nothing_unless_the_operator_says_so(arguments, environment, may):
    assert read_config(arguments, environment).may_download is may


@pytest.mark.parametrize(
    ("arguments", "environment", "sentence"),
    [
        (["--port", "http"], {}, "invalid int value"),
        (["--port", "70000"], {}, "port must be between 0 and 65535, got 70000"),
        ([], {"GRADIO_SERVER_PORT": "x"}, "invalid int value"),
        (["--log-level", "loud"], {}, "invalid choice"),
        (["--precision", "int4"], {}, "invalid choice"),
        ([], {"ICGAN_PRECISION": "int4"}, "ICGAN_PRECISION must be one of auto, float32, bfloat16"),
        ([], {"GRADIO_TEMP_DIR": str(PROGRAM_FOLDER / "tmp")}, "must not lie inside the program's folder"),
    ],
)
def test_nonsense_is_one_line_and_exit_code_2(capsys, arguments, environment, sentence):
    with pytest.raises(SystemExit) as stop:
        read_config(arguments, environment)
    assert stop.value.code == 2
    assert sentence in capsys.readouterr().err.splitlines()[-1]


def test_a_bad_log_level_is_refused_by_the_settings_themselves():
    with pytest.raises(ValueError, match="log level must be one of"):
        AppConfig(log_level="loud")


@pytest.mark.parametrize(
    ("environment", "is_public"),
    [
        ({}, False),
        ({"SPACE_ID": "owner/space"}, True),
        ({"SPACE_ID": "owner/space", "ICGAN_PUBLIC": "0"}, False),
        ({"ICGAN_PUBLIC": "1"}, True),
        ({"ICGAN_PUBLIC": "no"}, False),
    ],
)
def test_strangers_are_expected_on_a_space_or_where_it_is_said(environment, is_public):
    limits = read_config([], environment).limits
    assert limits.is_public is is_public
    assert limits.minutes == (20 if is_public else 24 * 60)


def test_nothing_that_is_served_may_lie_among_the_runs(tmp_path, capsys):
    with pytest.raises(SystemExit):
        read_config([], {"ICGAN_DATA_DIR": str(tmp_path), "GRADIO_TEMP_DIR": str(tmp_path / "uploads")})
    assert "ICGAN_DATA_DIR" in capsys.readouterr().err
