"""The package: a wheel that is built and installed without a network gives a command that works in any folder."""

import os
import re
import shutil
import signal
import subprocess
import sys
import zipfile
from email import message_from_bytes
from pathlib import Path

import pytest
from app_process import PATIENCE_S, get, started
from PIL import Image

ROOT = Path(__file__).parents[1]
SOURCES = ("icgan_demo", "weights", "pyproject.toml", "README.md", "LICENSE", "requirements.txt")
NO_NETWORK = ("--no-index", "--no-deps", "--disable-pip-version-check", "--quiet")


def pip(*words):
    subprocess.run([sys.executable, "-m", "pip", *map(str, words)], check=True, timeout=300)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Return the wheel, built from a copy: building leaves files beside the sources."""
    source, built = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    for name in SOURCES:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, source / name)
    (source / "icgan_demo" / "ui" / "common" / "instance_image.pyi").touch()  # Gradio writes this one
    pip("wheel", *NO_NETWORK, "--no-build-isolation", "--wheel-dir", built, source)
    [path] = built.glob("icgan_demo-*.whl")
    return path


class Installed:
    """The package in a folder of its own; everything is run from another one, which is empty at first."""

    def __init__(self, folder: Path, elsewhere: Path) -> None:
        self.elsewhere = elsewhere
        self.program = str(folder / "bin" / "icgan-demo")
        self.environment = {"PYTHONPATH": str(folder), "ICGAN_MODELS_DIR": str(elsewhere / "models")}

    def run(self, *words: object) -> str:
        command = [self.program, *map(str, words)]
        settings = {"cwd": self.elsewhere, "env": {**os.environ, **self.environment}}
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S, check=False, **settings)
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    target = tmp_path_factory.mktemp("installed")
    pip("install", *NO_NETWORK, "--target", target, wheel)
    return Installed(target, tmp_path_factory.mktemp("elsewhere"))


def test_the_wheel_holds_all_code_and_all_models_and_nothing_else(wheel):
    def kept(folder, *patterns):
        return {str(path.relative_to(folder)) for pattern in patterns for path in folder.rglob(pattern)}

    code = {f"icgan_demo/{name}" for name in kept(ROOT / "icgan_demo", "*.py", "*.css", "*.js", "*.json", "*.webp")}
    models = {
        f"icgan_demo/weights/bundled/{name}" for name in kept(ROOT / "weights", "*.safetensors", "*.json", "*.webp")
    }
    names = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert len(models) > 4
    assert names == code | models | {"icgan_demo/weights/bundled/README.md"}


def test_its_requirements_are_those_of_the_requirements_file(wheel):
    with zipfile.ZipFile(wheel) as archive:
        [metadata] = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        told = message_from_bytes(archive.read(metadata)).get_all("Requires-Dist")
    required = [one for one in told if "extra ==" not in one]
    assert required == re.findall(r"^\w\S*==\S+$", (ROOT / "requirements.txt").read_text(), re.MULTILINE)


def test_the_command_explains_itself(installed):
    assert "Usage: icgan-demo" in installed.run("--help")
    assert "usage: icgan-demo serve" in installed.run("serve", "--help")


def test_it_draws_with_the_model_that_comes_along(installed, photo_path):
    assert "1 images are in drawn" in installed.run(
        "sample", photo_path, "--model", "produce64", "--count", 1, "--out", "drawn"
    )
    with Image.open(installed.elsewhere / "drawn" / "000.png") as picture:
        assert picture.size == (64, 64)


def test_it_opens_the_page_with_its_model_and_stops_when_told(installed, tmp_path):
    with started(tmp_path, "serve", program=installed.program, cwd=installed.elsewhere, **installed.environment) as app:
        app.wait(lambda: app.health()["model_loaded"], "the model")
        assert app.health()["model"] == "produce128"
        assert "gradio" in get(app.url)
        app.process.send_signal(signal.SIGTERM)
        assert app.process.wait(PATIENCE_S) == 0
        assert "Traceback" not in app.log.read_text()
