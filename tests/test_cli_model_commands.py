import io

import pytest
import typer
from huggingface_hub import constants
from official_files import NAME, tiny_config, write_official
from rich.console import Console
from stub_server import StubFile, serving
from typer.testing import CliRunner

from icgan_demo.cli import model_commands
from icgan_demo.errors import RequestError, WeightsError
from icgan_demo.service import download_service
from icgan_demo.weights.cards import read_card
from icgan_demo.weights.published.conversion import convert
from icgan_demo.weights.published.official import read_official

ORIGIN_PATH = f"/ic_gan/{NAME}.tar.gz"


@pytest.fixture
def models(tmp_path, monkeypatch):
    """The user's model folder; conversion happens in this process, and only local servers are asked."""
    for module in (download_service, model_commands):
        monkeypatch.setattr(module, "convert_apart", convert)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setenv("ICGAN_MODELS_DIR", str(tmp_path / "models"))
    with serving() as stub:
        monkeypatch.setenv("HF_ENDPOINT", stub.url)
        monkeypatch.setenv("ICGAN_ORIGIN", stub.url)
        stub.files[ORIGIN_PATH] = StubFile(write_official(tmp_path / f"{NAME}.tar.gz").read_bytes())
        yield tmp_path / "models"


def run(*arguments):
    app = typer.Typer()
    model_commands.register(app)
    return CliRunner().invoke(app, list(map(str, arguments)))


def test_an_archive_on_this_machine_is_imported(models, tmp_path):
    result = run("import", tmp_path / f"{NAME}.tar.gz")
    assert result.exit_code == 0, result.output
    assert f"{NAME} is ready." in result.output
    assert "models import resnet50-swav" in result.output  # what is missing is said at once
    assert read_card(models / NAME).generator == tiny_config()


def test_a_published_name_is_fetched_after_its_licence_is_shown(models):
    result = run("import", NAME)
    assert result.exit_code == 0, result.output
    assert result.output.index("CC BY-NC 4.0") < result.output.index("is ready")
    assert read_card(models / NAME).name == NAME


def test_a_model_may_be_given_a_name_and_exchanged(models, tmp_path):
    assert run("import", tmp_path / f"{NAME}.tar.gz", "--name", "mine").exit_code == 0
    assert isinstance(run("import", tmp_path / f"{NAME}.tar.gz", "--name", "mine").exception, WeightsError)
    assert run("import", tmp_path / f"{NAME}.tar.gz", "--name", "mine", "--replace").exit_code == 0
    assert read_card(models / "mine").name == "mine"


def test_a_model_that_is_here_is_not_fetched_again(models):
    run("import", NAME)
    error = run("import", NAME).exception
    assert isinstance(error, RequestError)
    assert "--replace" in str(error)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("import", "nothing"), "no file, folder or published model named 'nothing'"),
        (("import", "x.pth", "--encoder", "vgg"), "no encoder 'vgg'"),
        (("download", "nothing"), "named 'nothing'"),
        (("export", "nothing"), "no usable model 'nothing'"),
    ],
)
def test_wrong_values_are_one_sentence(models, arguments, message):
    error = run(*arguments).exception
    assert isinstance(error, RequestError)
    assert message in str(error)


def test_the_terminal_shows_how_far_a_download_is(monkeypatch):
    shown = io.StringIO()
    monkeypatch.setattr(model_commands, "Console", lambda file: Console(file=shown, force_terminal=True, width=120))
    with model_commands._terminal() as tell:
        tell("fetching", "a.tar.gz", 34_000_000, 136_000_000)
    assert "fetching a.tar.gz" in shown.getvalue()
    assert "34.0/136.0 MB" in shown.getvalue()


def test_a_damaged_model_is_replaced_without_being_asked_to(models):
    run("import", NAME)
    path = models / NAME / "generator.safetensors"
    path.write_bytes(path.read_bytes()[:-9])
    result = run("import", NAME)
    assert result.exit_code == 0, result.output
    assert path.stat().st_size == read_card(models / NAME).files["generator.safetensors"].size


def test_download_says_what_it_could_not_get(models):
    error = run("download", NAME).exception
    assert isinstance(error, WeightsError)
    assert "swav_800ep_pretrain.pth.tar could not be downloaded" in str(error)
    assert read_card(models / NAME).name == NAME  # what came is kept


def test_an_imported_model_is_exported_again(models, tmp_path):
    run("import", NAME)
    result = run("export", NAME, "--out", tmp_path / "out.tar.gz")
    assert result.exit_code == 0, result.output
    assert "2048 numbers" in result.output
    assert read_official(tmp_path / "out.tar.gz").config.widths == tiny_config().widths


def test_the_list_names_every_published_thing_and_what_is_here(models):
    run("import", NAME)
    lines = run("published").output.splitlines()
    assert len(lines) == 15 + 3 + 1
    assert lines[0] == f"{NAME}: 64 px, no classes, here, resnet50-swav, CC BY-NC 4.0"
    assert "about 343 MB" in "\n".join(lines)
